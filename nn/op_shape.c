/* Ops that move values and compute nothing: reshape, sequence, token, slice_rows.
 * Each backward adds the gradient of an output element to that of the element it came from; cls and modality,
 * which go to many places, collect the sum in the order of cases and tokens. Saved: offsets or lengths. */
#include <string.h>

#include "nn/fast.h"
#include "nn/ops.h"

static void add(real *to, const real *from, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] += from[i];
}

/* ---- reshape ---- */

static void reshape_backward(Tape *t, const Node *node) {
    add(tape_grad(t, node->in[0]), node->out->grad, tensor_size(node->out));
}

Tensor *op_reshape(Tape *t, Tensor *x, int rank, const int *dim) {
    Tensor *y = tape_tensor(t, rank, dim);
    char from[64], to[64];
    NN_REQUIRE(tensor_size(y) == tensor_size(x), "reshape: %s to %s", tensor_shape(x, from),
               tensor_shape(y, to));
    memcpy(y->data, x->data, tensor_size(x) * sizeof(real));
    tape_record(t, "reshape", reshape_backward, y, 1, (Tensor *[]){x}, NULL);
    return y;
}

/* ---- sequence ---- */

/* One of the two token sets: count[i] tokens of case i are used, of n. */
typedef struct {
    int n, modality, *count;
} Part;

typedef struct {
    int b, n, d; /* of y */
    Part part[2];
    const real *cls, *modality, *x[2];
    real *y;
} Sequence;

static Part make_part(Tape *t, const Tensor *x, int modality, const int *length, int b, int d) {
    Part part = {0, modality, arena_calloc(&t->arena, (size_t)b, sizeof(int))};
    if (!x) return part;
    char shape[64];
    NN_REQUIRE(x->rank == 3 && x->dim[0] == b && x->dim[2] == d, "sequence: tokens %s must be (%d,n,%d)",
               tensor_shape(x, shape), b, d);
    NN_REQUIRE(modality == 0 || modality == 1, "sequence: modality %d", modality);
    part.n = x->dim[1];
    for (int i = 0; i < b; i++) {
        part.count[i] = length ? length[i] : part.n;
        NN_REQUIRE(part.count[i] >= 0 && part.count[i] <= part.n, "sequence: length[%d] = %d of %d", i,
                   part.count[i], part.n);
    }
    return part;
}

/* Index of case i's first token in y of a part, and in that part's x. */
static size_t start_in_y(const Sequence *q, int i, int part) {
    int before = part == 1 ? q->part[0].count[i] : 0;
    return ((size_t)i * (size_t)q->n + 1 + (size_t)before) * (size_t)q->d;
}

static size_t start_in_x(const Sequence *q, int i, int part) {
    return (size_t)i * (size_t)q->part[part].n * (size_t)q->d;
}

static void sequence_backward(Tape *t, const Node *node) {
    const Sequence *q = node->saved;
    size_t d = (size_t)q->d;
    const real *gy = node->out->grad;
    real *gcls = tape_grad(t, node->in[0]), *gmodality = tape_grad(t, node->in[1]);
    for (int i = 0; gcls && i < q->b; i++) add(gcls, gy + (size_t)i * (size_t)q->n * d, d);
    for (int part = 0; part < 2; part++) {
        real *gx = tape_grad(t, node->in[2 + part]);
        for (int i = 0; i < q->b; i++) {
            const real *from = gy + start_in_y(q, i, part);
            size_t count = (size_t)q->part[part].count[i];
            if (gx) add(gx + start_in_x(q, i, part), from, count * d);
            for (size_t j = 0; gmodality && j < count; j++)
                add(gmodality + (size_t)q->part[part].modality * d, from + j * d, d);
        }
    }
}

static void sequence_cases(void *ctx, int first, int last) {
    const Sequence *q = ctx;
    size_t d = (size_t)q->d;
    for (int i = first; i < last; i++) {
        real *to = q->y + (size_t)i * (size_t)q->n * d, *end = to + (size_t)q->n * d;
        memcpy(to, q->cls, d * sizeof *to);
        to += d;
        for (int part = 0; part < 2; part++)
            for (int j = 0; j < q->part[part].count[i]; j++, to += d) {
                memcpy(to, q->x[part] + start_in_x(q, i, part) + (size_t)j * d, d * sizeof *to);
                add(to, q->modality + (size_t)q->part[part].modality * d, d);
            }
        memset(to, 0, (size_t)(end - to) * sizeof *to);
    }
}

Tensor *op_sequence(Tape *t, Tensor *cls, Tensor *modality, Tensor *x1, int m1, const int *length1,
                    Tensor *x2, int m2, const int *length2) {
    int d = tensor_last(cls), b = x1->dim[0];
    NN_REQUIRE(cls->rank == 1, "sequence: cls must be (d)");
    NN_REQUIRE(modality->rank == 2 && modality->dim[0] == 2 && modality->dim[1] == d,
               "sequence: modality must be (2,%d)", d);
    Sequence *q = arena_alloc(&t->arena, sizeof *q);
    q->b = b;
    q->d = d;
    q->part[0] = make_part(t, x1, m1, length1, b, d);
    q->part[1] = make_part(t, x2, m2, length2, b, d);
    q->n = 1 + q->part[0].n + q->part[1].n;
    Tensor *y = tape_tensor3(t, b, q->n, d);
    q->y = y->data, q->cls = cls->data, q->modality = modality->data;
    q->x[0] = x1->data, q->x[1] = x2 ? x2->data : NULL;
    fast_split(t, b, 1, sequence_cases, q);
    tape_record(t, "sequence", sequence_backward, y, 4, (Tensor *[]){cls, modality, x1, x2}, q);
    return y;
}

/* ---- token ---- */

static void token_backward(Tape *t, const Node *node) {
    const Tensor *x = node->in[0];
    size_t n = (size_t)x->dim[1], d = (size_t)x->dim[2], index = (size_t) * (const int *)node->saved;
    real *gx = tape_grad(t, node->in[0]);
    for (size_t i = 0; i < (size_t)x->dim[0]; i++) add(gx + (i * n + index) * d, node->out->grad + i * d, d);
}

Tensor *op_token(Tape *t, Tensor *x, int index) {
    char shape[64];
    NN_REQUIRE(x->rank == 3 && index >= 0 && index < x->dim[1], "token: %d of x %s", index,
               tensor_shape(x, shape));
    size_t n = (size_t)x->dim[1], d = (size_t)x->dim[2];
    Tensor *y = tape_tensor2(t, x->dim[0], x->dim[2]);
    for (size_t i = 0; i < (size_t)x->dim[0]; i++)
        memcpy(y->data + i * d, x->data + (i * n + (size_t)index) * d, d * sizeof(real));
    int *saved = arena_alloc(&t->arena, sizeof *saved);
    *saved = index;
    tape_record(t, "token", token_backward, y, 1, (Tensor *[]){x}, saved);
    return y;
}

/* ---- rows ---- */

static void slice_rows_backward(Tape *t, const Node *node) {
    real *gx = tape_grad(t, node->in[0]);
    add(gx + *(const size_t *)node->saved, node->out->grad, tensor_size(node->out));
}

Tensor *op_slice_rows(Tape *t, Tensor *x, int from, int count) {
    char shape[64];
    NN_REQUIRE(from >= 0 && count > 0 && count <= x->dim[0] - from, "slice_rows: %d rows from %d of x %s",
               count, from, tensor_shape(x, shape));
    int dim[TENSOR_RANK];
    memcpy(dim, x->dim, sizeof dim);
    dim[0] = count;
    Tensor *y = tape_tensor(t, x->rank, dim);
    size_t *offset = arena_alloc(&t->arena, sizeof *offset);
    *offset = tensor_size(x) / (size_t)x->dim[0] * (size_t)from;
    memcpy(y->data, x->data + *offset, tensor_size(y) * sizeof(real));
    tape_record(t, "slice_rows", slice_rows_backward, y, 1, (Tensor *[]){x}, offset);
    return y;
}

/* Words as vectors.
 *     y[i,j,:] = word[w[i,j]] + 1/m sum_{k: s[i,j,k] >= 0} subword[s[i,j,k]] + pos[j],   m = how many s[i,j,k] >= 0
 *     gword[w] += gy      gsubword[s] += gy / m      gpos[j] += gy          zero at and beyond length[i]
 * The gradients of a table's rows are added token by token in order. Work over ranges of columns sums every element in
 * the same order at any number of threads. Saved: ids, buckets and lengths. */
#include <string.h>

#include "nn/fast.h"
#include "nn/ops.h"

enum { COLUMNS = 32 }; /* most columns of a range of the backward */

typedef struct {
    const int32_t *w, *s;
    const int *length;
    int b, n, g, d;
} Ids;

typedef struct {
    const Ids *ids;
    const real *word, *subword, *pos;
    real *y;
} Forward;

typedef struct {
    const Ids *ids;
    const real *gy;
    real *word, *subword, *pos; /* gradients; NULL where none is needed */
} Backward;

static const int32_t *token_buckets(const Ids *ids, size_t token) {
    return ids->s + token * (size_t)ids->g;
}

static int count_buckets(const int32_t *s, int g) {
    int m = 0;
    for (int k = 0; k < g; k++) m += s[k] >= 0;
    return m;
}

static void add_row(real *to, const real *from, int from_column, int to_column, real factor) {
    for (int j = from_column; j < to_column; j++) to[j] += factor * from[j];
}

static void backward_token(const Backward *p, int i, int j, int from, int to) {
    const Ids *ids = p->ids;
    size_t d = (size_t)ids->d, token = (size_t)i * (size_t)ids->n + (size_t)j;
    const real *gy = p->gy + token * d;
    if (p->word) add_row(p->word + (size_t)ids->w[token] * d, gy, from, to, 1);
    if (p->pos) add_row(p->pos + (size_t)j * d, gy, from, to, 1);
    if (!p->subword) return;
    const int32_t *s = token_buckets(ids, token);
    int m = count_buckets(s, ids->g);
    for (int k = 0; k < ids->g; k++)
        if (s[k] >= 0) add_row(p->subword + (size_t)s[k] * d, gy, from, to, 1 / (real)m);
}

static void backward_columns(void *ctx, int from, int to) {
    const Backward *p = ctx;
    for (int i = 0; i < p->ids->b; i++)
        for (int j = 0; j < p->ids->length[i]; j++) backward_token(p, i, j, from, to);
}

static void embedding_backward(Tape *t, const Node *node) {
    const Ids *ids = node->saved;
    Backward p = {ids, node->out->grad, tape_grad(t, node->in[0]), tape_grad(t, node->in[1]),
                  tape_grad(t, node->in[2])};
    fast_split(t, ids->d, COLUMNS, backward_columns, &p);
}

static void forward_cases(void *ctx, int from, int to) {
    const Forward *p = ctx;
    const Ids *ids = p->ids;
    size_t d = (size_t)ids->d;
    memset(p->y + (size_t)from * (size_t)ids->n * d, 0,
           (size_t)(to - from) * (size_t)ids->n * d * sizeof(real));
    for (int i = from; i < to; i++)
        for (int j = 0; j < ids->length[i]; j++) {
            size_t token = (size_t)i * (size_t)ids->n + (size_t)j;
            real *y = p->y + token * d;
            if (p->subword) {
                const int32_t *s = token_buckets(ids, token);
                int m = count_buckets(s, ids->g);
                for (int k = 0; k < ids->g; k++)
                    if (s[k] >= 0) add_row(y, p->subword + (size_t)s[k] * d, 0, ids->d, 1);
                for (int k = 0; m > 1 && k < ids->d; k++) y[k] /= (real)m;
            }
            add_row(y, p->word + (size_t)ids->w[token] * d, 0, ids->d, 1);
            add_row(y, p->pos + (size_t)j * d, 0, ids->d, 1);
        }
}

static void require_shapes(const Tensor *word, const Tensor *subword, const Tensor *pos, const Ids *ids) {
    NN_REQUIRE(ids->b > 0 && ids->n > 0 && ids->g >= 0, "embedding: b %d, n %d, g %d", ids->b, ids->n,
               ids->g);
    NN_REQUIRE(word->rank == 2, "embedding: word must be (words,d)");
    NN_REQUIRE(!subword || (subword->rank == 2 && subword->dim[1] == ids->d),
               "embedding: subword must be (buckets,%d)", ids->d);
    NN_REQUIRE(pos->rank == 2 && pos->dim[0] >= ids->n && pos->dim[1] == ids->d,
               "embedding: pos must be (%d or more,%d)", ids->n, ids->d);
    for (int i = 0; i < ids->b; i++)
        NN_REQUIRE(ids->length[i] >= 0 && ids->length[i] <= ids->n, "embedding: length[%d] = %d of %d", i,
                   ids->length[i], ids->n);
}

static void require_ids(const Tensor *word, const Tensor *subword, const Ids *ids) {
    for (int i = 0; i < ids->b; i++)
        for (int j = 0; j < ids->length[i]; j++) {
            size_t token = (size_t)i * (size_t)ids->n + (size_t)j;
            NN_REQUIRE(ids->w[token] >= 0 && ids->w[token] < word->dim[0], "embedding: word %d of %d",
                       ids->w[token], word->dim[0]);
            for (int k = 0; subword && k < ids->g; k++)
                NN_REQUIRE(token_buckets(ids, token)[k] < subword->dim[0], "embedding: bucket %d of %d",
                           token_buckets(ids, token)[k], subword->dim[0]);
        }
}

static void *copy(Tape *t, const void *from, size_t bytes) {
    return memcpy(arena_alloc(&t->arena, bytes), from, bytes);
}

static Ids *save_ids(Tape *t, const Ids *ids, bool with_subwords) {
    Ids *saved = copy(t, ids, sizeof *ids);
    size_t tokens = (size_t)ids->b * (size_t)ids->n;
    saved->w = copy(t, ids->w, tokens * sizeof *ids->w);
    saved->length = copy(t, ids->length, (size_t)ids->b * sizeof *ids->length);
    saved->s = with_subwords ? copy(t, ids->s, tokens * (size_t)ids->g * sizeof *ids->s) : NULL;
    return saved;
}

Tensor *op_embedding(Tape *t, Tensor *word, Tensor *subword, Tensor *pos, const int32_t *w, const int32_t *s,
                     int b, int n, int g, const int *length) {
    Ids ids = {w, s, length, b, n, g, tensor_last(word)};
    require_shapes(word, subword, pos, &ids);
    require_ids(word, subword, &ids);
    Tensor *y = tape_tensor3(t, b, n, ids.d);
    Forward p = {&ids, word->data, subword ? subword->data : NULL, pos->data, y->data};
    fast_split(t, b, 1, forward_cases, &p);
    Node *node =
        tape_record(t, "embedding", embedding_backward, y, 3, (Tensor *[]){word, subword, pos}, NULL);
    if (node) node->saved = save_ids(t, &ids, subword != NULL);
    return y;
}

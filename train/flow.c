#include "train/flow.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "train/terms.h"

/* ---- The paper's symbols ---- */

/* Modalities that a value depends on, as bits. */
enum { OF_IMAGE = 1, OF_TEXT = 2, OF_BOTH = 3 };
static const char *const MODALITY[] = {"", "v", "t", "vt"};

/* The first row that matches names the value of an op. TERMS names the value of a term of the loss.
 *   op       name of the op, or its beginning and '*'
 *   weight   part of the name of its parameter; NULL: any
 *   of       its modalities; 0: any
 *   symbol   % is replaced by the value's modality, < and > by those of its first and second input */
typedef struct {
    const char *eq, *op, *weight;
    int of;
    const char *symbol;
} Naming;

static const Naming NAMES[] = {
    {"cnn", "conv2d", NULL, 0, "conv"},
    {"cnn", "batchnorm", "stem", 0, "h0"},
    {"cnn", "batchnorm", ".bn1", 0, "y"},
    {"cnn", "batchnorm", ".bn2", 0, "h"},
    {"cnn", "batchnorm", "shortcut", 0, "shortcut(h)"},
    {"cnn", "reshape", NULL, 0, "tokens(h)"},
    {"cnn", "linear", NULL, 0, "tokens(h) W_p + b_p"},
    {"cnn", "add_rows", NULL, 0, "Z_%"},
    {"text", "embedding", NULL, 0, "E"},
    {"text", "conv1d", NULL, 0, "relu(conv1d(E))"},
    {"text", "add", NULL, 0, "Z_%"},
    {"stage1", "mean_tokens", NULL, 0, "u_%"},
    {"stage1", "linear", NULL, 0, "u_% V_% + a_%"},
    {"stage1", "cross_entropy*", NULL, 0, "CE_%"},
    {"stage1", "scale", NULL, 0, "CE_%"},
    {"stage1", "weighted_sum", NULL, 0, "L_1"},
    {"context", "sequence", NULL, OF_BOTH, "[CLS; Z_v+e_v; Z_t+e_t]"},
    {"context", "sequence", NULL, 0, "[CLS; Z_%+e_%]"},
    {"context", "add", NULL, OF_BOTH, "Enc_vt + (u_v + u_t)/2"},
    {"context", "add", NULL, 0, "Enc_% + u_%"},
    {"context", "layernorm", NULL, 0, "c_%"},
    {"encoder", "layernorm", "encoder.norm", 0, "Enc_%"},
    {"encoder", "layernorm", NULL, 0, "LN(x)"},
    {"encoder", "attention*", NULL, 0, "attention"},
    {"encoder", "dropout", NULL, 0, "dropout"},
    {"encoder", "gelu", NULL, 0, "gelu"},
    {"encoder", "add", NULL, 0, "x"},
    {"encoder", "token", NULL, 0, "first token"},
    {"encoder", "slice_rows", NULL, 0, "rows of W_qkv, b_qkv"},
    {"encoder", "linear", NULL, 0, "x W + b"},
    {"head", "linear", NULL, 0, "s_%"},
    {"head", "tanh", NULL, 0, "H_%"},
    {"align", "align", NULL, 0, "contrast(<,>)"},
    {"align", "teacher", NULL, 0, "teacher"},
    {"manifold", "manifold", NULL, 0, "|H_< H_>'/q - G|^2/b^2"},
    {"classification", "linear", NULL, 0, "H_% W_c + b_c"},
    {"classification", "cross_entropy*", NULL, 0, "CE_%"},
    {"classification", "scale", NULL, 0, "CE_%"},
    {"classification", "sum_squares", NULL, 0, "|W_c|^2"},
    {"total", "weighted_sum", NULL, 0, "L_2"},
};

static bool op_fits(const char *pattern, const char *op) {
    size_t n = strlen(pattern);
    return pattern[n - 1] == '*' ? strncmp(pattern, op, n - 1) == 0 : strcmp(pattern, op) == 0;
}

static const char *symbol_of(const Flow *f, int of) {
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        const Naming *n = &NAMES[i];
        if (strcmp(n->eq, f->eq) == 0 && op_fits(n->op, f->op) && (!n->of || n->of == of) &&
            (!n->weight || (f->weight && strstr(f->weight, n->weight))))
            return n->symbol;
    }
    for (int i = 0; f->scalar && i < TERM_COUNT; i++)
        if (TERMS[i].stage == f->stage && strcmp(TERMS[i].equation, f->eq) == 0) return TERMS[i].symbol;
    return "";
}

static void write_symbol(char out[FLOW_SYMBOL], const char *pattern, int of, int first, int second) {
    size_t n = 0;
    for (const char *s = pattern; *s && n + 3 < FLOW_SYMBOL; s++) {
        const char *part = *s == '%'   ? MODALITY[of]
                           : *s == '<' ? MODALITY[first]
                           : *s == '>' ? MODALITY[second]
                                       : NULL;
        if (part)
            for (; *part; part++) out[n++] = *part;
        else
            out[n++] = *s;
    }
    out[n] = 0;
}

/* ---- Rows ---- */

double flow_norm(const real *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

static Flow *add_row(FlowList *f, const FlowSource *s, const char *eq, const char *op, const Tensor *x,
                     Error *err) {
    if (!mem_grow(&f->row, &f->capacity, f->n + 1, sizeof *f->row)) {
        mem_error(err, "the ops of a batch");
        return NULL;
    }
    Flow *row = &f->row[f->n++];
    *row = (Flow){
        .stage = s->stage, .eq = eq, .op = op, .own = -1, .gradient = -1, .scalar = tensor_size(x) == 1};
    tensor_shape(x, row->shape);
    row->value = row->scalar ? (double)x->data[0] : flow_norm(x->data, tensor_size(x));
    return row;
}

static void add_own(Flow *row, const Tensor *x, int b) {
    if (x->rank > 1 && x->dim[0] == b) row->own = flow_norm(x->data, tensor_size(x) / (size_t)b);
}

Status flow_input(FlowList *f, const FlowSource *s, const char *eq, const char *symbol, const Tensor *x,
                  Error *err) {
    Flow *row = add_row(f, s, eq, "input", x, err);
    if (!row) return STATUS_IO;
    snprintf(row->symbol, sizeof row->symbol, "%s", symbol);
    add_own(row, x, s->b);
    return STATUS_OK;
}

/* ---- The walk ---- */

/* row[i]: the row of node i; of[i]: its modalities. */
typedef struct {
    Flow *row;
    const FlowSource *source;
    int *of;
} Walk;

static const char *parameter_of(const FlowSource *s, const Tensor *x) {
    for (size_t i = 0; x && i < s->params->count; i++)
        if (s->params->items[i].tensor == x) return s->params->items[i].name;
    return NULL;
}

static int modality_of_name(const char *name) {
    if (strncmp(name, "image.", 6) == 0 || strncmp(name, "stage1.image.", 13) == 0) return OF_IMAGE;
    if (strncmp(name, "text.", 5) == 0 || strncmp(name, "stage1.text.", 12) == 0) return OF_TEXT;
    return 0;
}

/* The modalities of one input of node `before`: the value of an earlier node, a parameter, or a constant. */
static int modality_of(const Walk *w, const Tape *t, size_t before, const Tensor *x) {
    if (!x) return 0;
    for (int k = 0; k < 2; k++)
        for (int i = 0; w->source->modality[k][i]; i++)
            if (w->source->modality[k][i] == x) return 1 << k;
    for (size_t i = before; i-- > 0;)
        if (t->nodes[i].out == x) return w->of[i];
    const char *name = parameter_of(w->source, x);
    return name ? modality_of_name(name) : 0;
}

static void describe(Walk *w, const Tape *t, size_t i) {
    const Node *node = &t->nodes[i];
    Flow *row = &w->row[i];
    int of[2] = {0, 0};
    for (int k = 0; k < node->n_in; k++) {
        int m = modality_of(w, t, i, node->in[k]);
        w->of[i] |= m;
        if (k < 2) of[k] = m;
        if (!row->weight) row->weight = parameter_of(w->source, node->in[k]);
    }
    if (w->of[i]) add_own(row, node->out, w->source->b);
    write_symbol(row->symbol, symbol_of(row, w->of[i]), w->of[i], of[0], of[1]);
}

static void read_gradient(void *ctx, Tape *t, const Node *node, int after) {
    Walk *w = ctx;
    if (after) return; /* after the backward of the node, its gradient buffer may belong to another tensor */
    w->row[node - t->nodes].gradient = flow_norm(node->out->grad, tensor_size(node->out));
}

static Status check_needed(const FlowList *f, const FlowSource *s, Error *err) {
    for (const char *const *name = s->needed; name && *name; name++)
        if (!flow_find(f, s->stage, *name))
            return error_set(err, STATUS_INTERNAL,
                             "stage %d: no op computes %s; flow.c and the model name ops differently",
                             s->stage, *name);
    return STATUS_OK;
}

Status flow_walk(FlowList *f, Tape *t, Tensor *loss, const FlowSource *s, Error *err) {
    size_t first = f->n;
    for (size_t i = 0; i < t->n_nodes; i++) {
        const Node *node = &t->nodes[i];
        if (!node->eq)
            return error_set(err, STATUS_INTERNAL, "stage %d: op '%s' belongs to no equation", s->stage,
                             node->op);
        if (!add_row(f, s, node->eq, node->op, node->out, err)) return STATUS_IO;
    }
    Walk w = {.row = f->row + first, .source = s, .of = arena_calloc(&t->arena, t->n_nodes, sizeof *w.of)};
    for (size_t i = 0; i < t->n_nodes; i++) describe(&w, t, i);
    t->watch = read_gradient;
    t->watch_ctx = &w;
    tape_backward(t, loss);
    t->watch = NULL;
    return check_needed(f, s, err);
}

const Flow *flow_find(const FlowList *f, int stage, const char *symbol) {
    for (size_t i = 0; i < f->n; i++)
        if (f->row[i].stage == stage && strcmp(f->row[i].symbol, symbol) == 0) return &f->row[i];
    return NULL;
}

void flow_free(FlowList *f) {
    mem_free(f->row);
    memset(f, 0, sizeof *f);
}

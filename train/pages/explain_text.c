/* The explanation as text: one block a step, from the manifest line to the code. */
#include <string.h>

#include "eval/page/markup.h"
#include "train/pages/explain_parts.h"

enum { NEIGHBOURS = 5, SNIPPET = 60, BITS_A_WORD = 8 };

/* At most `most` characters of text from data (0: all). Control characters, which a terminal would execute, become blanks. */
static void add_plain(Buffer *b, const char *text, int most) {
    int count = 0;
    for (const unsigned char *s = (const unsigned char *)text; *s && (!most || count < most); count++) {
        size_t n = markup_utf8(s);
        bool control =
            n == 0 || (n == 1 && (*s < 0x20 || *s == 0x7f)) || (n == 2 && s[0] == 0xc2 && s[1] < 0xa0);
        if (control)
            buffer_add(b, " ", 1);
        else
            buffer_add(b, s, n);
        s += n ? n : 1;
    }
    if (most && count == most) buffer_printf(b, "...");
}

static void add_fact(Buffer *b, const char *name, const char *text) {
    buffer_printf(b, "  %-12s ", name);
    add_plain(b, text, 0);
    buffer_printf(b, "\n");
}

/* ---- The case ---- */

static void add_labels(Buffer *b, const Session *s, int which) {
    int c = session_classes(s), n = 0;
    for (int k = 0; k < c; k++)
        if (s->manifest.labels[(size_t)which * (size_t)c + (size_t)k]) {
            if (n++) buffer_printf(b, "|");
            add_plain(b, s->manifest.label_names[k], 0);
        }
    if (n == 0) buffer_printf(b, "(none)");
}

static void add_words(Buffer *b, const Explain *e) {
    const Session *s = &e->session;
    int n = explain_tokens(e), unknown = 0;
    const int32_t *id = s->data.word + (size_t)e->which[0] * (size_t)s->vocab.length;
    buffer_printf(b, "  %-12s ", "words");
    for (int k = 0; k < n; k++) {
        add_plain(b, e->words.words[k], 0);
        buffer_printf(b, "=%d ", id[k]);
        unknown += id[k] == TOKEN_UNKNOWN;
    }
    buffer_printf(b, "\n  %-12s %d of %d words, the first N_t = %d at most; %d unknown (id %d)\n", "tokens",
                  n, e->words.n, s->vocab.length, unknown, TOKEN_UNKNOWN);
}

static void add_case(Buffer *b, const Explain *e) {
    const Session *s = &e->session;
    int which = e->which[0], side = s->config.image_size;
    const Case *c = &s->manifest.cases[which];
    buffer_printf(b, "\n1. The case that is followed, row 0 of the batch\n  %-12s ", "line");
    add_plain(b, s->manifest.path, 0);
    buffer_printf(b, ":%d\n", c->line);
    add_fact(b, "id", c->id);
    add_fact(b, "group", s->manifest.group_names[c->group]);
    buffer_printf(b, "  %-12s ", "labels");
    add_labels(b, s, which);
    buffer_printf(b, "\n");
    add_fact(b, "text", c->text);
    add_words(b, e);
    add_fact(b, "image", c->image);
    buffer_printf(
        b, "  %-12s S = %d: %d x %d gray pixels, x = (pixel/255 - %.4f) / %.4f; N_v = (S/16)^2 = %d tokens\n",
        "picture", side, side, side, s->mean, s->deviation, (side / CNN_SHRINK) * (side / CNN_SHRINK));
}

/* ---- The ops ---- */

static void add_norm(Buffer *b, double v, bool is_there) {
    if (is_there)
        buffer_printf(b, " %11.5g", v);
    else
        buffer_printf(b, " %11s", "-");
}

static void add_flow(Buffer *b, const Explain *e, int stage) {
    buffer_printf(b, "  %-14s %-22s %-23s %-16s %11s %11s %11s  %s\n", "equation", "op", "symbol", "shape",
                  "|value|", "of the case", stage == 1 ? "|dL_1/d.|" : "|dL_2/d.|", "weights");
    for (size_t i = 0; i < e->flow.n; i++) {
        const Flow *f = &e->flow.row[i];
        if (f->stage != stage) continue;
        buffer_printf(b, "  %-14s %-22s %-23s %-16s", f->eq, f->op, f->symbol, f->shape);
        add_norm(b, f->value, true);
        add_norm(b, f->own, f->own >= 0);
        add_norm(b, f->gradient, f->gradient >= 0);
        buffer_printf(b, "  %s\n", f->weight ? f->weight : "");
    }
}

/* The terms; their weighted sum is the loss. */
static void add_terms(Buffer *b, const Explain *e, int stage) {
    double sum = 0;
    buffer_printf(b, "\n  %-14s %-10s %12s %10s %14s\n", "equation", "term", "value", "weight",
                  "weight*value");
    for (int i = 0; i < e->terms[stage - 1]; i++) {
        const ExplainTerm *t = &e->term[stage - 1][i];
        sum += t->weight * t->value;
        buffer_printf(b, "  %-14s %-10s %12.6g %10.4g %14.6g\n", t->eq, t->symbol, t->value, t->weight,
                      t->weight * t->value);
    }
    buffer_printf(b, "  %-14s %-10s %12.6g %10s %14.6g\n", stage == 1 ? "stage1" : "total",
                  stage == 1 ? "L_1" : "L_2", e->total[stage - 1], "", sum);
}

/* ---- The graph ---- */

static void add_neighbours(Buffer *b, const Explain *e, Modality m) {
    const Session *s = &e->session;
    ExplainNeighbour near[NEIGHBOURS];
    int n = explain_neighbours(e, m, near, NEIGHBOURS);
    for (int i = 0; i < n; i++) {
        int which = s->index[SET_TRAIN][near[i].row];
        const Case *c = &s->manifest.cases[which];
        buffer_printf(b, "  %-5s %d  K %.4f  P %.4f  ", m == 0 ? "image" : "text", i + 1, near[i].kernel,
                      near[i].step);
        add_plain(b, c->id, 0);
        buffer_printf(b, "  ");
        add_labels(b, s, which);
        buffer_printf(b, "  ");
        add_plain(b, c->text, SNIPPET);
        buffer_printf(b, "\n");
    }
}

static void add_graph(Buffer *b, const Explain *e) {
    buffer_printf(b, "\n3. The neighbour graph of u_v and of u_t, over %d training cases: bandwidth, graph\n",
                  e->stage2.train.n);
    for (Modality m = 0; m < MODALITIES; m++)
        if (e->stage2.graph[m].n)
            buffer_printf(b, "  sigma_%c %.5g, k %d, of other groups alone\n", "vt"[m],
                          e -> stage2.graph[m].sigma, e->stage2.graph[m].k);
    if (!e->stage2.graph[0].n) buffer_printf(b, "  none: these settings take no walk\n");
    for (Modality m = 0; m < MODALITIES; m++) add_neighbours(b, e, m);
    static const char *const pair[EXPLAIN_PAIRS] = {"vv", "tt", "vt"};
    for (int i = 0; i < EXPLAIN_PAIRS && e->target[i]; i++) {
        if (i == 0)
            buffer_printf(
                b,
                "  G: walk, target, posterior; omega %g, rho %g, t0 %.4g, a %g: wanted similarity to the "
                "batch's first "
                "cases\n",
                e->stage2.walk.omega, e->stage2.walk.rho, e->stage2.walk.t0, e->stage2.posterior);
        buffer_printf(b, "  G_%s", pair[i]);
        for (int j = 0; j < e->b && j < 8; j++) buffer_printf(b, " %7.3f", (double)e->target[i][j]);
        buffer_printf(b, e->b > 8 ? " ...\n" : "\n");
    }
}

/* ---- The code ---- */

/* A number for each token: of the words, each behind its word; of the picture, in rows of its grid. */
static void add_words_numbers(Buffer *b, const Explain *e, const real *a, const double *vote) {
    int n = explain_tokens(e);
    buffer_printf(b, "    text ");
    if (a) buffer_printf(b, " CLS %.3f", (double)a[0]);
    for (int k = 0; k < n; k++) {
        buffer_printf(b, "  ");
        add_plain(b, e->words.words[k], 0);
        buffer_printf(b, " %.3f", a ? (double)a[1 + k] : vote[k]);
    }
    buffer_printf(b, "\n");
}

static void add_grid_numbers(Buffer *b, const Explain *e, const real *a, const double *vote) {
    int side = e->model->config.image_size / CNN_SHRINK;
    buffer_printf(b, "    image");
    if (a) buffer_printf(b, " CLS %.3f", (double)a[0]);
    for (int k = 0; k < side * side; k++)
        buffer_printf(b, "%s%7.3f", k % side ? " " : "\n      ", a ? (double)a[1 + k] : vote[k]);
    buffer_printf(b, "\n");
}

/* Attention where the encoder sees the tokens; else what stage 1 reads from each. */
static void add_attention(Buffer *b, const Explain *e) {
    const real *const *a = (const real *const *)e->attention;
    if (a[0]) {
        buffer_printf(
            b,
            "  attention of CLS to itself and to each token in the last layer, mean over heads; sums to 1\n");
    } else {
        buffer_printf(b, "  votes of the tokens for ");
        add_plain(b, e->session.manifest.label_names[e->vote_label], 0);
        buffer_printf(
            b,
            ", Z_k V_y / n; with the bias they sum to the logit of stage 1: image %.4f%+.4f = %.4f, text "
            "%.4f%+.4f = %.4f\n",
            e->logit[0] - e->bias[0], e->bias[0], e->logit[0], e->logit[1] - e->bias[1], e->bias[1],
            e->logit[1]);
    }
    add_grid_numbers(b, e, a[0], e->vote[0]);
    add_words_numbers(b, e, a[1], e->vote[1]);
}

/* p_v and p_t of each label. */
static void add_posterior(Buffer *b, const Explain *e) {
    buffer_printf(b, "  what stage 1 knows of each label, p_v and p_t: ridge, expert, mixture%s\n",
                  e->model->config.semantic ? "; stage 2 sees it alone: semantic" : "");
    for (int k = 0; k < e->model->config.classes; k++) {
        buffer_printf(b, "    %.3f %.3f  ", (double)e->posterior[0][k], (double)e->posterior[1][k]);
        add_plain(b, e->session.manifest.label_names[k], 0);
        buffer_printf(b, "\n");
    }
}

static void add_numbers(Buffer *b, const char *name, const float *x, int q) {
    buffer_printf(b, "  %-5s", name);
    for (int j = 0; j < q && j < BITS_A_WORD; j++) buffer_printf(b, " %7.3f", (double)x[j]);
    buffer_printf(b, q > BITS_A_WORD ? " ...\n" : "\n");
}

static void add_bits(Buffer *b, const char *name, const uint8_t *code, int q) {
    buffer_printf(b, "  %-5s ", name);
    for (int j = 0; j < q; j++)
        buffer_printf(b, "%s%d", j && j % BITS_A_WORD == 0 ? " " : "", code[j / 8] >> (j % 8) & 1);
    buffer_printf(b, "\n");
}

static void add_code(Buffer *b, const Explain *e) {
    int q = e->model->config.bits, differ = 0;
    buffer_printf(b,
                  "\n5. The code of the case, from one modality alone, by these weights, as `msach encode` "
                  "does by those of the trained run: head, "
                  "beta %.4g\n",
                  e->beta);
    add_attention(b, e);
    add_posterior(b, e);
    for (int m = 0; m < 2; m++) {
        add_numbers(b, m ? "s_t" : "s_v", e->score[m], q);
        add_numbers(b, m ? "H_t" : "H_v", e->relaxed[m], q);
    }
    add_bits(b, "image", e->code[0], q);
    add_bits(b, "text", e->code[1], q);
    for (int j = 0; j < q; j++) differ += (e->code[0][j / 8] ^ e->code[1][j / 8]) >> (j % 8) & 1;
    buffer_printf(b, "  bit j is 1 iff s_j >= 0; image and text differ in %d of %d bits\n", differ, q);
}

static void add_step(Buffer *b, const Explain *e) {
    buffer_printf(b,
                  "Step %ld of the %ld of stage 2, epoch %d of %d, as it was trained: %d cases with their "
                  "views, noise and "
                  "dropout\n  L_2 %.9g, |gradient of all weights| %.6g, learning rate %.6g, beta %.4g\n"
                  "Codes and attention are those of the weights before this step.\n",
                  e->step, e->steps, e->epoch, e->epochs, e->b, e->total[1], e->gradient, e->rate, e->beta);
}

void explain_text(Buffer *b, const Explain *e) {
    char trust[800];
    const Config *c = &e->session.config;
    if (e->step)
        add_step(b, e);
    else if (e->trained)
        buffer_printf(
            b, "One batch of %d training cases through both stages, with the run's trained weights\n", e->b);
    else
        buffer_printf(
            b,
            "One batch of %d training cases through both stages, with initial weights of seed %d: nothing is "
            "trained yet\n",
            e->b, c->seed);
    if (!e->step)
        buffer_printf(
            b,
            "No augmentation, mixup, dropout or noise; running statistics: the values that encode gives.\n");
    buffer_printf(
        b, "|.| is the Euclidean norm; a scalar stands as it is. `make trace` shows each equation's line.\n");
    add_case(b, e);
    if (!e->step) {
        buffer_printf(b, "\n2. Stage 1: features of the batch and L_1\n");
        add_flow(b, e, 1);
        add_terms(b, e, 1);
    } else if (!e->end_to_end) {
        buffer_printf(b, "\n2. Stage 1 is frozen: its features are those of the run\n");
    }
    add_graph(b, e);
    buffer_printf(b, "\n4. Stage 2: from the frozen features to codes and L_2, q = %d bits\n",
                  e->model->config.bits);
    add_flow(b, e, 2);
    add_terms(b, e, 2);
    explain_trust(e, trust, sizeof trust);
    if (*trust) buffer_printf(b, "  %s\n", trust);
    add_code(b, e);
}

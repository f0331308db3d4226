#include "train/pages/inspect_page.h"

#include <stdio.h>
#include <string.h>

#include "eval/embed.h"
#include "eval/page/html.h"
#include "eval/page/svg.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "train/pages/report_charts.h"

/* ---- Kinds: the most frequent labels, then the rest ---- */

enum { KINDS = 8 };

/* Names and labels of the kinds; the last kind has no label. */
typedef struct {
    const char *name[KINDS];
    int label[KINDS], n;
} Kinds;

/* Labels by falling count; of equal counts in the order of the labels. */
static Status choose_kinds(Kinds *k, const Session *s, const Evaluation *e, Error *err) {
    int classes = e->database.classes, *count = mem_calloc((size_t)classes, sizeof *count);
    if (!count) return mem_error(err, "the labels");
    memset(k, 0, sizeof *k);
    for (size_t i = 0; i < e->database.n; i++) {
        int label = s->label[s->index[e->database_set][i]];
        if (label >= 0) count[label]++;
    }
    while (k->n < KINDS - 1) {
        int best = -1;
        for (int c = 0; c < classes; c++)
            if (count[c] > 0 && (best < 0 || count[c] > count[best])) best = c;
        if (best < 0) break;
        k->name[k->n] = s->manifest.label_names[best];
        k->label[k->n++] = best;
        count[best] = 0;
    }
    k->name[k->n] = "other or none";
    mem_free(count);
    return STATUS_OK;
}

static int kind_of(const Kinds *k, int label) {
    for (int i = 0; i < k->n; i++)
        if (k->label[i] == label) return i;
    return k->n;
}

/* ---- Maps ---- */

/* n cases, 2n codes: pictures, then texts. kind and name are by case. */
typedef struct {
    int n, bits;
    float *value; /* (2n, bits) of -1 and +1 */
    double *xy, *x, *y;
    int *kind;
    const char **name;
} Map;

static void map_free(Map *m) {
    mem_free(m->value);
    mem_free(m->xy);
    mem_free(m->x);
    mem_free(m->kind);
    mem_free(m->name);
}

static Status map_begin(Map *m, const Session *s, const Evaluation *e, const Kinds *kinds, Error *err) {
    size_t n = e->database.n < INSPECT_MAPPED ? e->database.n : INSPECT_MAPPED, q = (size_t)e->database.bits;
    *m = (Map){.n = (int)n, .bits = e->database.bits};
    m->value = mem_calloc(2 * n * q, sizeof *m->value);
    m->xy = mem_calloc(4 * n, sizeof *m->xy);
    m->x = mem_calloc(2 * n, sizeof *m->x);
    m->kind = mem_calloc(n, sizeof *m->kind);
    m->name = mem_calloc(n, sizeof *m->name);
    if (!m->value || !m->xy || !m->x || !m->kind || !m->name) return mem_error(err, "the maps");
    m->y = m->x + n;
    for (size_t i = 0; i < n; i++) {
        size_t row = i * e->database.n / n;
        int which = s->index[e->database_set][row];
        for (size_t k = 0; k < 2; k++)
            code_unpack(e->database.code[k] + row * code_bytes(m->bits), 1, m->bits,
                        m->value + (k * n + i) * q);
        m->kind[i] = kind_of(kinds, s->label[which]);
        m->name[i] = s->manifest.cases[which].id;
    }
    return STATUS_OK;
}

/* Draws both halves of one map on the same axes, so that they can be compared. */
static void draw_map(Buffer *b, Map *m, const Kinds *kinds, const char *method, const char *caption) {
    double low[2], high[2];
    for (int axis = 0; axis < 2; axis++) {
        low[axis] = high[axis] = m->xy[axis];
        for (int i = 0; i < 2 * m->n; i++) {
            double v = m->xy[2 * i + axis];
            if (v < low[axis]) low[axis] = v;
            if (v > high[axis]) high[axis] = v;
        }
        if (low[axis] == high[axis]) high[axis] += 1;
    }
    for (int half = 0; half < 2; half++) {
        char title[96];
        snprintf(title, sizeof title, "%s, codes of %s", method, half ? "texts" : "pictures");
        for (int i = 0; i < m->n; i++) {
            m->x[i] = m->xy[2 * (half * m->n + i)];
            m->y[i] = m->xy[2 * (half * m->n + i) + 1];
        }
        SvgFrame f = {.title = title,
                      .description = caption,
                      .x_min = low[0],
                      .x_max = high[0],
                      .y_min = low[1],
                      .y_max = high[1]};
        SvgPoints p = {.x = m->x,
                       .y = m->y,
                       .kind = m->kind,
                       .point_name = m->name,
                       .n = (size_t)m->n,
                       .kind_name = kinds->name,
                       .kinds = kinds->n + 1};
        html_figure_begin(b);
        svg_scatter(b, &f, &p);
        html_figure_end(b, "%s", caption);
    }
}

static Status draw_maps(Buffer *b, Map *m, const Kinds *kinds, Pool *pool, Error *err) {
    char caption[160];
    double share[2], divergence;
    size_t n = 2 * (size_t)m->n;
    TRY(embed_pca(m->value, n, m->bits, m->xy, share, err));
    snprintf(caption, sizeof caption,
             "The first two principal components carry %.0f %% and %.0f %% of the variance.", 100 * share[0],
             100 * share[1]);
    draw_map(b, m, kinds, "PCA", caption);
    TsneOptions o = {.seed = 1};
    TRY(embed_tsne(m->value, n, m->bits, &o, m->xy, &divergence, pool, err));
    snprintf(caption, sizeof caption,
             "Exact t-SNE, divergence %.3f; distances between far groups mean little.", divergence);
    draw_map(b, m, kinds, "t-SNE", caption);
    return STATUS_OK;
}

static Status write_maps(Buffer *b, const Session *s, const Evaluation *e, Error *err) {
    Kinds kinds;
    Map m = {0};
    TRY(choose_kinds(&kinds, s, e, err));
    Status status = map_begin(&m, s, e, &kinds, err);
    html_section_begin(b, "Maps of the codes");
    html_text(b,
              "%d of %zu database cases, one map for the codes of pictures and texts together, drawn apart; "
              "coloured by a "
              "case's first label.",
              m.n, e->database.n);
    html_grid_begin(b);
    if (status == STATUS_OK && m.n > 1) status = draw_maps(b, &m, &kinds, s->pool, err);
    html_grid_end(b);
    html_section_end(b);
    map_free(&m);
    return status;
}

/* ---- The page ---- */

static Status write_page(Buffer *b, const Session *s, const Evaluation *e, Error *err) {
    const Figures to = {.page = b};
    char lead[256], name[64];
    manifest_name(s->manifest.path, name, sizeof name);
    snprintf(lead, sizeof lead, "%s: %d bits; %zu queries, %zu database cases never trained on.", name,
             e->query.bits, e->query.n, e->database.n);
    html_begin(b, "MSACH: health of the codes", lead);
    html_section_begin(b, "Balance and correlation of the bits");
    report_health(b, e);
    html_grid_begin(b);
    for (Modality k = 0; k < MODALITIES; k++) TRY(chart_bits(&to, e, k, err));
    for (Modality k = 0; k < MODALITIES; k++) TRY(chart_correlation(&to, e, k, err));
    html_grid_end(b);
    html_section_end(b);
    html_section_begin(b, "Hamming distances of relevant and irrelevant pairs");
    html_grid_begin(b);
    for (Modality k = 0; k < MODALITIES; k++) TRY(chart_distances(&to, e, k, err));
    html_grid_end(b);
    html_section_end(b);
    TRY(write_maps(b, s, e, err));
    html_note(b, "A research model. Not a medical device; not for diagnosis or treatment.");
    html_end(b);
    return b->failed ? mem_error(err, "the page") : STATUS_OK;
}

Status inspect_page(const char *path, const Session *s, const Evaluation *e, Error *err) {
    Buffer b = {0};
    Status status = write_page(&b, s, e, err);
    if (status == STATUS_OK) status = file_write(path, b.data, b.size, err);
    buffer_free(&b);
    return status;
}

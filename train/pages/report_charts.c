#include "train/pages/report_charts.h"

#include <stdio.h>
#include <string.h>

#include "eval/page/html.h"
#include "eval/page/svg.h"
#include "hash/code.h"
#include "nn/base/alloc.h"

static const char *const DIRECTION[2] = {"image to text", "text to image"};

/* ---- Training ---- */

/* Columns of numbers that charts borrow: x and at most 1 + TERM_COUNT curves of n points. */
typedef struct {
    int n;
    double *x, *y[1 + TERM_COUNT];
    SvgSeries series[1 + TERM_COUNT];
    size_t count;
} Curves;

static Status curves_begin(Curves *c, int n, Error *err) {
    memset(c, 0, sizeof *c);
    c->x = mem_calloc((size_t)n * (2 + TERM_COUNT), sizeof *c->x);
    if (!c->x) return mem_error(err, "the report's curves");
    for (int k = 0; k <= TERM_COUNT; k++) c->y[k] = c->x + (size_t)n * (size_t)(k + 1);
    return STATUS_OK;
}

/* The rows of one stage, in order. */
static int pick(const MetricsRow *rows, int n, int stage, const MetricsRow **first) {
    int count = 0;
    for (int i = 0; i < n; i++) {
        if (rows[i].stage != stage) continue;
        if (count == 0) *first = &rows[i];
        count++;
    }
    return count;
}

static void add_curve(Curves *c, const char *name) {
    c->series[c->count] = (SvgSeries){.name = name, .x = c->x, .y = c->y[c->count], .n = (size_t)c->n};
    c->count++;
}

/* The terms that move: one that is 0 in every epoch is off. */
static void fill_losses(Curves *c, const MetricsRow *row) {
    for (int i = 0; i < c->n; i++) {
        c->x[i] = row[i].epoch;
        c->y[0][i] = row[i].loss;
    }
    add_curve(c, "total");
    for (int k = 0; k < TERM_COUNT; k++) {
        bool on = false;
        for (int i = 0; i < c->n; i++) {
            c->y[c->count][i] = row[i].term[k];
            on = on || row[i].term[k] != 0;
        }
        if (on) add_curve(c, TERMS[k].name);
    }
}

Status chart_losses(Buffer *b, const MetricsRow *rows, int n, int stage, Error *err) {
    Curves c;
    const MetricsRow *row = NULL;
    int count = pick(rows, n, stage, &row);
    if (count == 0) return STATUS_OK;
    TRY(curves_begin(&c, count, err));
    c.n = count;
    fill_losses(&c, row);
    char title[64];
    snprintf(title, sizeof title, "Stage %d: loss and its terms", stage);
    SvgFrame f = {.title = title, .x_label = "epoch", .y_label = "mean over the steps"};
    html_figure_begin(b);
    svg_lines(b, &f, c.series, c.count);
    html_figure_end(b, stage == 1 ? "Feature extraction: cross-entropy of images and of texts."
                                  : "Hash learning: the weighted terms of the loss, summed to the total.");
    mem_free(c.x);
    return STATUS_OK;
}

Status chart_validation(Buffer *b, const MetricsRow *rows, int n, int stage, int best_epoch, Error *err) {
    Curves c;
    const MetricsRow *row = NULL;
    int count = pick(rows, n, stage, &row);
    if (count == 0) return STATUS_OK;
    if (stage == 2 && row[0].map[0] < 0) {
        html_note(b, "No validation query has a relevant case in another group, so the last epoch was kept: "
                     "this data has too "
                     "few groups a label to choose one.");
        return STATUS_OK;
    }
    TRY(curves_begin(&c, count, err));
    c.n = count;
    for (int i = 0; i < count; i++) {
        c.x[i] = row[i].epoch;
        c.y[0][i] = stage == 1 ? row[i].accuracy[0] : row[i].map[0];
        c.y[1][i] = stage == 1 ? row[i].accuracy[1] : row[i].map[1];
    }
    add_curve(&c, stage == 1 ? "image" : DIRECTION[0]);
    add_curve(&c, stage == 1 ? "text" : DIRECTION[1]);
    SvgFrame f = {.title = stage == 1 ? "Stage 1: validation accuracy" : "Stage 2: validation MAP",
                  .x_label = "epoch",
                  .y_label = stage == 1 ? "share right" : "expected MAP",
                  .y_min = 0,
                  .y_max = 1};
    html_figure_begin(b);
    svg_lines(b, &f, c.series, c.count);
    if (stage == 1)
        html_figure_end(b, "Share of the validation cases whose likeliest label is one of theirs.");
    else
        html_figure_end(
            b,
            "Validation queries against validation cases of other groups. Epoch %d was kept; the test "
            "queries had no say in it.",
            best_epoch);
    mem_free(c.x);
    return STATUS_OK;
}

/* ---- The evaluation ---- */

void chart_map(Buffer *b, const Evaluation *e) {
    SvgBar bar[4];
    for (int k = 0; k < 2; k++) {
        const Retrieval *r = &e->direction[k];
        bar[k] = (SvgBar){DIRECTION[k], r->map.expected, r->map.pessimistic, r->map.optimistic, k};
        bar[2 + k] = (SvgBar){k ? "random, text to image" : "random, image to text", r->map_random,
                              r->map_random, r->map_random, 7};
    }
    SvgFrame f = {.title = "Test MAP", .x_label = "MAP", .x_min = 0, .x_max = 1};
    html_figure_begin(b);
    svg_bars(b, &f, bar, 4);
    html_figure_end(b, "Expected value over all orders of equal distances; the whisker reaches from the "
                       "worst to the best order.");
}

static bool shares_label(const Evaluation *e, size_t q, size_t i) {
    const uint8_t *a = e->query.labels + q * (size_t)e->query.classes;
    const uint8_t *b = e->database.labels + i * (size_t)e->query.classes;
    for (int c = 0; c < e->query.classes; c++)
        if (a[c] && b[c]) return true;
    return false;
}

/* y[1], y[0]: share of the pairs that do and do not share a label at each distance. */
static void count_distances(const Evaluation *e, Modality direction, double *const y[2]) {
    double pairs[2] = {0, 0};
    size_t bytes = code_bytes(e->query.bits);
    for (size_t q = 0; q < e->query.n; q++) {
        const uint8_t *code = e->query.code[direction] + q * bytes;
        for (size_t i = 0; i < e->database.n; i++) {
            int related = shares_label(e, q, i);
            y[related]
             [code_distance(code, e->database.code[modality_other(direction)] + i * bytes, e->query.bits)]++;
            pairs[related]++;
        }
    }
    for (int k = 0; k < 2; k++)
        for (int d = 0; d <= e->query.bits && pairs[k] > 0; d++) y[k][d] /= pairs[k];
}

Status chart_distances(Buffer *b, const Evaluation *e, Modality direction, Error *err) {
    size_t n = (size_t)e->query.bits + 1;
    double *x = mem_calloc(3 * n, sizeof *x);
    if (!x) return mem_error(err, "the report's distances");
    double *const y[2] = {x + n, x + 2 * n};
    for (size_t d = 0; d < n; d++) x[d] = (double)d;
    count_distances(e, direction, y);
    SvgSeries series[2] = {{"shares a label", x, y[1], NULL, NULL, n},
                           {"shares none", x, y[0], NULL, NULL, n}};
    char title[96];
    snprintf(title, sizeof title, "Distances, %s", DIRECTION[direction]);
    SvgFrame f = {.title = title, .x_label = "differing bits", .y_label = "share of the pairs"};
    html_figure_begin(b);
    svg_lines(b, &f, series, 2);
    html_figure_end(
        b, "Query and database case: the further apart the curves, the better the codes tell cases apart.");
    mem_free(x);
    return STATUS_OK;
}

Status chart_recall(Buffer *b, const Evaluation *e, Error *err) {
    size_t n = (size_t)e->query.bits + 1;
    double *x = mem_calloc(4 * n, sizeof *x);
    if (!x) return mem_error(err, "the report's curves");
    SvgSeries series[2];
    for (size_t k = 0; k < 2; k++) {
        double *recall = x + 2 * k * n, *precision = recall + n;
        size_t points = 0;
        for (size_t r = 0; r < n; r++) {
            const RadiusPoint *p = &e->direction[k].curve[r];
            if (p->share <= 0) continue;
            recall[points] = p->recall;
            precision[points++] = p->precision;
        }
        series[k] = (SvgSeries){DIRECTION[k], recall, precision, NULL, NULL, points};
    }
    SvgFrame f = {.title = "Precision and recall by radius",
                  .x_label = "recall",
                  .y_label = "precision",
                  .x_min = 0,
                  .x_max = 1,
                  .y_min = 0,
                  .y_max = 1};
    html_figure_begin(b);
    svg_lines(b, &f, series, 2);
    html_figure_end(b, "Everything within a growing Hamming radius of the query; precision over the queries "
                       "that find anything.");
    mem_free(x);
    return STATUS_OK;
}

/* ---- Health of the codes ---- */

enum { BINS = 20, SHOWN_BITS = 64 };

Status chart_bits(Buffer *b, const Evaluation *e, Modality m, Error *err) {
    double count[BINS] = {0}, *mean = mem_calloc((size_t)e->query.bits, sizeof *mean);
    if (!mean) return mem_error(err, "the report's bit means");
    code_bit_means(e->database.code[m], e->database.n, e->query.bits, mean);
    for (int j = 0; j < e->query.bits; j++) {
        int bin = (int)(mean[j] * BINS);
        count[bin < BINS ? bin : BINS - 1]++;
    }
    char title[96];
    snprintf(title, sizeof title, "Balance of the %s bits", modality_name(m));
    SvgFrame f = {.title = title, .x_label = "share of codes in which a bit is 1", .y_label = "bits"};
    html_figure_begin(b);
    svg_histogram(b, &f, count, BINS, 0, 1);
    html_figure_end(b, "Bits near 0.5 split the cases in halves; bits at 0 or 1 say nothing.");
    mem_free(mean);
    return STATUS_OK;
}

/* The top left corner (shown, shown) of a (bits, bits) matrix, moved together in place. */
static void crop(double *matrix, size_t bits, size_t shown) {
    for (size_t i = 0; i < shown; i++) memmove(matrix + i * shown, matrix + i * bits, shown * sizeof *matrix);
}

Status chart_correlation(Buffer *b, const Evaluation *e, Modality m, Error *err) {
    size_t bits = (size_t)e->query.bits, shown = bits < SHOWN_BITS ? bits : SHOWN_BITS;
    double *matrix = mem_calloc(bits * bits, sizeof *matrix);
    if (!matrix) return mem_error(err, "the report's correlations");
    const uint8_t *codes = e->database.code[m];
    Status s = code_correlation(codes, codes, e->database.n, e->query.bits, matrix, err);
    if (s == STATUS_OK) {
        crop(matrix, bits, shown);
        char title[96];
        snprintf(title, sizeof title, "Correlation of the %s bits", modality_name(m));
        SvgFrame f = {.title = title, .x_label = "bit", .y_label = "bit"};
        SvgHeat h = {.value = matrix, .rows = shown, .columns = shown, .low = -1, .high = 1};
        html_figure_begin(b);
        svg_heat(b, &f, &h);
        html_figure_end(
            b, "The first %zu bits. Strong colours off the diagonal: bits that repeat one another.", shown);
    }
    mem_free(matrix);
    return s;
}

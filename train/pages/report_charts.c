#include "train/pages/report_charts.h"

#include <stdio.h>
#include <string.h>

#include "eval/page/glossary.h"
#include "eval/page/html.h"
#include "eval/page/svg.h"
#include "nn/base/alloc.h"
#include "train/terms.h"

const char *report_direction(Modality from) {
    return from == MODALITY_IMAGE ? "image to text" : "text to image";
}

void report_settings(Buffer *b, const Config *c) {
    html_details_begin(b, "Every setting");
    html_facts_begin(b);
    for (int i = 0; i < CONFIG_COUNT; i++) {
        char text[64];
        html_fact(b, CONFIG_TABLE[i].name, "%s (%s)", config_value(c, &CONFIG_TABLE[i], text),
                  CONFIG_TABLE[i].meaning);
    }
    html_facts_end(b);
    html_details_end(b);
}

/* ---- Training ---- */

/* Curves over the epochs of one stage: x and at most 1 + TERM_COUNT curves of n points. */
typedef struct {
    size_t n, count;
    double *x, *y[1 + TERM_COUNT];
    const MetricsRow *row; /* (n) of the stage */
    SvgSeries series[1 + TERM_COUNT];
} Curves;

/* rows (n) of both stages; those of a stage stand together. mem_free x. */
static Status curves_begin(Curves *c, const MetricsRow *rows, int n, int stage, Error *err) {
    *c = (Curves){.n = 0};
    for (int i = 0; i < n; i++)
        if (rows[i].stage == stage && c->n++ == 0) c->row = &rows[i];
    c->x = mem_calloc(c->n * (2 + TERM_COUNT) + 1, sizeof *c->x);
    if (!c->x) return mem_error(err, "the curves of the report");
    for (size_t i = 0; i < c->n; i++) c->x[i] = c->row[i].epoch;
    for (size_t k = 0; k <= TERM_COUNT; k++) c->y[k] = c->x + c->n * (k + 1);
    return STATUS_OK;
}

/* The next curve, of c->n values that the caller has written to c->y[c->count]. */
static void add_curve(Curves *c, const char *name) {
    c->series[c->count] = (SvgSeries){.name = name, .x = c->x, .y = c->y[c->count], .n = c->n};
    c->count++;
}

/* The total, and each term times its weight; a term that is 0 in every epoch is off. */
static void fill_losses(Curves *c, int stage, const Config *config) {
    for (size_t i = 0; i < c->n; i++) c->y[0][i] = c->row[i].loss;
    add_curve(c, "total");
    for (int k = 0; k < TERM_COUNT; k++) {
        if (TERMS[k].stage != stage) continue;
        double weight = term_weight(config, &TERMS[k]);
        bool on = false;
        for (size_t i = 0; i < c->n; i++) {
            c->y[c->count][i] = weight * c->row[i].term[k];
            on = on || c->y[c->count][i] != 0;
        }
        if (on) add_curve(c, TERMS[k].name);
    }
}

Status chart_losses(Buffer *b, const MetricsRow *rows, int n, int stage, const Config *config, Error *err) {
    Curves c;
    char title[64];
    TRY(curves_begin(&c, rows, n, stage, err));
    if (c.n > 0) {
        fill_losses(&c, stage, config);
        snprintf(title, sizeof title, "Stage %d: loss and its weighted terms", stage);
        SvgFrame f = {.title = title, .x_label = "epoch", .y_label = "mean over the steps"};
        html_figure_begin(b);
        svg_lines(b, &f, c.series, c.count);
        html_figure_end(b, "%s: each term times its weight; the terms sum to the total.",
                        stage == 1 ? "Feature extraction" : "Hash learning");
    }
    mem_free(c.x);
    return STATUS_OK;
}

static void draw_validation(Buffer *b, Curves *c, int stage, int best_epoch) {
    for (Modality m = 0; m < MODALITIES; m++) {
        for (size_t i = 0; i < c->n; i++) c->y[m][i] = stage == 1 ? c->row[i].accuracy[m] : c->row[i].map[m];
        add_curve(c, stage == 1 ? modality_name(m) : report_direction(m));
    }
    SvgFrame f = {.title = stage == 1 ? "Stage 1: validation accuracy" : "Stage 2: validation MAP",
                  .x_label = "epoch",
                  .y_label = stage == 1 ? "share right" : "expected MAP",
                  .y_max = 1};
    html_figure_begin(b);
    svg_lines(b, &f, c->series, c->count);
    if (stage == 1)
        html_figure_end(b, "Share of the validation cases whose likeliest label is one of theirs.");
    else
        html_figure_end(
            b,
            "Validation queries against validation cases of other groups. Epoch %d was kept; test queries "
            "had no influence on it.",
            best_epoch);
}

Status chart_validation(Buffer *b, const MetricsRow *rows, int n, int stage, int best_epoch, Error *err) {
    Curves c;
    TRY(curves_begin(&c, rows, n, stage, err));
    if (c.n > 0 && stage == 2 && c.row[0].map[0] < 0)
        html_note(b, "No validation query has a relevant case in another group, so that no epoch could be "
                     "chosen: the last "
                     "one was kept. The data set has too few groups a label.");
    else if (c.n > 0)
        draw_validation(b, &c, stage, best_epoch);
    mem_free(c.x);
    return STATUS_OK;
}

/* ---- The evaluation ---- */

Status chart_map(const Figures *to, const Evaluation *e, Error *err) {
    static const char *const random[] = {"random, image to text", "random, text to image"};
    SvgBar bar[2 * MODALITIES];
    for (Modality m = 0; m < MODALITIES; m++) {
        const Retrieval *r = &e->direction[m];
        double chance = r->map_random;
        bar[m] =
            (SvgBar){report_direction(m), r->map.expected, r->map.pessimistic, r->map.optimistic, (int)m};
        bar[MODALITIES + m] = (SvgBar){random[m], chance, chance, chance, 7};
    }
    SvgFrame f = {.title = "Test MAP", .x_label = "MAP", .x_min = 0, .x_max = 1};
    return figure_bars(to, "map", &f, bar, 2 * MODALITIES,
                       "Expected value over all orders of ties; whiskers: from the worst to the best order.",
                       err);
}

static bool shares_label(const Evaluation *e, size_t q, size_t i) {
    size_t classes = (size_t)e->query.classes;
    const uint8_t *a = e->query.labels + q * classes, *b = e->database.labels + i * classes;
    for (size_t c = 0; c < classes; c++)
        if (a[c] && b[c]) return true;
    return false;
}

/* y[1], y[0] (bits + 1): share of the pairs that do and do not share a label at each distance. */
static void count_distances(const Evaluation *e, Modality from, double *const y[2]) {
    double pairs[2] = {0, 0};
    int bits = e->query.bits;
    for (size_t q = 0; q < e->query.n; q++)
        for (size_t i = 0; i < e->database.n; i++) {
            const uint8_t *a = e->query.code[from] + q * code_bytes(bits),
                          *b = e->database.code[modality_other(from)] + i * code_bytes(bits);
            bool related = shares_label(e, q, i);
            y[related][code_distance(a, b, bits)]++;
            pairs[related]++;
        }
    for (int k = 0; k < 2; k++)
        for (int d = 0; d <= bits && pairs[k] > 0; d++) y[k][d] /= pairs[k];
}

Status chart_distances(const Figures *to, const Evaluation *e, Modality from, Error *err) {
    size_t n = (size_t)e->database.bits + 1;
    double *x = mem_calloc(3 * n, sizeof *x);
    if (!x) return mem_error(err, "the distances of the report");
    double *const y[2] = {x + n, x + 2 * n};
    for (size_t d = 0; d < n; d++) x[d] = (double)d;
    count_distances(e, from, y);
    SvgSeries series[2] = {{"shares a label", x, y[1], NULL, NULL, n},
                           {"shares none", x, y[0], NULL, NULL, n}};
    char title[96], name[64];
    snprintf(title, sizeof title, "Distances, %s", report_direction(from));
    snprintf(name, sizeof name, "distances_from_%s", modality_name(from));
    SvgFrame f = {.title = title, .x_label = "differing bits", .y_label = "share of the pairs"};
    Status s = figure_lines(to, name, &f, series, 2,
                            "Pairs of query and database case. The further apart the curves, the better the "
                            "codes separate cases.",
                            err);
    mem_free(x);
    return s;
}

Status chart_recall(const Figures *to, const Evaluation *e, Error *err) {
    size_t n = (size_t)e->database.bits + 1;
    double *room = mem_calloc(2 * MODALITIES * n, sizeof *room), *at = room;
    if (!room) return mem_error(err, "the curves of the report");
    SvgSeries series[MODALITIES];
    for (Modality m = 0; m < MODALITIES; m++, at += 2 * n) {
        size_t points = 0;
        for (size_t r = 0; r < n; r++) {
            const RadiusPoint *p = &e->direction[m].curve[r];
            if (p->share <= 0) continue;
            at[points] = p->recall;
            at[n + points++] = p->precision;
        }
        series[m] = (SvgSeries){report_direction(m), at, at + n, NULL, NULL, points};
    }
    SvgFrame f = {.title = "Precision and recall by radius",
                  .x_label = "recall",
                  .y_label = "precision",
                  .x_max = 1,
                  .y_max = 1};
    Status s = figure_lines(to, "precision_recall", &f, series, MODALITIES,
                            "All items within a growing Hamming radius of the query; precision over the "
                            "queries that find any.",
                            err);
    mem_free(room);
    return s;
}

/* ---- Health of the codes ---- */

enum { BINS = 20, SHOWN_BITS = 64 };

void report_health(Buffer *b, const Evaluation *e) {
    static const char *const head[] = {"codes",         "cases",         "distinct", "share of ones",
                                       "least to most", "constant bits", "entropy",  "|correlation|",
                                       "highest",       "mean tie"},
                             *const terms[] = {"constant bits", "entropy", "|correlation|", "mean tie", NULL};
    HtmlTable t = html_table_begin(b, "Codes of the database", "lrrrrrrrrr", head);
    for (Modality m = 0; m < MODALITIES; m++) {
        const CodeHealth *h = &e->health[m];
        html_cell(&t, false, "%s", modality_name(m));
        html_cell(&t, false, "%zu", h->codes);
        html_cell(&t, false, "%zu", h->distinct);
        html_cell(&t, false, "%.3f", h->bit_mean);
        html_cell(&t, false, "%.2f to %.2f", h->bit_mean_low, h->bit_mean_high);
        html_cell(&t, false, "%d", h->constant_bits);
        html_cell(&t, false, "%.3f", h->entropy);
        html_cell(&t, false, "%.3f", h->correlation);
        html_cell(&t, false, "%.3f", h->correlation_high);
        html_cell(&t, false, "%.1f", h->mean_tie);
    }
    html_table_end(&t);
    glossary_write(b, true, terms);
}

Status chart_bits(const Figures *to, const Evaluation *e, Modality m, Error *err) {
    int bits = e->database.bits;
    double count[BINS] = {0}, *mean = mem_calloc((size_t)bits, sizeof *mean);
    if (!mean) return mem_error(err, "the bit means of the report");
    code_bit_means(e->database.code[m], e->database.n, bits, mean);
    for (int j = 0; j < bits; j++) {
        int bin = (int)(mean[j] * BINS);
        count[bin < BINS ? bin : BINS - 1]++;
    }
    char title[96], name[64];
    snprintf(title, sizeof title, "Balance of the %s bits", modality_name(m));
    snprintf(name, sizeof name, "balance_of_%s_bits", modality_name(m));
    SvgFrame f = {.title = title, .x_label = "share of codes in which a bit is 1", .y_label = "bits"};
    Status s = figure_histogram(
        to, name, &f, count, BINS, 0, 1,
        "A bit near 0.5 splits the cases in halves; a bit at 0 or 1 carries no information.", err);
    mem_free(mean);
    return s;
}

Status chart_correlation(const Figures *to, const Evaluation *e, Modality m, Error *err) {
    size_t bits = (size_t)e->database.bits, shown = bits < SHOWN_BITS ? bits : SHOWN_BITS;
    double *matrix = mem_calloc(bits * bits, sizeof *matrix);
    if (!matrix) return mem_error(err, "the correlations of the report");
    const uint8_t *codes = e->database.code[m];
    Status s = code_correlation(codes, codes, e->database.n, e->database.bits, matrix, err);
    if (s == STATUS_OK) {
        for (size_t i = 0; i < shown; i++) /* the top left corner, in place */
            memmove(matrix + i * shown, matrix + i * bits, shown * sizeof *matrix);
        char title[96], name[64], caption[128];
        snprintf(title, sizeof title, "Correlation of the %s bits", modality_name(m));
        snprintf(name, sizeof name, "correlation_of_%s_bits", modality_name(m));
        snprintf(caption, sizeof caption,
                 "The first %zu bits. Strong colours off the diagonal: bits that repeat one another.", shown);
        SvgFrame f = {.title = title, .x_label = "bit", .y_label = "bit"};
        SvgHeat h = {.value = matrix, .rows = shown, .columns = shown, .low = -1, .high = 1};
        s = figure_heat(to, name, &f, &h, caption, err);
    }
    mem_free(matrix);
    return s;
}

Status charts_of_evaluation(const Figures *to, const Evaluation *e, Error *err) {
    TRY(chart_map(to, e, err));
    TRY(chart_recall(to, e, err));
    for (Modality m = 0; m < MODALITIES; m++) {
        TRY(chart_distances(to, e, m, err));
        TRY(chart_bits(to, e, m, err));
        TRY(chart_correlation(to, e, m, err));
    }
    return STATUS_OK;
}

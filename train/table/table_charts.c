#include "train/table/table_charts.h"

#include <stdio.h>
#include <string.h>

#include "eval/page/html.h"
#include "eval/page/svg.h"
#include "hash/baselines/baselines.h"
#include "nn/base/alloc.h"

static bool stands_in(const SummaryRow *r, const Plan *p, int data, TableSplit split) {
    return r->data == data && r->split == split && r->row[0]->bits == p->main_bits;
}

static int colour_of(const TableRow *r) {
    bool own = strcmp(r->method, "MSACH") == 0;
    return own && strcmp(r->ablation, "full") == 0 ? 0
           : own                                   ? 4
           : strcmp(r->features, "raw") == 0       ? 2
           : strcmp(r->features, "stage1") == 0    ? 1
                                                   : 3;
}

/* ---- Bars: one for each row ---- */

typedef struct {
    char (*name)[64];
    SvgBar *bar;
    size_t n;
} Bars;

static Status bars_begin(Bars *x, const Summary *s, Error *err) {
    *x = (Bars){.name = mem_calloc((size_t)s->n + 1, sizeof *x->name),
                .bar = mem_calloc((size_t)s->n + 1, sizeof *x->bar)};
    return x->name && x->bar ? STATUS_OK : mem_error(err, "the page of the table");
}

static void bars_add(Bars *x, const SummaryRow *r, double value, double low, double high) {
    output_name(r->row[0], x->name[x->n]);
    x->bar[x->n] = (SvgBar){x->name[x->n], value, low, high, colour_of(r->row[0])};
    x->n++;
}

static void bars_end(Bars *x, Buffer *b, const SvgFrame *f, const char *caption) {
    if (x->n > 0) {
        html_figure_begin(b);
        svg_bars(b, f, x->bar, x->n);
        html_figure_end(b, "%s", caption);
    }
    mem_free(x->name);
    mem_free(x->bar);
}

Status chart_rows(Buffer *b, const Plan *p, const Summary *s, int data, TableSplit split, Error *err) {
    Bars x;
    Status status = bars_begin(&x, s, err);
    for (int i = 0; status == STATUS_OK && i < s->n; i++) {
        const SummaryRow *r = &s->row[i];
        const Interval *v = &r->value[0][BOTH];
        if (stands_in(r, p, data, split)) bars_add(&x, r, v->value, v->low, v->high);
    }
    SvgFrame f = {.title = "MAP, mean of both directions", .x_label = "MAP", .x_min = 0, .x_max = 1};
    bars_end(&x, b, &f, "Honest protocol. Whiskers: 95 % intervals over groups of queries.");
    return status;
}

Status chart_ties(Buffer *b, const Plan *p, const Summary *s, int data, Error *err) {
    Bars x;
    Status status = bars_begin(&x, s, err);
    for (int i = 0; status == STATUS_OK && i < s->n; i++) {
        const SummaryRow *r = &s->row[i];
        const Bounds *v = &r->bounds[0];
        if (stands_in(r, p, data, TABLE_STANDARD))
            bars_add(&x, r, v->expected, v->pessimistic, v->optimistic);
    }
    SvgFrame f = {.title = "Tie bands", .x_label = "MAP", .x_min = 0, .x_max = 1};
    bars_end(&x, b, &f,
             "Expected over all orders of equal distances; whiskers from the worst order to the best. A "
             "difference smaller than the band can be made by the order alone.");
    return status;
}

Status chart_ablations(Buffer *b, const Plan *p, const Summary *s, int data, Error *err) {
    Gain parts[PARTS_MOST];
    SvgBar bar[PARTS_MOST];
    size_t bars = 0;
    int n;
    TRY(output_parts(parts, &n, p, s, data, err));
    for (int i = 0; i < n; i++) {
        const Interval *v = &parts[i].difference.of;
        if (v->groups) bar[bars++] = (SvgBar){parts[i].over, v->value, v->low, v->high, 4};
    }
    if (bars == 0) return STATUS_OK;
    SvgFrame f = {.title = "What each part brings", .x_label = "MAP of the whole method minus MAP without"};
    html_figure_begin(b);
    svg_bars(b, &f, bar, bars);
    html_figure_end(
        b, "Paired by query, 95 %% intervals over groups. Right of zero: the part helps; an interval "
           "that holds zero shows nothing.");
    return STATUS_OK;
}

Status chart_protocols(Buffer *b, const Plan *p, const Summary *s, int data, Error *err) {
    Bars x;
    Status status = bars_begin(&x, s, err);
    for (int i = 0; status == STATUS_OK && i < s->n; i++) {
        const SummaryRow *r = &s->row[i];
        double gap = r->value[1][BOTH].value - r->value[0][BOTH].value;
        if (stands_in(r, p, data, TABLE_STANDARD)) bars_add(&x, r, gap, gap, gap);
    }
    SvgFrame f = {.title = "Protocol gap", .x_label = "published minus honest MAP"};
    bars_end(&x, b, &f,
             "What the published habit, the training set as database, adds or takes without any better "
             "method.");
    return status;
}

/* ---- Lines ---- */

int chart_chief_rows(const Plan *p, const Summary *s, int data, int bits, const SummaryRow **out) {
    static const char *const methods[] = {"MSACH", "CLASSIFIER", "DCMH"};
    static const char *const features[] = {"stage1", "raw"};
    int n = 0;
    for (int i = 0; i < 3; i++) {
        const SummaryRow *r =
            summary_find(s, data, TABLE_STANDARD, bits, methods[i], NULL, i == 0 ? "full" : NULL);
        if (r) out[n++] = r;
    }
    for (int i = 0; i < 2; i++) { /* the best at the main bits, at every length */
        const SummaryRow *rows[BASELINE_METHODS];
        const SummaryRow *best = summary_best(rows, summary_shallow(s, data, TABLE_STANDARD, p->main_bits,
                                                                    features[i], rows, BASELINE_METHODS));
        const SummaryRow *r =
            best ? summary_find(s, data, TABLE_STANDARD, bits, best->row[0]->method, features[i], NULL)
                 : NULL;
        if (r) out[n++] = r;
    }
    return n;
}

/* One curve over the lengths that a chief row has. */
typedef struct {
    char name[64];
    double x[TABLE_BITS], y[TABLE_BITS], low[TABLE_BITS], high[TABLE_BITS];
    size_t n;
} LengthCurve;

static void length_curve(LengthCurve *c, const TableOptions *o, const Summary *s, const SummaryRow *chief) {
    const TableRow *t = chief->row[0];
    output_name(t, c->name);
    c->n = 0;
    for (int last = 0, k = 0; k < o->n_bits; k++) { /* ascending, whatever the order on the command line */
        int bits = 0;
        for (int i = 0; i < o->n_bits; i++)
            if (o->bits[i] > last && (bits == 0 || o->bits[i] < bits)) bits = o->bits[i];
        last = bits;
        const SummaryRow *r =
            summary_find(s, chief->data, TABLE_STANDARD, bits, t->method, t->features, t->ablation);
        if (!r) continue;
        c->x[c->n] = bits;
        c->y[c->n] = r->value[0][BOTH].value;
        c->low[c->n] = r->value[0][BOTH].low;
        c->high[c->n++] = r->value[0][BOTH].high;
    }
}

Status chart_lengths(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, int data,
                     Error *err) {
    const SummaryRow *chief[CHIEF_ROWS];
    int n = chart_chief_rows(p, s, data, p->main_bits, chief);
    LengthCurve *curve = mem_calloc(CHIEF_ROWS, sizeof *curve);
    if (!curve) return mem_error(err, "the page of the table");
    SvgSeries series[CHIEF_ROWS];
    size_t count = 0, longest = 0;
    for (int i = 0; i < n; i++) {
        LengthCurve *c = &curve[i];
        length_curve(c, o, s, chief[i]);
        if (c->n < 2) continue;
        longest = c->n;
        series[count++] = (SvgSeries){c->name, c->x, c->y, i ? NULL : c->low, i ? NULL : c->high, c->n};
    }
    SvgFrame f = {.title = "MAP by bits",
                  .x_label = "bits",
                  .y_label = "MAP",
                  .x_log = 1,
                  .x_ticks = curve[0].x,
                  .x_tick_count = longest};
    if (count > 0) {
        html_figure_begin(b);
        svg_lines(b, &f, series, count);
        html_figure_end(
            b,
            "Mean of both directions; band: 95 %% interval of MSACH. %d bits: all split seeds, other "
            "lengths: %d.",
            p->main_bits, o->lengths_seeds);
    }
    mem_free(curve);
    return STATUS_OK;
}

Status chart_curves(Buffer *b, const Plan *p, const Summary *s, int data, int direction, Error *err) {
    const SummaryRow *chief[CHIEF_ROWS];
    size_t points = (size_t)p->main_bits + 1, count = 0;
    int n = chart_chief_rows(p, s, data, p->main_bits, chief);
    double *room = mem_calloc(2 * CHIEF_ROWS * points, sizeof *room);
    if (!room) return mem_error(err, "the page of the table");
    SvgSeries series[CHIEF_ROWS];
    char name[CHIEF_ROWS][64];
    for (int i = 0; i < n; i++) {
        const TableScore *t = &chief[i]->row[0]->score[0][direction];
        double *recall = room + 2 * (size_t)i * points, *precision = recall + points;
        size_t found = 0;
        for (int r = 0; r < t->radii; r++) {
            if (t->curve[r].share <= 0) continue;
            recall[found] = t->curve[r].recall;
            precision[found++] = t->curve[r].precision;
        }
        if (found > 1)
            series[count++] =
                (SvgSeries){output_name(chief[i]->row[0], name[i]), recall, precision, NULL, NULL, found};
    }
    SvgFrame f = {.title = direction ? "Precision and recall, text to image"
                                     : "Precision and recall, image to text",
                  .x_label = "recall",
                  .y_label = "precision",
                  .x_min = 0,
                  .x_max = 1,
                  .y_min = 0,
                  .y_max = 1};
    if (count > 0) {
        html_figure_begin(b);
        svg_lines(b, &f, series, count);
        html_figure_end(b, "All within a growing Hamming radius, %d bits, first split seed.", p->main_bits);
    }
    mem_free(room);
    return STATUS_OK;
}

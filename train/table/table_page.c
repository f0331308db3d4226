#include "train/table/table_page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/page/figures.h"
#include "eval/page/glossary.h"
#include "eval/page/html.h"
#include "hash/baselines/baselines.h"
#include "nn/base/alloc.h"
#include "train/evaluate.h"
#include "train/pages/report_charts.h"
#include "train/table/table_output.h"

/* The data set that a part of the page shows, by default at the main bits of the standard split. */
typedef struct {
    Buffer *b;
    const Plan *p;
    const TableOptions *o;
    const Summary *s;
    int data;
    char name[64];
    Figures figures; /* of the data set: page b, files NAME_... */
} Page;

static bool is_main(const Page *x, const SummaryRow *r) {
    return summary_is(r, x->data, TABLE_STANDARD, x->p->main_bits);
}

/* ---- Bars: one for each row ---- */

static const char *const LEGEND[] = {
    "MSACH", "on stage-1 features", "on raw features", "on semantic features", "other", "ablation"};

static int colour_of(const SummaryRow *r) {
    const TableRow *t = r->row[0];
    if (summary_is_msach(r)) return strcmp(t->ablation, "full") == 0 ? 0 : 5;
    for (int f = 0; f < FEATURE_KINDS; f++)
        if (strcmp(t->features, FEATURE_NAMES[f]) == 0) return 1 + f;
    return 4;
}

static bool is_oracle(const SummaryRow *r) {
    return strcmp(r->row[0]->method, "ORACLE") == 0;
}

/* Value, low and high of a row's bar. */
typedef SvgBar RowBar(const SummaryRow *r);

static SvgBar interval_bar(const SummaryRow *r) {
    const Interval *v = &r->value[PROTOCOL_HONEST][BOTH];
    return (SvgBar){r->name, v->value, v->low, v->high, colour_of(r)};
}

static SvgBar tie_bar(const SummaryRow *r) {
    return (SvgBar){r->name, r->value[PROTOCOL_HONEST][BOTH].value, r->worst, r->best, colour_of(r)};
}

static SvgBar gap_bar(const SummaryRow *r) {
    double gap = r->value[PROTOCOL_PUBLISHED][BOTH].value - r->value[PROTOCOL_HONEST][BOTH].value;
    return (SvgBar){r->name, gap, gap, gap, colour_of(r)};
}

/* ORACLE would stretch the axis; the caption gives its value. */
static Status chart_rows(const Page *x, const char *file, const char *title, const char *label,
                         RowBar *bar_of, const char *caption, Error *err) {
    SvgBar *bar = mem_calloc((size_t)x->s->n + 1, sizeof *bar);
    char oracle[64] = "", whole[256];
    size_t n = 0;
    Status s = STATUS_OK;
    if (!bar) return mem_error(err, "the page of the table");
    for (int i = 0; i < x->s->n; i++) {
        const SummaryRow *r = &x->s->row[i];
        if (!is_main(x, r)) continue;
        bar[n] = bar_of(r);
        if (isnan(bar[n].value)) continue; /* codes of another program without those of training cases */
        if (is_oracle(r))
            snprintf(oracle, sizeof oracle, " Not drawn: ORACLE, at %.3f.", bar[n].value);
        else
            n++;
    }
    SvgFrame f = {
        .title = title, .x_label = label, .legend = LEGEND, .legends = sizeof LEGEND / sizeof *LEGEND};
    snprintf(whole, sizeof whole, "%s%s", caption, oracle);
    if (n > 0) s = figure_bars(&x->figures, file, &f, bar, n, whole, err);
    mem_free(bar);
    return s;
}

static Status chart_ablations(const Page *x, Error *err) {
    Gain gains[ABLATIONS_MOST];
    SvgBar bar[ABLATIONS_MOST];
    size_t bars = 0;
    int n;
    TRY(summary_ablations(x->s, x->data, x->p->main_bits, gains, &n, err));
    for (int i = 0; i < n; i++) {
        const Interval *v = &gains[i].difference;
        if (v->groups) bar[bars++] = (SvgBar){gains[i].over, v->value, v->low, v->high, 4};
    }
    if (bars == 0) return STATUS_OK;
    SvgFrame f = {.title = "What each part brings", .x_label = "MAP of the whole method minus MAP without"};
    return figure_bars(
        &x->figures, "ablations", &f, bar, bars,
        "Paired by query; whiskers: 95 % intervals over groups. Right of zero: the part helps. "
        "An interval that contains zero shows nothing.",
        err);
}

/* ---- Lines: the main rows ---- */

enum { CHIEF_ROWS = 3 + FEATURE_KINDS };

/* MSACH, CLASSIFIER, DCMH and the best traditional row on each kind of features, those that are finished. Returns their number. */
static int chief_rows(const Page *x, const SummaryRow *out[CHIEF_ROWS]) {
    static const char *const methods[] = {"MSACH", "CLASSIFIER", "DCMH"};
    const SummaryRow *rows[BASELINE_METHODS];
    int n = 0, bits = x->p->main_bits;
    for (int i = 0; i < 3; i++) {
        out[n] = summary_find(x->s, x->data, TABLE_STANDARD, bits, methods[i], NULL, i == 0 ? "full" : NULL);
        n += out[n] != NULL;
    }
    for (int i = 0; i < FEATURE_KINDS; i++) {
        out[n] =
            summary_best(rows, summary_shallow(x->s, x->data, TABLE_STANDARD, bits, FEATURE_NAMES[i], rows));
        n += out[n] != NULL;
    }
    return n;
}

static int by_bits(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

/* One curve over the code lengths of a main row. */
typedef struct {
    double x[TABLE_BITS], y[TABLE_BITS], low[TABLE_BITS], high[TABLE_BITS];
} LengthCurve;

static size_t fill_lengths(LengthCurve *c, const Page *x, const int *bits, const SummaryRow *chief) {
    const TableRow *t = chief->row[0];
    size_t n = 0;
    for (int k = 0; k < x->o->n_bits; k++) {
        const SummaryRow *r =
            summary_find(x->s, x->data, TABLE_STANDARD, bits[k], t->method, t->features, t->ablation);
        if (!r) continue;
        const Interval *v = &r->value[PROTOCOL_HONEST][BOTH];
        c->x[n] = bits[k];
        c->y[n] = v->value;
        c->low[n] = v->low;
        c->high[n++] = v->high;
    }
    return n;
}

static Status chart_lengths(const Page *x, Error *err) {
    const SummaryRow *chief[CHIEF_ROWS];
    SvgSeries series[CHIEF_ROWS];
    double ticks[TABLE_BITS];
    int n = chief_rows(x, chief), bits[TABLE_BITS];
    size_t count = 0;
    LengthCurve *curve = mem_calloc(CHIEF_ROWS, sizeof *curve);
    if (!curve) return mem_error(err, "the page of the table");
    memcpy(bits, x->o->bits, sizeof bits);
    qsort(bits, (size_t)x->o->n_bits, sizeof *bits, by_bits);
    for (int k = 0; k < x->o->n_bits; k++) ticks[k] = bits[k];
    for (int i = 0; i < n; i++) {
        LengthCurve *c = &curve[i];
        size_t points = fill_lengths(c, x, bits, chief[i]);
        if (points > 1)
            series[count++] =
                (SvgSeries){chief[i]->name, c->x, c->y, i ? NULL : c->low, i ? NULL : c->high, points};
    }
    SvgFrame f = {.title = "MAP by bits",
                  .x_label = "bits",
                  .y_label = "MAP",
                  .x_log = true,
                  .x_ticks = ticks,
                  .x_tick_count = (size_t)x->o->n_bits};
    char caption[160];
    snprintf(
        caption, sizeof caption,
        "Mean of both directions; band: 95 %% interval of MSACH. Split seeds: %d at %d bits, %d at other "
        "lengths.",
        x->o->seeds, x->p->main_bits, x->o->lengths_seeds);
    Status s = count > 0 ? figure_lines(&x->figures, "bits", &f, series, count, caption, err) : STATUS_OK;
    mem_free(curve);
    return s;
}

static Status chart_curves(const Page *x, Modality from, Error *err) {
    const SummaryRow *chief[CHIEF_ROWS];
    SvgSeries series[CHIEF_ROWS];
    size_t count = 0;
    int n = chief_rows(x, chief);
    for (int i = 0; i < n; i++) {
        const TableScore *t = &chief[i]->row[0]->score[PROTOCOL_HONEST][from];
        if (t->recall.n > 1)
            series[count++] =
                (SvgSeries){chief[i]->name, t->recall.value, t->precision.value, NULL, NULL, t->recall.n};
    }
    SvgFrame f = {.title = from == MODALITY_IMAGE ? "Precision and recall, image to text"
                                                  : "Precision and recall, text to image",
                  .x_label = "recall",
                  .y_label = "precision",
                  .x_max = 1,
                  .y_max = 1};
    if (count == 0) return STATUS_OK;
    char name[64], caption[128];
    snprintf(name, sizeof name, "precision_recall_from_%s", modality_name(from));
    snprintf(caption, sizeof caption, "All items within a growing Hamming radius, %d bits, first split seed.",
             x->p->main_bits);
    return figure_lines(&x->figures, name, &f, series, count, caption, err);
}

/* ---- Tables that only the page has ---- */

static void health_table(const Page *x) {
    static const char *const head[] = {"method",        "codes",         "distinct",
                                       "share of ones", "least to most", "constant bits",
                                       "entropy",       "|correlation|", "mean tie"};
    HtmlTable t = html_table_begin(x->b, "Codes of the database, first split seed", "llrrrrrrr", head);
    for (int i = 0; i < x->s->n; i++) {
        const SummaryRow *r = &x->s->row[i];
        for (Modality m = 0; m < MODALITIES && is_main(x, r); m++) {
            const double *h = r->row[0]->health[m];
            if (h[HEALTH_CODES] <= 0) continue;
            html_cell(&t, false, "%s", r->name);
            html_cell(&t, false, "%s", modality_name(m));
            html_cell(&t, false, "%.0f of %.0f", h[HEALTH_DISTINCT], h[HEALTH_CODES]);
            html_cell(&t, false, "%.2f", h[HEALTH_ONES]);
            html_cell(&t, false, "%.2f to %.2f", h[HEALTH_LEAST], h[HEALTH_MOST]);
            html_cell(&t, false, "%.0f", h[HEALTH_CONSTANT]);
            html_cell(&t, false, "%.2f", h[HEALTH_ENTROPY]);
            html_cell(&t, false, "%.2f", h[HEALTH_CORRELATION]);
            html_cell(&t, false, "%.1f", h[HEALTH_TIE]);
        }
    }
    html_table_end(&t);
}

static void choice_table(const Page *x) {
    static const char *const head[] = {"method", "split seed", "chosen on validation queries", "MAP there"};
    HtmlTable t = html_table_begin(x->b, "Hyper-parameters and epochs", "lrlr", head);
    for (int i = 0; i < x->s->n; i++) {
        const SummaryRow *r = &x->s->row[i];
        for (int k = 0; k < r->seeds && is_main(x, r); k++) {
            if (r->row[k]->validation < 0) continue;
            html_cell(&t, false, "%s", r->name);
            html_cell(&t, false, "%d", r->cell[k]->split_seed);
            html_cell(&t, false, "%s", strcmp(r->row[k]->note, "-") == 0 ? "epoch" : r->row[k]->note);
            html_cell(&t, false, "%.3f", r->row[k]->validation);
        }
    }
    html_table_end(&t);
}

/* ---- One data set ---- */

static Status charts(const Page *x, Error *err) {
    TRY(chart_rows(x, "map", "MAP, mean of both directions", "MAP", interval_bar,
                   "Honest protocol. Whiskers: 95 % intervals over groups of queries.", err));
    TRY(chart_ablations(x, err));
    TRY(chart_lengths(x, err));
    for (Modality m = 0; m < MODALITIES; m++) TRY(chart_curves(x, m, err));
    TRY(chart_rows(x, "ties", "Tie bands", "MAP", tie_bar,
                   "Whiskers: from the worst order of ties to the best.", err));
    return chart_rows(x, "protocol_gap", "Protocol gap", "published minus honest MAP", gap_bar,
                      "What the published protocol adds without a better method.", err);
}

static Status standard_section(const Page *x, Error *err) {
    const Output to = {.b = x->b, .form = OUTPUT_PAGE};
    char heading[128];
    snprintf(heading, sizeof heading, "%s, %d bits", x->name, x->p->main_bits);
    html_section_begin(x->b, heading);
    TRY(output_gains(&to, x->p, x->s, x->data, TABLE_STANDARD, err));
    output_rows(&to, x->s, x->data, TABLE_STANDARD, x->p->main_bits);
    TRY(output_ablations(&to, x->p, x->s, x->data, err));
    html_grid_begin(x->b);
    TRY(charts(x, err));
    html_grid_end(x->b);
    html_details_begin(x->b, "Health of the codes");
    health_table(x);
    html_details_end(x->b);
    html_details_begin(x->b, "What validation queries chose");
    choice_table(x);
    html_details_end(x->b);
    html_section_end(x->b);
    return STATUS_OK;
}

static void other_lengths(const Page *x) {
    const Output to = {.b = x->b, .form = OUTPUT_PAGE};
    for (int k = 0; k < x->o->n_bits; k++) {
        int bits = x->o->bits[k];
        char heading[128];
        if (bits == x->p->main_bits || !summary_has(x->s, x->data, TABLE_STANDARD, bits)) continue;
        snprintf(heading, sizeof heading, "%s, %d bits", x->name, bits);
        html_details_begin(x->b, heading);
        output_rows(&to, x->s, x->data, TABLE_STANDARD, bits);
        html_details_end(x->b);
    }
}

static Status extra_section(const Page *x, TableSplit split, Error *err) {
    const Output to = {.b = x->b, .form = OUTPUT_PAGE};
    char heading[128];
    if (!summary_has(x->s, x->data, split, x->p->main_bits)) return STATUS_OK;
    snprintf(heading, sizeof heading, "%s: %s", x->name, OUTPUT_SPLITS[split]);
    html_section_begin(x->b, heading);
    if (split == TABLE_UNSEEN)
        html_text(x->b,
                  "No training and no validation case has one of %d labels, drawn by the split seed. Queries "
                  "and database "
                  "hold cases with these labels only.",
                  x->p->unseen[x->data]);
    else
        html_text(
            x->b,
            "A report often contains its labels. Here the words of all labels are removed from every text "
            "before training.");
    TRY(output_gains(&to, x->p, x->s, x->data, split, err));
    output_rows(&to, x->s, x->data, split, x->p->main_bits);
    html_section_end(x->b);
    return STATUS_OK;
}

static Status data_sections(const Page *x, Error *err) {
    if (summary_has(x->s, x->data, TABLE_STANDARD, x->p->main_bits)) TRY(standard_section(x, err));
    other_lengths(x);
    TRY(extra_section(x, TABLE_UNSEEN, err));
    return extra_section(x, TABLE_MASKED, err);
}

/* ---- The page ---- */

static void write_notes(Buffer *b) {
    char text[REFERENCE_TEXT];
    html_heading(b, "Rows");
    html_facts_begin(b);
    for (const OutputNote *n = OUTPUT_ROWS; n->name; n++) html_fact(b, n->name, "%s", n->text);
    html_facts_end(b);
    html_heading(b, "References");
    html_facts_begin(b);
    for (const Reference *r = REFERENCES; r->name; r++) html_fact(b, r->name, "%s", reference_text(r, text));
    html_facts_end(b);
}

static void write_reading(Buffer *b) {
    html_section_begin(b, "How to read this page");
    html_text(b, "All rows of a split use the same training cases, queries and database; a patient or video "
                 "is in one set "
                 "only. Hyper-parameters and epochs of every method are chosen on validation queries.");
    html_heading(b, "Terms");
    glossary_write(b, true, OUTPUT_TERMS);
    write_notes(b);
    html_section_end(b);
}

static void write_data(Buffer *b, const Plan *p, const TableOptions *o, int d) {
    char line[64];
    manifest_name(o->data[d], line, sizeof line);
    html_fact(b, line, "%d cases, manifest crc32 %08x", p->cases[d], (unsigned)p->crc[d]);
    for (int i = 0; i < p->n; i++) {
        const PlannedCell *c = &p->cell[i];
        if (c->data != d || !c->done || (i > 0 && plan_same_split(c, c - 1) && c[-1].done)) continue;
        snprintf(line, sizeof line, "%s split %d", TABLE_SPLIT_NAMES[c->split], c->split_seed);
        html_fact(b, line, "hash %08x, %zu queries", (unsigned)c->cell.split_hash, c->cell.group.n);
    }
}

static void write_source(Buffer *b, const Plan *p, const TableOptions *o) {
    int done = 0;
    for (int i = 0; i < p->n; i++) done += p->cell[i].done;
    html_section_begin(b, "Command, data and settings");
    html_pre(b, o->command ? o->command : "");
    html_facts_begin(b);
    html_fact(b, "msach", "%s", MSACH_VERSION);
    html_fact(b, "cells", "%d of %d finished", done, p->n);
    for (int d = 0; d < o->n_data; d++) write_data(b, p, o, d);
    html_facts_end(b);
    report_settings(b, &o->config);
    html_section_end(b);
}

void table_file_prefix(char *prefix, size_t size, const char *data) {
    char name[80];
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    manifest_name(data, name, sizeof name);
    snprintf(prefix, size, "%s_", name);
    for (char *at = prefix; *at; at++)
        if ((unsigned char)*at < 0x80 && !strchr(plain, *at)) *at = '_';
}

Status table_page(Buffer *b, const char *figures, const Plan *p, const TableOptions *o, const Summary *s,
                  Error *err) {
    int open = 0;
    for (int i = 0; i < p->n; i++) open += !p->cell[i].done && !p->cell[i].skipped;
    html_begin(b, "MSACH against other methods",
               "The paper claims 11.8 and 12.8 % more MAP than traditional methods. This page measures the "
               "gain on the "
               "data sets below.");
    if (open) html_note(b, "Not finished: %d of %d cells are still to be computed.", open, p->n);
    for (int d = 0; d < o->n_data; d++) {
        Page x = {.b = b, .p = p, .o = o, .s = s, .data = d};
        char prefix[80];
        manifest_name(o->data[d], x.name, sizeof x.name);
        table_file_prefix(prefix, sizeof prefix, o->data[d]);
        x.figures = (Figures){.page = b, .folder = figures, .prefix = prefix};
        TRY(data_sections(&x, err));
    }
    write_reading(b);
    write_source(b, p, o);
    html_note(b, "A research result. Not a medical device; not for diagnosis or treatment.");
    html_end(b);
    return b->failed ? mem_error(err, "the page of the table") : STATUS_OK;
}

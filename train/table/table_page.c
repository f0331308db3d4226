/* table.html: one page that holds all. */
#include <stdio.h>
#include <string.h>

#include "eval/page/html.h"
#include "hash/baselines/baselines.h"
#include "nn/base/alloc.h"
#include "train/table/table_charts.h"

enum { CELL = 72 };

/* A table of formatted cells. */
typedef struct {
    char (*text)[CELL];
    const char **cell;
    unsigned char *strong;
    size_t n, room;
} Cells;

static Status cells_begin(Cells *c, size_t room, Error *err) {
    *c = (Cells){.text = mem_calloc(room + 1, sizeof *c->text),
                 .cell = mem_calloc(room + 1, sizeof *c->cell),
                 .strong = mem_calloc(room + 1, 1),
                 .room = room};
    return c->text && c->cell && c->strong ? STATUS_OK : mem_error(err, "the page of the table");
}

static void cells_add(Cells *c, const char *fmt, ...) NN_PRINTF(2, 3);
static void cells_add(Cells *c, const char *fmt, ...) {
    NN_REQUIRE(c->n < c->room, "%zu cells", c->room);
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->text[c->n], CELL, fmt, args);
    va_end(args);
    c->cell[c->n] = c->text[c->n];
    c->n++;
}

static void cells_end(Cells *c, Buffer *b, const char *caption, const char *const *head, size_t columns) {
    HtmlTable t = {.caption = caption,
                   .rows = c->n / columns,
                   .columns = columns,
                   .head = head,
                   .cell = c->cell,
                   .strong = c->strong};
    if (c->n) html_table(b, &t);
    mem_free(c->text);
    mem_free(c->cell);
    mem_free(c->strong);
}

static bool is_own(const TableRow *r) {
    return strcmp(r->method, "MSACH") == 0 && strcmp(r->ablation, "full") == 0;
}

/* ---- Tables ---- */

static void add_values(Cells *c, const SummaryRow *r) {
    char name[64];
    if (is_own(r->row[0])) memset(c->strong + c->n, 1, 8);
    cells_add(c, "%s", output_name(r->row[0], name));
    cells_add(c, "%.3f", r->value[0][0].value);
    cells_add(c, "%.3f", r->value[0][1].value);
    cells_add(c, "%.3f", r->value[0][BOTH].value);
    cells_add(c, "%.3f to %.3f", r->value[0][BOTH].low, r->value[0][BOTH].high);
    cells_add(c, "%.3f to %.3f", r->bounds[0].pessimistic, r->bounds[0].optimistic);
    cells_add(c, "%.3f", r->value[1][BOTH].value);
    cells_add(c, "%d", r->seeds);
}

static Status map_table(Buffer *b, const Summary *s, int data, TableSplit split, int bits,
                        const char *caption, Error *err) {
    static const char *const head[] = {"method",        "image to text", "text to image",      "mean",
                                       "95 % interval", "tie band",      "published protocol", "splits"};
    Cells c;
    Status status = cells_begin(&c, 8 * (size_t)s->n, err);
    for (int i = 0; status == STATUS_OK && i < s->n; i++)
        if (s->row[i].data == data && s->row[i].split == split && s->row[i].row[0]->bits == bits)
            add_values(&c, &s->row[i]);
    cells_end(&c, b, caption, head, 8);
    return status;
}

static void add_difference(Cells *c, const Gain *g) {
    const Difference *d = &g->difference;
    c->strong[c->n] = gain_is_sure(g);
    cells_add(c, "%+.3f", d->of.value);
    cells_add(c, "%+.3f to %+.3f", d->of.low, d->of.high);
}

static Status gain_table(Buffer *b, const Plan *p, const Summary *s, int data, TableSplit split, Error *err) {
    static const char *const head[] = {"MSACH over", "absolute", "95 % interval, paired", "relative",
                                       "ahead on splits"};
    Gain gains[GAINS];
    Cells c;
    TRY(output_gains(gains, p, s, data, split, err));
    Status status = cells_begin(&c, 5 * (GAINS + 1), err);
    for (int i = 0; status == STATUS_OK && i < GAINS; i++) {
        const Difference *d = &gains[i].difference;
        if (d->of.groups == 0) continue;
        cells_add(&c, "%s", gains[i].over);
        add_difference(&c, &gains[i]);
        cells_add(&c, "%+.1f %%", 100 * d->of.value / d->base);
        cells_add(&c, "%d of %d", d->ahead, d->splits);
    }
    if (status == STATUS_OK && split == TABLE_STANDARD && c.n > 0) {
        cells_add(&c, "the paper's claim, two data sets of its own");
        cells_add(&c, "11.8 and 12.8 %%");
        cells_add(&c, "none given");
        cells_add(&c, "absolute or relative: not said");
        cells_add(&c, "not said");
    }
    cells_end(&c, b, "Gain in MAP, mean of both directions; bold: the interval excludes zero", head, 5);
    return status;
}

static Status part_table(Buffer *b, const Plan *p, const Summary *s, int data, Error *err) {
    static const char *const head[] = {"ablation", "MAP", "whole method minus it", "95 % interval, paired",
                                       "ahead on splits"};
    Gain parts[PARTS_MOST];
    int n;
    Cells c;
    TRY(output_parts(parts, &n, p, s, data, err));
    Status status = cells_begin(&c, 5 * (size_t)n, err);
    for (int i = 0; status == STATUS_OK && i < n; i++) {
        const Difference *d = &parts[i].difference;
        if (d->of.groups == 0) continue;
        cells_add(&c, "%s", parts[i].over);
        cells_add(&c, "%.3f", d->base);
        add_difference(&c, &parts[i]);
        cells_add(&c, "%d of %d", d->ahead, d->splits);
    }
    cells_end(&c, b, "What each part brings, mean of both directions; bold: the interval excludes zero", head,
              5);
    return status;
}

static Status health_table(Buffer *b, const Plan *p, const Summary *s, int data, Error *err) {
    static const char *const head[] = {"method",        "codes",         "distinct",
                                       "share of ones", "least to most", "constant bits",
                                       "entropy",       "|correlation|", "mean tie"};
    Cells c;
    char name[64];
    Status status = cells_begin(&c, 18 * (size_t)s->n, err);
    for (int i = 0; status == STATUS_OK && i < s->n; i++) {
        const SummaryRow *r = &s->row[i];
        if (r->data != data || r->split != TABLE_STANDARD || r->row[0]->bits != p->main_bits) continue;
        for (int k = 0; k < 2 && r->row[0]->health[k].codes > 0; k++) {
            const TableHealth *h = &r->row[0]->health[k];
            cells_add(&c, "%s", output_name(r->row[0], name));
            cells_add(&c, "%s", k ? "text" : "image");
            cells_add(&c, "%d of %d", h->distinct, h->codes);
            cells_add(&c, "%.2f", h->bit_mean);
            cells_add(&c, "%.2f to %.2f", h->bit_mean_low, h->bit_mean_high);
            cells_add(&c, "%d", h->constant_bits);
            cells_add(&c, "%.2f", h->entropy);
            cells_add(&c, "%.2f", h->correlation);
            cells_add(&c, "%.1f", h->mean_tie);
        }
    }
    cells_end(&c, b, "Codes of the database, first split seed", head, 9);
    return status;
}

static Status choice_table(Buffer *b, const Plan *p, const Summary *s, int data, Error *err) {
    static const char *const head[] = {"method", "split seed", "chosen on validation queries", "MAP there"};
    Cells c;
    char name[64];
    size_t room = 1;
    for (int i = 0; i < s->n; i++) room += 4 * (size_t)s->row[i].seeds;
    Status status = cells_begin(&c, room, err);
    for (int i = 0; status == STATUS_OK && i < s->n; i++) {
        const SummaryRow *r = &s->row[i];
        if (r->data != data || r->split != TABLE_STANDARD || r->row[0]->bits != p->main_bits) continue;
        for (int k = 0; k < r->seeds; k++) {
            if (r->row[k]->validation < 0) continue;
            cells_add(&c, "%s", output_name(r->row[k], name));
            cells_add(&c, "%d", r->cell[k]->split_seed);
            cells_add(&c, "%s", strcmp(r->row[k]->note, "-") == 0 ? "epoch" : r->row[k]->note);
            cells_add(&c, "%.3f", r->row[k]->validation);
        }
    }
    cells_end(&c, b, "Hyper-parameters and epochs", head, 4);
    return status;
}

/* ---- One data set ---- */

static bool any_row(const Summary *s, int data, TableSplit split, int bits) {
    for (int i = 0; i < s->n; i++)
        if (s->row[i].data == data && s->row[i].split == split && s->row[i].row[0]->bits == bits) return true;
    return false;
}

static Status standard_section(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, int data,
                               const char *name, Error *err) {
    char heading[128];
    snprintf(heading, sizeof heading, "%s, %d bits", name, p->main_bits);
    html_section_begin(b, heading);
    TRY(gain_table(b, p, s, data, TABLE_STANDARD, err));
    TRY(map_table(b, s, data, TABLE_STANDARD, p->main_bits,
                  "MAP of test queries against database cases that were never trained on; the last but one "
                  "column against the training set",
                  err));
    TRY(part_table(b, p, s, data, err));
    html_grid_begin(b);
    TRY(chart_rows(b, p, s, data, TABLE_STANDARD, err));
    TRY(chart_ablations(b, p, s, data, err));
    TRY(chart_lengths(b, p, o, s, data, err));
    for (int k = 0; k < 2; k++) TRY(chart_curves(b, p, s, data, k, err));
    TRY(chart_ties(b, p, s, data, err));
    TRY(chart_protocols(b, p, s, data, err));
    html_grid_end(b);
    html_details_begin(b, "Health of the codes");
    TRY(health_table(b, p, s, data, err));
    html_details_end(b);
    html_details_begin(b, "What validation queries chose");
    TRY(choice_table(b, p, s, data, err));
    html_details_end(b);
    html_section_end(b);
    return STATUS_OK;
}

static Status lengths_section(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, int data,
                              const char *name, Error *err) {
    for (int k = 0; k < o->n_bits; k++) {
        char heading[128];
        if (o->bits[k] == p->main_bits || !any_row(s, data, TABLE_STANDARD, o->bits[k])) continue;
        snprintf(heading, sizeof heading, "%s, %d bits", name, o->bits[k]);
        html_details_begin(b, heading);
        TRY(map_table(b, s, data, TABLE_STANDARD, o->bits[k], heading, err));
        html_details_end(b);
    }
    return STATUS_OK;
}

static Status extra_section(Buffer *b, const Plan *p, const Summary *s, int data, TableSplit split,
                            const char *name, Error *err) {
    char heading[128];
    if (!any_row(s, data, split, p->main_bits)) return STATUS_OK;
    snprintf(heading, sizeof heading, "%s: %s", name,
             split == TABLE_UNSEEN ? "classes that were never trained on"
                                   : "label words removed from the texts");
    html_section_begin(b, heading);
    if (split == TABLE_UNSEEN)
        html_text(
            b,
            "%d labels, drawn by the split seed, are in no training and no validation case; queries and "
            "database hold cases with them alone.",
            p->unseen[data]);
    else
        html_text(
            b, "Labels are often written in the report itself. Here the words of all labels are removed from "
               "every text before anything is trained.");
    TRY(gain_table(b, p, s, data, split, err));
    TRY(map_table(b, s, data, split, p->main_bits, heading, err));
    html_section_end(b);
    return STATUS_OK;
}

static Status data_sections(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, int data,
                            Error *err) {
    char name[64];
    plan_data_name(o->data[data], name, sizeof name);
    if (any_row(s, data, TABLE_STANDARD, p->main_bits)) TRY(standard_section(b, p, o, s, data, name, err));
    TRY(lengths_section(b, p, o, s, data, name, err));
    TRY(extra_section(b, p, s, data, TABLE_UNSEEN, name, err));
    return extra_section(b, p, s, data, TABLE_MASKED, name, err);
}

/* ---- The page ---- */

static void write_reading(Buffer *b) {
    html_section_begin(b, "How to read it");
    html_text(
        b, "MAP counts an item as relevant where it shares a label with the query; it is the expected value "
           "over "
           "all orders of equal distances, and the mean over all queries. All rows of a split use the same "
           "training cases, queries and database; whole patients or videos are on one side.");
    html_text(
        b, "Rows 2 to 6 are traditional (shallow) methods, once on the features that stage 1 of MSACH "
           "learned, once on raw features: a gain over pixels is not a gain of hashing. DCMH is deep, on the "
           "same networks, end to end, with gamma = eta = 1. CLASSIFIER gives each class a random code. "
           "REAL-VALUED compares before hashing, by cosine. ORACLE knows the labels of the queries.");
    html_text(
        b, "Hyper-parameters and epochs of every method are chosen on validation queries alone. Intervals: "
           "percentile bootstrap over groups of queries, a group drawn with its queries of all split seeds; "
           "differences are paired by query.");
    html_section_end(b);
}

static void write_hashes(Buffer *b, const Plan *p, const TableOptions *o) {
    for (int d = 0; d < o->n_data; d++) {
        char name[64], line[64];
        plan_data_name(o->data[d], name, sizeof name);
        html_fact(b, name, "%d cases, manifest crc32 %08x", p->cases[d], (unsigned)p->crc[d]);
        for (int i = 0; i < p->n; i++) {
            const PlannedCell *c = &p->cell[i];
            if (c->data != d || !c->done || (i > 0 && plan_same_split(c, c - 1) && c[-1].done)) continue;
            snprintf(line, sizeof line, "%s split %d", TABLE_SPLIT_NAMES[c->split], c->split_seed);
            html_fact(b, line, "hash %08x, %d queries", (unsigned)c->cell.split_hash, c->cell.queries);
        }
    }
}

static void write_source(Buffer *b, const Plan *p, const TableOptions *o) {
    int done = 0;
    for (int i = 0; i < p->n; i++) done += p->cell[i].done;
    html_section_begin(b, "Where it comes from");
    html_pre(b, o->command ? o->command : "");
    html_facts_begin(b);
    html_fact(b, "msach", "%s", MSACH_VERSION);
    html_fact(b, "cells", "%d of %d finished", done, p->n);
    write_hashes(b, p, o);
    html_facts_end(b);
    html_details_begin(b, "Every setting");
    html_facts_begin(b);
    for (int i = 0; i < CONFIG_COUNT; i++) {
        char text[64];
        html_fact(b, CONFIG_TABLE[i].name, "%s (%s)", config_value(&o->config, &CONFIG_TABLE[i], text),
                  CONFIG_TABLE[i].meaning);
    }
    html_facts_end(b);
    html_details_end(b);
    html_section_end(b);
}

Status output_page(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, Error *err) {
    int open = 0;
    for (int i = 0; i < p->n; i++) open += !p->cell[i].done && !p->cell[i].skipped;
    html_begin(
        b, "MSACH against other methods",
        "What holds of the paper's claim, 11.8 and 12.8 % more MAP than traditional methods, on these data.");
    if (open) html_note(b, "Not finished: %d of %d cells are still to be trained.", open, p->n);
    for (int d = 0; d < o->n_data; d++) TRY(data_sections(b, p, o, s, d, err));
    write_reading(b);
    write_source(b, p, o);
    html_note(b, "A research result. Not a medical device; not for diagnosis or treatment.");
    html_end(b);
    return b->failed ? mem_error(err, "the page of the table") : STATUS_OK;
}

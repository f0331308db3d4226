#include "train/table/table_output.h"

#include <stdio.h>
#include <string.h>

#include "hash/baselines/baselines.h"
#include "nn/base/alloc.h"
#include "train/evaluate.h"

static const char *const DIRECTIONS[] = {"image_to_text", "text_to_image"};
static const char *const PROTOCOL_NAMES[] = {"honest", "published"};

const char *output_name(const TableRow *r, char *text) {
    if (strcmp(r->method, "MSACH") == 0 && strcmp(r->ablation, "full") != 0)
        snprintf(text, 64, "MSACH %s", r->ablation);
    else if (strcmp(r->features, "raw") == 0)
        snprintf(text, 64, "%s, raw features", r->method);
    else
        snprintf(text, 64, "%s", r->method);
    return text;
}

/* ---- table.tsv ---- */

void output_tsv(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s) {
    (void)p;
    buffer_printf(b, "dataset\tsplit\tsplit_seed\tseed\tmethod\tfeatures\tablation\tbits\tdirection\t"
                     "protocol\tmap_pessimistic\tmap\tmap_optimistic\tmap_low\tmap_high\n");
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->row[i].seeds; k++)
            for (int n = 0; n < 4; n++) {
                const PlannedCell *c = s->row[i].cell[k];
                const TableRow *r = s->row[i].row[k];
                const TableScore *t = &r->score[n / 2][n % 2];
                char name[64];
                plan_data_name(o->data[c->data], name, sizeof name);
                for (char *at = name; *at; at++)
                    if (*at == '\t' || *at == '\n') *at = ' ';
                buffer_printf(b, "%s\t%s\t%d\t%d\t%s\t%s\t%s\t%d\t%s\t%s\t%.9g\t%.9g\t%.9g\t%.9g\t%.9g\n",
                              name, TABLE_SPLIT_NAMES[c->split], c->split_seed, o->config.seed, r->method,
                              r->features, r->ablation, r->bits, DIRECTIONS[n % 2], PROTOCOL_NAMES[n / 2],
                              t->map.pessimistic, t->map.expected, t->map.optimistic, t->low, t->high);
            }
}

/* ---- Gains ---- */

static Status gain_over(Gain *g, const char *over, const SummaryRow *msach, const SummaryRow *const *rows,
                        int n, Error *err) {
    snprintf(g->over, sizeof g->over, "%s", over);
    return msach && n > 0 ? summary_difference(&g->difference, msach, rows, n, err) : STATUS_OK;
}

Status output_gains(Gain gains[GAINS], const Plan *p, const Summary *s, int data, TableSplit split,
                    Error *err) {
    static const char *const features[] = {"raw", "stage1"};
    const SummaryRow *msach = summary_find(s, data, split, p->main_bits, "MSACH", NULL, "full");
    const SummaryRow *rows[BASELINE_METHODS], *one[2];
    char over[96], name[64];
    memset(gains, 0, GAINS * sizeof *gains);
    for (int f = 0; f < 2; f++) {
        const char *where = f ? "the same stage-1 features" : "raw features";
        int n = summary_shallow(s, data, split, p->main_bits, features[f], rows, BASELINE_METHODS);
        const SummaryRow *best = summary_best(rows, n);
        snprintf(over, sizeof over, "the mean of %d traditional methods on %s", n, where);
        TRY(gain_over(&gains[2 * f], over, msach, rows, n, err));
        snprintf(over, sizeof over, "the best of them on %s%s%s", where, best ? ", " : "",
                 best ? best->row[0]->method : "");
        TRY(gain_over(&gains[2 * f + 1], over, msach, &best, best != NULL, err));
    }
    one[0] = summary_find(s, data, split, p->main_bits, "CLASSIFIER", NULL, NULL);
    one[1] = summary_find(s, data, split, p->main_bits, "DCMH", NULL, NULL);
    for (int i = 0; i < 2; i++) {
        snprintf(over, sizeof over, "%s",
                 one[i] ? output_name(one[i]->row[0], name)
                 : i    ? "DCMH"
                        : "CLASSIFIER");
        TRY(gain_over(&gains[4 + i], over, msach, &one[i], one[i] != NULL, err));
    }
    return STATUS_OK;
}

Status output_parts(Gain parts[PARTS_MOST], int *n, const Plan *p, const Summary *s, int data, Error *err) {
    const SummaryRow *full = summary_find(s, data, TABLE_STANDARD, p->main_bits, "MSACH", NULL, "full");
    *n = 0;
    for (int i = 1; full && ABLATIONS[i].name && *n < PARTS_MOST; i++) {
        const SummaryRow *r =
            summary_find(s, data, TABLE_STANDARD, p->main_bits, "MSACH", NULL, ABLATIONS[i].name);
        if (!r) continue;
        Gain *g = &parts[(*n)++];
        memset(g, 0, sizeof *g);
        snprintf(g->over, sizeof g->over, "%s", ABLATIONS[i].name);
        TRY(summary_difference(&g->difference, full, &r, 1, err));
    }
    return STATUS_OK;
}

bool gain_is_sure(const Gain *g) {
    return g->difference.of.low > 0 || g->difference.of.high < 0;
}

/* ---- table.md ---- */

static void markdown_rows(Buffer *b, const Summary *s, int data, TableSplit split, int bits) {
    buffer_printf(
        b, "\n| method | image to text | text to image | mean of both | 95 %% interval | ties: worst to best "
           "order | published protocol | splits |\n|---|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < s->n; i++) {
        const SummaryRow *r = &s->row[i];
        char name[64];
        if (r->data != data || r->split != split || r->row[0]->bits != bits) continue;
        bool own = strcmp(r->row[0]->ablation, "full") == 0 && strcmp(r->row[0]->method, "MSACH") == 0;
        buffer_printf(b, "| %s%s%s | %.3f | %.3f | %s%.3f%s | %.3f to %.3f | %.3f to %.3f | %.3f | %d |\n",
                      own ? "**" : "", output_name(r->row[0], name), own ? "**" : "", r->value[0][0].value,
                      r->value[0][1].value, own ? "**" : "", r->value[0][BOTH].value, own ? "**" : "",
                      r->value[0][BOTH].low, r->value[0][BOTH].high, r->bounds[0].pessimistic,
                      r->bounds[0].optimistic, r->value[1][BOTH].value, r->seeds);
    }
}

static Status markdown_gains(Buffer *b, const Plan *p, const Summary *s, int data, TableSplit split,
                             Error *err) {
    Gain gains[GAINS];
    TRY(output_gains(gains, p, s, data, split, err));
    buffer_printf(b, "\n| MSACH over | absolute | 95 %% interval, paired | relative | ahead on splits |\n"
                     "|---|---|---|---|---|\n");
    for (int i = 0; i < GAINS; i++) {
        const Difference *d = &gains[i].difference;
        if (d->of.groups)
            buffer_printf(b, "| %s | %+.3f | %+.3f to %+.3f | %+.1f %% | %d of %d |\n", gains[i].over,
                          d->of.value, d->of.low, d->of.high, 100 * d->of.value / d->base, d->ahead,
                          d->splits);
    }
    if (split == TABLE_STANDARD)
        buffer_printf(
            b, "| the paper's claim over \"traditional methods\" | +11.8 %% and +12.8 %% | not given | "
               "absolute or relative: not said | |\n");
    return STATUS_OK;
}

static Status markdown_parts(Buffer *b, const Plan *p, const Summary *s, int data, Error *err) {
    Gain parts[PARTS_MOST];
    int n;
    TRY(output_parts(parts, &n, p, s, data, err));
    if (n > 0)
        buffer_printf(b, "\n| ablation | MAP | whole method minus it | 95 %% interval, paired | ahead on "
                         "splits |\n|---|---|---|---|---|\n");
    for (int i = 0; i < n; i++) {
        const Difference *d = &parts[i].difference;
        if (d->of.groups)
            buffer_printf(b, "| %s | %.3f | %+.3f | %+.3f to %+.3f | %d of %d |\n", parts[i].over, d->base,
                          d->of.value, d->of.low, d->of.high, d->ahead, d->splits);
    }
    return STATUS_OK;
}

static bool has_rows(const Summary *s, int data, TableSplit split, int bits) {
    for (int i = 0; i < s->n; i++)
        if (s->row[i].data == data && s->row[i].split == split && s->row[i].row[0]->bits == bits) return true;
    return false;
}

static Status markdown_data(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, int data,
                            Error *err) {
    static const char *const meaning[] = {"test queries against database cases never trained on",
                                          "labels that were never trained on, among themselves",
                                          "label words removed from the texts"};
    char name[64];
    plan_data_name(o->data[data], name, sizeof name);
    for (int split = 0; split < TABLE_SPLITS; split++)
        for (int k = -1; k < o->n_bits; k++) {
            int bits = k < 0 ? p->main_bits : o->bits[k];
            if ((k >= 0 && bits == p->main_bits) || !has_rows(s, data, (TableSplit)split, bits)) continue;
            buffer_printf(b, "\n## %s, %d bits: %s\n", name, bits, meaning[split]);
            markdown_rows(b, s, data, (TableSplit)split, bits);
            if (k < 0) TRY(markdown_gains(b, p, s, data, (TableSplit)split, err));
            if (k < 0 && split == TABLE_STANDARD) TRY(markdown_parts(b, p, s, data, err));
        }
    return STATUS_OK;
}

Status output_markdown(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, Error *err) {
    buffer_printf(
        b,
        "# MSACH against other methods\n\nMAP, expected over all orders of equal distances. Intervals: "
        "percentile bootstrap over groups of queries. Published protocol: the training set as "
        "database, as most papers do; it says little about new cases.\n\n    %s\n",
        o->command ? o->command : "");
    for (int d = 0; d < o->n_data; d++) TRY(markdown_data(b, p, o, s, d, err));
    return STATUS_OK;
}

/* ---- All of them ---- */

static Status write_file(const TableOptions *o, const char *name, const Buffer *b, Error *err) {
    if (b->failed) return mem_error(err, "the table");
    char *path = path_join(o->out, name);
    Status s = path ? file_write(path, b->data, b->size, err) : mem_error(err, "the table");
    mem_free(path);
    return s;
}

Status output_write(const Plan *p, const TableOptions *o, Error *err) {
    Summary s;
    Buffer b[3] = {{0}, {0}, {0}};
    static const char *const names[] = {"table.tsv", "table.md", "table.html"};
    Status status = summary_make(&s, p, err);
    if (status == STATUS_OK) output_tsv(&b[0], p, o, &s);
    if (status == STATUS_OK) status = output_markdown(&b[1], p, o, &s, err);
    if (status == STATUS_OK) status = output_page(&b[2], p, o, &s, err);
    for (int i = 0; i < 3; i++) {
        if (status == STATUS_OK) status = write_file(o, names[i], &b[i], err);
        buffer_free(&b[i]);
    }
    summary_free(&s);
    return status;
}

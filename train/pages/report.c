#include "train/pages/report.h"

#include <stdio.h>
#include <string.h>

#include "eval/page/html.h"
#include "nn/base/alloc.h"
#include "train/pages/report_charts.h"

enum { CELL = 48 };

/* A table of formatted cells that fits a page. */
typedef struct {
    char text[2 * 12][CELL];
    const char *cell[2 * 12];
    int n;
} Cells;

static void add_cell(Cells *c, const char *fmt, ...) NN_PRINTF(2, 3);
static void add_cell(Cells *c, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->text[c->n], CELL, fmt, args);
    va_end(args);
    c->cell[c->n] = c->text[c->n];
    c->n++;
}

static void add_table(Buffer *b, const char *caption, const char *const *head, size_t columns,
                      const Cells *c) {
    HtmlTable t = {.caption = caption,
                   .rows = (size_t)c->n / columns,
                   .columns = columns,
                   .head = head,
                   .cell = c->cell};
    html_table(b, &t);
}

static void write_map_table(Buffer *b, const Evaluation *e) {
    static const char *const head[] = {"direction", "pessimistic", "expected MAP",  "optimistic",
                                       "P@10",      "NDCG",        "within 2 bits", "random MAP"};
    Cells c = {.n = 0};
    for (int k = 0; k < 2; k++) {
        const Retrieval *r = &e->direction[k];
        add_cell(&c, "%s", k ? "text to image" : "image to text");
        add_cell(&c, "%.3f", r->map.pessimistic);
        add_cell(&c, "%.3f", r->map.expected);
        add_cell(&c, "%.3f", r->map.optimistic);
        add_cell(&c, "%.3f", r->precision[CUT_10]);
        add_cell(&c, "%.3f", r->ndcg);
        add_cell(&c, "%.3f", r->lookup_precision);
        add_cell(&c, "%.3f", r->map_random);
    }
    add_table(b, "Test queries against database cases that were never trained on", head, 8, &c);
    for (Modality k = 0; k < MODALITIES; k++)
        if (e->direction[k].without_relevant)
            html_note(b, "%zu queries have no relevant database case and count 0 (%s).",
                      e->direction[k].without_relevant, k ? "text to image" : "image to text");
}

static void write_health_table(Buffer *b, const Evaluation *e) {
    static const char *const head[] = {"codes",         "cases",         "distinct",
                                       "share of ones", "least .. most", "constant bits",
                                       "entropy",       "|correlation|", "mean tie"};
    Cells c = {.n = 0};
    for (Modality k = 0; k < MODALITIES; k++) {
        const CodeHealth *h = &e->health[k];
        add_cell(&c, "%s", modality_name(k));
        add_cell(&c, "%zu", h->codes);
        add_cell(&c, "%zu", h->distinct);
        add_cell(&c, "%.3f", h->bit_mean);
        add_cell(&c, "%.2f .. %.2f", h->bit_mean_low, h->bit_mean_high);
        add_cell(&c, "%d", h->constant_bits);
        add_cell(&c, "%.3f", h->entropy);
        add_cell(&c, "%.3f", h->correlation);
        add_cell(&c, "%.1f", h->mean_tie);
    }
    add_table(b, "Codes of the database", head, 9, &c);
}

static Status write_result(Buffer *b, const Evaluation *e, Error *err) {
    html_section_begin(b, "Retrieval");
    write_map_table(b, e);
    html_grid_begin(b);
    chart_map(b, e);
    TRY(chart_recall(b, e, err));
    for (Modality k = 0; k < MODALITIES; k++) TRY(chart_distances(b, e, k, err));
    html_grid_end(b);
    html_section_end(b);
    return STATUS_OK;
}

static Status write_training(Buffer *b, const Progress *p, Error *err) {
    if (!p->metrics.data) return STATUS_OK;
    int capacity = 0;
    const char *text = (const char *)p->metrics.data;
    for (const char *s = text; *s; s++) capacity += *s == '\n';
    MetricsRow *rows = mem_calloc((size_t)capacity + 1, sizeof *rows);
    if (!rows) return mem_error(err, "the report's curves");
    int n = metrics_parse(text, rows, capacity);
    html_section_begin(b, "Training");
    html_grid_begin(b);
    Status s = STATUS_OK;
    for (int stage = 1; s == STATUS_OK && stage <= 2; stage++) {
        s = chart_losses(b, rows, n, stage, err);
        if (s == STATUS_OK) s = chart_validation(b, rows, n, stage, p->best_epoch, err);
    }
    html_grid_end(b);
    html_section_end(b);
    mem_free(rows);
    return s;
}

static Status write_health(Buffer *b, const Evaluation *e, Error *err) {
    html_section_begin(b, "Health of the codes");
    write_health_table(b, e);
    html_grid_begin(b);
    for (Modality k = 0; k < MODALITIES; k++) {
        TRY(chart_bits(b, e, k, err));
        TRY(chart_correlation(b, e, k, err));
    }
    html_grid_end(b);
    html_section_end(b);
    return STATUS_OK;
}

static void write_facts(Buffer *b, const Session *s, const Model *m, const Progress *p) {
    html_section_begin(b, "The run");
    html_facts_begin(b);
    html_fact(b, "data", "%d cases, %d labels, crc32 %08x", s->manifest.n, session_classes(s),
              s->manifest.crc);
    html_fact(b, "split", "%d train, %d validation, %d query, %d database; hash %08x", s->count[SET_TRAIN],
              s->count[SET_VAL], s->count[SET_QUERY], s->count[SET_DATABASE], s->split.hash);
    html_fact(b, "vocabulary", "%d words of the training texts", s->vocab.n);
    html_fact(b, "weights", "%zu", m->params.size);
    html_fact(b, "code", "%d bits", m->config.bits);
    if (p->best_map >= 0)
        html_fact(b, "epoch kept", "%d of stage 2, validation MAP %.3f", p->best_epoch, p->best_map);
    html_fact(b, "msach", "%s", MSACH_VERSION);
    html_facts_end(b);
    html_details_begin(b, "Every setting");
    html_facts_begin(b);
    for (int i = 0; i < CONFIG_COUNT; i++) {
        char text[64];
        html_fact(b, CONFIG_TABLE[i].name, "%s (%s)", config_value(&s->config, &CONFIG_TABLE[i], text),
                  CONFIG_TABLE[i].meaning);
    }
    html_facts_end(b);
    html_details_end(b);
    html_section_end(b);
}

static Status write_page(Buffer *b, const Session *s, const Model *m, const Progress *p, const Evaluation *e,
                         Error *err) {
    char lead[160];
    snprintf(lead, sizeof lead, "Test MAP at %d bits: image to text %.3f, text to image %.3f.", e->query.bits,
             e->direction[0].map.expected, e->direction[1].map.expected);
    html_begin(b, "MSACH training report", lead);
    TRY(write_result(b, e, err));
    TRY(write_training(b, p, err));
    TRY(write_health(b, e, err));
    write_facts(b, s, m, p);
    html_note(b, "A research model. Not a medical device; not for diagnosis or treatment.");
    html_end(b);
    return b->failed ? mem_error(err, "the report") : STATUS_OK;
}

Status report_write(const char *out, const Session *s, const Model *m, const Progress *p, const Evaluation *e,
                    Error *err) {
    Buffer b = {0};
    char *path = path_join(out, "report.html");
    Status status = path ? write_page(&b, s, m, p, e, err) : mem_error(err, "the report");
    if (status == STATUS_OK) status = file_write(path, b.data, b.size, err);
    mem_free(path);
    buffer_free(&b);
    return status;
}

#include "train/pages/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "eval/page/glossary.h"
#include "eval/page/html.h"
#include "nn/base/alloc.h"
#include "train/pages/report_charts.h"

/* sets: what the queries and the database are. */
static void write_map_table(Buffer *b, const Evaluation *e, const char *sets) {
    static const char *const head[] = {"direction", "pessimistic", "expected MAP",  "optimistic",
                                       "P@10",      "NDCG",        "within 2 bits", "random MAP"};
    HtmlTable t = html_table_begin(b, sets, "lrrrrrrr", head);
    for (Modality m = 0; m < MODALITIES; m++) {
        const Retrieval *r = &e->direction[m];
        const double value[] = {r->map.pessimistic,   r->map.expected, r->map.optimistic,
                                r->precision[CUT_10], r->ndcg,         r->lookup_precision,
                                r->map_random};
        html_cell(&t, false, "%s", report_direction(m));
        for (size_t i = 0; i < sizeof value / sizeof *value; i++) html_cell(&t, false, "%.3f", value[i]);
    }
    html_table_end(&t);
    for (Modality m = 0; m < MODALITIES; m++)
        if (e->direction[m].without_relevant)
            html_note(b, "%zu queries have no relevant database case and count 0 (%s).",
                      e->direction[m].without_relevant, report_direction(m));
}

static Status write_result(Buffer *b, const Evaluation *e, const char *sets, Error *err) {
    static const char *const terms[] = {"MAP", "tie", "P@10", "NDCG", "within 2 bits", NULL};
    const Figures to = {.page = b};
    html_section_begin(b, "Retrieval");
    write_map_table(b, e, sets);
    glossary_write(b, true, terms);
    html_grid_begin(b);
    TRY(chart_map(&to, e, err));
    TRY(chart_recall(&to, e, err));
    for (Modality m = 0; m < MODALITIES; m++) TRY(chart_distances(&to, e, m, err));
    html_grid_end(b);
    html_section_end(b);
    return STATUS_OK;
}

static Status write_training(Buffer *b, const Progress *p, const Config *c, Error *err) {
    if (!p->metrics.data) return STATUS_OK;
    int capacity = 0;
    const char *text = (const char *)p->metrics.data;
    for (const char *s = text; *s; s++) capacity += *s == '\n';
    MetricsRow *rows = mem_calloc((size_t)capacity + 1, sizeof *rows);
    if (!rows) return mem_error(err, "the curves of the report");
    int n = metrics_parse(text, rows, capacity);
    html_section_begin(b, "Training");
    html_grid_begin(b);
    Status s = STATUS_OK;
    for (int stage = 1; s == STATUS_OK && stage <= 2; stage++) {
        s = chart_losses(b, rows, n, stage, c, err);
        if (s == STATUS_OK) s = chart_validation(b, rows, n, stage, p->best_epoch, err);
    }
    html_grid_end(b);
    html_section_end(b);
    mem_free(rows);
    return s;
}

static Status write_health(Buffer *b, const Evaluation *e, Error *err) {
    const Figures to = {.page = b};
    html_section_begin(b, "Health of the codes");
    report_health(b, e);
    html_grid_begin(b);
    for (Modality m = 0; m < MODALITIES; m++) {
        TRY(chart_bits(&to, e, m, err));
        TRY(chart_correlation(&to, e, m, err));
    }
    html_grid_end(b);
    html_section_end(b);
    return STATUS_OK;
}

static void write_facts(Buffer *b, const Session *s, const Model *m, const Progress *p, const char *command) {
    const ModelConfig *c = &m->config;
    char name[64], date[16];
    manifest_name(s->manifest.path, name, sizeof name);
    html_day(date);
    html_section_begin(b, "The run");
    if (command) html_pre(b, command);
    html_facts_begin(b);
    html_fact(b, "data set", "%s: %d cases, %d labels, manifest crc32 %08x", name, s->manifest.n,
              session_classes(s), s->manifest.crc);
    html_fact(b, "split", "%d train, %d validation, %d query, %d database; hash %08x", s->count[SET_TRAIN],
              s->count[SET_VAL], s->count[SET_QUERY], s->count[SET_DATABASE], s->split.hash);
    for (Modality k = 0; k < MODALITIES; k++)
        if (c->own[k].width)
            html_fact(b, k == MODALITY_IMAGE ? "image features" : "text features",
                      "of another program: %d x %d numbers (tokens x width), checksum %08x", c->own[k].tokens,
                      c->own[k].width, c->own[k].crc);
    html_fact(
        b, "model",
        "%d bits; pictures of %d x %d pixels, CNN width %d, d = %d, %d layer%s of %d heads; %zu weights",
        c->bits, c->image_size, c->image_size, c->width, c->dim, c->transformer ? c->layers : 0,
        c->layers == 1 && c->transformer ? "" : "s", c->heads, m->params.size);
    html_fact(b, "vocabulary", "%d words of the training texts", s->vocab.n);
    if (p->best_map >= 0)
        html_fact(b, "epoch kept", "%d of stage 2, validation MAP %.3f", p->best_epoch, p->best_map);
    html_fact(b, "date", "%s (UTC)", date);
    html_fact(b, "msach", "%s", MSACH_VERSION);
    html_facts_end(b);
    report_settings(b, &s->config);
    html_section_end(b);
}

static Status write_page(Buffer *b, const Session *s, const Model *m, const Progress *p, const Evaluation *e,
                         const char *command, Error *err) {
    char lead[256], name[64];
    manifest_name(s->manifest.path, name, sizeof name);
    snprintf(lead, sizeof lead, "%s, test MAP at %d bits: image to text %.3f, text to image %.3f.", name,
             e->query.bits, e->direction[0].map.expected, e->direction[1].map.expected);
    html_begin(b, "MSACH training report", lead);
    TRY(write_result(b, e, "Test queries against database cases never trained on", err));
    TRY(write_training(b, p, &s->config, err));
    TRY(write_health(b, e, err));
    write_facts(b, s, m, p, command);
    html_note(b, "A research model. Not a medical device; not for diagnosis or treatment.");
    html_end(b);
    return b->failed ? mem_error(err, "the report") : STATUS_OK;
}

Status report_write(const char *out, const char *command, const Session *s, const Model *m, const Progress *p,
                    const Evaluation *e, Error *err) {
    Buffer b = {0};
    char *path = path_join(out, "report.html");
    Status status = path ? write_page(&b, s, m, p, e, command, err) : mem_error(err, "the report");
    if (status == STATUS_OK) status = file_write(path, b.data, b.size, err);
    mem_free(path);
    buffer_free(&b);
    return status;
}

Status report_evaluation(const char *path, const char *lead, const char *sets, const Evaluation *e,
                         Error *err) {
    Buffer b = {0};
    html_begin(&b, "Evaluation of codes", lead);
    Status status = write_result(&b, e, sets, err);
    if (status == STATUS_OK) status = write_health(&b, e, err);
    html_note(&b, "A research program. Not a medical device; not for diagnosis or treatment.");
    html_end(&b);
    if (status == STATUS_OK && b.failed) status = mem_error(err, "the page");
    if (status == STATUS_OK) status = file_write(path, b.data, b.size, err);
    buffer_free(&b);
    return status;
}

#include <stdio.h>

#include "cmd/eval_result.h"
#include "eval/bootstrap.h"
#include "eval/compat.h"
#include "eval/dump.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "train/pages/report.h"
#include "train/pages/report_charts.h"

static const int PARTNER_CUT[PARTNER_CUTS] = {1, 5, 10};

static Status find_partners(EvalResult *r, Modality k, Pool *pool, Error *err) {
    RetrievalTask task = {.query = &r->e->query, .database = &r->e->query, .from = k};
    return partner_recall(&task, PARTNER_CUT, PARTNER_CUTS, r->partner[k], pool, err);
}

static Status find_interval(EvalResult *r, Modality k, Error *err) {
    const CaseSet *query = &r->e->query;
    double *score = mem_calloc(query->n, sizeof *score);
    if (!score) return mem_error(err, "the interval");
    for (size_t q = 0; q < query->n; q++) score[q] = r->e->direction[k].query[q].ap.expected;
    BootstrapSample sample = {.score = score, .group = query->group, .n = query->n};
    Status s = bootstrap_mean(&r->interval[k], &sample, 0.95, 1, err);
    mem_free(score);
    return s;
}

/* ---- Files ---- */

static Status write_dump(const Args *a, const EvalResult *r, Error *err) {
    const Evaluation *e = r->e;
    Dump d = {
        .query = &e->query, .database = &e->database, .label_name = r->label_name, .direction = e->direction};
    if (!e->query.id)
        return args_wrong(a, err, "--dump needs ids_query.txt and ids_database.txt in %s", r->codes);
    return dump_write(args_get(a, "dump"), &d, err);
}

static Status write_page(const Args *a, const EvalResult *r, Error *err) {
    char lead[512];
    const Evaluation *e = r->e;
    snprintf(lead, sizeof lead,
             "%.200s, %d bits: MAP of image to text %.3f (95 %% interval %.3f to %.3f), text to image %.3f "
             "(%.3f to %.3f).",
             r->run ? r->run : r->codes, e->query.bits, e->direction[0].map.expected, r->interval[0].low,
             r->interval[0].high, e->direction[1].map.expected, r->interval[1].low, r->interval[1].high);
    return report_evaluation(args_get(a, "html"), lead, eval_described(r), e, err);
}

static Status write_curves(const Args *a, const EvalResult *r, Error *err) {
    TRY(dir_make(args_get(a, "curves"), err));
    return charts_of_evaluation(&(Figures){.folder = args_get(a, "curves")}, r->e, err);
}

/* Labels that do not meet say nothing of codes. */
static Status check_relevant(const EvalResult *r, Error *err) {
    const Retrieval *d = r->e->direction;
    if (d[0].without_relevant < d[0].queries || d[1].without_relevant < d[1].queries) return STATUS_OK;
    return error_set(
        err, STATUS_INPUT,
        "%s: no query of %zu shares a label with a database case, so that MAP means nothing; %s",
        r->run ? r->run : r->codes, r->e->query.n,
        r->run
            ? "more cases and groups of each label were expected, or another set of them (msach eval --set)"
            : "labels_query.npy and labels_database.npy with the same class in the same column were "
              "expected");
}

Status eval_measure(Args *a, EvalResult *r, Error *err) {
    TRY(check_relevant(r, err));
    for (Modality k = 0; k < MODALITIES; k++) {
        TRY(find_partners(r, k, a->pool, err));
        TRY(find_interval(r, k, err));
    }
    for (Modality k = 0; r->compat >= 0 && k < MODALITIES; k++) {
        RetrievalTask task = evaluation_task(r->e, k);
        TRY(compat_map((Compat)r->compat, &task, 0, &r->compat_map[k], a->pool, err));
    }
    if (r->calibration) TRY(judged_measure(&r->judged, r->e, r->calibration, a->pool, err));
    if (args_has(a, "dump")) TRY(write_dump(a, r, err));
    if (args_has(a, "curves")) TRY(write_curves(a, r, err));
    return args_has(a, "html") ? write_page(a, r, err) : STATUS_OK;
}

/* ---- Table ---- */

void eval_print_measures(const EvalResult *r, Modality k) {
    const Retrieval *d = &r->e->direction[k];
    printf("%.3f to %.3f  %.3f   %.3f  %.3f  %.3f/%.3f/%.3f\n", r->interval[k].low, r->interval[k].high,
           d->map_random, d->precision[CUT_10], d->ndcg, r->partner[k][0], r->partner[k][1],
           r->partner[k][2]);
}

void eval_print_rest(const EvalResult *r) {
    if (r->calibration) judged_print(&r->judged);
    if (r->compat < 0) return;
    printf("\nby the formula of %s (%s): image to text %.3f, text to image %.3f\n",
           compat_name((Compat)r->compat), compat_formula((Compat)r->compat), r->compat_map[0],
           r->compat_map[1]);
}

void eval_print_membership(const Membership *m) {
    printf("\nmembership: the bits between a case's picture and its report tell %zu training cases from %zu "
           "never seen "
           "with area %.3f, 95 %% interval %.3f to %.3f (0.5: not at all, 1: always)\n",
           m->members, m->others, m->area.value, m->area.low, m->area.high);
}

void eval_print_health(const Evaluation *e) {
    printf(
        "\ncodes          distinct    share of ones      constant bits  entropy  |correlation|  mean tie\n");
    for (Modality k = 0; k < MODALITIES; k++) {
        const CodeHealth *h = &e->health[k];
        printf("%-13s  %4zu/%-5zu  %.2f [%.2f, %.2f]  %6d         %.3f    %.3f          %.1f\n",
               modality_name(k), h->distinct, h->codes, h->bit_mean, h->bit_mean_low, h->bit_mean_high,
               h->constant_bits, h->entropy, h->correlation, h->mean_tie);
    }
}

#include <stdio.h>
#include <string.h>

#include "cmd/json_out.h"
#include "cmd/verbs.h"
#include "eval/bootstrap.h"
#include "eval/compat.h"
#include "eval/dump.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/parts.h"
#include "train/run.h"

static const Option OPTIONS[] = {
    {"run", 'r', "RUN", NULL, "directory of a finished run, or a model file with --data", NEEDED},
    {"data", 'd', "MANIFEST", NULL, "another manifest, with a 'split' column [the manifest of the run]",
     PLAIN},
    {"set", 's', "SET", "test", "queries: test, or val (each against the other validation cases)", PLAIN},
    {"protocol", 0, "NAME", "honest",
     "honest: the database holds no training case; published: the training set", PLAIN},
    {"compat", 0, "NAME", NULL, "also MAP by the formula of a public codebase: dcmh, torchcmh, djsrh or ucch",
     PLAIN},
    {"json", 0, NULL, NULL, "print one JSON object instead of the table", PLAIN},
    {"dump", 0, "DIR", NULL, "also write codes, labels, ids, a row for each query, and TREC files", PLAIN},
    OPTION_SKIP_BAD,
    OPTION_ALLOW_OUTSIDE,
    OPTION_MASK_WORDS,
    OPTION_THREADS,
    OPTION_LAST};

static const char *const PROTOCOLS[] = {"honest", "published", NULL};
static const char *const COMPATS[] = {"dcmh", "torchcmh", "djsrh", "ucch", NULL}; /* as enum Compat */
static const char *const SETS[] = {"test", "val", NULL};

enum { PARTNER_CUTS = 3 };
static const int PARTNER_CUT[PARTNER_CUTS] = {1, 5, 10};

/* All that is printed. Arrays of two are by the modality of the query.
 * interval: 95 % interval of MAP, over groups of queries. partner: share of the queries whose own other modality is among the first 1, 5
 * and 10 of all queries' other modalities. compat_map: MAP by the formula `compat`; -1: none. */
typedef struct {
    const char *run;
    int protocol, set, compat;
    const Evaluation *e;
    Interval interval[2];
    double partner[2][PARTNER_CUTS], compat_map[2];
} Result;

static Status find_partners(Result *r, Modality k, Pool *pool, Error *err) {
    RetrievalTask task = {.query = &r->e->query, .database = &r->e->query, .from = k};
    return partner_recall(&task, PARTNER_CUT, PARTNER_CUTS, r->partner[k], pool, err);
}

static Status find_interval(Result *r, Modality k, Error *err) {
    const CaseSet *query = &r->e->query;
    double *score = mem_calloc(query->n, sizeof *score);
    if (!score) return mem_error(err, "the interval");
    for (size_t q = 0; q < query->n; q++) score[q] = r->e->direction[k].query[q].ap.expected;
    BootstrapSample sample = {.score = score, .group = query->group, .n = query->n};
    Status s = bootstrap_mean(&r->interval[k], &sample, 0.95, 1, err);
    mem_free(score);
    return s;
}

/* Adds to the evaluation: intervals, partners, the formula of --compat, the files of --dump. */
static Status measure(Args *a, Result *r, const Session *s, Error *err) {
    for (Modality k = 0; k < MODALITIES; k++) {
        TRY(find_partners(r, k, a->pool, err));
        TRY(find_interval(r, k, err));
    }
#if PART_AUDIT
    const Evaluation *e = r->e;
    for (Modality k = 0; r->compat >= 0 && k < MODALITIES; k++) {
        RetrievalTask task = evaluation_task(e, k);
        TRY(compat_map((Compat)r->compat, &task, 0, &r->compat_map[k], a->pool, err));
    }
    Dump d = {.query = &e->query,
              .database = &e->database,
              .label_name = (const char *const *)s->manifest.label_names,
              .direction = e->direction};
    if (args_get(a, "dump")) return dump_write(args_get(a, "dump"), &d, err);
#else
    (void)s;
#endif
    return STATUS_OK;
}

/* ---- JSON ---- */

static void json_cuts(const char *name, const double *value, const int *cut, int n) {
    printf(",\"%s\":{", name);
    for (int i = 0; i < n; i++) {
        printf("%s\"%d\":", i ? "," : "", cut[i]);
        json_number(value[i]);
    }
    putchar('}');
}

static void json_direction(const Result *r, int k) {
    const Retrieval *d = &r->e->direction[k];
    printf(",\"%s\":{\"map\":{\"pessimistic\":", k ? "text_to_image" : "image_to_text");
    json_number(d->map.pessimistic);
    json_number_field("expected", d->map.expected);
    json_number_field("optimistic", d->map.optimistic);
    putchar('}');
    json_number_field("map_low", r->interval[k].low);
    json_number_field("map_high", r->interval[k].high);
    if (r->compat >= 0) json_number_field("map_compat", r->compat_map[k]);
    json_number_field("p_at_10", d->precision[CUT_10]);
    json_cuts("p_at", d->precision, retrieval_cut, RETRIEVAL_CUTS);
    json_cuts("map_at", d->map_at, retrieval_cut, RETRIEVAL_CUTS);
    json_cuts("ndcg_at", d->ndcg_at, retrieval_cut, RETRIEVAL_CUTS);
    json_cuts("partner_recall_at", r->partner[k], PARTNER_CUT, PARTNER_CUTS);
    json_number_field("ndcg", d->ndcg);
    json_number_field("mean_tie", d->mean_tie);
    json_number_field("map_random", d->map_random);
    json_number_field("without_relevant", (double)d->without_relevant);
    json_number_field("radius2_precision", d->lookup_precision);
    json_number_field("radius2_recall", d->lookup_recall);
    json_number_field("radius2_empty", d->lookup_empty);
    putchar('}');
}

static void json_health(const CodeHealth *h) {
    printf("{\"codes\":%zu,\"distinct\":%zu", h->codes, h->distinct);
    json_number_field("bit_mean", h->bit_mean);
    json_number_field("bit_mean_low", h->bit_mean_low);
    json_number_field("bit_mean_high", h->bit_mean_high);
    json_number_field("constant_bits", h->constant_bits);
    json_number_field("entropy", h->entropy);
    json_number_field("entropy_low", h->entropy_low);
    json_number_field("correlation", h->correlation);
    json_number_field("correlation_high", h->correlation_high);
    json_number_field("mean_tie", h->mean_tie);
    putchar('}');
}

static void print_json(const Result *r) {
    const Evaluation *e = r->e;
    printf("{\"bits\":%d,\"protocol\":\"%s\",\"set\":\"%s\",\"queries\":%zu,\"database\":%zu", e->query.bits,
           PROTOCOLS[r->protocol], SETS[r->set], e->query.n, e->database.n);
    for (int k = 0; k < 2; k++) json_direction(r, k);
    printf(",\"codes\":{\"image\":");
    json_health(&e->health[0]);
    printf(",\"text\":");
    json_health(&e->health[1]);
    printf("}}\n");
}

/* ---- Table ---- */

static const char *described(const Result *r) {
    if (r->set == 1) return "validation queries, each against the validation cases of other groups";
    if (r->protocol == PROTOCOL_PUBLISHED)
        return "test queries against the TRAINING cases (published protocol: says little about new cases)";
    return "test queries against database cases that were never trained on";
}

static void print_retrieval(const Result *r) {
    printf("               MAP   [pessimistic, optimistic]  95 %% interval   random  P@10   NDCG   partner "
           "in 1/5/10\n");
    for (int k = 0; k < 2; k++) {
        const Retrieval *d = &r->e->direction[k];
        printf("%-13s  %.3f [%.3f, %.3f]             %.3f to %.3f  %.3f   %.3f  %.3f  %.3f/%.3f/%.3f\n",
               k ? "text to image" : "image to text", d->map.expected, d->map.pessimistic, d->map.optimistic,
               r->interval[k].low, r->interval[k].high, d->map_random, d->precision[CUT_10], d->ndcg,
               r->partner[k][0], r->partner[k][1], r->partner[k][2]);
    }
#if PART_AUDIT
    if (r->compat < 0) return;
    printf("\nby the formula of %s (%s): image to text %.3f, text to image %.3f\n",
           compat_name((Compat)r->compat), compat_formula((Compat)r->compat), r->compat_map[0],
           r->compat_map[1]);
#endif
}

static void print_health(const Evaluation *e) {
    printf(
        "\ncodes          distinct    share of ones      constant bits  entropy  |correlation|  mean tie\n");
    for (Modality k = 0; k < MODALITIES; k++) {
        const CodeHealth *h = &e->health[k];
        printf("%-13s  %4zu/%-5zu  %.2f [%.2f, %.2f]  %6d         %.3f    %.3f          %.1f\n",
               modality_name(k), h->distinct, h->codes, h->bit_mean, h->bit_mean_low, h->bit_mean_high,
               h->constant_bits, h->entropy, h->correlation, h->mean_tie);
    }
}

static void print_table(const Result *r) {
    const Evaluation *e = r->e;
    printf("%s: %d bits, %zu %s: %zu\n\n", r->run, e->query.bits, e->query.n, described(r), e->database.n);
    print_retrieval(r);
    print_health(e);
    for (int k = 0; k < 2; k++)
        if (e->direction[k].without_relevant)
            printf("\n%s: %zu queries have no relevant database case and count 0\n",
                   k ? "text to image" : "image to text", e->direction[k].without_relevant);
}

/* ---- The verb ---- */

/* *data: --data, or the manifest that config.txt of the run names; the caller frees it. */
static Status find_data(const Args *a, char **data, Error *err) {
    const char *run = args_get(a, "run"), *given = args_get(a, "data");
    if (given) {
        *data = mem_strdup(given);
        return *data ? STATUS_OK : mem_error(err, "the path of the manifest");
    }
    if (!path_exists(run))
        return error_set(err, STATUS_INPUT, "%s: no such run; `msach train --out %s` makes one", run, run);
    if (!path_is_dir(run)) return args_wrong(a, err, "%s is a model file; add --data MANIFEST", run);
    char *config = path_join(run, "config.txt");
    Status s = config ? STATUS_OK : mem_error(err, "the run");
    if (s == STATUS_OK && !path_exists(config))
        s = error_set(err, STATUS_INPUT,
                      "%s: the directory holds no run; a run of `msach train` was expected", run);
    if (s == STATUS_OK) s = config_data(config, data, err);
    mem_free(config);
    return s;
}

static Status evaluate(Args *a, Result *r, const char *data, Error *err) {
    ManifestOptions o = args_manifest(a);
    o.need_labels = true;
    ModelFile f;
    Session s;
    Evaluation e = {0};
    Status status = run_open(&f, &s, r->run, data, &o, a->pool, &a->log, err);
    if (status == STATUS_OK)
        status = evaluation_run(&e, &s, &f.model, r->set ? SET_VAL : SET_QUERY, (Protocol)r->protocol, err);
    r->e = &e;
    if (status == STATUS_OK) status = measure(a, r, &s, err);
    if (status == STATUS_OK) (args_has(a, "json") ? print_json : print_table)(r);
    r->e = NULL;
    evaluation_free(&e);
    session_close(&s);
    model_close(&f);
    return status;
}

static Status run(Args *a, Error *err) {
    Result r = {.run = args_get(a, "run"), .compat = -1};
    char *data = NULL;
    TRY(args_choice(a, "protocol", PROTOCOLS, &r.protocol, err));
    TRY(args_choice(a, "set", SETS, &r.set, err));
    TRY(args_choice(a, "compat", COMPATS, &r.compat, err));
    if (!PART_AUDIT && (args_has(a, "compat") || args_has(a, "dump")))
        return args_wrong(a, err, "--compat and --dump: " PART_ABSENT("audit"));
    if (args_get(a, "dump") && r.set == 1)
        return args_wrong(a, err, "--dump writes the test queries; leave out --set val");
    TRY(find_data(a, &data, err));
    Status s = args_pool(a, err);
    if (s == STATUS_OK) s = evaluate(a, &r, data, err);
    mem_free(data);
    return s;
}

const Verb VERB_EVAL = {
    "eval",
    "mean average precision (MAP) in both directions, with bounds, and the health of the codes",
    "msach eval --run runs/first",
    NULL,
    OPTIONS,
    run,
    "Equal distances are ties: MAP is its expected value over all orders of the ties, between its bounds.",
    STOP_AT_PROGRESS};

#include <stdio.h>
#include <string.h>

#include "cmd/eval_judged.h"
#include "cmd/json_out.h"
#include "cmd/verbs.h"
#include "eval/audit/audit_folder.h"
#include "eval/bootstrap.h"
#include "eval/compat.h"
#include "eval/dump.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/parts.h"
#include "train/pages/report.h"
#include "train/pages/report_charts.h"
#include "train/run.h"

static const Option OPTIONS[] = {
    {"run", 'r', "RUN", NULL, "directory of a finished run, or a model file with --data", PLAIN},
    {"codes", 0, "DIR", NULL, "instead of a run: codes of any program, in files named as --dump names them",
     PLAIN},
    {"data", 'd', "MANIFEST", NULL, "another manifest, with a 'split' column [the manifest of the run]",
     PLAIN},
    {"set", 's', "SET", "test", "queries: test, or val (each against the other validation cases)", PLAIN},
    {"protocol", 0, "NAME", "honest",
     "honest: the database holds no training case; published: the training set", PLAIN},
    {"compat", 0, "NAME", NULL, "also MAP by the formula of a public codebase: dcmh, torchcmh, djsrh or ucch",
     PLAIN},
    {"json", 0, NULL, NULL, "print one JSON object instead of the table", PLAIN},
    {"dump", 0, "DIR", NULL, "also write codes, labels, ids, a row for each query, and TREC files", PLAIN},
    {"html", 0, "FILE", NULL, "also write a page with curves and the health of the codes", PLAIN},
    {"form", 0, "FORM", "values",
     "what the codes of --codes are: packed, columns, or values (what the values allow)", PLAIN},
    {"labels", 0, "FORM", "values", "what their labels are: onehot, signs, classes, or values", PLAIN},
    {"curves", 0, "DIR", NULL, "also write every chart as DIR/NAME.svg, with its numbers as NAME.tsv", PLAIN},
    OPTION_IMAGE_FEATURES,
    OPTION_TEXT_FEATURES,
    OPTION_SKIP_BAD,
    OPTION_ALLOW_OUTSIDE,
    OPTION_MASK_WORDS,
    OPTION_THREADS,
    OPTION_LAST};

static const char *const PROTOCOLS[] = {"honest", "published", NULL};
static const char *const COMPATS[] = {"dcmh", "torchcmh", "djsrh", "ucch", NULL}; /* as enum Compat */
static const char *const SETS[] = {"test", "val", NULL};
#if PART_AUDIT
static const char *const FORMS[] = {"values", "packed", "columns", NULL};           /* as AuditCodesForm */
static const char *const LABELS[] = {"values", "onehot", "signs", "classes", NULL}; /* as AuditLabelsForm */
#endif

enum { PARTNER_CUTS = 3 };
static const int PARTNER_CUT[PARTNER_CUTS] = {1, 5, 10};

/* All that is printed. Arrays of two are by the modality of the query.
 * interval: 95 % interval of MAP, over groups of queries. partner: share of the queries whose own other modality is among the first 1, 5
 * and 10 of all queries' other modalities. compat_map: MAP by the formula `compat`; -1: none. label_name: (classes) or NULL. */
typedef struct {
    const char *run, *codes; /* one is NULL */
    int protocol, set, compat;
    const char *const *label_name;
    const Evaluation *e;
    Interval interval[2];
    double partner[2][PARTNER_CUTS], compat_map[2];
    const Calibration *calibration; /* of the model; NULL: codes of any program */
    Judged judged;
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

static const char *described(const Result *r) {
    if (r->codes) return "queries against a database";
    if (r->set == 1) return "validation queries, each against the validation cases of other groups";
    if (r->protocol == PROTOCOL_PUBLISHED)
        return "test queries against the TRAINING cases (published protocol: says little about new cases)";
    return "test queries against database cases that were never trained on";
}

static Status write_dump(const Args *a, const Result *r, Error *err) {
#if PART_AUDIT
    const Evaluation *e = r->e;
    Dump d = {
        .query = &e->query, .database = &e->database, .label_name = r->label_name, .direction = e->direction};
    if (!e->query.id)
        return args_wrong(a, err, "--dump needs ids_query.txt and ids_database.txt in %s", r->codes);
    return dump_write(args_get(a, "dump"), &d, err);
#else
    (void)r;
    return args_wrong(a, err, "--dump: " PART_ABSENT("audit"));
#endif
}

static Status write_page(const Args *a, const Result *r, Error *err) {
#if PART_PAGES
    char lead[512];
    const Evaluation *e = r->e;
    snprintf(lead, sizeof lead,
             "%.200s, %d bits: MAP of image to text %.3f (95 %% interval %.3f to %.3f), text to image %.3f "
             "(%.3f to %.3f).",
             r->run ? r->run : r->codes, e->query.bits, e->direction[0].map.expected, r->interval[0].low,
             r->interval[0].high, e->direction[1].map.expected, r->interval[1].low, r->interval[1].high);
    return report_evaluation(args_get(a, "html"), lead, described(r), e, err);
#else
    (void)r;
    return args_wrong(a, err, "--html: " PART_ABSENT("pages"));
#endif
}

static Status write_curves(const Args *a, const Result *r, Error *err) {
#if PART_PAGES
    TRY(dir_make(args_get(a, "curves"), err));
    return charts_of_evaluation(&(Figures){.folder = args_get(a, "curves")}, r->e, err);
#else
    (void)r;
    return args_wrong(a, err, "--curves: " PART_ABSENT("pages"));
#endif
}

/* Adds to the evaluation: intervals, partners, the formula of --compat; writes the files of --dump, --curves and --html. */
static Status measure(Args *a, Result *r, Error *err) {
    for (Modality k = 0; k < MODALITIES; k++) {
        TRY(find_partners(r, k, a->pool, err));
        TRY(find_interval(r, k, err));
    }
#if PART_AUDIT
    for (Modality k = 0; r->compat >= 0 && k < MODALITIES; k++) {
        RetrievalTask task = evaluation_task(r->e, k);
        TRY(compat_map((Compat)r->compat, &task, 0, &r->compat_map[k], a->pool, err));
    }
#endif
    if (PART_CONFIDENCE && r->calibration)
        TRY(judged_measure(&r->judged, r->e, r->calibration, a->pool, err));
    if (args_has(a, "dump")) TRY(write_dump(a, r, err));
    if (args_has(a, "curves")) TRY(write_curves(a, r, err));
    return args_has(a, "html") ? write_page(a, r, err) : STATUS_OK;
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
    printf("{\"bits\":%d", e->query.bits);
    if (r->run) printf(",\"protocol\":\"%s\",\"set\":\"%s\"", PROTOCOLS[r->protocol], SETS[r->set]);
    printf(",\"queries\":%zu,\"database\":%zu", e->query.n, e->database.n);
    for (int k = 0; k < 2; k++) json_direction(r, k);
    printf(",\"codes\":{\"image\":");
    json_health(&e->health[0]);
    printf(",\"text\":");
    json_health(&e->health[1]);
    printf("}");
    if (PART_CONFIDENCE && r->calibration) judged_json(&r->judged);
    printf("}\n");
}

/* ---- Table ---- */

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
    if (PART_CONFIDENCE && r->calibration) judged_print(&r->judged);
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
    printf("%s: %d bits, %zu %s: %zu\n\n", r->run ? r->run : r->codes, e->query.bits, e->query.n,
           described(r), e->database.n);
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
    r->calibration = &f.calibration;
    r->label_name = (const char *const *)s.manifest.label_names;
    if (status == STATUS_OK) status = measure(a, r, err);
    if (status == STATUS_OK) (args_has(a, "json") ? print_json : print_table)(r);
    r->e = NULL;
    evaluation_free(&e);
    session_close(&s);
    model_close(&f);
    return status;
}

/* Codes of any program. The sets are borrowed from the folder. */
static Status evaluate_codes_of(Args *a, Result *r, Error *err) {
#if PART_AUDIT
    int form, labels;
    CodesFolder f;
    Evaluation e = {0};
    TRY(args_choice(a, "form", FORMS, &form, err));
    TRY(args_choice(a, "labels", LABELS, &labels, err));
    Status status =
        codes_folder_read(&f, r->codes, (AuditCodesForm)form, "--form", (AuditLabelsForm)labels, err);
    e.query = f.query;
    e.database = f.database;
    if (status == STATUS_OK) status = evaluation_measure(&e, a->pool, err);
    r->e = &e;
    r->label_name = f.label_names.line;
    if (status == STATUS_OK) status = measure(a, r, err);
    if (status == STATUS_OK) (args_has(a, "json") ? print_json : print_table)(r);
    r->e = NULL;
    e.query = e.database = (CaseSet){0};
    evaluation_free(&e);
    codes_folder_free(&f);
    return status;
#else
    (void)r;
    return args_wrong(a, err, "--codes: " PART_ABSENT("audit"));
#endif
}

/* STATUS_USAGE where an option is given that the source of the codes does not use. */
static Status check_options(const Args *a, const Result *r, Error *err) {
    static const char *const of_run[] = {"data",           "set",           "protocol",
                                         "skip-bad",       "allow-outside", "mask-words",
                                         "image-features", "text-features", NULL},
                             *const of_codes[] = {"form", "labels", NULL};
    for (const char *const *name = r->codes ? of_run : of_codes; *name; name++)
        if (args_has(a, *name))
            return args_wrong(a, err, "--%s goes with --%s", *name, r->codes ? "run" : "codes");
    if (args_has(a, "dump") && r->set == 1)
        return args_wrong(a, err, "--dump writes the test queries; leave out --set val");
    if (!PART_AUDIT && args_has(a, "compat")) return args_wrong(a, err, "--compat: " PART_ABSENT("audit"));
    return STATUS_OK;
}

static Status run(Args *a, Error *err) {
    static const char *const sources[] = {"run", "codes", NULL};
    Result r = {.run = args_get(a, "run"), .codes = args_get(a, "codes"), .compat = -1};
    char *data = NULL;
    TRY(args_one_of(a, sources, err));
    TRY(args_choice(a, "protocol", PROTOCOLS, &r.protocol, err));
    TRY(args_choice(a, "set", SETS, &r.set, err));
    TRY(args_choice(a, "compat", COMPATS, &r.compat, err));
    TRY(check_options(a, &r, err));
    TRY(args_pool(a, err));
    if (r.codes) return evaluate_codes_of(a, &r, err);
    TRY(find_data(a, &data, err));
    Status s = evaluate(a, &r, data, err);
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
    "Equal distances are ties: MAP is its expected value over all orders of the ties, between its bounds.\n"
    "--codes DIR reads image_codes_query.npy, text_codes_query.npy, labels_query.npy and the same of "
    "database; if there, "
    "ids_query.txt,\n"
    "groups_query.txt, and label_names.txt. Codes are (n,columns): packed bits, or a column a bit of 0/1, "
    "-1/+1 or bool.",
    STOP_AT_PROGRESS};

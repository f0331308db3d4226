#include <stdio.h>

#include "cmd/eval_result.h"
#include "cmd/verbs.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/parts.h"
#include "train/calibrate.h"
#include "train/run.h"

static const Option OPTIONS[] = {
    {"run", 'r', "RUN", NULL, "directory of a finished run, or a model file with --data", PLAIN},
    {"codes", 0, "DIR", NULL, "instead of a run: codes of any program, in files named as --dump names them",
     OF(PART_AUDIT)},
    {"data", 'd', "MANIFEST", NULL, "another manifest, with a 'split' column [the manifest of the run]",
     PLAIN},
    {"set", 's', "SET", "test", "queries: test, or val (each against the other validation cases)", PLAIN},
    {"protocol", 0, "NAME", "honest",
     "honest: the database holds no training case; published: the training set", PLAIN},
    {"compat", 0, "NAME", NULL, "also MAP by the formula of a public codebase: dcmh, torchcmh, djsrh or ucch",
     OF(PART_AUDIT)},
    {"membership", 0, NULL, NULL, "also how well codes tell training cases from cases never seen",
     OF(PART_AUDIT)},
    {"json", 0, NULL, NULL, "print one JSON object instead of the table", OF(PART_JSON)},
    {"dump", 0, "DIR", NULL, "also write codes, labels, ids, a row for each query, and TREC files",
     OF(PART_AUDIT) | WRITES},
    {"html", 0, "FILE.html", NULL, "also write a page: curves, health of the codes", OF(PART_PAGES) | WRITES},
    {"form", 0, "FORM", "values",
     "what the codes of --codes are: packed, columns, or values (what the values allow)", OF(PART_AUDIT)},
    {"labels", 0, "FORM", "values", "what their labels are: onehot, signs, classes, or values",
     OF(PART_AUDIT)},
    {"curves", 0, "DIR", NULL, "also write every chart as DIR/NAME.svg, with its numbers as NAME.tsv",
     OF(PART_PAGES)},
    OPTION_IMAGE_FEATURES,
    OPTION_TEXT_FEATURES,
    OPTION_SKIP_BAD,
    OPTION_ALLOW_OUTSIDE,
    OPTION_MASK_WORDS,
    OPTION_THREADS,
    OPTION_LAST};

static const char *const COMPATS[] = {"dcmh", "torchcmh", "djsrh", "ucch", NULL}; /* as enum Compat */

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

static Status evaluate(Args *a, EvalResult *r, const char *data, Error *err) {
    ManifestOptions o = args_manifest(a);
    o.need_labels = true;
    ModelFile f;
    Session s;
    Evaluation e = {0};
    Status status = run_open(&f, &s, r->run, data, &o, a->pool, &a->log, err);
    if (status == STATUS_OK && args_has(a, "membership") && !model_is_of(&f, s.manifest.crc))
        status = error_set(
            err, STATUS_INPUT,
            "%s: is not the manifest of the training; --membership compares the cases of that one, so "
            "leave out --data or give it",
            data);
    if (PART_CONFIDENCE && status == STATUS_OK && !model_is_of(&f, s.manifest.crc))
        r->seen = calibrate_seen(&f.calibration, &s);
    if (status == STATUS_OK)
        status = evaluation_run(&e, &s, &f.model, r->set ? SET_VAL : SET_QUERY, (Protocol)r->protocol, err);
    r->e = &e;
    r->calibration = &f.calibration;
    r->label_name = (const char *const *)s.manifest.label_names;
    if (PART_AUDIT && status == STATUS_OK && args_has(a, "membership"))
        status = membership_measure(&r->membership, &s, &f.model, &e, err);
    if (status == STATUS_OK) status = eval_report(a, r, err);
    r->e = NULL, r->calibration = NULL, r->label_name = NULL;
    evaluation_free(&e);
    session_close(&s);
    model_close(&f);
    return status;
}

static Status run(Args *a, Error *err) {
    static const char *const sources[] = {"run", "codes", NULL};
    EvalResult r = {.run = args_get(a, "run"), .codes = args_get(a, "codes"), .compat = -1};
    char *data = NULL;
    TRY(args_one_of(a, sources, err));
    TRY(args_choice(a, "protocol", EVAL_PROTOCOLS, &r.protocol, err));
    TRY(args_choice(a, "set", EVAL_SETS, &r.set, err));
    TRY(args_choice(a, "compat", COMPATS, &r.compat, err));
    if (PART_AUDIT) TRY(eval_check_options(a, &r, err));
    TRY(args_pool(a, err));
    if (PART_AUDIT && r.codes) return eval_codes(a, &r, err);
    TRY(find_data(a, &data, err));
    Status s = evaluate(a, &r, data, err);
    mem_free(data);
    return s;
}

const Verb VERB_EVAL = {
    "eval",
    PART_MEASURES
        ? "mean average precision (MAP) in both directions, with bounds, and the health of the codes"
        : "mean average precision (MAP) in both directions, with bounds",
    "msach eval --run runs/first",
    NULL,
    OPTIONS,
    run,
    PART_AUDIT ? EVAL_NOTES
               : "Equal distances are ties: MAP is its expected value over their orders, between its bounds.",
    STOP_AT_PROGRESS};

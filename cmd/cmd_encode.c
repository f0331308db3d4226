#include <stdio.h>
#include <string.h>

#include "cmd/encode_dump.h"
#include "cmd/verbs.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/base/parts.h"

static const Option OPTIONS[] = {
    {"model", 'm', "FILE", NULL, "a model file, or the directory of a run", NEEDED},
    {"data", 'd', "MANIFEST", NULL, "encode the cases of a manifest that have the modality of --as", PLAIN},
    {"image", 'i', "FILE...", NULL, "encode these pictures", MANY | OF(PART_QUERIES)},
    {"text", 't', "TEXT...", NULL, "encode these texts; quote a text of several words",
     MANY | OF(PART_QUERIES)},
    {"as", 'a', "KIND", NULL, "image or text: the modality to encode; needed with --data", PLAIN},
    {"out", 'o', "FILE.npy", NULL, "codes (n, bits/8) uint8; the ids go to FILE.ids.txt", WRITES},
    {"code", 0, NULL, NULL, "print each code instead, in the forms that other engines take; without --out",
     OF(PART_EXPORT)},
    {"dump", 0, "DIR", NULL, "also write input, both stages' features and scores of the networks as .npy",
     OF(PART_ARRAYS) | WRITES},
    {"views", 0, "N", "0", "with --dump: augmented views of each case in stage1.npy, beside the clean one",
     OF(PART_ARRAYS)},
    OPTION_IMAGE_FEATURES,
    OPTION_TEXT_FEATURES,
    OPTION_SKIP_BAD,
    OPTION_ALLOW_OUTSIDE,
    OPTION_THREADS,
    OPTION_LAST};

static const char *const KINDS[] = {"image", "text", NULL}; /* by Modality */

/* ---- Cases ---- */

static Status read_manifest(const Args *a, EncodeJob *j, Error *err) {
    int as = -1;
    ManifestOptions o = args_manifest(a);
    if (args_has(a, "image") || args_has(a, "text"))
        return args_wrong(a, err, "--data excludes --image and --text");
    TRY(args_choice(a, "as", KINDS, &as, err));
    if (as < 0) return args_wrong(a, err, "--data needs --as image or --as text");
    j->use[as] = true;
    return cases_read(&j->cases, j->f, args_get(a, "data"), &o, j->use, a->pool, &a->log, err);
}

static Status read_cases(const Args *a, EncodeJob *j, Error *err) {
    if (args_has(a, "data"))
        TRY(read_manifest(a, j, err));
    else if (PART_QUERIES)
        TRY(encode_read_words(a, j, err));
    else
        return args_incomplete(a, err, "--data is needed");
    for (int m = 0; m < 2; m++) j->n += j->use[m] ? j->cases.count[m] : 0;
    if (j->n) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s: no case has %s; a manifest with some was expected",
                     args_get(a, "data"), j->use[0] ? "an image" : "a text");
}

/* ---- Encoding ---- */

static Status encode(const Args *a, EncodeJob *j, Error *err) {
    const Model *m = &j->f->model;
    size_t n = (size_t)j->n, d = (size_t)m->config.dim, q = (size_t)m->config.bits, at = 0;
    j->out.codes = mem_calloc(n, code_bytes((int)q));
    if (!j->out.codes) return mem_error(err, "the codes");
    if (args_get(a, "dump")) {
        j->out.features = mem_calloc(n, d * sizeof(float));
        j->out.scores = mem_calloc(n, q * sizeof(float));
        if (!j->out.features || !j->out.scores) return mem_error(err, "the features");
    }
    for (Modality k = 0; k < MODALITIES; k++) {
        if (!j->use[k]) continue;
        Encoding part = {j->out.features ? j->out.features + at * d : NULL,
                         j->out.scores ? j->out.scores + at * q : NULL,
                         j->out.codes + at * code_bytes((int)q)};
        TRY(encode_cases(m, &j->cases.data, j->cases.index[k], j->cases.count[k], k, &part, a->pool, &a->log,
                         err));
        at += (size_t)j->cases.count[k];
    }
    return STATUS_OK;
}

static Status write_ids(const char *out, const EncodeJob *j, Error *err) {
    Buffer path = {0}, ids = {0};
    size_t stem = strlen(out);
    if (stem > 4 && strcmp(out + stem - 4, ".npy") == 0) stem -= 4;
    buffer_printf(&path, "%.*s.ids.txt", (int)stem, out);
    for (int k = 0; k < 2; k++)
        for (int i = 0; j->use[k] && i < j->cases.count[k]; i++)
            buffer_printf(&ids, "%s\n", j->cases.manifest.cases[j->cases.index[k][i]].id);
    Status s = path.failed || ids.failed ? mem_error(err, "the ids")
                                         : file_write((const char *)path.data, ids.data, ids.size, err);
    buffer_free(&path);
    buffer_free(&ids);
    return s;
}

/* ---- The verb ---- */

static Status encode_and_write(Args *a, EncodeJob *j, Error *err) {
    const char *out = args_get(a, "out");
    int64_t dim[2] = {0, (int64_t)code_bytes(j->f->model.config.bits)};
    long views;
    TRY(args_int(a, "views", 0, 64, &views, err));
    if (args_has(a, "views") && !args_has(a, "dump")) return args_wrong(a, err, "--views goes with --dump");
    if (!out && !args_has(a, "code")) return args_incomplete(a, err, "--out FILE.npy or --code is needed");
    if (out && args_has(a, "code")) return args_wrong(a, err, "--code prints; leave out --out");
    TRY(read_cases(a, j, err));
    TRY(encode(a, j, err));
    dim[0] = j->n;
    if (PART_ARRAYS && args_get(a, "dump"))
        TRY(encode_dump(args_get(a, "dump"), j, (int)views, a->pool, err));
    if (PART_EXPORT && args_has(a, "code")) {
        encode_print(j);
        return STATUS_OK;
    }
    TRY(write_ids(out, j, err));
    TRY(npy_write(out, NPY_U8, 2, dim, j->out.codes, err));
    printf("%s\n", out);
    return STATUS_OK;
}

static Status run(Args *a, Error *err) {
    ModelFile f;
    EncodeJob j = {.f = &f};
    Status s = model_open(&f, args_get(a, "model"), err);
    if (s == STATUS_OK) s = args_pool(a, err);
    if (s == STATUS_OK) s = encode_and_write(a, &j, err);
    mem_free(j.out.codes);
    mem_free(j.out.features);
    mem_free(j.out.scores);
    cases_free(&j.cases);
    model_close(&f);
    return s;
}

const Verb VERB_ENCODE = {
    "encode",
    "codes of pictures or texts, as .npy",
    "msach encode --model runs/first --data phantoms/manifest.tsv --as image --out codes.npy",
    NULL,
    OPTIONS,
    run,
    PART_ARRAYS ? ENCODE_NOTES : "Bit j of a code is bit j%8 of byte j/8.",
    STOP_AT_PROGRESS};

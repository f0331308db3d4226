#include <stdio.h>
#include <string.h>

#include "cmd/file_kind.h"
#include "cmd/verbs.h"
#include "hash/search/index.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/safetensors.h"
#include "train/model_file.h"

static const Option OPTIONS[] = {OPTION_QUIET, OPTION_HELP, OPTION_END};

/* Checksum and structure; a model is opened whole as well: names, shapes, vocabulary. */
static Status verify_weights(const char *path, const char **what, Error *err) {
    StFile f;
    Status s = st_read(&f, path, true, err);
    const char *format = s == STATUS_OK ? st_get(&f, "format") : NULL;
    bool model = format && strncmp(format, "msach model", 11) == 0;
    *what = model                                                    ? "model"
            : format && strncmp(format, "msach checkpoint", 16) == 0 ? "checkpoint"
                                                                     : "weights";
    st_free(&f);
    if (s != STATUS_OK || !model) return s;
    ModelFile m;
    s = model_open(&m, path, err);
    model_close(&m);
    return s;
}

static Status verify_codes(const char *path, Error *err) {
    Npy a;
    Status s = npy_read(&a, path, SIZE_MAX / 4, err);
    if (s == STATUS_OK) npy_free(&a);
    return s;
}

/* STATUS_CHECK where the file is damaged; STATUS_INPUT where there is none, STATUS_IO where the system
 * refuses. */
static Status verify_file(const char *path, const char **what, Error *err) {
    FileKind kind;
    TRY(file_kind(path, &kind, err));
    Status s = STATUS_OK;
    if (kind == FILE_WEIGHTS) {
        s = verify_weights(path, what, err);
    } else if (kind == FILE_CODES) {
        *what = "array (.npy has no checksum; its structure is right)";
        s = verify_codes(path, err);
    } else {
        *what = "index";
        s = index_verify(path, err);
    }
    return s == STATUS_INPUT ? STATUS_CHECK : s;
}

/* Tells about one file and goes on; *worst keeps the first kind of failure. */
static void check(const char *path, Status *worst) {
    Error err = {0};
    const char *what = "";
    Status s = verify_file(path, &what, &err);
    if (s == STATUS_OK)
        printf("ok       %s: %s\n", path, what);
    else
        printf("%s  %s\n", s == STATUS_CHECK ? "damaged" : "missed ", err.message);
    if (*worst == STATUS_OK) *worst = s;
}

/* The files of a run that have checksums. */
static Status check_run(const char *run, Status *worst, Error *err) {
    static const char *const names[] = {"model.safetensors", "checkpoint.safetensors"};
    int found = 0;
    for (int i = 0; i < 2; i++) {
        char *path = path_join(run, names[i]);
        if (!path) return mem_error(err, "the run");
        if (path_exists(path)) {
            found++;
            check(path, worst);
        }
        mem_free(path);
    }
    if (found == 0) {
        printf("missed   %s: is a directory that holds no run\n", run);
        if (*worst == STATUS_OK) *worst = STATUS_INPUT;
    }
    return STATUS_OK;
}

static Status run(Args *a, Error *err) {
    if (a->n_operands == 0)
        return error_set(err, STATUS_USAGE, "msach verify: no file named, for example:\n  %s",
                         a->verb->example);
    Status worst = STATUS_OK;
    for (int i = 0; i < a->n_operands; i++) {
        if (path_is_dir(a->operand[i]))
            TRY(check_run(a->operand[i], &worst, err));
        else
            check(a->operand[i], &worst);
    }
    return worst;
}

const Verb VERB_VERIFY = {
    "verify",
    "checksums and structure of models, checkpoints and indexes",
    "msach verify runs/first phantoms.idx",
    "FILE...",
    OPTIONS,
    run,
    "Exits 1 where a file is damaged, 3 where one is missing. A directory stands for the run in it.",
    STOP_AT_ONCE};

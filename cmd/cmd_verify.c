#include <stdio.h>
#include <string.h>

#include "cmd/bundle.h"
#include "cmd/file_kind.h"
#include "cmd/verbs.h"
#include "hash/search/index.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/base/parts.h"
#include "nn/safetensors.h"
#include "train/model_file.h"

static const Option OPTIONS[] = {OPTION_LAST};

/* Whether f, which holds no checksum, is of another program. In a file of msach, one flipped bit may hide the checksum. */
static bool is_foreign(const StFile *f) {
    const char *format = st_get(f, "format");
    return !st_get(f, "crc32") && !(format && strncmp(format, "msach", 5) == 0);
}

/* Checks checksum and structure; of a model also names, shapes and vocabulary. Of a file of another program the structure. */
static Status verify_weights(const char *path, const char **what, Error *err) {
    StFile f;
    Status s = st_read(&f, path, true, err);
    const char *format = s == STATUS_OK ? st_get(&f, "format") : NULL;
    bool model = format && strncmp(format, "msach model", 11) == 0;
    *what = model                                                    ? "model"
            : format && strncmp(format, "msach checkpoint", 16) == 0 ? "checkpoint"
                                                                     : "weights";
    st_free(&f);
    if (s == STATUS_INPUT) {
        Error why = {0};
        Status structure = st_read(&f, path, false, &why);
        if (structure == STATUS_OK && is_foreign(&f)) {
            *what = "not written by msach: no checksum; its structure is right";
            s = STATUS_OK;
        } else if (structure != STATUS_OK) {
            s = error_set(err, structure, "%s", why.message);
        }
        st_free(&f);
    }
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

/* STATUS_CHECK: damaged. STATUS_INPUT: no such file, or of another program (*what). STATUS_IO: the system refuses. */
static Status verify_file(const char *path, const char **what, Error *err) {
    FileKind kind = FILE_INDEX;
    Status s = file_kind(path, &kind, err);
    if (kind == FILE_FOREIGN) *what = "foreign";
    if (s != STATUS_OK) return s;
    if (kind == FILE_WEIGHTS) {
        s = verify_weights(path, what, err);
    } else if (kind == FILE_CODES) {
        *what = "array (.npy has no checksum; the structure is right)";
        s = verify_codes(path, err);
    } else {
        *what = "index";
        s = index_verify(path, err);
    }
    return s == STATUS_INPUT ? STATUS_CHECK : s;
}

/* Prints the result for one file; *worst keeps the first failure. */
static void check(const char *path, Status *worst) {
    Error err = {0};
    const char *what = "";
    Status s = verify_file(path, &what, &err);
    if (s == STATUS_OK)
        printf("ok       %s: %s\n", path, what);
    else
        printf("%s  %s\n",
               s == STATUS_CHECK            ? "damaged"
               : s == STATUS_INPUT && *what ? what
                                            : "missed ",
               err.message);
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
        printf("missed   %s: the directory holds no run\n", run);
        if (*worst == STATUS_OK) *worst = STATUS_INPUT;
    }
    return STATUS_OK;
}

static bool is_bundle(const char *path) {
    char *sums = path_join(path, BUNDLE_SUMS);
    bool found = sums && path_exists(sums);
    mem_free(sums);
    return found;
}

static void check_bundle(const char *path, Status *worst) {
    Error err = {0};
    int files = 0;
    Status s = bundle_verify(path, &files, &err);
    if (s == STATUS_OK)
        printf("ok       %s: bundle of %d files\n", path, files);
    else
        printf("%s  %s\n", s == STATUS_CHECK ? "damaged" : "missed ", err.message);
    if (*worst == STATUS_OK) *worst = s;
}

static Status run(Args *a, Error *err) {
    if (a->n_operands == 0) return args_incomplete(a, err, "no file named");
    Status worst = STATUS_OK;
    for (int i = 0; i < a->n_operands; i++) {
        if (PART_AUDIT && is_bundle(a->operand[i]))
            check_bundle(a->operand[i], &worst);
        else if (path_is_dir(a->operand[i]))
            TRY(check_run(a->operand[i], &worst, err));
        else
            check(a->operand[i], &worst);
    }
    return worst;
}

const Verb VERB_VERIFY = {
    "verify",
    "check a model, checkpoint or index for damage",
    "msach verify runs/first phantoms.idx",
    "FILE...",
    OPTIONS,
    run,
    "Exit status: 1 if a file is damaged, 3 if a file is missing or of another "
    "program. A safetensors file of another program has no checksum: "
    "its structure is checked. A directory stands for its run, or is a folder of `msach bundle`, of "
    "which every listed file is checked.",
    STOP_AT_ONCE};

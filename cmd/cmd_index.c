#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cases.h"
#include "cmd/index_own.h"
#include "cmd/verbs.h"
#include "data/words.h"
#include "hash/code.h"
#include "hash/search/index_change.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/parts.h"
#include "train/encode.h"

static const Option OPTIONS[] = {
    {"model", 'm', "FILE", NULL, "a model file, or the directory of a run; needed with --data", PLAIN},
    {"data", 'd', "MANIFEST", NULL, "cases of the archive; a case may lack labels, its image or its text",
     PLAIN},
    {"out", 'o', "FILE.idx", NULL, "the index to write or to change", NEEDED | WRITES},
    {"image-codes", 0, "A.npy", NULL,
     "instead of a model: image codes of any program, a row a case of --data", OF(PART_AUDIT)},
    {"text-codes", 0, "B.npy", NULL, "the same for the texts", OF(PART_AUDIT)},
    {"form", 0, "FORM", "values", "what these codes are: packed, columns, or values (what the values allow)",
     OF(PART_AUDIT)},
    {"append", 0, NULL, NULL, "add the cases to an existing index", OF(PART_EDIT)},
    {"delete", 0, "ID...", NULL, "remove these cases from the index", MANY | OF(PART_EDIT)},
    {"compact", 0, NULL, NULL, "shrink the file by the space of deleted cases", OF(PART_EDIT)},
    {"substrings", 0, "N", "0",
     "number of search tables; 0: chosen by the codes, from 65,536 cases on; -1: none", OF(PART_SUBSTRINGS)},
    OPTION_IMAGE_FEATURES,
    OPTION_TEXT_FEATURES,
    OPTION_SKIP_BAD,
    OPTION_ALLOW_OUTSIDE,
    OPTION_THREADS,
    OPTION_LAST};

/* ---- Image paths ---- */

/* file relative to folder, both real paths; the caller frees it, NULL without memory. The index names images in this way, so that index and
 * images can be moved together. */
static char *relative_path(const char *folder, const char *file) {
    size_t same = 0, i = 0;
    Buffer b = {0};
    for (; folder[i] && folder[i] == file[i]; i++)
        if (folder[i] == '/') same = i + 1;
    if (!folder[i] && file[i] == '/') same = i + 1;
    for (const char *s = folder + (same <= i ? same : i); *s; s++)
        if (*s == '/' || s == folder + same) buffer_printf(&b, "../");
    buffer_printf(&b, "%s", file + same);
    if (b.failed) buffer_free(&b);
    return (char *)b.data;
}

/* The real path of the folder of `path`; the caller frees it. NULL without memory or with errno set. */
static char *folder_of(const char *path) {
    char *copy = path_target(path);
    if (!copy) return NULL;
    char *slash = strrchr(copy, '/');
    if (slash) slash[slash == copy ? 1 : 0] = 0;
    char *folder = path_real(slash ? copy : ".");
    mem_free(copy);
    return folder;
}

/* ---- Building ---- */

/* f, cases: NULL for codes of another program. */
typedef struct {
    const ModelFile *f;
    const Cases *cases;
    const char *model_hash;
    OwnCodes own;
    const char **labels; /* (n_labels) scratch: labels of one case */
    int *members;        /* (n_groups) cases of each group */
    const char *folder;
} Archive;

static Status take_memory(Archive *r, Error *err) {
    r->labels = mem_calloc((size_t)r->own.manifest->n_labels + 1, sizeof *r->labels);
    r->members = mem_calloc((size_t)r->own.manifest->n_groups + 1, sizeof *r->members);
    for (int i = 0; r->members && i < r->own.manifest->n; i++) r->members[r->own.manifest->cases[i].group]++;
    for (Modality m = 0; m < MODALITIES; m++)
        r->own.code[m] = mem_calloc((size_t)r->own.manifest->n, sizeof *r->own.code[m]);
    return r->labels && r->members && r->own.code[0] && r->own.code[1] ? STATUS_OK
                                                                       : mem_error(err, "the codes");
}

static Status encode(Args *a, Archive *r, Error *err) {
    size_t bytes = code_bytes(r->own.bits);
    for (Modality m = 0; m < MODALITIES; m++) {
        int count = r->cases->count[m];
        r->own.rows[m] = mem_calloc((size_t)count + 1, bytes);
        if (!r->own.rows[m]) return mem_error(err, "the codes");
        Encoding out = {.codes = r->own.rows[m]};
        TRY(encode_cases(&r->f->model, &r->cases->data, r->cases->index[m], count, m, &out, a->pool, &a->log,
                         err));
        for (int i = 0; i < count; i++)
            r->own.code[m][r->cases->index[m][i]] = r->own.rows[m] + (size_t)i * bytes;
    }
    return STATUS_OK;
}

/* ---- Writing ---- */

/* The name of the case's group; NULL where the case is a group of its own that the manifest does not name. */
static const char *group_of(const Archive *r, const Case *c) {
    const char *name = r->own.manifest->group_names[c->group];
    return r->members[c->group] == 1 && strcmp(name, c->id) == 0 ? NULL : name;
}

static Status add_words(IndexBuilder *b, const Case *c, Error *err) {
    Words w;
    TRY(words_split(&w, c->text, INT_MAX, c->id, err));
    Status s = index_builder_add_words(b, (const char *const *)w.words, w.n, err);
    words_free(&w);
    return s;
}

static Status add_case(IndexBuilder *b, const Archive *r, int i, Error *err) {
    const Manifest *m = r->own.manifest;
    const Case *c = &m->cases[i];
    IndexCase out = {
        .id = c->id, .text = c->text, .labels = r->labels, .code = {r->own.code[0][i], r->own.code[1][i]}};
    for (int k = 0; k < m->n_labels; k++)
        if (m->labels[(size_t)i * (size_t)m->n_labels + (size_t)k])
            r->labels[out.n_labels++] = m->label_names[k];
    char *full = c->image_path ? path_real(c->image_path) : NULL;
    char *image = full ? relative_path(r->folder, full) : NULL;
    Status s = c->image_path && !full ? error_from_errno(err, c->image_path, "find")
               : full && !image       ? mem_error(err, "the image's path")
                                      : STATUS_OK;
    out.image = image;
    out.group = group_of(r, c);
    if (s == STATUS_OK) s = index_builder_add(b, &out, err);
    if (PART_FILTER && s == STATUS_OK) s = add_words(b, c, err);
    mem_free(image);
    mem_free(full);
    return s;
}

static Status write_index(const Args *a, const Archive *r, Error *err) {
    IndexBuilder *b = NULL;
    const char *out = args_get(a, "out");
    int bits = r->own.bits;
    long m;
    TRY(args_int(a, "substrings", -1, PART_SUBSTRINGS ? mih_most(bits) : 0, &m, err));
    if (PART_SUBSTRINGS && m > 0 && m < mih_fewest(bits))
        return args_wrong(a, err, "--substrings is %ld; %d to %d were expected for codes of %d bits", m,
                          mih_fewest(bits), mih_most(bits), bits);
    Status s = index_builder_create(&b, bits, r->model_hash, err);
    if (s == STATUS_OK) index_builder_set_tables(b, (int)m, a->pool);
    for (int i = 0; s == STATUS_OK && i < r->own.manifest->n; i++) s = add_case(b, r, i, err);
    if (s == STATUS_OK)
        s = PART_EDIT && args_has(a, "append") ? index_append(b, out, err) : index_builder_write(b, out, err);
    index_builder_free(b);
    return s;
}

static void archive_free(Archive *r) {
    for (int m = 0; m < 2; m++) {
        mem_free(r->own.rows[m]);
        mem_free(r->own.code[m]);
    }
    mem_free(r->labels);
    mem_free(r->members);
    *r = (Archive){0};
}

/* Codes of the archive by its model, or those that another program made; then the index. */
static Status add_cases(Args *a, Archive *r, Error *err) {
    Status s = take_memory(r, err);
    if (s == STATUS_OK)
        s = r->f ? encode(a, r, err) : PART_AUDIT ? index_own_codes(a, &r->own, err) : STATUS_OK;
    return s == STATUS_OK ? write_index(a, r, err) : s;
}

static Status encode_and_add(Args *a, Archive *r, Error *err) {
    static const bool both[2] = {true, true};
    ManifestOptions o = args_manifest(a);
    ModelFile f;
    Cases c = {0};
    Status s = model_open(&f, args_get(a, "model"), err);
    if (s == STATUS_OK) s = cases_read(&c, &f, args_get(a, "data"), &o, both, a->pool, &a->log, err);
    r->f = &f, r->cases = &c, r->own.manifest = &c.manifest;
    r->own.bits = f.model.config.bits, r->model_hash = f.hash;
    if (s == STATUS_OK) s = add_cases(a, r, err);
    archive_free(r);
    cases_free(&c);
    model_close(&f);
    return s;
}

static Status add_own(Args *a, Archive *r, Error *err) {
    ManifestOptions o = args_manifest(a);
    Manifest m;
    Status s = manifest_read(&m, args_get(a, "data"), &o, &a->log, err);
    r->own.manifest = &m, r->model_hash = INDEX_OWN_CODES;
    if (s == STATUS_OK) s = add_cases(a, r, err);
    archive_free(r);
    manifest_free(&m);
    return s;
}

static Status build(Args *a, Error *err) {
    Archive r = {0};
    char *folder = folder_of(args_get(a, "out")); /* before the encoding, which a wrong --out would waste */
    if (!folder) return error_from_errno(err, args_get(a, "out"), "write");
    r.folder = folder;
    Status s = args_pool(a, err);
    if (s == STATUS_OK) s = args_has(a, "model") ? encode_and_add(a, &r, err) : add_own(a, &r, err);
    mem_free(folder);
    return s;
}

static Status report(const Args *a, Error *err) {
    Index *x = NULL;
    TRY(index_open(&x, args_get(a, "out"), err));
    log_line(&a->log, "%lld cases, %d bits", (long long)index_live(x), index_bits(x));
    index_close(x);
    printf("%s\n", args_get(a, "out"));
    return STATUS_OK;
}

static Status run(Args *a, Error *err) {
    if (PART_AUDIT && PART_EDIT)
        TRY(index_check_options(a, err));
    else if (!args_has(a, "data") || !args_has(a, "model"))
        return args_incomplete(a, err, "--data and --model are needed");
    if (PART_EDIT && args_has(a, "delete")) TRY(index_delete_named(a, err));
    if (args_has(a, "data")) TRY(build(a, err));
    if (PART_EDIT && args_has(a, "compact")) TRY(index_compact(args_get(a, "out"), err));
    return report(a, err);
}

const Verb VERB_INDEX = {"index",
                         "write codes, ids, texts and image paths of an archive to one file for search",
                         "msach index --model runs/first --data phantoms/manifest.tsv --out phantoms.idx",
                         NULL,
                         OPTIONS,
                         run,
                         PART_AUDIT ? INDEX_NOTES : "Image paths in the index are relative to its folder.",
                         STOP_AT_PROGRESS};

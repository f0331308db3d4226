#include "eval/dump.h"

#include <string.h>

#include "eval/trec.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/base/rng.h"

/* A path in the folder, freed by the caller. */
static Status path_in(const char *folder, const char *name, char **path, Error *err) {
    *path = path_join(folder, name);
    return *path ? STATUS_OK : mem_error(err, "a path");
}

static Status write_array(const char *folder, const char *name, const uint8_t *data, size_t n, size_t width,
                          Error *err) {
    char *path;
    TRY(path_in(folder, name, &path, err));
    const int64_t dim[2] = {(int64_t)n, (int64_t)width};
    Status status = npy_write(path, NPY_U8, 2, dim, data, err);
    mem_free(path);
    return status;
}

/* ---- Lines of text ---- */

static Status write_lines(const char *folder, const char *name, const char *const *line, size_t n,
                          Error *err) {
    if (!line) return STATUS_OK;
    char *path;
    FileWriter w;
    TRY(path_in(folder, name, &path, err));
    Status status = file_begin(&w, path, err);
    mem_free(path);
    TRY(status);
    for (size_t i = 0; i < n; i++) {
        file_put(&w, line[i], strlen(line[i]));
        file_put(&w, "\n", 1);
    }
    return file_commit(&w, err);
}

static void put_direction(FileWriter *w, const Dump *d, const Retrieval *r, const char *direction) {
    for (size_t q = 0; q < r->queries; q++) {
        const QueryMeasures *m = &r->query[q];
        file_printf(w, "%s\t%s\t%u\t%u\t%.12g\t%.12g\t%.12g\t%.12g\t%.12g\t%.12g\n", d->query->id[q],
                    direction, m->ranked, m->relevant, m->ap.pessimistic, m->ap.expected, m->ap.optimistic,
                    m->precision[CUT_10], m->ndcg, m->tie);
    }
}

static Status write_per_query(const char *folder, const Dump *d, Error *err) {
    char *path;
    FileWriter w;
    TRY(path_in(folder, "per_query.tsv", &path, err));
    Status status = file_begin(&w, path, err);
    mem_free(path);
    TRY(status);
    file_printf(
        &w, "id\tdirection\tranked\trelevant\tap_pessimistic\tap\tap_optimistic\tp_at_10\tndcg\tmean_tie\n");
    put_direction(&w, d, &d->direction[MODALITY_IMAGE], "image_to_text");
    put_direction(&w, d, &d->direction[MODALITY_TEXT], "text_to_image");
    return file_commit(&w, err);
}

/* ---- Everything ---- */

static Status write_side(const char *folder, const CaseSet *s, const char *const *name, Error *err) {
    TRY(write_array(folder, name[0], s->code[MODALITY_IMAGE], s->n, code_bytes(s->bits), err));
    TRY(write_array(folder, name[1], s->code[MODALITY_TEXT], s->n, code_bytes(s->bits), err));
    TRY(write_array(folder, name[2], s->labels, s->n, (size_t)s->classes, err));
    TRY(write_lines(folder, name[3], s->id, s->n, err));
    return write_lines(folder, name[4], s->group_name, s->n, err);
}

static Status write_run(const char *folder, const Dump *d, Modality from, Error *err) {
    char *path;
    RetrievalTask t = {.query = d->query, .database = d->database, .from = from};
    const char *name = from == MODALITY_IMAGE ? "run_image_to_text.txt" : "run_text_to_image.txt";
    TRY(path_in(folder, name, &path, err));
    Status status = trec_write_run(path, &t, "msach", d->run_depth, err);
    mem_free(path);
    return status;
}

static Status write_qrels(const char *folder, const Dump *d, Error *err) {
    char *path;
    RetrievalTask t = {.query = d->query, .database = d->database};
    TRY(path_in(folder, "qrels.txt", &path, err));
    Status status = trec_write_qrels(path, &t, err);
    mem_free(path);
    return status;
}

/* ---- The order of the database ---- */

/* A copy of s with its cases in a random order that depends only on their number. The strings stay borrowed. */
static Status shuffle_cases(CaseSet *out, const CaseSet *s, Error *err) {
    size_t n = s->n, bytes = code_bytes(s->bits), classes = (size_t)s->classes;
    int *order = mem_calloc(n + 1, sizeof *order);
    uint8_t *code[MODALITIES] = {mem_calloc(n + 1, bytes), mem_calloc(n + 1, bytes)};
    uint8_t *labels = mem_calloc(n + 1, classes);
    const char **id = mem_calloc(n + 1, sizeof *id), **group = mem_calloc(n + 1, sizeof *group);
    *out = (CaseSet){
        .n = n, .bits = s->bits, .classes = s->classes, .code = {code[0], code[1]}, .labels = labels};
    out->id = id;
    out->group_name = s->group_name ? group : NULL;
    bool whole = order && code[0] && code[1] && labels && id && group;
    Rng r = rng_stream(1, RNG_DUMP, 0);
    for (size_t i = 0; whole && i < n; i++) order[i] = (int)i;
    if (whole) rng_shuffle(&r, order, n);
    for (size_t i = 0; whole && i < n; i++) {
        size_t from = (size_t)order[i];
        for (int k = 0; k < MODALITIES; k++) memcpy(code[k] + i * bytes, s->code[k] + from * bytes, bytes);
        memcpy(labels + i * classes, s->labels + from * classes, classes);
        id[i] = s->id[from];
        if (s->group_name) group[i] = s->group_name[from];
    }
    mem_free(order);
    if (!s->group_name) mem_free(group);
    return whole ? STATUS_OK : mem_error(err, "the database of a dump");
}

static void free_cases(CaseSet *s) {
    for (int k = 0; k < MODALITIES; k++) mem_free((void *)s->code[k]);
    mem_free((void *)s->labels);
    mem_free((void *)s->id);
    mem_free((void *)s->group_name);
}

static Status write_all(const char *folder, const Dump *d, Error *err) {
    static const char *const query[] = {"image_codes_query.npy", "text_codes_query.npy", "labels_query.npy",
                                        "ids_query.txt", "groups_query.txt"};
    static const char *const database[] = {"image_codes_database.npy", "text_codes_database.npy",
                                           "labels_database.npy", "ids_database.txt", "groups_database.txt"};
    TRY(dir_make(folder, err));
    TRY(write_side(folder, d->query, query, err));
    TRY(write_side(folder, d->database, database, err));
    TRY(write_lines(folder, "label_names.txt", d->label_name, (size_t)d->query->classes, err));
    TRY(write_per_query(folder, d, err));
    TRY(write_qrels(folder, d, err));
    TRY(write_run(folder, d, MODALITY_IMAGE, err));
    return write_run(folder, d, MODALITY_TEXT, err);
}

Status dump_write(const char *folder, const Dump *d, Error *err) {
    CaseSet database;
    Dump shuffled = *d;
    Status s = shuffle_cases(&database, d->database, err);
    shuffled.database = &database;
    if (s == STATUS_OK) s = write_all(folder, &shuffled, err);
    free_cases(&database);
    return s;
}

#include "eval/dump.h"

#include "eval/trec.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"

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

static void put_field(FileWriter *w, const char *text) {
    for (const char *s = text; *s; s++) {
        const char *escape = *s == '\\'   ? "\\\\"
                             : *s == '\t' ? "\\t"
                             : *s == '\n' ? "\\n"
                             : *s == '\r' ? "\\r"
                                          : NULL;
        if (escape)
            file_put(w, escape, 2);
        else
            file_put(w, s, 1);
    }
}

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
        put_field(&w, line[i]);
        file_put(&w, "\n", 1);
    }
    return file_commit(&w, err);
}

static void put_direction(FileWriter *w, const Dump *d, const Retrieval *r, const char *direction) {
    for (size_t q = 0; q < r->queries; q++) {
        const QueryMeasures *m = &r->query[q];
        put_field(w, d->query->id[q]);
        file_printf(w, "\t%s\t%u\t%u\t%.12g\t%.12g\t%.12g\t%.12g\t%.12g\t%.12g\n", direction, m->ranked,
                    m->relevant, m->ap.pessimistic, m->ap.expected, m->ap.optimistic, m->precision[CUT_10],
                    m->ndcg, m->tie);
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

Status dump_write(const char *folder, const Dump *d, Error *err) {
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

#include "eval/trec.h"

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

static void put_id(FileWriter *w, const char *id) {
    for (const unsigned char *s = (const unsigned char *)id; *s; s++)
        if (*s <= ' ' || *s == '%' || *s == 0x7f)
            file_printf(w, "%%%02X", (unsigned)*s);
        else
            file_put(w, s, 1);
}

static void put_judgements(FileWriter *w, const Ranking *r, size_t q, const char *const *query_id,
                           const char *const *item_id) {
    uint16_t shared[RANKING_BLOCK];
    size_t n = r->database_codes.n;
    for (size_t first = 0; first < n; first += RANKING_BLOCK) {
        size_t count = n - first < RANKING_BLOCK ? n - first : RANKING_BLOCK;
        bit_planes_shared(&r->query_labels, q, &r->database_labels, first, count, shared);
        for (size_t i = 0; i < count; i++) {
            if (shared[i] == 0) continue;
            put_id(w, query_id[q]);
            file_printf(w, " 0 ");
            put_id(w, item_id[first + i]);
            file_printf(w, " %u\n", shared[i]);
        }
    }
}

/* Opens the ranking and the file together. After STATUS_OK file_commit or file_abort must follow, and ranking_close in every case. */
static Status open_both(Ranking *r, FileWriter *w, const RetrievalTask *t, const char *path, Error *err) {
    TRY(ranking_open(r, t, err));
    return file_begin(w, path, err);
}

Status trec_write_qrels(const char *path, const RetrievalTask *t, Error *err) {
    Ranking r;
    FileWriter w;
    Status status = open_both(&r, &w, t, path, err);
    if (status == STATUS_OK) {
        for (size_t q = 0; q < t->query->n; q++) put_judgements(&w, &r, q, t->query->id, t->database->id);
        status = file_commit(&w, err);
    }
    ranking_close(&r);
    return status;
}

static void put_ranks(FileWriter *w, const char *query, const uint32_t *order, size_t n,
                      const char *const *item_id, const char *name) {
    for (size_t i = 0; i < n; i++) {
        put_id(w, query);
        file_printf(w, " Q0 ");
        put_id(w, item_id[order[i]]);
        file_printf(w, " %zu -%zu ", i + 1, i + 1);
        put_id(w, name);
        file_put(w, "\n", 1);
    }
}

Status trec_write_run(const char *path, const RetrievalTask *t, const char *name, size_t depth, Error *err) {
    size_t items = t->database->n;
    uint32_t *order = mem_calloc(items, sizeof *order);
    uint16_t *counts = mem_calloc(2 * items, sizeof *counts);
    Ranking r = {0};
    FileWriter w;
    Status status = order && counts ? open_both(&r, &w, t, path, err) : mem_error(err, "a run file");
    if (status == STATUS_OK) {
        for (size_t q = 0; q < t->query->n; q++) {
            size_t n = ranking_order(&r, q, order, counts, counts + items);
            put_ranks(&w, t->query->id[q], order, depth && depth < n ? depth : n, t->database->id, name);
        }
        status = file_commit(&w, err);
    }
    ranking_close(&r);
    mem_free(order);
    mem_free(counts);
    return status;
}

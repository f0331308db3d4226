#include "hash/search/index.h"

#include <string.h>

#include "hash/code.h"
#include "hash/search/index_file.h"
#include "nn/base/alloc.h"

const Mih *index_tables(const Index *x, Modality m) {
    return x->tables[m];
}

int64_t index_table_rows(const Index *x) {
    return x->tables[0] ? (int64_t)x->segment[0].header.rows : 0;
}

/* Rows of `late` follow those of `early`: at equal distances the early one comes first. */
static size_t merge(const Hit *early, size_t n_early, const Hit *late, size_t n_late, size_t k, Hit *out) {
    size_t e = 0, l = 0, n = 0;
    for (; n < k && (e < n_early || l < n_late); n++) {
        int take_late = e == n_early || (l < n_late && late[l].distance < early[e].distance);
        out[n] = take_late ? late[l++] : early[e++];
    }
    return n;
}

typedef struct {
    Hit *early, *late;
    size_t *n_early, *n_late;
} Halves;

static void merge_all(const Halves *h, size_t n_queries, size_t k, int64_t late_from, Hit *hits,
                      size_t *found) {
    for (size_t q = 0; q < n_queries; q++) {
        Hit *late = h->late + q * k;
        for (size_t i = 0; i < h->n_late[q]; i++) late[i].row += late_from;
        found[q] = merge(h->early + q * k, h->n_early[q], late, h->n_late[q], k, hits + q * k);
    }
}

/* The first segment by its tables, appended rows by the scan. */
static Status search_halves(const Index *x, Modality m, const uint8_t *queries, size_t n_queries, size_t k,
                            int radius, const uint8_t *allowed, const Halves *h, MihStats *stats, Pool *pool,
                            Error *err) {
    size_t early = (size_t)x->segment[0].header.rows, late = (size_t)x->slot.rows - early;
    const uint8_t *codes = x->codes[m].data + early * code_bytes(x->slot.bits);
    TRY(mih_search(x->tables[m], queries, n_queries, k, radius, allowed, h->early, h->n_early, stats, pool,
                   err));
    return scan_search(queries, n_queries, codes, late, x->slot.bits, k, radius, allowed + early, h->late,
                       h->n_late, pool, err);
}

Status index_search(const Index *x, Modality m, const uint8_t *queries, size_t n_queries, size_t k,
                    int radius, const uint8_t *allowed, Hit *hits, size_t *found, MihStats *stats, Pool *pool,
                    Error *err) {
    if (!allowed) allowed = index_allowed(x, m);
    size_t rows = (size_t)x->slot.rows;
    if (!x->tables[m]) {
        if (stats) stats->queries += n_queries, stats->scanned += n_queries;
        return scan_search(queries, n_queries, x->codes[m].data, rows, x->slot.bits, k, radius, allowed, hits,
                           found, pool, err);
    }
    if (x->segment[0].header.rows == x->slot.rows)
        return mih_search(x->tables[m], queries, n_queries, k, radius, allowed, hits, found, stats, pool,
                          err);
    size_t n = k && n_queries > SIZE_MAX / k ? SIZE_MAX : n_queries * k;
    Halves h = {mem_realloc(NULL, n, sizeof(Hit)), mem_realloc(NULL, n, sizeof(Hit)),
                mem_calloc(n_queries, sizeof(size_t)), mem_calloc(n_queries, sizeof(size_t))};
    Status s = STATUS_OK;
    if (!h.early || !h.late || !h.n_early || !h.n_late)
        s = mem_error(err, "a search");
    else
        s = search_halves(x, m, queries, n_queries, k, radius, allowed, &h, stats, pool, err);
    if (s == STATUS_OK) merge_all(&h, n_queries, k, (int64_t)x->segment[0].header.rows, hits, found);
    mem_free(h.early);
    mem_free(h.late);
    mem_free(h.n_early);
    mem_free(h.n_late);
    return s;
}

int64_t index_within(const Index *x, Modality m, const uint8_t *query, int radius, const uint8_t *allowed) {
    return (int64_t)scan_count(query, x->codes[m].data, (size_t)x->slot.rows, x->slot.bits, radius,
                               allowed ? allowed : index_allowed(x, m));
}

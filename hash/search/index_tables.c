/* Search tables of an index: built, opened, searched. */
#include <string.h>

#include "hash/code.h"
#include "hash/search/index_build.h"
#include "hash/search/index_file.h"
#include "nn/base/alloc.h"

Status index_builder_make_tables(const IndexBuilder *b, Columns *c, Mih *tables[2], Error *err) {
    if (b->tables < 0 || (b->tables == 0 && b->rows < INDEX_TABLES_FROM)) return STATUS_OK;
    NN_REQUIRE(b->tables <= 0 || (b->tables >= mih_fewest(b->bits) && b->tables <= mih_most(b->bits)),
               "%d substrings of %d bits", b->tables, b->bits);
    for (int m = 0; m < 2; m++) {
        size_t size;
        TRY(mih_build(&tables[m], c->part[PART_CODES + m].data, (size_t)c->rows, c->bits, b->tables,
                      c->part[PART_HAS + m].data, b->pool, err));
        const void *bytes = mih_bytes(tables[m], &size);
        c->part[PART_MIH + m] = (Part){bytes, size};
    }
    return STATUS_OK;
}

Status index_open_tables(Index *x, const char *path, Error *err) {
    const Columns *c = &x->segment[0].columns;
    for (int m = 0; m < 2; m++) {
        Part p = c->part[PART_MIH + m];
        if (p.size == 0) continue;
        Status s =
            mih_open(&x->tables[m], p.data, (size_t)p.size, x->codes[m].data, (size_t)c->rows, c->bits, err);
        if (s != STATUS_OK) return error_prefix(err, "%s", path), s;
    }
    return STATUS_OK;
}

/* ---- Search ---- */

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

Status index_search_tables(const Index *x, Modality m, const uint8_t *queries, size_t n_queries, size_t k,
                           int radius, const uint8_t *allowed, Hit *hits, size_t *found, MihStats *stats,
                           Pool *pool, Error *err) {
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

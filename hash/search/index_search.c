#include "hash/search/index.h"

#include "hash/search/index_file.h"
#include "nn/base/parts.h"

Status index_search(const Index *x, Modality m, const uint8_t *queries, size_t n_queries, size_t k,
                    int radius, const uint8_t *allowed, Hit *hits, size_t *found, MihStats *stats, Pool *pool,
                    Error *err) {
    if (!allowed) allowed = index_allowed(x, m);
    if (PART_SUBSTRINGS && x->tables[m])
        return index_search_tables(x, m, queries, n_queries, k, radius, allowed, hits, found, stats, pool,
                                   err);
    if (stats) stats->queries += n_queries, stats->scanned += n_queries;
    return scan_search(queries, n_queries, x->codes[m].data, (size_t)x->slot.rows, x->slot.bits, k, radius,
                       allowed, hits, found, pool, err);
}

int64_t index_within(const Index *x, Modality m, const uint8_t *query, int radius, const uint8_t *allowed) {
    return (int64_t)scan_count(query, x->codes[m].data, (size_t)x->slot.rows, x->slot.bits, radius,
                               allowed ? allowed : index_allowed(x, m));
}

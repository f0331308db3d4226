/* mih.h in a build without multi-index hashing: no tables are built, tables in a file are left unread, and the scan answers. */
#include "hash/search/mih.h"
#include "nn/base/parts.h"

#if !PART_SUBSTRINGS

int mih_substrings(int bits, size_t n) {
    (void)bits, (void)n;
    return 0;
}

int mih_fewest(int bits) {
    (void)bits;
    return 0;
}

int mih_most(int bits) {
    (void)bits;
    return 0;
}

Status mih_build(Mih **out, const uint8_t *codes, size_t n, int bits, int m, const uint8_t *has, Pool *pool,
                 Error *err) {
    (void)codes, (void)n, (void)bits, (void)has, (void)pool;
    *out = NULL;
    if (m > 0) return error_set(err, STATUS_USAGE, "search tables: " PART_ABSENT("substrings"));
    return STATUS_OK;
}

Status mih_open(Mih **out, const void *data, size_t size, const uint8_t *codes, size_t n, int bits,
                Error *err) {
    (void)data, (void)size, (void)codes, (void)n, (void)bits, (void)err;
    *out = NULL;
    return STATUS_OK;
}

void mih_free(Mih *x) {
    (void)x;
}

const void *mih_bytes(const Mih *x, size_t *size) {
    (void)x;
    *size = 0;
    return NULL;
}

int mih_m(const Mih *x) {
    (void)x;
    return 0;
}

Status mih_search(const Mih *x, const uint8_t *queries, size_t n_queries, size_t k, int radius,
                  const uint8_t *allowed, Hit *hits, size_t *found, MihStats *stats, Pool *pool, Error *err) {
    (void)x, (void)queries, (void)n_queries, (void)k, (void)radius, (void)allowed, (void)hits, (void)found;
    (void)stats, (void)pool;
    return error_set(err, STATUS_INTERNAL, "a search by tables that this build cannot have opened");
}

#else
typedef int MihIsPresent; /* ISO C wants a declaration in every file */
#endif

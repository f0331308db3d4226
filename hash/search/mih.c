#include "hash/search/mih.h"

#include <string.h>

#include "hash/code.h"
#include "hash/search/mih_tables.h"
#include "nn/base/alloc.h"

static const char magic[8] = {'M', 'S', 'A', 'C', 'H', 'M', 'I', 'H'};

static void point_into(Mih *x, const void *data) {
    x->data = data;
    for (int j = 0; j < x->m; j++) {
        x->part[j].offsets = x->data + x->part[j].offsets_at;
        x->part[j].rows = x->data + x->part[j].rows_at;
        x->part[j].codes = x->data + x->part[j].codes_at;
    }
}

/* ---- Building ---- */

typedef struct {
    const Mih *x;
    unsigned char *data;
    const uint8_t *has;
} Filling;

/* Counting sort by bucket: offsets[b + 1] first holds bucket b's count, then the place of its next row, then its end. */
static void fill_table(void *ctx, int item, int worker) {
    (void)worker;
    const Filling *f = ctx;
    const Substring *s = &f->x->part[item];
    unsigned char *offsets = f->data + s->offsets_at, *rows = f->data + s->rows_at,
                  *codes = f->data + s->codes_at;
    size_t bytes = code_bytes(f->x->bits), buckets = (size_t)1 << s->table_bits;
    for (size_t row = 0; row < f->x->n; row++) {
        if (f->has && !f->has[row]) continue;
        unsigned char *count = offsets + 4 * (bucket(s, substring(f->x->codes + row * bytes, bytes, s)) + 1);
        put_u32(count, get_u32(count) + 1);
    }
    uint32_t first = 0;
    for (size_t b = 0; b < buckets; b++) {
        uint32_t count = get_u32(offsets + 4 * (b + 1));
        put_u32(offsets + 4 * (b + 1), first);
        first += count;
    }
    for (size_t row = 0; row < f->x->n; row++) {
        if (f->has && !f->has[row]) continue;
        unsigned char *place = offsets + 4 * (bucket(s, substring(f->x->codes + row * bytes, bytes, s)) + 1);
        size_t at = get_u32(place);
        put_u32(rows + 4 * at, (uint32_t)row);
        memcpy(codes + at * bytes, f->x->codes + row * bytes, bytes);
        put_u32(place, (uint32_t)at + 1);
    }
}

static void put_header(const Mih *x, unsigned char *data) {
    memcpy(data, magic, 8);
    put_u32(data + 8, (uint32_t)x->bits);
    put_u32(data + 12, (uint32_t)x->m);
    put_u64(data + 16, x->n);
    put_u64(data + 24, x->present);
    for (int i = 0; i < MIH_LEVELS; i++) put_u32(data + 32 + 4 * i, x->expected[i]);
}

Status mih_build(Mih **out, const uint8_t *codes, size_t n, int bits, int m, const uint8_t *has, Pool *pool,
                 Error *err) {
    size_t present = n;
    uint32_t expected[MIH_LEVELS] = {0};
    *out = NULL;
    for (size_t row = 0; has && row < n; row++) present -= !has[row];
    if (m == 0) TRY(mih_choose(codes, n, present, bits, has, &m, expected, pool, err));
    NN_REQUIRE(m >= mih_fewest(bits) && m <= mih_most(bits), "%d substrings of %d bits", m, bits);
    NN_REQUIRE(n < UINT32_MAX, "%zu codes", n);
    Mih *x = mem_calloc(1, sizeof *x);
    if (!x) return mem_error(err, "the tables of an index");
    *x = (Mih){.codes = codes, .n = n, .present = present, .bits = bits, .m = m};
    memcpy(x->expected, expected, sizeof expected);
    mih_lay_out(x);
    x->owned = mem_aligned(x->size);
    if (!x->owned) {
        mem_free(x);
        return mem_error(err, "the tables of an index");
    }
    memset(x->owned, 0, x->size);
    put_header(x, x->owned);
    Filling f = {x, x->owned, has};
    pool_for(pool, m, fill_table, &f);
    point_into(x, x->owned);
    *out = x;
    return STATUS_OK;
}

/* ---- From bytes ---- */

/* With present <= n < 2^32 and m <= 128 no product of mih_lay_out overflows. */
static bool read_header(Mih *x, const unsigned char *data, size_t size) {
    if (size < MIH_HEADER_BYTES || memcmp(data, magic, 8) != 0) return false;
    uint32_t m = get_u32(data + 12);
    if (get_u32(data + 8) != (uint32_t)x->bits || get_u64(data + 16) != x->n || get_u64(data + 24) > x->n)
        return false;
    if (m < (uint32_t)mih_fewest(x->bits) || m > (uint32_t)mih_most(x->bits)) return false;
    x->m = (int)m;
    x->present = (size_t)get_u64(data + 24);
    for (int i = 0; i < MIH_LEVELS; i++) x->expected[i] = get_u32(data + 32 + 4 * i);
    if (x->present > size / 4) return false;
    mih_lay_out(x);
    return x->size == size;
}

Status mih_open(Mih **out, const void *data, size_t size, const uint8_t *codes, size_t n, int bits,
                Error *err) {
    *out = NULL;
    Mih *x = mem_calloc(1, sizeof *x);
    if (!x) return mem_error(err, "the tables of an index");
    *x = (Mih){.codes = codes, .n = n, .bits = bits};
    if (!read_header(x, data, size)) {
        mem_free(x);
        return error_set(err, STATUS_INPUT,
                         "the search tables of the index are damaged; build it again or compact it");
    }
    point_into(x, data);
    *out = x;
    return STATUS_OK;
}

void mih_free(Mih *x) {
    if (x) mem_free(x->owned);
    mem_free(x);
}

const void *mih_bytes(const Mih *x, size_t *size) {
    *size = x->size;
    return x->data;
}

int mih_m(const Mih *x) {
    return x->m;
}

#include "hash/search/mih_tables.h"

#include "hash/code.h"

enum { MOST_TABLE_BITS = 28 };

static int log2_floor(size_t n) {
    int bits = 0;
    while (n >>= 1) bits++;
    return bits;
}

int mih_fewest(int bits) {
    return (bits + 63) / 64;
}
int mih_most(int bits) {
    return bits / 8;
}

int mih_substrings(int bits, size_t n) {
    int length = log2_floor(n) < 8 ? 8 : log2_floor(n), m = (bits + length / 2) / length;
    return m < mih_fewest(bits) ? mih_fewest(bits) : m > mih_most(bits) ? mih_most(bits) : m;
}

/* Substrings of equal length, but for one bit, and the places of their tables. */
void mih_lay_out(Mih *x) {
    size_t at = MIH_HEADER_BYTES;
    int most = log2_floor(x->present);
    most = most < 1 ? 1 : most > MOST_TABLE_BITS ? MOST_TABLE_BITS : most;
    for (int j = 0; j < x->m; j++) {
        Substring *s = &x->part[j];
        s->start = j * x->bits / x->m;
        s->length = (j + 1) * x->bits / x->m - s->start;
        s->table_bits = s->length < most ? s->length : most;
        s->offsets_at = at;
        at = (at + 4 * (((size_t)1 << s->table_bits) + 1) + 63) / 64 * 64;
        s->rows_at = at;
        at = (at + 4 * x->present + 63) / 64 * 64;
        s->codes_at = at;
        at = (at + code_bytes(x->bits) * x->present + 63) / 64 * 64;
    }
    x->size = at;
}

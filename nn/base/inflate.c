#include "nn/base/inflate.h"

#include <string.h>

enum { MAX_LENGTH = 15, LITERALS = 288, DISTANCES = 30, BLOCK_END = 256 };

/* bits (n): read from `in`, lowest first. After the end of `in` bits of 0 follow, and `bad` is set. */
typedef struct {
    const uint8_t *in;
    size_t in_size, at;
    uint32_t bits;
    int n;
    uint8_t *out;
    size_t out_size, used;
    bool bad;
} Stream;

/* Canonical Huffman code: count[l] codes of length l; the symbols by code. */
typedef struct {
    uint16_t count[MAX_LENGTH + 1], symbol[LITERALS];
} Huffman;

static uint32_t take(Stream *s, int n) {
    for (; s->n < n; s->n += 8) {
        if (s->at == s->in_size) s->bad = true;
        s->bits |= (uint32_t)(s->bad ? 0 : s->in[s->at++]) << s->n;
    }
    uint32_t v = s->bits & ((1u << n) - 1);
    s->bits >>= n;
    s->n -= n;
    return v;
}

/* length (n): of the code of each symbol, 0: it has none. False where more codes are given than fit. */
static bool huffman_make(Huffman *h, const uint8_t *length, int n) {
    uint16_t at[MAX_LENGTH + 2] = {0};
    int left = 1;
    memset(h, 0, sizeof *h);
    for (int i = 0; i < n; i++) h->count[length[i]]++;
    h->count[0] = 0;
    for (int l = 1; l <= MAX_LENGTH; l++) {
        left = 2 * left - h->count[l];
        if (left < 0) return false;
        at[l + 1] = (uint16_t)(at[l] + h->count[l]);
    }
    for (int i = 0; i < n; i++)
        if (length[i]) h->symbol[at[length[i]]++] = (uint16_t)i;
    return true;
}

static int take_symbol(Stream *s, const Huffman *h) {
    int code = 0, first = 0, index = 0;
    for (int l = 1; l <= MAX_LENGTH; l++) {
        code |= (int)take(s, 1);
        int count = h->count[l];
        if (code - count < first) return h->symbol[index + code - first];
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
    s->bad = true;
    return BLOCK_END;
}

static void copy(Stream *s, size_t distance, size_t length) {
    if (distance > s->used || length > s->out_size - s->used) {
        s->bad = true;
        return;
    }
    for (; length > 0; length--, s->used++) s->out[s->used] = s->out[s->used - distance];
}

static void take_block(Stream *s, const Huffman *literal, const Huffman *distance) {
    static const uint16_t length_from[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                             31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258},
                          distance_from[DISTANCES] = {1,    2,    3,    4,     5,     7,    9,    13,
                                                      17,   25,   33,   49,    65,    97,   129,  193,
                                                      257,  385,  513,  769,   1025,  1537, 2049, 3073,
                                                      4097, 6145, 8193, 12289, 16385, 24577};
    for (int symbol; !s->bad && (symbol = take_symbol(s, literal)) != BLOCK_END;) {
        if (symbol < BLOCK_END) {
            if (s->used == s->out_size)
                s->bad = true;
            else
                s->out[s->used++] = (uint8_t)symbol;
            continue;
        }
        int l = symbol - BLOCK_END - 1, extra = l < 8 || l == 28 ? 0 : l / 4 - 1;
        if (l > 28) {
            s->bad = true;
            return;
        }
        size_t length = length_from[l] + take(s, extra);
        int d = take_symbol(s, distance);
        if (s->bad || d >= DISTANCES) {
            s->bad = true;
            return;
        }
        copy(s, distance_from[d] + take(s, d < 4 ? 0 : d / 2 - 1), length);
    }
}

static void take_stored(Stream *s) {
    s->at -= (size_t)s->n / 8; /* whole bytes that were read ahead */
    s->bits = 0, s->n = 0;
    uint32_t size = take(s, 16), check = take(s, 16);
    if (s->bad || (size ^ check) != 0xFFFF || size > s->in_size - s->at || size > s->out_size - s->used) {
        s->bad = true;
        return;
    }
    memcpy(s->out + s->used, s->in + s->at, size);
    s->at += size;
    s->used += size;
}

static void take_fixed(Stream *s) {
    uint8_t length[LITERALS];
    Huffman literal, distance;
    for (int i = 0; i < LITERALS; i++) length[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    huffman_make(&literal, length, LITERALS);
    memset(length, 5, DISTANCES);
    huffman_make(&distance, length, DISTANCES);
    take_block(s, &literal, &distance);
}

static void take_dynamic(Stream *s) {
    static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    uint8_t length[LITERALS + 32] = {0};
    Huffman code, distance;
    int literals = (int)take(s, 5) + 257, distances = (int)take(s, 5) + 1, codes = (int)take(s, 4) + 4, n = 0;
    for (int i = 0; i < codes; i++) length[order[i]] = (uint8_t)take(s, 3);
    s->bad |= literals > 286 || distances > DISTANCES || !huffman_make(&code, length, 19);
    memset(length, 0, 19);
    while (!s->bad && n < literals + distances) {
        int symbol = take_symbol(s, &code), times = 1;
        uint8_t value = (uint8_t)symbol;
        if (symbol == 16) times = 3 + (int)take(s, 2), value = n > 0 ? length[n - 1] : MAX_LENGTH + 1;
        if (symbol == 17) times = 3 + (int)take(s, 3), value = 0;
        if (symbol == 18) times = 11 + (int)take(s, 7), value = 0;
        if (value > MAX_LENGTH || times > literals + distances - n) s->bad = true;
        for (; !s->bad && times > 0; times--) length[n++] = value;
    }
    s->bad = s->bad || !huffman_make(&code, length, literals) ||
             !huffman_make(&distance, length + literals, distances);
    if (!s->bad) take_block(s, &code, &distance);
}

bool inflate_bytes(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size) {
    Stream s = {.in = in, .in_size = in_size, .out = out, .out_size = out_size};
    for (bool last = false; !last && !s.bad;) {
        last = take(&s, 1);
        switch (take(&s, 2)) {
        case 0:
            take_stored(&s);
            break;
        case 1:
            take_fixed(&s);
            break;
        case 2:
            take_dynamic(&s);
            break;
        default:
            s.bad = true;
        }
    }
    return !s.bad && s.used == out_size;
}

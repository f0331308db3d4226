/* The body of a kernel, compiled once for each width of register: the including file defines Lanes (an
 * unsigned 64-bit vector type) and gets slice(), filter_slices(), filter_words(), filter() and distances().
 *
 * Many queries of one block. Slicing turns the codes of a block by 90 degrees: a register holds bit j of as
 * many codes as it has bits. Distances are then counted for all those codes at once, in vertical counters:
 * `ones` holds the lowest bit of every code's count, `twos` the next, and so on, and a full adder (five
 * instructions) takes two more bits of every code: ones' = ones ^ a ^ b, carry = majority(ones, a, b), which
 * is added to twos in the same way (Harley and Seal). That is bits * 6 instructions for 256 codes in AVX2,
 * fewer than a popcount, a comparison and a branch for each. The comparison with the limit is made on the
 * counters too, so that only codes that pass are looked at one by one. */

enum { LANES = 8 * sizeof(Lanes), WORDS = sizeof(Lanes) / 8, MOST_COUNTERS = 11 /* 1,024 < 2^11 */ };

/* Blocks of j x j bits change places across the diagonal; low: the lower half of every 2j bits. */
static inline void exchange(Lanes a[64], int j, uint64_t low) {
    for (int block = 0; block < 64; block += 2 * j)
        for (int k = block; k < block + j; k++) {
            Lanes t = ((a[k] >> j) ^ a[k + j]) & low;
            a[k + j] ^= t;
            a[k] ^= t << j;
        }
}

/* Bit b of a[k] changes places with bit k of a[b], in every 64-bit word of the register (Warren, Hacker's
 * Delight, 7-3). */
static void transpose(Lanes a[64]) {
    exchange(a, 32, 0x00000000FFFFFFFFu);
    exchange(a, 16, 0x0000FFFF0000FFFFu);
    exchange(a, 8, 0x00FF00FF00FF00FFu);
    exchange(a, 4, 0x0F0F0F0F0F0F0F0Fu);
    exchange(a, 2, 0x3333333333333333u);
    exchange(a, 1, 0x5555555555555555u);
}

/* rows[i], word w: the word at byte `at` of code 64w + i of n, zeros behind the last. Written word by word,
 * and read as whole registers only when all are written: a load that waits for several stores stalls. */
static void load_rows(const uint8_t *codes, size_t n, size_t bytes, size_t at, Lanes rows[64]) {
    size_t size = bytes - at < 8 ? bytes - at : 8;
    char *out = (char *)rows;
    if (n < LANES) memset(rows, 0, 64 * sizeof *rows);
    for (size_t w = 0; w < WORDS && 64 * w < n; w++) {
        size_t end = n - 64 * w < 64 ? n - 64 * w : 64;
        const uint8_t *code = codes + 64 * w * bytes + at;
        for (size_t i = 0; i < end; i++, code += bytes) {
            uint64_t word = code_word(code, size);
            memcpy(out + i * sizeof *rows + 8 * w, &word, sizeof word);
        }
    }
}

/* slices (groups of LANES codes, bits): bit i of word w of a register is code 64w + i of its group. */
static void slice(const uint8_t *codes, size_t n, int bits, void *slices) {
    size_t bytes = (size_t)bits / 8;
    Lanes *out = slices;
    for (size_t group = 0; group < n; group += LANES, out += bits)
        for (size_t at = 0; at < bytes; at += 8) {
            Lanes rows[64];
            load_rows(codes + group * bytes, n - group, bytes, at, rows);
            transpose(rows);
            memcpy(out + 8 * at, rows, (bytes - at < 8 ? bytes - at : 8) * 8 * sizeof *rows);
        }
}

/* low += a + b; carry is what does not fit. */
#define ADD(carry, low, a, b)                                                                                \
    do {                                                                                                     \
        Lanes a_ = (a), b_ = (b), differ_ = a_ ^ b_;                                                         \
        (carry) = (a_ & b_) | (differ_ & (low));                                                             \
        (low) ^= differ_;                                                                                    \
    } while (0)

/* low += carry; carry becomes what does not fit. */
static inline void add_carry(Lanes *low, Lanes *carry) {
    Lanes next = *low & *carry;
    *low ^= *carry;
    *carry = next;
}

/* Adds eight bits of every code to counters 0..2; returns the carries, which weigh eight. */
static inline Lanes add_eight(const Lanes *s, const uint64_t *mask, Lanes *ones, Lanes *twos, Lanes *fours) {
    Lanes two_a, two_b, four_a, four_b, eight;
    ADD(two_a, *ones, s[0] ^ mask[0], s[1] ^ mask[1]);
    ADD(two_b, *ones, s[2] ^ mask[2], s[3] ^ mask[3]);
    ADD(four_a, *twos, two_a, two_b);
    ADD(two_a, *ones, s[4] ^ mask[4], s[5] ^ mask[5]);
    ADD(two_b, *ones, s[6] ^ mask[6], s[7] ^ mask[7]);
    ADD(four_b, *twos, two_a, two_b);
    ADD(eight, *fours, four_a, four_b);
    return eight;
}

/* counter (counters): the distance of every code of a group. The first seven, all that 64 bits need, stay in
 * registers. */
static inline void count_group(const Lanes *s, const uint64_t *mask, int bits, int counters, Lanes *counter) {
    Lanes zero = {0}, ones = zero, twos = zero, fours = zero, eights = zero, c16 = zero, c32 = zero,
          c64 = zero;
    for (int p = 7; p < counters; p++) counter[p] = zero;
    for (int j = 0; j < bits; j += 16) {
        Lanes carry, b = zero, a = add_eight(s + j, mask + j, &ones, &twos, &fours);
        if (j + 8 < bits) b = add_eight(s + j + 8, mask + j + 8, &ones, &twos, &fours);
        ADD(carry, eights, a, b);
        add_carry(&c16, &carry);
        add_carry(&c32, &carry);
        add_carry(&c64, &carry);
        for (int p = 7; p < counters; p++) add_carry(&counter[p], &carry);
    }
    counter[0] = ones, counter[1] = twos, counter[2] = fours, counter[3] = eights;
    counter[4] = c16, counter[5] = c32, counter[6] = c64;
}

/* counters: enough to hold bits + 1, the largest limit. */
static size_t filter_slices(const void *slices, size_t n, int bits, const uint64_t *mask, int limit,
                            uint32_t *offset) {
    int counters = 0;
    while ((bits + 1) >> counters) counters++;
    size_t found = 0;
    const Lanes *s = slices;
    for (size_t group = 0; group < n; group += LANES, s += bits) {
        Lanes counter[MOST_COUNTERS], less = {0};
        count_group(s, mask, bits, counters, counter);
        for (int p = 0; p < counters; p++) less = limit >> p & 1 ? less | ~counter[p] : less & ~counter[p];
        uint64_t word[WORDS];
        memcpy(word, &less, sizeof word);
        for (size_t w = 0; w < WORDS; w++)
            for (; word[w]; word[w] &= word[w] - 1) {
                size_t i = group + 64 * w + (size_t)__builtin_ctzll(word[w]);
                if (i < n) offset[found++] = (uint32_t)i;
            }
    }
    return found;
}

/* One query against codes of whole words: four codes between two branches. */
static inline size_t filter_words(const uint8_t *codes, size_t n, size_t words, const uint8_t *query,
                                  int limit, uint32_t *offset) {
    size_t found = 0, i = 0, bytes = 8 * words;
    for (; i + 4 <= n; i += 4) {
        int near[4];
        for (size_t k = 0; k < 4; k++)
            near[k] = code_difference(codes + (i + k) * bytes, query, bytes) < limit;
        if (!(near[0] | near[1] | near[2] | near[3])) continue;
        for (size_t k = 0; k < 4; k++)
            if (near[k]) offset[found++] = (uint32_t)(i + k);
    }
    for (; i < n; i++)
        if (code_difference(codes + i * bytes, query, bytes) < limit) offset[found++] = (uint32_t)i;
    return found;
}

static size_t filter(const uint8_t *codes, size_t n, int bits, const uint8_t *query, int limit,
                     uint32_t *offset) {
    if (bits == 64) return filter_words(codes, n, 1, query, limit, offset);
    if (bits == 128) return filter_words(codes, n, 2, query, limit, offset);
    if (bits == 256) return filter_words(codes, n, 4, query, limit, offset);
    size_t bytes = (size_t)bits / 8, found = 0;
    for (size_t i = 0; i < n; i++)
        if (code_difference(query, codes + i * bytes, bytes) < limit) offset[found++] = (uint32_t)i;
    return found;
}

static void distances(const uint8_t *query, const uint8_t *codes, size_t n, int bits, uint16_t *distance) {
    size_t bytes = (size_t)bits / 8;
    for (size_t i = 0; i < n; i++) distance[i] = (uint16_t)code_difference(query, codes + i * bytes, bytes);
}

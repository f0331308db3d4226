#include "eval/bit_planes.h"

#include <string.h>

#include "hash/code.h"
#include "nn/base/alloc.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_POPCNT_TARGET 1
#endif

/* ---- Planes ---- */

static Status planes_init(BitPlanes *p, size_t n, int bits, const char *what, Error *err) {
    *p = (BitPlanes){.n = n, .words = (bits + 63) / 64};
    p->word = mem_calloc(n ? n * (size_t)p->words : 1, sizeof *p->word);
    return p->word ? STATUS_OK : mem_error(err, what);
}

Status bit_planes_of_codes(BitPlanes *p, const uint8_t *code, size_t n, int bits, Error *err) {
    TRY(planes_init(p, n, bits, "codes to compare", err));
    size_t bytes = code_bytes(bits);
    for (size_t i = 0; i < n; i++)
        for (size_t b = 0; b < bytes; b++)
            p->word[b / 8 * n + i] |= (uint64_t)code[i * bytes + b] << (b % 8 * 8);
    return STATUS_OK;
}

Status bit_planes_of_labels(BitPlanes *p, const uint8_t *labels, size_t n, int classes, Error *err) {
    if (classes < 1 || classes > LABEL_MAX)
        return error_set(err, STATUS_INPUT, "%d labels; expected 1 to %d; leave out labels that no case has",
                         classes, (int)LABEL_MAX);
    TRY(planes_init(p, n, classes, "labels to compare", err));
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < (size_t)classes; c++)
            if (labels[i * (size_t)classes + c]) p->word[c / 64 * n + i] |= (uint64_t)1 << (c % 64);
    return STATUS_OK;
}

void bit_planes_free(BitPlanes *p) {
    mem_free(p->word);
    *p = (BitPlanes){0};
}

/* ---- Counting bits: the same loops, compiled with and without the processor's own instruction ---- */

typedef enum { COUNT_XOR, COUNT_AND } CountOf;

static inline __attribute__((always_inline)) void count_word(uint64_t query, const uint64_t *word,
                                                             size_t count, CountOf of, uint16_t *sum) {
    if (of == COUNT_XOR)
        for (size_t i = 0; i < count; i++)
            sum[i] = (uint16_t)(sum[i] + __builtin_popcountll(query ^ word[i]));
    else
        for (size_t i = 0; i < count; i++)
            sum[i] = (uint16_t)(sum[i] + __builtin_popcountll(query & word[i]));
}

static void count_word_plain(uint64_t query, const uint64_t *word, size_t count, CountOf of, uint16_t *sum) {
    count_word(query, word, count, of, sum);
}

#ifdef HAVE_POPCNT_TARGET
__attribute__((target("popcnt"))) static void count_word_popcnt(uint64_t query, const uint64_t *word,
                                                                size_t count, CountOf of, uint16_t *sum) {
    count_word(query, word, count, of, sum);
}
#endif

static void count_words(const BitPlanes *a, size_t q, const BitPlanes *b, size_t first, size_t count,
                        CountOf of, uint16_t *sum) {
    void (*kernel)(uint64_t, const uint64_t *, size_t, CountOf, uint16_t *) = count_word_plain;
#ifdef HAVE_POPCNT_TARGET
    if (__builtin_cpu_supports("popcnt")) kernel = count_word_popcnt;
#endif
    memset(sum, 0, count * sizeof *sum);
    for (int w = 0; w < a->words; w++) {
        uint64_t query = a->word[(size_t)w * a->n + q];
        if (of == COUNT_XOR || query) kernel(query, b->word + (size_t)w * b->n + first, count, of, sum);
    }
}

void bit_planes_distance(const BitPlanes *a, size_t q, const BitPlanes *b, size_t first, size_t count,
                         uint16_t *distance) {
    count_words(a, q, b, first, count, COUNT_XOR, distance);
}

void bit_planes_shared(const BitPlanes *a, size_t q, const BitPlanes *b, size_t first, size_t count,
                       uint16_t *shared) {
    count_words(a, q, b, first, count, COUNT_AND, shared);
}

int bit_planes_count(const BitPlanes *p, size_t q) {
    int sum = 0;
    for (int w = 0; w < p->words; w++) sum += __builtin_popcountll(p->word[(size_t)w * p->n + q]);
    return sum;
}

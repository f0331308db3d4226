/* Binary codes. Bit j of a code is bit j%8 of byte j/8 (NumPy packbits, bitorder little), everywhere. Bit = 1 iff the score
 * s >= 0; the bit of a score of 0 is 1, of a NaN 0. bits: a multiple of 8 from 16 to 1,024. Codes of other programs that are only
 * evaluated have any number of bits from 8 to 1,024; the unused bits of their last byte are 0. */
#ifndef HASH_CODE_H
#define HASH_CODE_H

#include <stddef.h>
#include <stdint.h>

/* The two parts of a case, each of which finds the other. Arrays "by Modality" have MODALITIES elements. */
typedef enum { MODALITY_IMAGE = 0, MODALITY_TEXT = 1, MODALITIES = 2 } Modality;
const char *modality_name(Modality m); /* "image", "text" */
static inline Modality modality_other(Modality m) {
    return m == MODALITY_IMAGE ? MODALITY_TEXT : MODALITY_IMAGE;
}

enum { CODE_FEWEST_BITS = 8, CODE_MIN_BITS = 16, CODE_MAX_BITS = 1024 };

static inline size_t code_bytes(int bits) {
    return ((size_t)bits + 7) / 8;
}

/* code (n, bits/8) from scores (n, bits). */
void code_pack(const float *scores, size_t n, int bits, uint8_t *code);
/* values (n, bits) of -1 or +1. */
void code_unpack(const uint8_t *code, size_t n, int bits, float *values);
/* A(s, b) = sum_j s_j (2 b_j - 1): the scores s (bits) of one case against the code of another; larger is nearer. */
double code_score(const float *scores, const uint8_t *code, int bits);
/* Number of differing bits. */
int code_distance(const uint8_t *a, const uint8_t *b, int bits);

#endif

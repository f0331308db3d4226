#include "hash/code.h"

#include <string.h>

#include "hash/search/code_bits.h"

const char *modality_name(Modality m) {
    return m == MODALITY_IMAGE ? "image" : "text";
}

/* EQ(code)  bit j = 1 iff s_j >= 0 */
void code_pack(const float *scores, size_t n, int bits, uint8_t *code) {
    size_t bytes = code_bytes(bits);
    memset(code, 0, n * bytes);
    for (size_t i = 0; i < n; i++)
        for (int j = 0; j < bits; j++)
            if (scores[i * (size_t)bits + (size_t)j] >= 0.0f)
                code[i * bytes + (size_t)j / 8] |= (uint8_t)(1u << (j % 8));
}

void code_unpack(const uint8_t *code, size_t n, int bits, float *values) {
    size_t bytes = code_bytes(bits);
    for (size_t i = 0; i < n; i++)
        for (int j = 0; j < bits; j++)
            values[i * (size_t)bits + (size_t)j] =
                code[i * bytes + (size_t)j / 8] >> (j % 8) & 1 ? 1.0f : -1.0f;
}

/* EQ(asymmetric)  A(s, b) = sum_j s_j (2 b_j - 1) */
double code_score(const float *scores, const uint8_t *code, int bits) {
    double sum = 0;
    for (int j = 0; j < bits; j++) sum += code[j / 8] >> (j % 8) & 1 ? (double)scores[j] : -(double)scores[j];
    return sum;
}

/* EQ(hamming)  d(a, b) = number of bits j with a_j != b_j */
int code_distance(const uint8_t *a, const uint8_t *b, int bits) {
    return code_difference(a, b, code_bytes(bits));
}

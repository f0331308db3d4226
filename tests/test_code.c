#include "hash/code.h"

#include <math.h>
#include <string.h>

#include "nn/base/rng.h"
#include "tests/check.h"

Test(code, bit_j_lies_in_bit_j_mod_8_of_byte_j_div_8) {
    for (int j = 0; j < 24; j++) {
        float scores[24];
        uint8_t code[3], wanted[3] = {0};
        for (int i = 0; i < 24; i++) scores[i] = i == j ? 0.5f : -0.5f;
        wanted[j / 8] = (uint8_t)(1 << (j % 8));
        code_pack(scores, 1, 24, code);
        cr_assert_eq(memcmp(code, wanted, 3), 0, "bit %d", j);
    }
}

Test(code, a_score_of_zero_of_either_sign_is_bit_one_and_not_a_number_is_bit_zero) {
    float scores[16] = {0.0f, -0.0f, 1e-30f, -1e-30f, NAN, INFINITY, -INFINITY};
    for (int i = 7; i < 16; i++) scores[i] = -1.0f;
    uint8_t code[2];
    code_pack(scores, 1, 16, code);
    cr_assert_eq(code[0], 1 | 2 | 4 | 32);
    cr_assert_eq(code[1], 0);
}

Test(code, unpacking_gives_the_signs_back) {
    Rng rng = rng_stream(1, RNG_TEST, 0);
    enum { N = 5, BITS = 40 };
    float scores[N * BITS], values[N * BITS];
    uint8_t code[N * BITS / 8];
    for (int i = 0; i < N * BITS; i++) scores[i] = (float)rng_normal(&rng);
    code_pack(scores, N, BITS, code);
    code_unpack(code, N, BITS, values);
    for (int i = 0; i < N * BITS; i++) cr_assert_eq(values[i], scores[i] >= 0 ? 1.0f : -1.0f);
}

Test(code, distance_counts_the_differing_bits_at_every_width) {
    Rng rng = rng_stream(1, RNG_TEST, 1);
    for (int bits = CODE_MIN_BITS; bits <= CODE_MAX_BITS; bits += 8) {
        uint8_t a[CODE_MAX_BITS / 8], b[CODE_MAX_BITS / 8];
        int wanted = 0;
        for (int i = 0; i < bits / 8; i++) {
            a[i] = (uint8_t)rng_u32(&rng), b[i] = (uint8_t)rng_u32(&rng);
            for (int j = 0; j < 8; j++) wanted += (a[i] >> j & 1) != (b[i] >> j & 1);
        }
        cr_assert_eq(code_distance(a, b, bits), wanted, "%d bits", bits);
        cr_assert_eq(code_distance(a, a, bits), 0);
        for (int i = 0; i < bits / 8; i++) b[i] = (uint8_t)~a[i];
        cr_assert_eq(code_distance(a, b, bits), bits);
    }
}

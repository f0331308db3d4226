/* The health of codes with known statistics. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/health.h"
#include "nn/base/rng.h"
#include "tests/check.h"

Test(eval_health, all_codes_of_8_of_16_bits_are_balanced_and_uncorrelated) {
    uint8_t code[256 * 2];
    for (int i = 0; i < 256; i++) {
        code[2 * i] = (uint8_t)i;
        code[2 * i + 1] = 0; /* eight constant bits */
    }
    CodeHealth h;
    cr_assert_eq(code_health(&h, code, 256, 16, NULL), STATUS_OK);
    cr_assert_eq(h.distinct, 256);
    cr_assert_eq(h.constant_bits, 8);
    cr_assert_float_eq(h.bit_mean, 0.25, 1e-15);
    cr_assert_float_eq(h.entropy, 0.5, 1e-15);
    cr_assert(h.entropy_low == 0.0 && h.bit_mean_low == 0.0 && h.bit_mean_high == 0.5);
    cr_assert_float_eq(h.correlation, 0.0, 1e-15);
    /* groups of C(8,d) items: sum of their squares over 256 = C(16,8)/256 */
    cr_assert_float_eq(h.mean_tie, 12870.0 / 256.0, 1e-9);
}

Test(eval_health, duplicated_and_inverted_bits_correlate_fully) {
    enum { N = 500 };
    uint8_t code[N * 2];
    Rng r = rng_stream(3, RNG_TEST, 2);
    for (int i = 0; i < N; i++) {
        uint32_t word = rng_u32(&r) & 0xffffu;
        word = (word & ~(1u << 9)) | (((word >> 2) & 1u) << 9); /* bit 9 = bit 2 */
        code[2 * i] = (uint8_t)word;
        code[2 * i + 1] = (uint8_t)(word >> 8);
    }
    CodeHealth h;
    cr_assert_eq(code_health(&h, code, N, 16, NULL), STATUS_OK);
    cr_assert_float_eq(h.correlation_high, 1.0, 1e-12);
    cr_assert(h.high_a == 2 && h.high_b == 9);
    cr_assert_lt(h.correlation, 0.1);
    for (int i = 0; i < N; i++) code[2 * i + 1] ^= 2; /* bit 9 = not bit 2 */
    double correlation[16 * 16];
    cr_assert_eq(code_correlation(code, code, N, 16, correlation, NULL), STATUS_OK);
    cr_assert_float_eq(correlation[2 * 16 + 9], -1.0, 1e-12);
    cr_assert_float_eq(correlation[9 * 16 + 2], -1.0, 1e-12);
    cr_assert_float_eq(correlation[5 * 16 + 5], 1.0, 1e-12);
}

Test(eval_health, constant_codes_are_one_code_in_one_tie) {
    uint8_t code[30 * 4];
    memset(code, 0xa5, sizeof code);
    CodeHealth h;
    cr_assert_eq(code_health(&h, code, 30, 32, NULL), STATUS_OK);
    cr_assert_eq(h.distinct, 1);
    cr_assert_eq(h.constant_bits, 32);
    cr_assert(h.high_a == -1 && h.correlation == 0.0);
    cr_assert_float_eq(h.mean_tie, 30.0, 1e-12);
}

/* Codes from classes: the rule by hand, ORACLE's perfect ranking, bad input. */
#include <math.h>
#include <string.h>

#include "eval/retrieval.h"
#include "hash/baselines/classifier.h"
#include "hash/code.h"
#include "tests/case_sets.h"
#include "tests/check.h"
#include "tests/fixtures.h"

enum { ALL = 360, CLASSES = 5, BITS = 16 };

Test(classifier, labels_above_half_add_up_else_the_likeliest_decides) {
    enum { Q = 64, K = 3 };
    const float p[6][K] = {{1, 0, 0},          {0, 1, 0},       {0, 0, 1},
                           {0.6f, 0.5f, 0.9f}, {0.2f, 0.4f, 0}, {0.6f, 0.55f, 0.1f}};
    uint8_t codes[6 * Q / 8];
    float value[6 * Q];
    Error err = {0};
    cr_assert_eq(classifier_codes(&p[0][0], 6, K, Q, 3, codes, &err), STATUS_OK);
    code_unpack(codes, 6, Q, value);
    int plus = 0, differ = 0;
    for (int j = 0; j < Q; j++) {
        float r0 = value[j], r1 = value[Q + j], r2 = value[2 * Q + j];
        cr_assert_eq(value[3 * Q + j], r0 + r1 + r2 >= 0 ? 1.0f : -1.0f);
        cr_assert_eq(value[4 * Q + j], r1);
        cr_assert_eq(value[5 * Q + j], r0 + r1 >= 0 ? 1.0f : -1.0f); /* a sum of 0 is +1 */
        plus += r0 > 0, differ += r0 != r1;
    }
    cr_assert(plus > 16 && plus < 48);
    cr_assert(differ > 16 && differ < 48);
}

/* With one label a case and different codes, ORACLE's MAP is 1. */
Test(classifier, codes_of_true_labels_are_perfect_and_the_seed_alone_moves_them) {
    static float labels[ALL * CLASSES];
    static uint8_t held[ALL * CLASSES];
    for (int i = 0; i < ALL; i++) labels[i * CLASSES + i % CLASSES] = held[i * CLASSES + i % CLASSES] = 1;
    uint8_t codes[ALL * BITS / 8], again[ALL * BITS / 8], other[ALL * BITS / 8];
    Error err = {0};
    cr_assert_eq(classifier_codes(labels, ALL, CLASSES, BITS, 1, codes, &err), STATUS_OK);
    cr_assert_eq(classifier_codes(labels, ALL, CLASSES, BITS, 1, again, &err), STATUS_OK);
    cr_assert_eq(classifier_codes(labels, ALL, CLASSES, BITS, 2, other, &err), STATUS_OK);
    cr_assert(!memcmp(codes, again, sizeof codes));
    cr_assert(memcmp(codes, other, sizeof codes) != 0);
    CaseSet all = case_set(ALL, BITS, codes, CLASSES, held);
    Retrieval r = {0};
    cr_assert_eq(evaluate_codes(&r, &(RetrievalTask){&all, &all, MODALITY_IMAGE, false}, NULL, &err),
                 STATUS_OK);
    cr_assert_float_eq(r.map.pessimistic, 1, 1e-12);
    retrieval_free(&r);
}

Test(classifier, bad_input_is_told) {
    float p[2] = {0.5f, NAN};
    uint8_t code[BITS / 8];
    Error err = {0};
    cr_assert_eq(classifier_codes(p, 1, 2, BITS, 1, code, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "class 2 of case 1"));
    cr_assert_eq(classifier_codes(p, 1, 1, 17, 1, code, &err), STATUS_INPUT);
}

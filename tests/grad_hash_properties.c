/* Properties of each term of the losses: a case computed by hand, the property, the limits, and inputs that abort. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "hash/constraints.h"
#include "nn/ops.h"
#include "tests/check.h"

#ifdef NN_DOUBLE
static const double NEAR = 1e-10;
#else
static const double NEAR = 1e-5;
#endif
static const double LN2 = 0.69314718055994530942, LN3 = 1.09861228866810969140;

static Tape tape(void) {
    Tape t;
    tape_init(&t, NULL);
    return t;
}

static Tensor *leaf(Tape *t, int rows, int columns, const double *values) {
    Tensor *x = tape_tensor2(t, rows, columns);
    for (int i = 0; i < rows * columns; i++) x->data[i] = (real)values[i];
    x->needs_grad = true;
    return x;
}

static Tensor *leaf2(Tape *t, double a, double b, double c, double d) {
    return leaf(t, 2, 2, (double[]){a, b, c, d});
}

static double value(const Tensor *loss) {
    return (double)loss->data[0];
}

static bool near(double x, double y) {
    return fabs(x - y) <= NEAR * fmax(1, fabs(y));
}

/* The gradient of a (2,2) leaf. */
static bool gradient_is(const Tensor *x, double a, double b, double c, double d) {
    double wanted[] = {a, b, c, d};
    for (int i = 0; i < 4; i++)
        if (!x->grad || !near((double)x->grad[i], wanted[i])) return false;
    return true;
}

/* ---- align ---- */

static const uint8_t PAIRS_ONLY[4] = {1, 0, 0, 1};

/* tau = 1/ln 3: e is 3 for a pair and 1 for a negative, so every row and column has log(3/4). */
Test(align, two_pairs_by_hand) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 2, 0, 0, 5), *x = leaf2(&t, 1, 0, 0, 1);
    Tensor *loss = loss_align(&t, v, x, PAIRS_ONLY, 1 / LN3);
    cr_assert(near(value(loss), 2 * LN2 - LN3));
    tape_backward(&t, loss);
    cr_assert(gradient_is(v, 0, LN3 / 16, LN3 / 40, 0));
    cr_assert(gradient_is(x, 0, LN3 / 8, LN3 / 8, 0));
    tape_free(&t);
}

Test(align, a_row_without_negatives_gives_0) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 1, 2, 3, -1), *x = leaf2(&t, 0.5, 1, 1, 1);
    const uint8_t all_positive[4] = {1, 1, 1, 1}, none_negative[4] = {1, 2, 2, 1};
    Tensor *loss = loss_align(&t, v, x, all_positive, 0.1);
    cr_assert_eq(value(loss), 0);
    cr_assert_eq(value(loss_align(&t, v, x, none_negative, 0.1)), 0);
    tape_backward(&t, loss);
    cr_assert(gradient_is(v, 0, 0, 0, 0));
    tape_free(&t);
}

static const double CONTEXTS[12] = {0.3, -1, 2, 0.7, 1, 1, -2, 0.4, 0.1, 1.5, 0.2, -0.6};
static const double PARTNERS[12] = {1, 0.5, 1, -0.3, 0.8, 2, -1, 0.6, 0.9, -0.2, 1, 0.4};
static const uint8_t RELATION4[16] = {1, 0, 2, 1, 0, 1, 0, 0, 2, 0, 1, 0, 1, 0, 0, 1};

Test(align, permuting_the_batch_changes_nothing) {
    const int order[4] = {2, 0, 3, 1};
    double contexts[12], partners[12];
    uint8_t relation[16];
    for (int i = 0; i < 4; i++) {
        memcpy(contexts + 3 * i, CONTEXTS + 3 * order[i], 3 * sizeof(double));
        memcpy(partners + 3 * i, PARTNERS + 3 * order[i], 3 * sizeof(double));
        for (int j = 0; j < 4; j++) relation[4 * i + j] = RELATION4[4 * order[i] + order[j]];
    }
    Tape t = tape();
    double before = value(loss_align(&t, leaf(&t, 4, 3, CONTEXTS), leaf(&t, 4, 3, PARTNERS), RELATION4, 0.2));
    double after = value(loss_align(&t, leaf(&t, 4, 3, contexts), leaf(&t, 4, 3, partners), relation, 0.2));
    cr_assert(before > 0.1);
    cr_assert(near(before, after));
    tape_free(&t);
}

/* All other cases ignore case 1 on both sides, and it has no negatives, so its text has no effect. */
Test(align, ignored_pairs_have_no_influence) {
    const uint8_t relation[9] = {1, 2, 0, 2, 1, 2, 0, 2, 1};
    double moved[9] = {1, 0.5, 1, 9, -7, 3, -1, 0.6, 0.9};
    Tape t = tape();
    Tensor *v1 = leaf(&t, 3, 3, CONTEXTS), *v2 = leaf(&t, 3, 3, CONTEXTS);
    Tensor *one = loss_align(&t, v1, leaf(&t, 3, 3, PARTNERS), relation, 0.2);
    tape_backward(&t, one);
    Tensor *two = loss_align(&t, v2, leaf(&t, 3, 3, moved), relation, 0.2);
    tape_backward(&t, two);
    cr_assert_eq(one->data[0], two->data[0]);
    for (int i = 0; i < 9; i++) cr_assert_eq(v1->grad[i], v2->grad[i]);
    tape_free(&t);
}

Test(align, is_blind_to_the_length_of_a_context) {
    double longer[12];
    for (int i = 0; i < 12; i++) longer[i] = 7 * CONTEXTS[i];
    Tape t = tape();
    double one = value(loss_align(&t, leaf(&t, 4, 3, CONTEXTS), leaf(&t, 4, 3, PARTNERS), RELATION4, 0.2));
    double two = value(loss_align(&t, leaf(&t, 4, 3, longer), leaf(&t, 4, 3, PARTNERS), RELATION4, 0.2));
    cr_assert(near(one, two));
    tape_free(&t);
}

/* cos is 0 to the pair and 1 to the negative, tau 1e-3: every side's loss is 1/tau. The softmax over positives is 1, so the
 * gradient of each image along its text is 1/(2b tau) from its row and the same from the text's column. */
Test(align, a_far_negative_at_a_small_tau_keeps_value_and_pull) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 1, 0, 0, 1), *x = leaf2(&t, 0, 1, 1, 0);
    Tensor *loss = loss_align(&t, v, x, PAIRS_ONLY, 1e-3);
    cr_assert(near(value(loss), 1000));
    tape_backward(&t, loss);
    cr_assert(gradient_is(v, 0, -500, -500, 0));
    cr_assert(gradient_is(x, -500, 0, 0, -500));
    tape_free(&t);
}

Test(align, a_zero_context_has_cosine_0_and_gradient_0) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 0, 0, 1, 0), *x = leaf2(&t, 1, 0, 0, 1);
    Tensor *loss = loss_align(&t, v, x, PAIRS_ONLY, 1);
    tape_backward(&t, loss);
    cr_assert(isfinite(value(loss)));
    cr_assert_eq(v->grad[0], 0);
    cr_assert_eq(v->grad[1], 0);
    cr_assert(v->grad[3] != 0);
    tape_free(&t);
}

Test(align, teacher_by_hand_gives_no_gradient_to_the_joint_context) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 1, 2, 3, 4), *x = leaf2(&t, 0, 0, 0, 0), *joint = leaf2(&t, 1, 1, 1, 1);
    Tensor *loss = loss_teacher(&t, v, x, joint);
    cr_assert(near(value(loss), 4.5));
    tape_backward(&t, loss);
    cr_assert(gradient_is(v, 0, 0.5, 1, 1.5));
    cr_assert(gradient_is(x, -0.5, -0.5, -0.5, -0.5));
    cr_assert_null(joint->grad);
    tape_free(&t);
}

/* ---- manifold ---- */

Test(manifold, two_cases_by_hand) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 0.5, -0.5, 1, 0), *x = leaf2(&t, 0.2, 0.4, -0.6, 0.8);
    const real g[4] = {1, -1, -1, 1};
    Tensor *loss = loss_manifold(&t, v, x, g);
    cr_assert(near(value(loss), 1.10625));
    tape_backward(&t, loss);
    cr_assert(gradient_is(v, -0.15, 0.025, 0.25, -0.15));
    cr_assert(gradient_is(x, 0.14375, 0.13125, -0.24375, -0.08125));
    tape_free(&t);
}

Test(manifold, is_0_where_codes_have_the_wanted_similarity_and_only_there) {
    Tape t = tape();
    Tensor *h = leaf(&t, 2, 4, (double[]){1, 1, -1, -1, 1, 1, 1, 1});
    const real wanted[4] = {1, 0, 0, 1}, other[4] = {1, 0.5, 0, 1};
    cr_assert_eq(value(loss_manifold(&t, h, h, wanted)), 0);
    cr_assert(near(value(loss_manifold(&t, h, h, other)), 0.0625));
    tape_free(&t);
}

/* ---- laplacian ---- */

Test(laplacian, two_cases_by_hand) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 1, 0, 0, 1), *x = leaf2(&t, 0, 0, 1, 1);
    const real k_v[4] = {1, 0.5, 0.5, 1}, k_t[4] = {1, 0.25, 0.25, 1};
    Tensor *loss = loss_laplacian(&t, v, x, k_v, k_t);
    cr_assert(near(value(loss), 0.4375));
    tape_backward(&t, loss);
    cr_assert(gradient_is(v, 0.375, -0.125, -0.375, 0.125));
    cr_assert(gradient_is(x, -0.3125, -0.0625, 0.3125, 0.0625));
    tape_free(&t);
}

Test(laplacian, is_0_where_all_neighbours_share_a_code) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 1, -1, -1, 1), *x = leaf2(&t, 1, -1, -1, 1);
    const real apart[4] = {1, 0, 0, 1}, close[4] = {1, 1, 1, 1};
    cr_assert_eq(value(loss_laplacian(&t, v, x, apart, apart)), 0);
    cr_assert_gt(value(loss_laplacian(&t, v, x, close, apart)), 0.5);
    tape_free(&t);
}

/* ---- balance ---- */

Test(balance, two_cases_by_hand) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 0.5, -0.5, 1, 0), *x = leaf2(&t, 0.2, 0.4, -0.6, 0.8);
    Tensor *loss = loss_balance(&t, v, x);
    cr_assert(near(value(loss), 0.5125));
    tape_backward(&t, loss);
    cr_assert(gradient_is(v, 0.375, -0.125, 0.375, -0.125));
    cr_assert(gradient_is(x, -0.1, 0.3, -0.1, 0.3));
    tape_free(&t);
}

/* All 256 pairs of one-bit codes of four images and four texts: the loss is 0 exactly where both sides have two +1. */
Test(balance, is_0_exactly_where_each_bit_is_plus_1_for_half_of_the_cases) {
    Tape t = tape();
    for (int code = 0; code < 256; code++) {
        double bit[8];
        int images = 0, texts = 0;
        for (int i = 0; i < 8; i++) bit[i] = code >> i & 1 ? 1 : -1;
        for (int i = 0; i < 4; i++) images += code >> i & 1, texts += code >> (i + 4) & 1;
        double loss = value(loss_balance(&t, leaf(&t, 4, 1, bit), leaf(&t, 4, 1, bit + 4)));
        cr_assert_eq(loss == 0, images == 2 && texts == 2);
        cr_assert(near(loss, pow(images / 2.0 - 1, 2) + pow(texts / 2.0 - 1, 2)));
        tape_reset(&t);
    }
    tape_free(&t);
}

/* ---- quantisation ---- */

Test(quantisation, two_cases_by_hand_without_a_gradient_through_the_sign) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 0.5, -0.5, 1, 0), *x = leaf2(&t, 0.2, 0.4, -0.6, 0.8);
    Tensor *loss = loss_quantisation(&t, v, x);
    cr_assert(near(value(loss), 1.675));
    tape_backward(&t, loss);
    cr_assert(gradient_is(v, -0.25, 0.25, 0, -0.5));
    cr_assert(gradient_is(x, -0.4, 0.7, -0.8, -0.1));
    tape_free(&t);
}

Test(quantisation, is_0_at_plus_and_minus_1_where_both_sides_agree) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 1, -1, -1, 1), *other = leaf2(&t, 1, -1, -1, -1);
    cr_assert_eq(value(loss_quantisation(&t, v, v)), 0);
    cr_assert(near(value(loss_quantisation(&t, v, other)), 1)); /* sign(0) = +1: the one -1 is off by 2 */
    tape_free(&t);
}

Test(quantisation, the_sign_of_0_is_plus_1) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 0, 0, 0, 0), *x = leaf2(&t, 0, -0.0, 0, 0);
    Tensor *loss = loss_quantisation(&t, v, x);
    tape_backward(&t, loss);
    cr_assert(near(value(loss), 2));
    cr_assert(gradient_is(v, -0.5, -0.5, -0.5, -0.5));
    tape_free(&t);
}

/* ---- likelihood ---- */

/* q = 2: theta = 2 H_v H_t' = [[ln 3, 0], [0, -ln 3]], sigmoid = 3/4, 1/2, 1/4. */
Test(likelihood, two_cases_by_hand) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 1, 0, 0, 1), *x = leaf2(&t, LN3 / 2, 0, 0, -LN3 / 2);
    Tensor *loss = loss_likelihood(&t, v, x, PAIRS_ONLY);
    cr_assert(near(value(loss), (6 * LN2 - LN3) / 4));
    tape_backward(&t, loss);
    cr_assert(gradient_is(v, -LN3 / 16, -LN3 / 8, LN3 / 8, 3 * LN3 / 16));
    cr_assert(gradient_is(x, -0.125, 0.25, 0.25, -0.375));
    tape_free(&t);
}

/* One case of two bits: theta = 2 h_v h_t' = -100 or 100. */
static double one_pair(double theta, uint8_t similar, double *slope) {
    Tape t = tape();
    Tensor *v = leaf(&t, 1, 2, (double[]){1, 0}), *x = leaf(&t, 1, 2, (double[]){theta / 2, 0});
    Tensor *loss = loss_likelihood(&t, v, x, &similar);
    tape_backward(&t, loss);
    double result = value(loss);
    *slope = (double)x->grad[0];
    tape_free(&t);
    return result;
}

Test(likelihood, stays_right_at_theta_100_and_minus_100) {
    double slope;
    cr_assert(one_pair(100, 1, &slope) >= 0);
    cr_assert_lt(one_pair(100, 1, &slope), 1e-4);
    cr_assert_lt(fabs(slope), 1e-30);
    cr_assert(near(one_pair(100, 0, &slope), 100));
    cr_assert(near(slope, 2));
    cr_assert(near(one_pair(-100, 1, &slope), 100));
    cr_assert(near(slope, -2));
    cr_assert_lt(one_pair(-100, 0, &slope), 1e-4);
    cr_assert_lt(fabs(slope), 1e-30);
    cr_assert(near(one_pair(-1e30, 1, &slope), 1e30));
    cr_assert(near(one_pair(0, 1, &slope), LN2));
}

/* ---- soft pairs ---- */

/* q = 2, e^s = 4, b = 0: theta = 2 H_v H_t' = [[ln 3, 0], [0, -ln 3]], sigmoid = 3/4, 1/2, 1/4; R = 1/4, 1/2, 1/2, 1, so
 * that E = 1/4 [[1/2, 0], [0, -3/4]]. */
Test(soft_pairs, two_cases_by_hand) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 1, 0, 0, 1), *x = leaf2(&t, LN3 / 2, 0, 0, -LN3 / 2);
    Tensor *scale = leaf(&t, 1, 1, (double[]){2 * LN2}), *offset = leaf(&t, 1, 1, (double[]){0});
    static const real wanted[4] = {0.25, 0.5, 0.5, 1};
    Tensor *loss = loss_soft_pairs(&t, v, x, scale, offset, wanted);
    cr_assert(near(value(loss), (6 * LN2 - LN3 / 4) / 4));
    tape_backward(&t, loss);
    cr_assert(gradient_is(v, LN3 / 8, 0, 0, 3 * LN3 / 16));
    cr_assert(gradient_is(x, 0.25, 0, 0, -0.375));
    cr_assert(near((double)scale->grad[0], 5 * LN3 / 16));
    cr_assert(near((double)offset->grad[0], -0.0625));
    tape_free(&t);
}

Test(soft_pairs, stays_right_at_theta_100_and_minus_100) {
    for (int sign = -1; sign <= 1; sign += 2) {
        Tape t = tape();
        Tensor *v = leaf(&t, 1, 2, (double[]){1, 0}), *x = leaf(&t, 1, 2, (double[]){200 * sign, 0});
        Tensor *scale = leaf(&t, 1, 1, (double[]){0}), *offset = leaf(&t, 1, 1, (double[]){0});
        real wanted = 0.25;
        Tensor *loss = loss_soft_pairs(&t, v, x, scale, offset, &wanted);
        cr_assert(near(value(loss), sign > 0 ? 75 : 25));
        tape_backward(&t, loss);
        cr_assert(near((double)offset->grad[0], sign > 0 ? 0.75 : -0.25));
        tape_free(&t);
    }
}

/* ---- decorrelation ---- */

Test(decorrelation, two_cases_by_hand) {
    Tape t = tape();
    Tensor *v = leaf2(&t, 0.5, -0.5, 1, 0), *x = leaf2(&t, 0.2, 0.4, -0.6, 0.8);
    Tensor *loss = loss_decorrelation(&t, v, x);
    cr_assert(near(value(loss), 0.504375));
    tape_backward(&t, loss);
    cr_assert(gradient_is(v, -0.0625, 0.1875, -0.1875, -0.0625));
    cr_assert(gradient_is(x, -0.12, -0.14, 0.16, -0.18));
    tape_free(&t);
}

Test(decorrelation, is_0_for_orthogonal_bits_and_not_for_a_bit_told_twice) {
    Tape t = tape();
    Tensor *orthogonal = leaf(&t, 4, 3, (double[]){1, 1, 1, 1, -1, -1, -1, 1, -1, -1, -1, 1});
    Tensor *twice = leaf(&t, 4, 3, (double[]){1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, 1});
    cr_assert_eq(value(loss_decorrelation(&t, orthogonal, orthogonal)), 0);
    cr_assert(near(value(loss_decorrelation(&t, orthogonal, twice)), 2.0 / 9)); /* two entries of 1 in R */
    tape_free(&t);
}

/* ---- classification ---- */

Test(classification, one_label_a_case_by_hand) {
    Tape t = tape();
    Tensor *z = leaf2(&t, LN3, 0, 0, 0);
    Targets y = {.b = 2, .c = 2, .single = true, .label = (int[]){0, 1}};
    Tensor *loss = loss_classification(&t, z, &y);
    cr_assert(near(value(loss), (3 * LN2 - LN3) / 2));
    tape_backward(&t, loss);
    cr_assert(gradient_is(z, -0.125, 0.125, 0.25, -0.25));
    tape_free(&t);
}

Test(classification, several_labels_a_case_by_hand) {
    Tape t = tape();
    Tensor *z = leaf2(&t, LN3, 0, 0, 0);
    Targets y = {.b = 2, .c = 2, .y = (real[]){1, 0, 0, 1}, .bce_weight = 2};
    Tensor *loss = loss_classification(&t, z, &y);
    cr_assert(near(value(loss), 2 * (5 * LN2 - LN3) / 4));
    tape_backward(&t, loss);
    cr_assert(gradient_is(z, -0.125, 0.25, 0.25, -0.25));
    tape_free(&t);
}

Test(classification, falls_to_0_as_the_right_class_wins_and_never_overflows) {
    Tape t = tape();
    Tensor *right = leaf2(&t, 1e4, 0, 0, 1e4), *wrong = leaf2(&t, 0, 1e4, 1e4, 0);
    Targets single = {.b = 2, .c = 2, .single = true, .label = (int[]){0, 1}};
    Targets several = {.b = 2, .c = 2, .y = (real[]){1, 0, 0, 1}, .bce_weight = 1};
    cr_assert_eq(value(loss_classification(&t, right, &single)), 0);
    cr_assert(near(value(loss_classification(&t, wrong, &single)), 1e4));
    cr_assert(near(value(loss_classification(&t, right, &several)), LN2 / 2));
    cr_assert(near(value(loss_classification(&t, wrong, &several)), 1e4 / 2 + LN2 / 2));
    tape_free(&t);
}

Test(classification, a_hard_label_as_a_distribution_is_the_same) {
    Tape t = tape();
    Tensor *z = leaf2(&t, 0.3, -1, 2, 0.5);
    Targets hard = {.b = 2, .c = 2, .single = true, .label = (int[]){1, 0}, .y = (real[]){0, 1, 1, 0}},
            soft = hard;
    soft.soft = true;
    cr_assert(near(value(loss_classification(&t, z, &soft)), value(loss_classification(&t, z, &hard))));
    cr_assert(near(value(loss_weight_decay(&t, z)), 0.09 + 1 + 4 + 0.25));
    tape_free(&t);
}

/* ---- What is refused ---- */

static Tensor *odd(Tape *t) {
    return leaf(t, 2, 3, (double[]){1, 2, 3, 4, 5, 6});
}
static Tensor *square(Tape *t) {
    return leaf2(t, 1, 2, 3, 4);
}

static const real ONES[4] = {1, 1, 1, 1};

#define ABORTS(suite, call)                                                                                  \
    Test(suite, aborts_on_shapes_that_do_not_fit, .signal = SIGABRT) {                                       \
        Tape t = tape();                                                                                     \
        call;                                                                                                \
    }

ABORTS(align, loss_align(&t, square(&t), odd(&t), PAIRS_ONLY, 1))
ABORTS(manifold, loss_manifold(&t, square(&t), odd(&t), ONES))
ABORTS(laplacian, loss_laplacian(&t, square(&t), odd(&t), ONES, ONES))
ABORTS(balance, loss_balance(&t, square(&t), odd(&t)))
ABORTS(quantisation, loss_quantisation(&t, square(&t), odd(&t)))
ABORTS(likelihood, loss_likelihood(&t, square(&t), odd(&t), PAIRS_ONLY))
ABORTS(soft_pairs, loss_soft_pairs(&t, square(&t), odd(&t), square(&t), square(&t), ONES))
ABORTS(decorrelation, loss_decorrelation(&t, square(&t), odd(&t)))

Test(align, teacher_aborts_on_shapes_that_do_not_fit, .signal = SIGABRT) {
    Tape t = tape();
    loss_teacher(&t, square(&t), square(&t), odd(&t));
}

Test(align, aborts_on_a_temperature_of_0, .signal = SIGABRT) {
    Tape t = tape();
    loss_align(&t, square(&t), square(&t), PAIRS_ONLY, 0);
}

Test(align, aborts_where_a_pair_is_not_its_own_positive, .signal = SIGABRT) {
    Tape t = tape();
    const uint8_t relation[4] = {1, 0, 0, 2};
    loss_align(&t, square(&t), square(&t), relation, 1);
}

Test(classification, aborts_on_a_label_beyond_the_classes, .signal = SIGABRT) {
    Tape t = tape();
    Targets y = {.b = 2, .c = 2, .single = true, .label = (int[]){0, 2}};
    loss_classification(&t, square(&t), &y);
}

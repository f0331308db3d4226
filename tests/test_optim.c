#include "nn/optim.h"

#include <math.h>
#include <string.h>

#include "tests/check.h"

/* One weight with its gradient. */
static ParamSet one(double w, double g) {
    ParamSet p = {0};
    params_add(&p, "w", 2, (int[]){1, 1});
    cr_assert_eq(params_seal(&p, NULL), STATUS_OK);
    p.values[0] = (real)w;
    p.grads[0] = (real)g;
    return p;
}

/* By hand: after one step the corrected moments are g and g^2, so w moves by lr g/|g| whatever g is. After a
 * second step with gradient 0: m^ = .9 .1 g / (1 - .81) = .473684 g; v^ = .999 .001 g^2 / (1 - .998001) =
 * .499750 g^2; m^ / sqrt(v^) = .670061. */
Test(adam, two_steps_by_hand) {
    Adam a = adam_default(0);
    ParamSet p = one(1, -4);
    adam_step(&a, &p, NULL, 0.1);
    cr_assert_float_eq(p.values[0], 1.1, 1e-6);
    p.grads[0] = 0;
    adam_step(&a, &p, NULL, 0.1);
    cr_assert_float_eq(p.values[0], 1.1670061, 1e-6);
    cr_assert_eq(a.step, 2);
    params_free(&p);
}

Test(adam, decoupled_decay_shrinks_the_weight_by_lr_times_decay) {
    Adam a = adam_default(0.5);
    ParamSet p = one(2, 0);
    adam_step(&a, &p, NULL, 0.1);
    cr_assert_float_eq(p.values[0], 2 - 0.1 * 0.5 * 2, 1e-6);
    cr_assert(p.moment1[0] == 0);
    params_free(&p);
}

Test(adam, coupled_decay_goes_into_the_gradient) {
    Adam a = adam_default(0.5);
    a.decoupled = false;
    ParamSet p = one(2, 0);
    adam_step(&a, &p, NULL, 0.1);
    cr_assert_float_eq(p.values[0], 1.9, 1e-6); /* the sign of a gradient of 1 */
    cr_assert_float_eq(p.moment1[0], 0.1, 1e-7);
    params_free(&p);
}

/* Several parameters over several pieces, with gaps. */
static ParamSet many(void) {
    ParamSet p = {0};
    params_add(&p, "a", 2, (int[]){130, 251});
    params_add(&p, "bias", 1, (int[]){7});
    params_add(&p, "frozen", 2, (int[]){3, 3});
    params_add_buffer(&p, "mean", 1, (int[]){5}, 1);
    params_add(&p, "b", 2, (int[]){300, 77});
    cr_assert_eq(params_seal(&p, NULL), STATUS_OK);
    params_find(&p, "frozen")->tensor->needs_grad = false;
    Rng r = rng_stream(1, RNG_TEST, 0);
    for (size_t i = 0; i < p.count; i++)
        for (size_t k = 0; k < tensor_size(p.items[i].tensor); k++) {
            p.values[p.items[i].offset + k] = (real)rng_normal(&r);
            p.grads[p.items[i].offset + k] = (real)rng_normal(&r);
        }
    return p;
}

/* The paper's algorithm 1 with decoupled decay, in double. */
static double paper(double w, double g, bool decay, int steps) {
    double m = 0, v = 0;
    for (int t = 1; t <= steps; t++) {
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        double m_hat = m / (1 - pow(0.9, t)), v_hat = v / (1 - pow(0.999, t));
        w -= 0.01 * (m_hat / (sqrt(v_hat) + 1e-8) + (decay ? 0.1 * w : 0));
    }
    return w;
}

Test(adam, follows_the_paper_for_matrices_and_spares_biases_of_decay) {
    Adam a = adam_default(0.1);
    ParamSet p = many(), start = many();
    for (int t = 0; t < 5; t++) adam_step(&a, &p, NULL, 0.01);
    for (size_t i = 0; i < p.count; i++)
        for (size_t k = 0; k < tensor_size(p.items[i].tensor); k++) {
            size_t at = p.items[i].offset + k;
            double w = (double)start.values[at], g = (double)start.grads[at];
            double expected =
                p.items[i].tensor->needs_grad ? paper(w, g, strcmp(p.items[i].name, "bias") != 0, 5) : w;
            cr_assert_float_eq(p.values[at], expected, 2e-6, "%s[%zu]", p.items[i].name, k);
        }
    params_free(&p);
    params_free(&start);
}

Test(adam, leaves_frozen_parameters_buffers_and_gaps_alone) {
    Adam a = adam_default(0.1);
    ParamSet p = many(), start = many();
    adam_step(&a, &p, NULL, 0.01);
    for (size_t i = 0; i < p.count; i++) {
        size_t from = p.items[i].offset, size = tensor_size(p.items[i].tensor);
        size_t end = i + 1 < p.count ? p.items[i + 1].offset : p.size;
        for (size_t k = from + size; k < end; k++) cr_assert(p.values[k] == 0 && p.moment2[k] == 0);
        if (p.items[i].tensor->needs_grad) continue;
        for (size_t k = from; k < end; k++) cr_assert(p.values[k] == start.values[k] && p.moment1[k] == 0);
    }
    params_free(&p);
    params_free(&start);
}

Test(adam, gives_the_same_bits_at_any_number_of_threads) {
    ParamSet p = many(), q = many();
    Adam a = adam_default(0.1), b = a;
    Pool *pool;
    cr_assert_eq(pool_create(&pool, 3, NULL), STATUS_OK);
    for (int t = 0; t < 3; t++) {
        adam_step(&a, &p, NULL, 0.01);
        adam_step(&b, &q, pool, 0.01);
    }
    cr_assert_eq(memcmp(p.values, q.values, p.size * sizeof(real)), 0);
    cr_assert_eq(memcmp(p.moment2, q.moment2, p.size * sizeof(real)), 0);
    pool_free(pool);
    params_free(&p);
    params_free(&q);
}

Test(adam, reset_forgets_steps_and_moments) {
    ParamSet p = many(), q = many();
    Adam a = adam_default(0.1), b = a;
    adam_step(&a, &p, NULL, 0);
    cr_assert(p.moment1[0] != 0);
    adam_reset(&a, &p);
    adam_step(&a, &p, NULL, 0.01);
    adam_step(&b, &q, NULL, 0.01);
    cr_assert_eq(memcmp(p.values, q.values, p.size * sizeof(real)), 0);
    params_free(&p);
    params_free(&q);
}

Test(clip, norm_is_over_trained_gradients_alone) {
    ParamSet p = many();
    memset(p.grads, 0, p.size * sizeof(real));
    params_find(&p, "a")->tensor->grad[130 * 251 - 1] = 3;
    params_find(&p, "bias")->tensor->grad[6] = -4;
    params_find(&p, "frozen")->tensor->grad[0] = 100;
    cr_assert_float_eq(params_grad_norm(&p), 5, 1e-12);
    params_free(&p);
}

Test(clip, scales_down_to_the_limit_and_never_up) {
    ParamSet p = one(0, 8);
    cr_assert_float_eq(params_clip(&p, 0), 8, 1e-12);
    cr_assert_float_eq(params_clip(&p, 10), 8, 1e-12);
    cr_assert(p.grads[0] == 8);
    cr_assert_float_eq(params_clip(&p, 2), 8, 1e-12);
    cr_assert_float_eq(p.grads[0], 2, 1e-6);
    p.grads[0] = (real)INFINITY;
    cr_assert(isinf(params_clip(&p, 2)) && isinf(p.grads[0]));
    params_free(&p);
}

Test(schedule, rises_to_the_peak_and_falls_to_a_hundredth) {
    cr_assert_float_eq(schedule_one_cycle(0, 100, 0.1, 2), 0.2, 1e-12);
    cr_assert_float_eq(schedule_one_cycle(9, 100, 0.1, 2), 2, 1e-12);
    cr_assert_float_eq(schedule_one_cycle(54, 100, 0.1, 2), (2 + 0.02) / 2, 1e-12);
    cr_assert_float_eq(schedule_one_cycle(99, 100, 0.1, 2), 0.02, 1e-12);
    cr_assert_float_eq(schedule_one_cycle(500, 100, 0.1, 2), 0.02, 1e-12);
    for (long s = 10; s < 99; s++)
        cr_assert_lt(schedule_one_cycle(s + 1, 100, 0.1, 2), schedule_one_cycle(s, 100, 0.1, 2));
}

Test(schedule, without_warm_up_or_with_one_step_it_is_finite) {
    cr_assert_lt(schedule_one_cycle(0, 10, 0, 1), 1);
    cr_assert_gt(schedule_one_cycle(0, 10, 0, 1), 0.9);
    cr_assert_float_eq(schedule_one_cycle(0, 1, 0, 1), 0.01, 1e-12);
    cr_assert_float_eq(schedule_one_cycle(0, 1, 1, 1), 1, 1e-12);
}

#include "nn/params.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "tests/check.h"

static Tensor *add(ParamSet *p, const char *name, int rows, int columns) {
    return params_add(p, name, 2, (int[]){rows, columns});
}

Test(params, lie_side_by_side_aligned_and_zero) {
    ParamSet p = {0};
    Tensor *a = add(&p, "a.weight", 3, 5), *b = params_add(&p, "a.bias", 1, (int[]){5}),
           *c = add(&p, "c", 4, 4);
    cr_assert_null(a->data);
    cr_assert_eq(params_seal(&p, NULL), STATUS_OK);
    cr_assert_eq(p.size, (size_t)48);
    const Tensor *all[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq((uintptr_t)all[i]->data % 64, (uintptr_t)0);
        cr_assert_eq(all[i]->data, p.values + p.items[i].offset);
        cr_assert_eq(all[i]->grad, p.grads + p.items[i].offset);
        cr_assert(all[i]->needs_grad);
    }
    for (size_t i = 0; i < p.size; i++) {
        cr_assert(p.values[i] == 0 && p.grads[i] == 0 && p.moment1[i] == 0 && p.moment2[i] == 0);
    }
    cr_assert(p.items[0].decay && !p.items[1].decay && p.items[2].decay);
    params_free(&p);
    cr_assert_eq(p.count, (size_t)0);
}

Test(params, are_found_by_their_whole_name) {
    ParamSet p = {0};
    add(&p, "text.word", 2, 2);
    Tensor *b = add(&p, "text.word.weight", 2, 2);
    cr_assert_eq(params_find(&p, "text.word.weight")->tensor, b);
    cr_assert_null(params_find(&p, "text"));
    params_free(&p);
}

Test(params, train_only_takes_prefixes_and_never_buffers) {
    ParamSet p = {0};
    Tensor *image = add(&p, "image.conv", 2, 2), *text = add(&p, "text.conv", 2, 2);
    Tensor *mean = params_add_buffer(&p, "image.mean", 1, (int[]){2}, 3);
    cr_assert_eq(params_seal(&p, NULL), STATUS_OK);
    cr_assert(mean->data[0] == 3 && mean->data[1] == 3 && !mean->needs_grad && !mean->grad);
    params_train_only(&p, (const char *[]){"image.", "head."}, 2);
    cr_assert(image->needs_grad && !text->needs_grad && !mean->needs_grad);
    params_train_only(&p, NULL, 0);
    cr_assert(!image->needs_grad && !text->needs_grad);
    image->grad[0] = 1;
    params_zero_grad(&p);
    cr_assert(image->grad[0] == 0);
    params_free(&p);
}

Test(params, a_name_given_twice_aborts, .signal = SIGABRT) {
    ParamSet p = {0};
    add(&p, "a", 1, 1);
    add(&p, "a", 1, 1);
}

Test(params, adding_after_the_seal_aborts, .signal = SIGABRT) {
    ParamSet p = {0};
    add(&p, "a", 1, 1);
    params_seal(&p, NULL);
    add(&p, "b", 1, 1);
}

Test(params, a_tensor_of_another_set_aborts, .signal = SIGABRT) {
    ParamSet p = {0}, q = {0};
    add(&p, "a", 1, 1);
    params_seal(&p, NULL);
    param_init_normal(&q, p.items[0].tensor, 1, 1);
}

static Status build(ParamSet *p, Error *err) {
    char name[8] = "p00";
    for (int i = 0; i < 40; i++) {
        name[1] = (char)('0' + i / 10), name[2] = (char)('0' + i % 10);
        add(p, name, 2, 2);
    }
    return params_seal(p, err);
}

Test(params, memory_that_runs_out_is_told_by_the_seal) {
    long n = 1;
    for (; n < 100; n++) {
        ParamSet p = {0};
        Error err = {STATUS_OK, ""};
        mem_fail_at(n, 0);
        Status s = build(&p, &err);
        mem_fail_at(0, 0);
        params_free(&p);
        if (s == STATUS_OK) break;
        cr_assert_eq(s, STATUS_IO);
        cr_assert_not_null(strstr(err.message, "out of memory"));
    }
    cr_assert(n > 40 && n < 100);
}

static void moments(const Tensor *x, double *mean, double *deviation, double *largest) {
    double n = (double)tensor_size(x), square = 0;
    *mean = *largest = 0;
    for (size_t i = 0; i < tensor_size(x); i++) {
        double v = (double)x->data[i];
        *mean += v / n;
        square += v * v / n;
        *largest = fmax(*largest, fabs(v));
    }
    *deviation = sqrt(square - *mean * *mean);
}

Test(params, initial_values_have_their_deviation_and_bound) {
    ParamSet p = {0};
    double mean, deviation, largest;
    Tensor *a = params_add(&p, "a", 4, (int[]){64, 16, 3, 3}), *b = add(&p, "b", 100, 50);
    cr_assert_eq(params_seal(&p, NULL), STATUS_OK);
    param_init_he(&p, a, 1);
    moments(a, &mean, &deviation, &largest);
    cr_assert_float_eq(mean, 0, 0.005);
    cr_assert_float_eq(deviation, sqrt(2.0 / (16 * 9)), 0.004);
    param_init_glorot(&p, a, 1); /* an input reaches 64 * 9 outputs */
    moments(a, &mean, &deviation, &largest);
    double bound = sqrt(6.0 / (16 * 9 + 64 * 9));
    cr_assert(largest <= bound && largest > 0.99 * bound);
    param_init_uniform(&p, b, 1, 0.3);
    moments(b, &mean, &deviation, &largest);
    cr_assert(largest <= 0.3 + 1e-7 && largest > 0.297);
    param_init_normal(&p, b, 1, 0.02);
    moments(b, &mean, &deviation, &largest);
    cr_assert_float_eq(deviation, 0.02, 0.001);
    params_free(&p);
}

Test(params, adding_one_moves_the_initial_values_of_no_other) {
    ParamSet p = {0}, q = {0};
    Tensor *a = add(&p, "a", 3, 3), *b = add(&p, "b", 3, 3);
    add(&q, "new", 7, 3);
    Tensor *b2 = add(&q, "b", 3, 3);
    cr_assert(params_seal(&p, NULL) == STATUS_OK && params_seal(&q, NULL) == STATUS_OK);
    param_init_normal(&p, a, 5, 1);
    param_init_normal(&p, b, 5, 1);
    param_init_normal(&q, b2, 5, 1);
    cr_assert_eq(memcmp(b->data, b2->data, 9 * sizeof(real)), 0);
    cr_assert(memcmp(a->data, b->data, 9 * sizeof(real)) != 0);
    param_init_normal(&q, b2, 6, 1);
    cr_assert(memcmp(b->data, b2->data, 9 * sizeof(real)) != 0);
    params_free(&p);
    params_free(&q);
}

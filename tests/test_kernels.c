/* The tuned forms against the plain loops that define them, over odd shapes, in float. Whole ops: grad_ops.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/blas.h"
#include "nn/fast.h"
#include "nn/fast/conv.h"
#include "nn/fast/gemm.h"
#include "nn/ops.h"
#include "tests/check.h"

static real *numbers(size_t n, uint32_t stream) {
    Rng r = rng_stream(1, RNG_TEST, stream);
    real *x = mem_alloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = (real)rng_range(&r, -1, 1);
    return x;
}

static real *zeros(size_t n) {
    return mem_calloc(n, sizeof(real));
}

/* Largest difference as a share of the largest entry of b. */
static double distance(const real *a, const real *b, size_t n) {
    double worst = 0, most = 1e-30;
    for (size_t i = 0; i < n; i++) {
        worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
        most = fmax(most, fabs((double)b[i]));
        if (isnan(a[i])) return INFINITY;
    }
    return worst / most;
}

/* ---- Matrix product ---- */

static void compare_product(bool ta, bool tb, int m, int n, int k, real beta) {
    real *a = numbers((size_t)(m * k), 1), *b = numbers((size_t)(k * n), 2), *c = numbers((size_t)(m * n), 3);
    real *plain = numbers((size_t)(m * n), 3), *scratch = zeros(gemm_scratch(n, k));
    int lda = ta ? m : k, ldb = tb ? k : n;
    gemm(ta, tb, m, n, k, a, lda, b, ldb, beta, c, n, scratch);
    fast = &fast_none;
    gemm(ta, tb, m, n, k, a, lda, b, ldb, beta, plain, n, scratch);
    fast = &fast_tuned;
    double d = distance(c, plain, (size_t)(m * n));
    cr_assert_lt(d, 1e-5, "ta %d tb %d m %d n %d k %d beta %g: %g", ta, tb, m, n, k, (double)beta, d);
    mem_free(a), mem_free(b), mem_free(c), mem_free(plain), mem_free(scratch);
}

Test(kernels, product_equals_the_triple_loop_at_every_edge) {
    const int size[] = {1, 2, 5, 6, 7, 16, 17, 33, 64};
    enum { N = sizeof size / sizeof *size };
    for (int i = 0; i < N * N * N; i++)
        for (int form = 0; form < 4; form++)
            compare_product(form & 1, form & 2, size[i % N], size[i / N % N], size[i / N / N],
                            (real)(i % 3) / 2);
}

Test(kernels, a_row_of_a_product_has_the_same_bits_alone_and_in_any_place) {
    enum { M = 53, N_ = 37, K = 129 };
    real *a = numbers(M * K, 1), *b = numbers(K * N_, 2), *all = zeros(M * N_), one[N_];
    real *scratch = zeros(gemm_scratch(N_, K));
    gemm(false, false, M, N_, K, a, K, b, N_, 0, all, N_, scratch);
    for (int i = 0; i < M; i++) {
        gemm(false, false, 1, N_, K, a + i * K, K, b, N_, 0, one, N_, scratch);
        cr_assert_eq(memcmp(one, all + i * N_, sizeof one), 0, "row %d", i);
    }
    mem_free(a), mem_free(b), mem_free(all), mem_free(scratch);
}

/* ---- Convolution ---- */

typedef struct {
    Tape tape;
    ConvShape s;
    size_t nx, nw, ny;
    real *x, *w, *dy;
} Case;

static Case make_case(int b, int h, int w, int ci, int co, int k, int stride, int pad) {
    Case c = {.s = {b, h, w, ci, co, k, k, stride, pad, (h + 2 * pad - k) / stride + 1,
                    (w + 2 * pad - k) / stride + 1}};
    tape_init(&c.tape, NULL);
    c.nx = (size_t)(b * h * w * ci), c.nw = (size_t)(co * ci * k * k),
    c.ny = (size_t)(b * c.s.oh * c.s.ow * co);
    c.x = numbers(c.nx, 1), c.w = numbers(c.nw, 2), c.dy = numbers(c.ny, 3);
    return c;
}

static void free_case(Case *c) {
    mem_free(c->x), mem_free(c->w), mem_free(c->dy);
    tape_free(&c->tape);
}

/* op_conv2d on the case by the table in use: writes y, adds to dx and dw. */
static void run_op(Case *c, real *y, real *dx, real *dw) {
    const ConvShape *s = &c->s;
    Tensor x = {c->x, dx, 4, {s->b, s->h, s->w, s->ci}, true},
           w = {c->w, dw, 4, {s->co, s->ci, s->kh, s->kw}, true};
    tape_reset(&c->tape);
    Tensor *out = op_conv2d(&c->tape, &x, &w, s->stride, s->pad);
    memcpy(y, out->data, c->ny * sizeof(real));
    memcpy(tape_grad(&c->tape, out), c->dy, c->ny * sizeof(real));
    c->tape.nodes[0].backward(&c->tape, &c->tape.nodes[0]);
}

static void expect(const Case *c, const char *what, real *tuned, real *plain, size_t n) {
    double d = distance(tuned, plain, n);
    cr_assert_lt(d, 2e-5, "%s b %d h %d w %d ci %d co %d k %d stride %d pad %d: %g", what, c->s.b, c->s.h,
                 c->s.w, c->s.ci, c->s.co, c->s.kh, c->s.stride, c->s.pad, d);
    mem_free(tuned), mem_free(plain);
}

typedef struct {
    void (*forward)(Tape *, const ConvShape *, const real *, const real *, ConvEnd, real *);
    void (*grad_x)(Tape *, const ConvShape *, const real *, const real *, real *, bool);
    void (*grad_w)(Tape *, const ConvShape *, const real *, const real *, real *);
} Form;
static const Form DIRECT = {conv_direct_forward, conv_direct_grad_x, conv_direct_grad_w};
static const Form WINOGRAD = {conv_winograd_forward, conv_winograd_grad_x, conv_winograd_grad_w};

static void compare_convolution(const Form *form, int b, int h, int w, int ci, int co, int k, int stride,
                                int pad) {
    Case c = make_case(b, h, w, ci, co, k, stride, pad);
    real *y = zeros(c.ny), *dx = numbers(c.nx, 5), *dw = numbers(c.nw, 6), *fresh = zeros(c.nx),
         *again = zeros(c.nw);
    fast = &fast_none;
    run_op(&c, y, dx, dw);
    run_op(&c, y, fresh, again);
    fast = &fast_tuned;
    mem_free(again);
    tape_reset(&c.tape);

    real *tuned = numbers(c.ny, 4);
    form->forward(&c.tape, &c.s, c.x, c.w, (ConvEnd){0}, tuned);
    expect(&c, "forward", tuned, y, c.ny);

    tuned = numbers(c.nx, 5);
    form->grad_x(&c.tape, &c.s, c.dy, c.w, tuned, false);
    expect(&c, "gradient of x, added", tuned, dx, c.nx);

    tuned = numbers(c.nx, 5);
    form->grad_x(&c.tape, &c.s, c.dy, c.w, tuned, true);
    expect(&c, "gradient of x, fresh", tuned, fresh, c.nx);

    tuned = numbers(c.nw, 6);
    form->grad_w(&c.tape, &c.s, c.x, c.dy, tuned);
    expect(&c, "gradient of w", tuned, dw, c.nw);
    free_case(&c);
}

Test(kernels, direct_convolution_equals_the_loops_at_every_edge) {
    const int kernel[] = {1, 2, 3, 5}, channels[] = {1, 3, 17, 32};
    for (int k = 0; k < 4; k++)
        for (int stride = 1; stride <= 3; stride++)
            for (int pad = 0; pad <= 2; pad++)
                for (int c = 0; c < 4; c++) {
                    if (kernel[k] > 7 + 2 * pad) continue;
                    compare_convolution(&DIRECT, 2, 7, 5 + c, channels[c], channels[(c + k) % 4], kernel[k],
                                        stride, pad);
                }
    compare_convolution(&DIRECT, 1, 1, 1, 1, 1, 1, 1, 0);
    compare_convolution(&DIRECT, 9, 3, 40, 5, 3, 3, 2, 1);
    compare_convolution(&DIRECT, 1, 33, 31, 64, 33, 3, 2, 1);
    compare_convolution(&DIRECT, 1, 4, 150, 3, 18, 3, 1, 1);
}

Test(kernels, winograd_convolution_equals_the_loops_at_every_edge) {
    const int channels[] = {8, 17, 32, 64};
    for (int pad = 0; pad <= 2; pad++)
        for (int c = 0; c < 4; c++)
            for (int d = 0; d < 4; d++)
                compare_convolution(&WINOGRAD, 1 + c, 4 + c, 9 - 2 * d, channels[c], channels[d], 3, 1, pad);
    for (int size = 1; size < 20; size++)
        compare_convolution(&WINOGRAD, 2, size, 20 - size, 17, 8 + size, 3, 1, 1);
    compare_convolution(&WINOGRAD, 1, 33, 30, 16, 16, 3, 1, 1);
    compare_convolution(&WINOGRAD, 40, 8, 8, 16, 24, 3, 1, 1);
}

Test(kernels, winograd_is_chosen_by_the_image_alone) {
    ConvShape s = {1, 8, 8, 32, 32, 3, 3, 1, 1, 8, 8};
    cr_assert(conv_winograd_fits(&s));
    s.b = 64;
    cr_assert(conv_winograd_fits(&s));
    s = (ConvShape){1, 2, 2, 32, 32, 3, 3, 1, 1, 2, 2};
    cr_assert(!conv_winograd_fits(&s), "a map of 2x2 costs more in tiles of 4x4");
    s = (ConvShape){1, 32, 32, 32, 64, 3, 3, 2, 1, 16, 16};
    cr_assert(!conv_winograd_fits(&s), "stride 2 is faster directly");
}

static void winograd_error(void) {
    Case c = make_case(1, 16, 16, 256, 64, 3, 1, 1);
    real *tuned = zeros(c.ny);
    double worst = 0, most = 0;
    conv_winograd_forward(&c.tape, &c.s, c.x, c.w, (ConvEnd){0}, tuned);
    for (size_t y = 0; y < c.ny; y += 7) {
        int o = (int)(y % 64), col = (int)(y / 64) % c.s.ow, row = (int)(y / 64) / c.s.ow;
        double sum = 0;
        for (int k = 0; k < 9 * 256; k++) {
            int i = row + k / 768 - 1, j = col + k / 256 % 3 - 1, channel = k % 256;
            if (i >= 0 && i < 16 && j >= 0 && j < 16)
                sum += (double)c.x[(i * 16 + j) * 256 + channel] *
                       (double)c.w[(o * 256 + channel) * 9 + k / 256];
        }
        worst = fmax(worst, fabs(sum - (double)tuned[y]));
        most = fmax(most, fabs(sum));
    }
    cr_log_info("winograd, 256 channels: largest error / largest output = %.1e", worst / most);
    cr_assert_lt(worst / most, 5e-6);
    mem_free(tuned);
    free_case(&c);
}

Test(kernels, winograd_error_stays_within_a_few_parts_in_a_million) {
    winograd_error();
}

/* The same bits at any number of threads and for an image alone or in a batch. */
Test(kernels, convolution_has_the_same_bits_at_any_thread_count_and_batch) {
    Error err;
    Pool *pool;
    cr_assert_eq(pool_create(&pool, 3, &err), STATUS_OK);
    const int shape[][5] = {{12, 32, 32, 3, 1}, {12, 32, 48, 3, 2}, {12, 17, 33, 1, 2}, {20, 1, 32, 3, 2}};
    for (int i = 0; i < 4; i++) {
        Case c = make_case(11, shape[i][0], 16, shape[i][1], shape[i][2], shape[i][3], shape[i][4],
                           shape[i][3] / 2);
        real *alone = zeros(c.ny), *many = zeros(c.ny), *dw = zeros(c.nw), *dw3 = zeros(c.nw),
             *dx = zeros(c.nx), *dx3 = zeros(c.nx), *unused = zeros(c.nw);
        run_op(&c, alone, dx, dw);
        for (int image = 0; image < 11; image++) {
            Case one = c;
            one.s.b = 1, one.ny /= 11;
            one.x += (size_t)image * (c.nx / 11), one.dy += (size_t)image * one.ny;
            run_op(&one, alone + (size_t)image * one.ny, dx3, unused);
            c.tape = one.tape;
        }
        memset(dx3, 0, c.nx * sizeof(real));
        mem_free(unused);
        c.tape.pool = pool;
        run_op(&c, many, dx3, dw3);
        cr_assert_eq(memcmp(alone, many, c.ny * sizeof(real)), 0, "forward of shape %d", i);
        cr_assert_eq(memcmp(dw, dw3, c.nw * sizeof(real)), 0, "gradient of w of shape %d", i);
        cr_assert_eq(memcmp(dx, dx3, c.nx * sizeof(real)), 0, "gradient of x of shape %d", i);
        mem_free(alone), mem_free(many), mem_free(dw), mem_free(dw3), mem_free(dx), mem_free(dx3);
        free_case(&c);
    }
    pool_free(pool);
}

Test(kernels, folded_batch_norm_equals_convolution_then_batch_norm_then_relu) {
    for (int stride = 1; stride <= 2; stride++) {
        Tape t;
        tape_init(&t, NULL);
        t.recording = t.training = false;
        real *values = numbers(20000, 7);
        Tensor *x = tape_input(&t, 4, (int[]){2, 8, 9, 17}, values);
        Tensor *w = tape_input(&t, 4, (int[]){19, 17, 3, 3}, values + 3000);
        Tensor *p[4];
        for (int i = 0; i < 4; i++) p[i] = tape_input(&t, 1, (int[]){19}, values + 10000 + 19 * i);
        for (int i = 0; i < 19; i++) p[3]->data[i] = (real)fabs((double)p[3]->data[i]) + (real)0.1;
        Tensor *y = op_conv2d(&t, x, w, stride, 1);
        Tensor *add = tape_input(&t, 4, y->dim, values + 12000);
        Tensor *plain = op_batchnorm(&t, y, p[0], p[1], p[2], p[3], add, true);
        Tensor *folded = op_conv2d_bn(&t, x, w, stride, 1, p[0], p[1], p[2], p[3], add, true);
        cr_assert_lt(distance(folded->data, plain->data, tensor_size(plain)), 1e-5);
        mem_free(values);
        tape_free(&t);
    }
}

/* ---- Elementary functions ---- */

static void compare_function(const char *name, void (*tuned)(size_t, const real *, real *),
                             double (*exact)(double), double low, double high) {
    enum { N = 60000 };
    real *x = zeros(N), *y = zeros(N);
    double worst = 0;
    for (int i = 0; i < N; i++) x[i] = (real)(low + (high - low) * i / N);
    tuned(N, x, y);
    for (int i = 0; i < N; i++) {
        double is = exact((double)x[i]);
        worst = fmax(worst, fabs((double)y[i] - is) / fmax(fabs(is), 1e-37));
    }
    cr_assert_lt(worst, 3 * 0x1p-24, "%s: %.2f units of 2^-24", name, worst * 0x1p24);
    mem_free(x), mem_free(y);
}

Test(kernels, exp_tanh_and_erf_are_exact_to_three_units_of_2_to_the_minus_24) {
    compare_function("exp", kernels()->exp, exp, -87, 88.5);
    compare_function("tanh", kernels()->tanh, tanh, -12, 12);
    compare_function("erf", kernels()->erf, erf, -6, 6);
}

Test(kernels, exp_tanh_and_erf_keep_nan_and_have_their_limits) {
    real x[] = {NAN, INFINITY, -INFINITY, 0, 1000, -1000}, e[6], h[6], f[6];
    kernels()->exp(6, x, e), kernels()->tanh(6, x, h), kernels()->erf(6, x, f);
    cr_assert(isnan(e[0]) && isnan(h[0]) && isnan(f[0]));
    cr_assert(isinf(e[1]) && e[2] == 0 && e[3] == 1 && isinf(e[4]) && e[5] == 0);
    cr_assert(h[1] == 1 && h[2] == -1 && h[3] == 0 && h[4] == 1 && h[5] == -1);
    cr_assert(f[1] == 1 && f[2] == -1 && f[3] == 0 && f[4] == 1 && f[5] == -1);
}

/* ---- Every table of this machine ---- */

Test(kernels, every_table_makes_the_plain_products_and_functions) {
    enum { DEPTH = 40, COLUMNS = 13 };
    real *a = numbers(KERNEL_ROWS * DEPTH, 1), *b = numbers(DEPTH * PANEL, 2);
    const Kernels *plain = kernels_at(0), *table;
    ptrdiff_t offset = 0;
    size_t from[KERNEL_ROWS], at[KERNEL_ROWS];
    for (int r = 0; r < KERNEL_ROWS; r++) from[r] = (size_t)r * DEPTH, at[r] = (size_t)r * COLUMNS;
    for (int i = 1; (table = kernels_at(i)); i++)
        for (int rows = 1; rows <= table->rows; rows++) {
            real c[KERNEL_ROWS * COLUMNS] = {0}, d[KERNEL_ROWS * COLUMNS] = {0};
            table->tile(&(Tile){1, DEPTH, &offset, a, b, c, PANEL, {COLUMNS, NULL, NULL, false}}, rows, from,
                        at);
            for (int r = 0; r < rows; r++)
                plain->tile(&(Tile){1, DEPTH, &offset, a, b, d, PANEL, {COLUMNS, NULL, NULL, false}}, 1,
                            from + r, at + r);
            cr_assert_lt(distance(c, d, KERNEL_ROWS * COLUMNS), 1e-5, "%s tile of %d rows", table->name,
                         rows);
            Outer o = {1, DEPTH, 0, KERNEL_ROWS, COLUMNS, COLUMNS, 0};
            table->outer(&o, rows, a, b, c);
            for (int r = 0; r < rows; r++) plain->outer(&o, 1, a + r, b, d + r * COLUMNS);
            cr_assert_lt(distance(c, d, KERNEL_ROWS * COLUMNS), 1e-5, "%s outer of %d rows", table->name,
                         rows);
        }
    mem_free(a), mem_free(b);
}

/* ---- Ops against their plain loops ---- */

static Tensor *input(Tape *t, int rank, const int *dim, uint32_t stream) {
    size_t n = 1;
    for (int i = 0; i < rank; i++) n *= (size_t)dim[i];
    real *values = numbers(n, stream);
    Tensor *x = tape_input(t, rank, dim, values);
    mem_free(values);
    return x;
}

/* Result and gradients of the op with each table must agree; the contents of the padding must not matter. */
static void compare_padded(int b, int n, int d, int heads, int k, const int *length) {
    real *kept[2][3];
    int out = d + 3;
    size_t size[3] = {(size_t)(b * n * d), (size_t)(b * n * out), (size_t)(out * d * k)};
    for (int tuned = 0; tuned < 2; tuned++) {
        fast = tuned ? &fast_tuned : &fast_none;
        Tape t;
        tape_init(&t, NULL);
        Tensor *qkv = input(&t, 3, (int[]){b, n, 3 * d}, 1), *x = input(&t, 3, (int[]){b, n, d}, 2);
        Tensor *w = input(&t, 3, (int[]){out, d, k}, 3), *bias = input(&t, 1, (int[]){out}, 4);
        for (int c = 0; c < b; c++)
            for (int s = length[c]; s < n; s++)
                qkv->data[(c * n + s) * 3 * d] = x->data[(c * n + s) * d] = NAN;
        qkv->needs_grad = x->needs_grad = w->needs_grad = true;
        Tensor *y = op_attention(&t, qkv, heads, length, NULL), *z = op_conv1d(&t, x, w, bias, length);
        for (int c = 0; c < b; c++)
            for (int s = length[c]; s < n; s++)
                for (int j = 0; j < out; j++) {
                    cr_assert(j >= d || y->data[(c * n + s) * d + j] == 0);
                    cr_assert(z->data[(c * n + s) * out + j] == 0);
                }
        tape_backward(&t, op_weighted_sum(&t, 2, (Tensor *[]){op_sum_squares(&t, y), op_sum_squares(&t, z)},
                                          (real[]){1, 1}));
        const real *from[3] = {y->data, z->data, w->grad};
        for (int i = 0; i < 3; i++) kept[tuned][i] = memcpy(zeros(size[i]), from[i], size[i] * sizeof(real));
        for (size_t i = 0; i < tensor_size(qkv); i++) cr_assert(isfinite(qkv->grad[i]));
        for (size_t i = 0; i < tensor_size(x); i++) cr_assert(isfinite(x->grad[i]));
        tape_free(&t);
    }
    for (int i = 0; i < 3; i++) {
        cr_assert_lt(distance(kept[1][i], kept[0][i], size[i]), 1e-5, "array %d, width %d", i, d);
        mem_free(kept[0][i]), mem_free(kept[1][i]);
    }
}

Test(kernels, attention_and_token_convolution_equal_the_plain_loops_and_do_not_see_the_padding) {
    const int lengths[] = {1, 2, 16, 17, 40, 0};
    compare_padded(6, 41, 16, 1, 1, lengths);
    compare_padded(6, 41, 6, 3, 3, lengths);
    compare_padded(6, 41, 34, 2, 5, lengths);
}

/* Many rows: several pieces and blocks of the tuned form; x far from 0, where squares would cancel. */
static void compare_norms(int rows, int c, bool training) {
    real *kept[2][4];
    size_t size[4] = {(size_t)(rows * c), (size_t)(rows * c), (size_t)(rows * c), (size_t)c};
    for (int tuned = 0; tuned < 2; tuned++) {
        fast = tuned ? &fast_tuned : &fast_none;
        Tape t;
        tape_init(&t, NULL);
        t.training = training;
        Tensor *x = input(&t, 2, (int[]){rows, c}, 1), *add = input(&t, 2, (int[]){rows, c}, 2), *p[4];
        for (int k = 0; k < 4; k++) p[k] = input(&t, 1, (int[]){c}, (uint32_t)(3 + k));
        for (int k = 0; k < c; k++) p[3]->data[k] = p[3]->data[k] * p[3]->data[k] + (real)0.1;
        for (size_t k = 0; k < size[0]; k++) x->data[k] = x->data[k] * 3 + 5;
        x->needs_grad = p[0]->needs_grad = true;
        Tensor *y = op_batchnorm(&t, x, p[0], p[1], p[2], p[3], add, c % 2),
               *z = op_layernorm(&t, x, p[0], p[1]);
        Tensor *sum = op_mul(&t, op_add(&t, y, op_gelu(&t, z)), input(&t, 2, (int[]){rows, c}, 9));
        tape_backward(&t, op_sum_squares(&t, sum));
        const real *from[4] = {y->data, sum->data, x->grad, p[0]->grad};
        for (int i = 0; i < 4; i++) kept[tuned][i] = memcpy(zeros(size[i]), from[i], size[i] * sizeof(real));
        tape_free(&t);
    }
    for (int i = 0; i < 4; i++) {
        double d = distance(kept[1][i], kept[0][i], size[i]);
        cr_assert_lt(d, i < 2 ? 1e-5 : 1e-4, "array %d, %d rows of %d: %g", i, rows, c, d);
        mem_free(kept[0][i]), mem_free(kept[1][i]);
    }
}

Test(kernels, norms_and_gelu_equal_the_plain_loops_over_many_rows) {
    const int rows[] = {2, 7, 300, 9000}, channels[] = {3, 8, 17, 33, 128};
    for (int i = 0; i < 20; i++) compare_norms(rows[i / 5], channels[i % 5], i % 2);
}

/* The same step on the same numbers, over parameters that decay, do not, or stand still. */
Test(kernels, adam_and_the_norm_of_gradients_equal_the_plain_loops) {
    real *kept[2];
    double norm[2];
    for (int tuned = 0; tuned < 2; tuned++) {
        fast = tuned ? &fast_tuned : &fast_none;
        ParamSet p = {0};
        Adam a = adam_default(0.1);
        params_add(&p, "matrix", 2, (int[]){150, 133});
        params_add(&p, "frozen", 2, (int[]){3, 5});
        params_add(&p, "bias", 1, (int[]){7});
        cr_assert_eq(params_seal(&p, NULL), STATUS_OK);
        Rng r = rng_stream(1, RNG_TEST, 0);
        for (size_t i = 0; i < p.count; i++)
            for (size_t k = 0; k < tensor_size(p.items[i].tensor); k++)
                p.items[i].tensor->data[k] = (real)rng_normal(&r),
                p.items[i].tensor->grad[k] = (real)rng_normal(&r);
        p.items[1].tensor->needs_grad = false;
        norm[tuned] = params_grad_norm(&p);
        for (int step = 0; step < 3; step++) adam_step(&a, &p, NULL, 0.01);
        kept[tuned] = memcpy(zeros(p.size), p.values, p.size * sizeof(real));
        if (tuned) cr_assert_lt(distance(kept[1], kept[0], p.size), 1e-6);
        params_free(&p);
    }
    cr_assert_float_eq(norm[0], norm[1], 1e-9 * norm[0]);
    mem_free(kept[0]), mem_free(kept[1]);
}

Test(kernels, box_muller_is_that_of_rng_normal) {
    enum { N = 20000 };
    Rng r = rng_stream(3, RNG_TEST, 0), again = r;
    real *u = zeros(N), *v = zeros(N), *z = zeros(N), *exact = zeros(N);
    for (int i = 0; i < N; i++) u[i] = (real)(1 - rng_uniform(&r)), v[i] = (real)rng_uniform(&r);
    for (int i = 0; i < N; i++) exact[i] = (real)rng_normal(&again);
    const Kernels *table;
    for (int k = 0; (table = kernels_at(k)); k++) {
        table->box_muller(N, u, v, z);
        cr_assert_lt(distance(z, exact, N), 1e-6, "%s", table->name);
    }
    mem_free(u), mem_free(v), mem_free(z), mem_free(exact);
}

Test(rng, blocks_are_the_numbers_that_are_drawn_one_by_one) {
    Rng r = rng_stream(5, RNG_TEST, 7);
    uint32_t blocks[40];
    rng_blocks(&r, 3, 10, blocks);
    for (int i = 0; i < 12; i++) rng_u32(&r);
    for (int i = 0; i < 40; i++) cr_assert_eq(rng_u32(&r), blocks[i]);
}

/* Every kernel of every table that this machine can run against the plain table's, over odd sizes; no kernel writes beyond the
 * end. */
#include <math.h>
#include <string.h>

#include "nn/base/rng.h"
#include "nn/fast/kernels.h"
#include "tests/check.h"

enum { MOST = 1 << 13, GUARD = 32 };
static const size_t SIZE[] = {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 64, 127};
enum { SIZES = sizeof SIZE / sizeof *SIZE };

/* The output of a call for the plain table and for the other, and its input. */
static real expected[MOST], got[MOST], a[MOST], b[MOST], c[MOST], e[MOST];

static void draw(real *x, uint32_t stream) {
    Rng r = rng_stream(1, RNG_TEST, stream);
    for (int i = 0; i < MOST; i++) x[i] = (real)rng_range(&r, -1, 1);
}

static void begin(void) {
    real *all[] = {a, b, c, e};
    for (uint32_t k = 0; k < 4; k++) draw(all[k], k);
    draw(expected, 9);
    memcpy(got, expected, sizeof got);
}

/* Errors of a sum are relative to its largest entry; reals beyond the output of a call do not change. */
static void same(const char *table, const char *kernel, size_t size, size_t written) {
    double most = 1;
    for (size_t i = 0; i < written; i++) most = fmax(most, fabs((double)expected[i]));
    for (size_t i = 0; i < written; i++)
        cr_assert_lt(fabs((double)expected[i] - (double)got[i]), 2e-6 * most,
                     "%s of table %s, size %zu, place %zu", kernel, table, size, i);
    cr_assert_eq(memcmp(expected + written, got + written, GUARD * sizeof(real)), 0,
                 "%s of table %s, size %zu writes beyond its end", kernel, table, size);
}

/* Calls a member of both tables in the same way; `to` is what each writes to. */
#define BOTH(member, size, written, ...)                                                                     \
    do {                                                                                                     \
        begin();                                                                                             \
        real *to = expected;                                                                                 \
        plain->member(__VA_ARGS__);                                                                          \
        to = got;                                                                                            \
        table->member(__VA_ARGS__);                                                                          \
        same(table->name, #member, size, written);                                                           \
    } while (0)

#define EACH_OTHER_TABLE                                                                                     \
    const Kernels *plain = kernels_at(0), *table;                                                            \
    for (int number = 1; (table = kernels_at(number)); number++)                                             \
        for (int which = 0; which < SIZES; which++)

Test(kernel_tables, elementary_functions_agree) {
    EACH_OTHER_TABLE {
        size_t n = SIZE[which];
        BOTH(exp, n, n, n, a, to);
        BOTH(tanh, n, n, n, a, to);
        BOTH(erf, n, n, n, a, to);
        BOTH(gelu, n, n, n, a, to);
        BOTH(gelu_gradient, n, n, n, a, b, to, true);
        BOTH(gelu_gradient, n, n, n, a, b, to, false);
        BOTH(axpy, n, n, n, (real)0.3, a, to);
        BOTH(softmax, n, n, n, (real)0.7, to);
        BOTH(softmax_gradient, n, n, n, (real)0.7, a, to);
        begin();
        cr_assert_float_eq(plain->dot(n, a, b), table->dot(n, a, b), 1e-5, "dot of table %s, size %zu",
                           table->name, n);
    }
}

Test(kernel_tables, box_muller_agrees) {
    EACH_OTHER_TABLE {
        size_t n = SIZE[which];
        begin();
        for (size_t i = 0; i < n; i++) a[i] = (real)0.5 + a[i] / (real)2.1, b[i] = (real)0.5 + b[i] / 2;
        plain->box_muller(n, a, b, expected);
        table->box_muller(n, a, b, got);
        same(table->name, "box_muller", n, n);
    }
}

Test(kernel_tables, normalisations_agree) {
    EACH_OTHER_TABLE {
        size_t n = SIZE[which];
        Rows rows = {5, n};
        BOTH(moments, n, 2 * n, &rows, a, b, to, to + n);
        BOTH(normalise, n, 5 * n, &rows, a, NULL, b, c, false, to);
        BOTH(normalise, n, 5 * n, &rows, a, e, b, c, true, to);
        BOTH(normalise_sums, n, 12 * n, &rows, a, e, b, c, to, to + 5 * n, to + 10 * n, to + 11 * n);
        BOTH(normalise_sums, n, 12 * n, &rows, a, NULL, b, c, to, NULL, to + 10 * n, to + 11 * n);
        BOTH(normalise_gradient, n, 5 * n, &rows, a, b, c, e, c + 200, to, true);
        BOTH(normalise_gradient, n, 5 * n, &rows, a, b, c, e, c + 200, to, false);
        if (n < 3) continue; /* a deviation of nothing makes any error large */
        BOTH(layernorm, n, n + 2, n, a, b, c, to, to + n);
        const real stats[2] = {(real)0.1, (real)1.5};
        BOTH(layernorm_gradient, n, 3 * n, n, a, b, c, stats, to, to + n, to + 2 * n, true);
        BOTH(layernorm_gradient, n, 3 * n, n, a, b, c, stats, to, to + n, to + 2 * n, false);
    }
}

/* One tile of each of Winograd's transforms: `channels` of a panel, the top left (height,width). */
static void compare_winograd(const Kernels *plain, const Kernels *table, int channels, int height,
                             int width) {
    size_t out = (size_t)WINOGRAD_PLACES * PANEL;
    Pixels at = {9 * 20, 20};
    const TileSource whole = {a, 0, 9 * 20, 20, 0, 6, 0, 6, channels},
                     edge = {a, -9 * 20, 9 * 20, 20, 1, height + 1, width - 1, 5, channels},
                     small = {a, 0, 9 * 20, 20, 0, 4, 0, 4, channels},
                     corner = {a, -20, 9 * 20, 20, 0, height, 1, 4, channels};
    Epilogue end = {channels, b, c, true}, bare = {channels, NULL, NULL, false};
    BOTH(winograd.input, (size_t)channels, out, &whole, to, PANEL);
    BOTH(winograd.input, (size_t)channels, out, &edge, to, PANEL);
    BOTH(winograd.gradient, (size_t)channels, out, &small, to, PANEL);
    BOTH(winograd.gradient, (size_t)channels, out, &corner, to, PANEL);
    BOTH(winograd.output, (size_t)channels, 4 * 180, a, PANEL, height, width, &end, to, at);
    BOTH(winograd.output, (size_t)channels, 4 * 180, a, PANEL, height, width, &bare, to, at);
    BOTH(winograd.filter, (size_t)channels, out, a, to, PANEL);
    BOTH(winograd.filter_gradient, (size_t)channels, 9 * PANEL, a, PANEL, to);
}

Test(kernel_tables, winograd_transforms_agree) {
    const Kernels *plain = kernels_at(0), *table;
    for (int number = 1; (table = kernels_at(number)); number++)
        for (int channels = 1; channels <= PANEL; channels++)
            for (int height = 1; height <= 4; height++)
                compare_winograd(plain, table, channels, height, 5 - height);
}

static void compare_products(const Kernels *plain, const Kernels *table, int rows, int columns, int depth) {
    enum { LINE = 35, SECOND = 19 * KERNEL_ROWS };
    const ptrdiff_t offset[3] = {0, 40, 7};
    size_t from[KERNEL_ROWS], place[KERNEL_ROWS], size = (size_t)columns;
    for (int r = 0; r < rows; r++) from[r] = (size_t)r * 61, place[r] = (size_t)r * 19;
    Tile t = {3, depth, offset, a, b, NULL, SECOND, {columns, c, e, true}};
    Outer o = {3, depth, 500, 17, columns, LINE, (size_t)(3 * depth * PANEL)};
    begin();
    for (int r = 0; r < rows; r++) {
        t.c = expected;
        plain->tile(&t, 1, from + r, place + r);
    }
    t.c = got;
    table->tile(&t, rows, from, place);
    same(table->name, "tile", size, (size_t)2 * SECOND);
    begin();
    for (int r = 0; r < rows; r++) plain->outer(&o, 1, a + r, b, expected + r * LINE);
    table->outer(&o, rows, a, b, got);
    same(table->name, "outer", size, (size_t)LINE * KERNEL_ROWS);
}

Test(kernel_tables, products_agree_for_any_rows_and_columns) {
    const Kernels *plain = kernels_at(0), *table;
    for (int number = 1; (table = kernels_at(number)); number++)
        for (int rows = 1; rows <= table->rows; rows++)
            for (int columns = 1; columns <= KERNEL_COLUMNS; columns++)
                compare_products(plain, table, rows, columns, 1 + (rows * columns) % 23);
}

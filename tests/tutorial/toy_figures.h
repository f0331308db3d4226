/* The figures of 7_constraints.c and of the phantoms (lessons/draw_codes.c): for each variant its codes, the distances between them,
 * distance against true dissimilarity, and the balance of the bits. */
#ifndef TUTORIAL_TOY_FIGURES_H
#define TUTORIAL_TOY_FIGURES_H

#include <stdio.h>
#include <string.h>

#include "tests/tutorial/plot.h"
#include "tests/tutorial/toy.h"

/* Six stand in a row of a page, so that their letters are not much smaller than the text. */
enum { FIGURE_WIDTH = 210, FIGURE_HEIGHT = 290 };

/* "no manifold" gives codes_no_manifold. */
static inline void figure_name(char *out, size_t size, const char *kind, const char *variant) {
    snprintf(out, size, "%s_%s", kind, variant);
    for (char *at = out; (at = strchr(at, ' '));) *at = '_';
}

static inline void draw_arcs(const Figures *to, const Toy *toy) {
    static const char *const arcs[] = {"arc 1", "arc 2", "arc 3"};
    static double x[N], y[N];
    Error err = {0};
    for (int i = 0; i < N; i++) x[i] = (double)toy->view[0][2 * i], y[i] = (double)toy->view[0][2 * i + 1];
    SvgFrame f = {.title = "The toy set: images", .height = 300};
    SvgPoints p = {.x = x, .y = y, .kind = toy->label, .n = N, .kind_name = arcs, .kinds = CLASSES};
    NN_REQUIRE(figure_scatter(to, "arcs", &f, &p, "", &err) == STATUS_OK, "%s", err.message);
}

static inline void draw_heat(const Figures *to, const char *name, const char *title, const char *x,
                             const char *y, const SvgHeat *h) {
    Error err = {0};
    SvgFrame f = {.title = title, .width = FIGURE_WIDTH, .height = FIGURE_HEIGHT, .x_label = x, .y_label = y};
    NN_REQUIRE(figure_heat(to, name, &f, h, "", &err) == STATUS_OK, "%s", err.message);
}

enum { FIGURE_CASES = 128, FIGURE_BITS = 16, FIGURE_STEP = 3, FIGURE_BINS = 10 };

static inline void draw_codes(const Figures *to, const char *variant, const real *h, int n, int q) {
    static double code[FIGURE_CASES * FIGURE_BITS];
    char name[96];
    for (int i = 0; i < n * q; i++) code[i] = bit(h, i) ? 1 : -1;
    figure_name(name, sizeof name, "codes", variant);
    draw_heat(to, name, variant, "bit", "image",
              &(SvgHeat){.value = code, .rows = (size_t)n, .columns = (size_t)q, .low = -1, .high = 1});
}

/* A cell is the mean over FIGURE_STEP images and texts; cases that do not fill a cell are left out. */
static inline void draw_distances(const Figures *to, const char *variant, const real *h_v, const real *h_t,
                                  int n, int q) {
    static double cell[FIGURE_CASES * FIGURE_CASES];
    int blocks = n / FIGURE_STEP;
    char name[96];
    memset(cell, 0, sizeof cell);
    for (int i = 0; i < blocks * FIGURE_STEP; i++)
        for (int j = 0; j < blocks * FIGURE_STEP; j++)
            cell[i / FIGURE_STEP * blocks + j / FIGURE_STEP] +=
                differing(h_v + i * q, h_t + j * q, q) / (double)(FIGURE_STEP * FIGURE_STEP);
    figure_name(name, sizeof name, "distances", variant);
    draw_heat(
        to, name, variant, "text", "image",
        &(SvgHeat){
            .value = cell, .rows = (size_t)blocks, .columns = (size_t)blocks, .low = 2, .high = 0.75 * q});
}

/* Mean Hamming distance, and one deviation around it, of the pairs whose true dissimilarity `apart` lies in each bin. */
static inline void draw_against(const Figures *to, const char *variant, const real *h_v, const real *h_t,
                                const double *apart, const char *x_label, int n, int q) {
    double count[FIGURE_BINS + 1] = {0}, sum[FIGURE_BINS + 1] = {0}, squares[FIGURE_BINS + 1] = {0};
    double x[FIGURE_BINS + 1], y[FIGURE_BINS + 1], low[FIGURE_BINS + 1], high[FIGURE_BINS + 1];
    size_t points = 0;
    char name[96];
    Error err = {0};
    for (int i = 0; i < n * n; i++) {
        if (apart[i] < 0) continue;
        int bin = (int)(apart[i] * FIGURE_BINS), d = differing(h_v + i / n * q, h_t + i % n * q, q);
        count[bin]++, sum[bin] += d, squares[bin] += d * d;
    }
    for (int k = 0; k <= FIGURE_BINS; k++) {
        if (count[k] == 0) continue;
        double mean = sum[k] / count[k], deviation = sqrt(fmax(squares[k] / count[k] - mean * mean, 0));
        x[points] = (double)k / FIGURE_BINS, y[points] = mean;
        low[points] = mean - deviation, high[points++] = mean + deviation;
    }
    figure_name(name, sizeof name, "against", variant);
    SvgFrame f = {.title = variant,
                  .width = FIGURE_WIDTH,
                  .x_label = x_label,
                  .y_label = "Hamming distance",
                  .y_max = q};
    SvgSeries series = {.name = "mean", .x = x, .y = y, .low = low, .high = high, .n = points};
    NN_REQUIRE(figure_lines(to, name, &f, &series, 1, "", &err) == STATUS_OK, "%s", err.message);
}

static inline void draw_balance(const Figures *to, const char *variant, const real *h, int n, int q) {
    static char bit_name[FIGURE_BITS][8];
    static const double tick[] = {0, 0.5, 1};
    SvgBar share[FIGURE_BITS];
    char name[96];
    Error err = {0};
    for (int k = 0; k < q; k++) {
        double ones = 0;
        for (int i = 0; i < n; i++) ones += bit(h, i * q + k);
        snprintf(bit_name[k], sizeof bit_name[k], "bit %d", k + 1);
        share[k] = (SvgBar){bit_name[k], ones / n, ones / n, ones / n, 0};
    }
    figure_name(name, sizeof name, "bits", variant);
    SvgFrame f = {.title = variant,
                  .width = FIGURE_WIDTH,
                  .x_label = "share of ones",
                  .x_ticks = tick,
                  .x_tick_count = 3,
                  .x_max = 1};
    NN_REQUIRE(figure_bars(to, name, &f, share, (size_t)q, "", &err) == STATUS_OK, "%s", err.message);
}

/* Cases stand in the order of their labels. apart (n,n): see draw_against. */
static inline void draw_variant(const Figures *to, const char *variant, const real *h_v, const real *h_t,
                                const double *apart, const char *x_label, int n, int q) {
    NN_REQUIRE(n <= FIGURE_CASES && q <= FIGURE_BITS, "%d cases of %d bits", n, q);
    draw_codes(to, variant, h_v, n, q);
    draw_distances(to, variant, h_v, h_t, n, q);
    draw_against(to, variant, h_v, h_t, apart, x_label, n, q);
    draw_balance(to, variant, h_v, n, q);
}

#endif

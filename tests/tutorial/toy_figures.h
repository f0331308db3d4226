/* The figures of 7_constraints.c: the arcs, and for each variant its codes, the distances between them and the balance of the bits. */
#ifndef TUTORIAL_TOY_FIGURES_H
#define TUTORIAL_TOY_FIGURES_H

#include <stdio.h>
#include <string.h>

#include "tests/tutorial/plot.h"
#include "tests/tutorial/toy.h"

enum { FIGURE_WIDTH = 300, FIGURE_HEIGHT = 380 };

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
    SvgFrame f = {.title = "The toy set: images", .width = FIGURE_WIDTH, .height = FIGURE_WIDTH};
    SvgPoints p = {.x = x, .y = y, .kind = toy->label, .n = N, .kind_name = arcs, .kinds = CLASSES};
    NN_REQUIRE(figure_scatter(to, "arcs", &f, &p, "", &err) == STATUS_OK, "%s", err.message);
}

static inline void draw_heat(const Figures *to, const char *name, const char *title, const char *x,
                             const char *y, const SvgHeat *h) {
    Error err = {0};
    SvgFrame f = {.title = title, .width = FIGURE_WIDTH, .height = FIGURE_HEIGHT, .x_label = x, .y_label = y};
    NN_REQUIRE(figure_heat(to, name, &f, h, "", &err) == STATUS_OK, "%s", err.message);
}

/* Cases stand arc by arc, and by their place along it. A cell of the distances is the mean over STEP images and STEP texts. */
static inline void draw_variant(const Figures *to, const char *variant, const real *h_v, const real *h_t,
                                int q) {
    enum { STEP = 3, BLOCK = N / STEP };
    static double code[N * 64], apart[BLOCK * BLOCK];
    char name[64];
    Error err = {0};
    SvgBar share[64];
    static char bit_name[64][8];
    memset(apart, 0, sizeof apart);
    for (int k = 0; k < q; k++)
        snprintf(bit_name[k], sizeof bit_name[k], "bit %d", k + 1),
            share[k] = (SvgBar){bit_name[k], 0, 0, 0, 0};
    for (int i = 0; i < N * q; i++)
        code[i] = bit(h_v, i) ? 1 : -1, share[i % q].value += bit(h_v, i) / (double)N;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < q; k++)
                apart[i / STEP * BLOCK + j / STEP] +=
                    (bit(h_v, i * q + k) != bit(h_t, j * q + k)) / (double)(STEP * STEP);
    for (int k = 0; k < q; k++) share[k].low = share[k].high = share[k].value;
    figure_name(name, sizeof name, "codes", variant);
    draw_heat(to, name, variant, "bit", "image",
              &(SvgHeat){.value = code, .rows = N, .columns = (size_t)q, .low = -1, .high = 1});
    figure_name(name, sizeof name, "distances", variant);
    draw_heat(to, name, variant, "text", "image",
              &(SvgHeat){.value = apart, .rows = BLOCK, .columns = BLOCK, .low = 2, .high = 0.75 * q});
    figure_name(name, sizeof name, "bits", variant);
    SvgFrame f = {.title = variant,
                  .width = FIGURE_WIDTH,
                  .x_label = "share of cases in which the bit is 1",
                  .x_max = 1};
    NN_REQUIRE(figure_bars(to, name, &f, share, (size_t)q, "", &err) == STATUS_OK, "%s", err.message);
}

#endif

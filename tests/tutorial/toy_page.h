/* The page of 4_constraints.c: for each variant its codes, and the distances between them. */
#ifndef TUTORIAL_TOY_PAGE_H
#define TUTORIAL_TOY_PAGE_H

#include "eval/page/html.h"
#include "eval/page/svg.h"
#include "tests/tutorial/toy.h"

/* Cases stand arc by arc, and by their place along it. */
static inline void draw_codes(Buffer *page, const char *title, const real *h, int q) {
    static double value[N * 64];
    for (int i = 0; i < N * q; i++) value[i] = bit(h, i) ? 1 : -1;
    svg_heat(page,
             &(SvgFrame){.title = title, .width = 300, .height = 380, .x_label = "bit", .y_label = "image"},
             &(SvgHeat){.value = value, .rows = N, .columns = (size_t)q, .low = -1, .high = 1});
}

/* Mean Hamming distance from STEP images to STEP texts a cell. */
static inline void draw_distances(Buffer *page, const real *h_v, const real *h_t, int q) {
    enum { STEP = 3, SIDE = N / STEP };
    static double value[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) value[i] = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < q; k++)
                if (bit(h_v, i * q + k) != bit(h_t, j * q + k))
                    value[i / STEP * SIDE + j / STEP] += 1.0 / (STEP * STEP);
    svg_heat(page,
             &(SvgFrame){.title = "distance from image to text",
                         .width = 300,
                         .height = 380,
                         .x_label = "text",
                         .y_label = "image"},
             &(SvgHeat){.value = value, .rows = SIDE, .columns = SIDE, .low = 2, .high = 0.75 * q});
}

/* figure: along the arc, imbalance, accuracy. */
static inline void draw_variant(Buffer *page, const char *name, const char *look, const real *h_v,
                                const real *h_t, int q, const double figure[3]) {
    html_section_begin(page, name);
    html_text(page, "%s", look);
    html_text(page, "Along the arc %.3f, imbalance %.3f, accuracy %.3f.", figure[0], figure[1], figure[2]);
    html_grid_begin(page);
    html_figure_begin(page);
    draw_codes(page, "codes of images", h_v, q);
    html_figure_end(page, "A case a row, arc by arc; a bit a column.");
    html_figure_begin(page);
    draw_distances(page, h_v, h_t, q);
    html_figure_end(page,
                    "Pale is near. One square a pair of arcs; its diagonal: the same place along the arc.");
    html_grid_end(page);
    html_section_end(page);
}

#endif

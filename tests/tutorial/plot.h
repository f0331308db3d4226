/* Charts of the programs: FOLDER/NAME.svg where the program got a folder as its argument, else none. */
#ifndef TUTORIAL_PLOT_H
#define TUTORIAL_PLOT_H

#include "eval/page/figures.h"

/* Where charts go, for figure_* of eval/page/figures.h; makes the folder. */
static inline Figures plot_folder(int argc, char **argv) {
    Error err = {0};
    Figures to = {.folder = argc > 1 ? argv[1] : NULL};
    NN_REQUIRE(!to.folder || dir_make(to.folder, &err) == STATUS_OK, "%s", err.message);
    return to;
}

static inline void plot_lines(const Figures *to, const char *title, const char *x, const char *y,
                              const SvgSeries *series, size_t n) {
    Error err = {0};
    SvgFrame f = {.title = title, .x_label = x, .y_label = y};
    NN_REQUIRE(figure_lines(to, "plot", &f, series, n, "", &err) == STATUS_OK, "%s", err.message);
}

static inline void plot_bars(const Figures *to, const char *title, const char *label, const SvgBar *bars,
                             size_t n) {
    Error err = {0};
    SvgFrame f = {.title = title, .x_label = label};
    NN_REQUIRE(figure_bars(to, "plot", &f, bars, n, "", &err) == STATUS_OK, "%s", err.message);
}

#endif

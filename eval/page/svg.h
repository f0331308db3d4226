/* Charts as SVG. Inside a page (eval/page/html.h) they take its colours; standalone ones bring their own, for
 * light and dark. Series differ by dash and marker as well as by colour; every chart carries a title and a
 * description for those who do not see it, and its marks carry their numbers as tooltips. Numbers that are
 * not finite are left out. Memory that runs out is told by Buffer.failed. All pointers are borrowed. */
#ifndef EVAL_SVG_H
#define EVAL_SVG_H

#include <stddef.h>

#include "nn/base/bytes.h"

/* What all charts share. Zero is a good default for every field but title. */
typedef struct {
    const char *title;       /* drawn, and the accessible name */
    const char *description; /* what the chart shows, for screen readers; NULL: the title */
    const char *x_label, *y_label;
    int width, height;   /* units of the drawing; 0: 420 wide and as high as the kind needs */
    double x_min, x_max; /* both 0: from the data */
    double y_min, y_max;
    const double *x_ticks; /* NULL: round numbers */
    size_t x_tick_count;
    int x_log;      /* logarithmic x axis (bits) */
    int standalone; /* a file of its own: xmlns and colours */
} SvgFrame;

/* low and high (n): a band around the line; both may be NULL. */
typedef struct {
    const char *name;
    const double *x, *y, *low, *high;
    size_t n;
} SvgSeries;
void svg_lines(Buffer *b, const SvgFrame *f, const SvgSeries *series, size_t count);

/* One horizontal bar with its error bar (low = high = value: none). colour: 0..7, as of series. */
typedef struct {
    const char *name;
    double value, low, high;
    int colour;
} SvgBar;
void svg_bars(Buffer *b, const SvgFrame *f, const SvgBar *bars, size_t count);

/* count (bins) items in each of `bins` bins from low to high. */
void svg_histogram(Buffer *b, const SvgFrame *f, const double *count, size_t bins, double low, double high);

/* x, y (n). kind (n): 0..kinds-1, named by kind_name (kinds). point_name (n): tooltips, may be NULL. */
typedef struct {
    const double *x, *y;
    const int *kind;
    const char *const *point_name;
    size_t n;
    const char *const *kind_name;
    int kinds;
} SvgPoints;
void svg_scatter(Buffer *b, const SvgFrame *f, const SvgPoints *p);

/* value (rows, columns), coloured from low to high; where low < 0 < high two colours meet at 0. row_name,
 * column_name may be NULL. Up to 12 x 12 cells show their numbers. */
typedef struct {
    const double *value;
    size_t rows, columns;
    const char *const *row_name, *const *column_name;
    double low, high;
} SvgHeat;
void svg_heat(Buffer *b, const SvgFrame *f, const SvgHeat *h);

/* The custom properties and rules that charts draw with: html.c puts them into the page once. */
const char *svg_css(void);

#endif

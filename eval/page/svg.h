/* Draws charts as SVG. Inside a page (eval/page/html.h) a chart uses the page's colours; a standalone chart defines its own,
 * for light and dark. Series differ by dash and marker as well as by colour. Every chart has a title and a description for
 * screen readers, and its marks carry their numbers as tooltips. Numbers that are not finite are left out. Memory that runs
 * out sets Buffer.failed. All pointers are borrowed during the call. */
#ifndef EVAL_SVG_H
#define EVAL_SVG_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/base/bytes.h"

/* Settings of all charts. Zero is a good default for every field except title. */
typedef struct {
    const char *title;       /* drawn, and the accessible name */
    const char *description; /* what the chart shows, for screen readers; NULL: the title */
    const char *x_label, *y_label;
    int width, height;   /* units of the drawing; 0: 420 wide and as high as the kind of chart needs */
    double x_min, x_max; /* both 0: from the data */
    double y_min, y_max;
    const double *x_ticks; /* (x_tick_count); NULL: round numbers */
    size_t x_tick_count;
    bool x_log; /* logarithmic x axis; bars then need x_min > 0, where they begin */
    bool
        y_log; /* of lines alone: logarithmic y axis; values up to 0 are left out, and so is a y_min up to 0 */
    bool standalone;           /* a file of its own: xmlns and colours */
    const char *const *legend; /* (legends) of bars: the meaning of colours 0..; NULL: none */
    size_t legends;
} SvgFrame;

/* low and high (n): a band around the line; both may be NULL. */
typedef struct {
    const char *name;
    const double *x, *y, *low, *high; /* (n) */
    size_t n;
} SvgSeries;
/* The legend has at most 64 entries. */
void svg_lines(Buffer *b, const SvgFrame *f, const SvgSeries *series, size_t count);

/* One horizontal bar with its error bar (low = high = value: none). colour: 0..7, in the order of series. */
typedef struct {
    const char *name;
    double value, low, high;
    int colour;
} SvgBar;
void svg_bars(Buffer *b, const SvgFrame *f, const SvgBar *bars, size_t count);

/* count (bins): the height of each of `bins` bins from low to high. */
void svg_histogram(Buffer *b, const SvgFrame *f, const double *count, size_t bins, double low, double high);

typedef struct {
    const double *x, *y;           /* (n) */
    const int *kind;               /* (n) 0..kinds-1; NULL: all 0 */
    const char *const *point_name; /* (n) tooltips, or NULL */
    size_t n;
    const char *const *kind_name; /* (kinds) the legend */
    int kinds;
} SvgPoints;
void svg_scatter(Buffer *b, const SvgFrame *f, const SvgPoints *p);

/* A matrix, coloured from low to high; where low < 0 < high two colours meet at 0. Up to 12 x 12 cells show their numbers. */
typedef struct {
    const double *value; /* (rows, columns) */
    size_t rows, columns;
    const char *const *row_name, *const *column_name; /* (rows), (columns); may be NULL */
    double low, high;
    const char *under; /* data: URI of a picture that the cells lie over, without numbers; NULL: none */
    const char *const *
        picture; /* (rows) data: URIs of squares beside the rows and, rows = columns, under the columns; or NULL */
} SvgHeat;
void svg_heat(Buffer *b, const SvgFrame *f, const SvgHeat *h);

/* The custom properties and rules of charts, which html.c writes into the page once. */
const char *svg_css(void);

#endif

/* What the kinds of chart share: the outer element, scales, ticks, axes and legend. Private to eval/svg*.c.
 */
#ifndef EVAL_SVG_FRAME_H
#define EVAL_SVG_FRAME_H

#include "eval/page/markup.h"
#include "eval/page/svg.h"

enum { SVG_WIDTH = 420, SVG_COLOURS = 8, SVG_FONT = 12, SVG_LINE = 18 };

/* One axis: data from low to high lie at pixels from..to. */
typedef struct {
    double low, high, from, to;
    int log;
} Scale;

double scale_at(const Scale *s, double value);
/* Writes the round numbers of low..high, widened to the next of them where asked; of a logarithmic scale the powers of
 * ten, where it holds two. Returns how many (at most 12). */
int scale_ticks(Scale *s, int widen, double *tick);
/* Shortest usual form of a number: "0.25", "1200", "-3". */
void svg_number(char text[32], double value);
/* About the width of a text in drawing units: wide characters count double. */
double svg_text_width(const char *text);

/* The plot: the inner rectangle and the scales. y.from is at the bottom. */
typedef struct {
    Buffer *b;
    const SvgFrame *frame;
    double width, height, left, top, right, bottom; /* of the drawing; of the inner rectangle */
    Scale x, y;
} Plot;

typedef enum { LEGEND_LINE, LEGEND_POINT } LegendKind;

/* Opens <svg> with title and description. legend_height: height of the legend, 0 without one. left: room for the y
 * labels. */
void plot_open(Plot *p, Buffer *b, const SvgFrame *f, double height, double left, double legend_height);
void plot_close(Plot *p);
/* Grid lines, tick labels and axis labels. y may be left out. */
void plot_x_axis(Plot *p, int grid);
void plot_y_axis(Plot *p, const double *tick, int ticks);
double plot_legend_height(const SvgFrame *f, const char *const *names, size_t n);
void plot_legend(Plot *p, const char *const *names, size_t n, LegendKind kind);
/* One marker: eight shapes for eight colours. */
void plot_marker(Buffer *b, double x, double y, int kind, double size);
/* stroke-dasharray of series i. */
const char *plot_dash(size_t i);
void plot_text(Buffer *b, double x, double y, const char *class_name, const char *text);
/* A name that ends at x, cut with an ellipsis where it is wider than room. */
void plot_name(Buffer *b, double x, double y, const char *name, double room);

#endif

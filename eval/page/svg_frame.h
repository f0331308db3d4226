/* Shared by all kinds of chart: the <svg> element, scales, ticks, axes, legend and markers. Private to eval/page/svg*.c. */
#ifndef EVAL_SVG_FRAME_H
#define EVAL_SVG_FRAME_H

#include "eval/page/markup.h"
#include "eval/page/svg.h"

enum { SVG_WIDTH = 420, SVG_COLOURS = 8, SVG_FONT = 12, SVG_LINE = 18, SVG_TICKS = 12 };

/* One axis: values from low to high lie at positions from..to of the drawing. */
typedef struct {
    double low, high, from, to;
    bool log;
} Scale;

double scale_at(const Scale *s, double value);
/* Writes the round numbers within low..high to tick (SVG_TICKS): steps of 1, 2 or 5 times a power of ten; on a logarithmic
 * scale the powers of ten, where it holds two. widen: first moves low and high to round numbers. Returns the number of ticks. */
int scale_ticks(Scale *s, bool widen, double *tick);
/* How a tick is written: as svg_number, large powers of ten on a logarithmic scale with an exponent. */
void scale_text(char text[32], const Scale *s, double value);
/* The shortest usual form of a number: "0.25", "1200", "-3". */
void svg_number(char text[32], double value);
/* The approximate width of a text in units of the drawing: wide characters count double. */
double svg_text_width(const char *text);

/* The drawing (width, height) and its inner rectangle (left, top, right, bottom), which the scales fill. y.from is at the
 * bottom. */
typedef struct {
    Buffer *b;
    const SvgFrame *frame;
    double width, height, left, top, right, bottom;
    Scale x, y;
} Plot;

typedef enum { LEGEND_LINE, LEGEND_POINT } LegendKind;

/* Opens <svg> with title and description. The caller has set x and y except from and to. left: room for the labels of the
 * y axis. legend: height of the legend, from plot_legend_height. */
void plot_open(Plot *p, Buffer *b, const SvgFrame *f, double height, double left, double legend);
void plot_close(Plot *p);
/* The x axis with its label. grid: each tick is a line over the whole height. */
void plot_x_axis(Plot *p, bool grid);
/* The y axis with its label, a grid line at each tick (ticks). */
void plot_y_axis(Plot *p, const double *tick, int ticks);
/* Fewer than two names need no legend: height 0, and nothing is drawn. */
double plot_legend_height(const SvgFrame *f, const char *const *names, size_t n);
void plot_legend(Plot *p, const char *const *names, size_t n, LegendKind kind);
/* One marker around (x, y): eight shapes for eight colours. title: its tooltip, or NULL. */
void plot_marker(Buffer *b, double x, double y, int kind, double size, const char *title);
/* stroke-dasharray of series i. */
const char *plot_dash(size_t i);
void plot_text(Buffer *b, double x, double y, const char *class_name, const char *text);
/* A name that ends at x, cut with an ellipsis where it is wider than room. */
void plot_name(Buffer *b, double x, double y, const char *name, double room);

#endif

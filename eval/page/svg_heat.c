#include <math.h>
#include <stdio.h>

#include "eval/page/svg_frame.h"

/* All cells of one shade are one path, which keeps a 128 x 128 matrix a small file. */
enum { SHADES = 12, NUMBERED_CELLS = 12, NAME_ROOM = 160 };

typedef struct {
    Plot p;
    const SvgHeat *heat;
    double side_x, side_y;
    double opacity; /* of the strongest cell */
} HeatPlot;

static void draw_picture(Buffer *b, const char *uri, double x, double y, double width, double height) {
    buffer_printf(b,
                  "<image x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" preserveAspectRatio=\"none\" "
                  "href=\"",
                  x, y, width, height);
    markup_text(b, uri);
    markup_raw(b, "\"/>");
}

/* Strength 0..1 of the colour of a value; sign: -1 takes the second colour. */
static double strength_of(const SvgHeat *h, double v, int *sign) {
    bool two_sided = h->low < 0.0 && h->high > 0.0;
    double most = fmax(-h->low, h->high);
    *sign = two_sided && v < 0.0 ? -1 : 1;
    double t = two_sided ? fabs(v) / most : (v - h->low) / (h->high - h->low);
    return !isfinite(t) ? 0.0 : fmin(fmax(t, 0.0), 1.0);
}

static int shade_of(const SvgHeat *h, double v, int *sign) {
    return (int)lround(strength_of(h, v, sign) * SHADES);
}

static void draw_shade(const HeatPlot *h, int shade, int sign) {
    Buffer *b = h->p.b;
    bool open = false;
    for (size_t i = 0; i < h->heat->rows * h->heat->columns; i++) {
        int own;
        if (shade_of(h->heat, h->heat->value[i], &own) != shade || own != sign) continue;
        if (!open)
            buffer_printf(b, "<path style=\"fill:var(--c%d)\" fill-opacity=\"%.3f\" d=\"", sign < 0 ? 1 : 0,
                          h->opacity * shade / SHADES);
        open = true;
        buffer_printf(b, "M%zu %zuh1v1h-1z", i % h->heat->columns, i / h->heat->columns);
    }
    if (open) markup_raw(b, "\"/>");
}

static void draw_cells(const HeatPlot *h) {
    double wide = h->p.right - h->p.left, high = h->p.bottom - h->p.top;
    if (h->heat->under) draw_picture(h->p.b, h->heat->under, h->p.left, h->p.top, wide, high);
    buffer_printf(h->p.b,
                  "<g transform=\"translate(%.1f %.1f) scale(%.4f %.4f)\" shape-rendering=\"crispEdges\">",
                  h->p.left, h->p.top, h->side_x, h->side_y);
    for (int shade = 1; shade <= SHADES; shade++) {
        draw_shade(h, shade, 1);
        draw_shade(h, shade, -1);
    }
    markup_raw(h->p.b, "</g>");
    buffer_printf(h->p.b, "<rect class=\"g\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                  h->p.left, h->p.top, wide, high);
}

/* The colour of a number depends on the strength of its cell: the page's ink, a dark ink, or the page's background. The
 * contrast is at least 3.7 in light and in dark. */
static void draw_numbers(const HeatPlot *h) {
    if (h->heat->rows > NUMBERED_CELLS || h->heat->columns > NUMBERED_CELLS || h->heat->under) return;
    char text[32];
    for (size_t i = 0; i < h->heat->rows * h->heat->columns; i++) {
        int sign;
        size_t row = i / h->heat->columns, column = i % h->heat->columns;
        double strength = strength_of(h->heat, h->heat->value[i], &sign);
        if (!isfinite(h->heat->value[i])) continue;
        snprintf(text, sizeof text, "%.2g", h->heat->value[i]);
        if (svg_text_width(text) > h->side_x - 4.0) /* + 0.0 turns -0.0 into 0.0 */
            snprintf(text, sizeof text, "%.1f", round(10.0 * h->heat->value[i]) / 10.0 + 0.0);
        plot_text(h->p.b, h->p.left + ((double)column + 0.5) * h->side_x,
                  h->p.top + ((double)row + 0.5) * h->side_y + 4.0,
                  strength > 0.9   ? "m v"
                  : strength > 0.7 ? "m o"
                                   : "m",
                  text);
    }
}

static void draw_names(HeatPlot *h) {
    double square = h->heat->picture ? 0.9 * h->side_x : 0.0, gap = 0.05 * h->side_x;
    for (size_t r = 0; h->heat->picture && r < h->heat->rows; r++) {
        double at = h->p.top + (double)r * h->side_y + gap, x = h->p.left + (double)r * h->side_x + gap;
        draw_picture(h->p.b, h->heat->picture[r], h->p.left - h->side_x, at, square, square);
        draw_picture(h->p.b, h->heat->picture[r], x, h->p.bottom + 2 * gap, square, square);
    }
    for (size_t r = 0; h->heat->row_name && r < h->heat->rows; r++)
        plot_name(h->p.b, h->p.left - 6.0 - (square > 0.0 ? h->side_x : 0.0),
                  h->p.top + ((double)r + 0.5) * h->side_y + 4.0, h->heat->row_name[r], NAME_ROOM);
    for (size_t c = 0; h->heat->column_name && c < h->heat->columns; c++)
        plot_text(h->p.b, h->p.left + ((double)c + 0.5) * h->side_x, h->p.bottom + 16.0, "m",
                  h->heat->column_name[c]);
    if (h->p.frame->x_label)
        plot_text(h->p.b, (h->p.left + h->p.right) / 2.0,
                  h->p.bottom + square + (h->heat->column_name ? 36.0 : 18.0), "m s", h->p.frame->x_label);
    plot_y_axis(&h->p, NULL, 0);
}

/* The key above the cells: a strip of colours from low to high. */
static void draw_key(const HeatPlot *h) {
    char text[32];
    double x = h->p.left, y = h->p.top - 20.0, step = 8.0;
    snprintf(text, sizeof text, "%.3g", h->heat->low);
    plot_text(h->p.b, x, y + 9.0, "s", text);
    x += svg_text_width(text) + 6.0;
    for (int i = 0; i <= 16; i++) {
        int sign;
        double v = h->heat->low + (h->heat->high - h->heat->low) * i / 16.0,
               t = strength_of(h->heat, v, &sign);
        buffer_printf(h->p.b,
                      "<rect x=\"%.1f\" y=\"%.1f\" width=\"8\" height=\"10\" style=\"fill:var(--c%d)\" "
                      "fill-opacity=\"%.3f\"/>",
                      x, y, sign < 0 ? 1 : 0, h->opacity * t);
        x += step;
    }
    snprintf(text, sizeof text, "%.3g", h->heat->high);
    plot_text(h->p.b, x + 6.0, y + 9.0, "s", text);
}

void svg_heat(Buffer *b, const SvgFrame *f, const SvgHeat *heat) {
    double room = 8.0;
    for (size_t r = 0; heat->row_name && r < heat->rows; r++)
        room = fmax(room, svg_text_width(heat->row_name[r]));
    room = fmin(room, NAME_ROOM) + 10.0;
    double width = (f->width > 0 ? f->width : SVG_WIDTH) - room - 16.0 - (f->y_label ? 18.0 : 0.0);
    double side = width / ((double)heat->columns + (heat->picture ? 1.0 : 0.0)),
           high = side * (double)heat->rows;
    double square = heat->picture ? side : 0.0; /* beside the rows and under the columns */
    HeatPlot h = {.heat = heat, .opacity = heat->under ? 0.6 : 0.95};
    plot_open(&h.p, b, f, fmin(high, 1.2 * width) + 24.0 + 32.0 + square + (f->x_label ? 42.0 : 24.0),
              room + square, 24.0);
    h.p.bottom -= square;
    h.side_x = (h.p.right - h.p.left) / (double)heat->columns;
    h.side_y = (h.p.bottom - h.p.top) / (double)heat->rows;
    draw_key(&h);
    draw_cells(&h);
    draw_numbers(&h);
    draw_names(&h);
    plot_close(&h.p);
}

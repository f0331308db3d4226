#include "eval/page/svg.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "eval/page/svg_frame.h"

enum { MARKED_POINTS = 40, LEGEND_MOST = 64 };

/* ---- Ranges ---- */

static void widen(Scale *s, const double *v, size_t n) {
    for (size_t i = 0; v && i < n; i++) {
        if (!isfinite(v[i]) || (s->log && v[i] <= 0.0)) continue;
        s->low = fmin(s->low, v[i]);
        s->high = fmax(s->high, v[i]);
    }
}

/* The range of the frame, or where it has none that of the data; never empty. */
static void choose_range(Scale *s, double low, double high) {
    if ((low != 0.0 || high != 0.0) && !(s->log && low <= 0.0)) {
        s->low = low;
        s->high = high;
    }
    if (s->low > s->high) {
        s->low = s->log ? 0.1 : 0.0;
        s->high = 1.0;
    }
    if (s->low == s->high) s->high = s->low + (s->low == 0.0 ? 1.0 : fabs(s->low));
}

/* Widens a range so that markers at the edge fit. */
static void pad(Scale *s) {
    double margin = 0.04 * (s->high - s->low);
    s->low -= margin;
    s->high += margin;
}

static Scale empty_scale(void) {
    return (Scale){.low = DBL_MAX, .high = -DBL_MAX};
}

static double label_room(const Scale *s, const double *tick, int n) {
    double most = 0.0;
    char text[32];
    for (int i = 0; i < n; i++) {
        scale_text(text, s, tick[i]);
        most = fmax(most, svg_text_width(text));
    }
    return most + 12.0;
}

/* Draws the frame of a chart with two numeric axes. */
static void open_axes(Plot *p, Buffer *b, const SvgFrame *f, Scale x, Scale y, const char *const *names,
                      size_t n, LegendKind kind) {
    double tick[SVG_TICKS];
    int ticks = scale_ticks(&y, !y.log, tick);
    *p = (Plot){.x = x, .y = y};
    p->x.log = f->x_log;
    plot_open(p, b, f, 270.0, label_room(&y, tick, ticks), plot_legend_height(f, names, n));
    plot_legend(p, names, n, kind);
    plot_y_axis(p, tick, ticks);
    plot_x_axis(p, false);
}

/* ---- Lines ---- */

static bool drawable(const Plot *p, double x, double y) {
    return isfinite(x) && isfinite(y) && (!p->x.log || x > 0.0) && (!p->y.log || y > 0.0);
}

static void draw_band(const Plot *p, const SvgSeries *s, size_t colour) {
    if (!s->low || !s->high) return;
    buffer_printf(p->b, "<path class=\"b\" style=\"fill:var(--c%zu)\" d=\"", colour);
    char verb = 'M';
    for (size_t i = 0; i < 2 * s->n; i++) {
        size_t k = i < s->n ? i : 2 * s->n - 1 - i;
        double y = i < s->n ? s->low[k] : s->high[k];
        if (!drawable(p, s->x[k], s->low[k]) || !isfinite(s->high[k])) continue;
        buffer_printf(p->b, "%c%.1f %.1f", verb, scale_at(&p->x, s->x[k]), scale_at(&p->y, y));
        verb = 'L';
    }
    markup_raw(p->b, "\"/>");
}

static void draw_line(const Plot *p, const SvgSeries *s, size_t colour) {
    buffer_printf(p->b, "<path class=\"l\" style=\"stroke:var(--c%zu)\"%s d=\"", colour % SVG_COLOURS,
                  plot_dash(colour));
    char verb = 'M';
    for (size_t i = 0; i < s->n; i++) {
        if (!drawable(p, s->x[i], s->y[i])) {
            verb = 'M';
            continue;
        }
        buffer_printf(p->b, "%c%.1f %.1f", verb, scale_at(&p->x, s->x[i]), scale_at(&p->y, s->y[i]));
        verb = 'L';
    }
    markup_raw(p->b, "\"/>");
}

static void draw_markers(const Plot *p, const SvgSeries *s, size_t colour) {
    char x_text[32], y_text[32], title[256];
    for (size_t i = 0; i < s->n && s->n <= MARKED_POINTS; i++) {
        if (!drawable(p, s->x[i], s->y[i])) continue;
        svg_number(x_text, s->x[i]);
        svg_number(y_text, s->y[i]);
        snprintf(title, sizeof title, "%s: %s at %s", s->name ? s->name : "value", y_text, x_text);
        plot_marker(p->b, scale_at(&p->x, s->x[i]), scale_at(&p->y, s->y[i]), (int)colour, 3.5, title);
    }
}

void svg_lines(Buffer *b, const SvgFrame *f, const SvgSeries *series, size_t count) {
    Scale x = empty_scale(), y = empty_scale();
    y.log = f->y_log;
    const char *names[LEGEND_MOST] = {NULL};
    size_t named = count < LEGEND_MOST ? count : LEGEND_MOST;
    for (size_t i = 0; i < count; i++) {
        if (i < named) names[i] = series[i].name;
        widen(&x, series[i].x, series[i].n);
        widen(&y, series[i].y, series[i].n);
        widen(&y, series[i].low, series[i].n);
        widen(&y, series[i].high, series[i].n);
    }
    widen(&x, f->x_ticks, f->x_tick_count);
    choose_range(&x, f->x_min, f->x_max);
    choose_range(&y, f->y_min, f->y_max);
    if (y.log) y.low = pow(10.0, floor(log10(y.low))), y.high = pow(10.0, ceil(log10(y.high)));
    Plot p;
    open_axes(&p, b, f, x, y, names, named, LEGEND_LINE);
    for (size_t i = 0; i < count; i++) draw_band(&p, &series[i], i % SVG_COLOURS);
    for (size_t i = 0; i < count; i++) {
        draw_line(&p, &series[i], i);
        draw_markers(&p, &series[i], i);
    }
    plot_close(&p);
}

/* ---- Bars ---- */

enum { BAR_STEP = 26, NAME_ROOM = 170 };

static void draw_bar(const Plot *p, const SvgBar *bar, double y) {
    char text[32];
    double zero = scale_at(&p->x, p->x.log ? p->x.low : fmax(0.0, p->x.low)),
           at = scale_at(&p->x, bar->value);
    plot_name(p->b, p->left - 8.0, y + 4.0, bar->name ? bar->name : "", NAME_ROOM);
    if (!isfinite(bar->value)) return;
    svg_number(text, bar->value);
    int colour = bar->colour >= 0 ? bar->colour % SVG_COLOURS : 0;
    buffer_printf(
        p->b,
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"16\" rx=\"2\" style=\"fill:var(--c%d)\"><title>",
        fmin(zero, at), y - 8.0, fabs(at - zero), colour);
    markup_printf(p->b, bar->low < bar->high ? "%s: %s (%.4g to %.4g)" : "%s: %s", bar->name ? bar->name : "",
                  text, bar->low, bar->high);
    markup_raw(p->b, "</title></rect>");
    double end = at;
    if (isfinite(bar->low) && isfinite(bar->high) && bar->low < bar->high) {
        double low = scale_at(&p->x, bar->low), high = scale_at(&p->x, bar->high);
        buffer_printf(p->b, "<path class=\"w\" d=\"M%.1f %.1fH%.1fM%.1f %.1fv8M%.1f %.1fv8\"/>", low, y, high,
                      low, y - 4.0, high, y - 4.0);
        end = fmax(end, high);
    }
    if (!p->x.log) snprintf(text, sizeof text, "%.3f", bar->value);
    plot_text(p->b, fmax(end, zero) + 6.0, y + 4.0, "s", text);
}

void svg_bars(Buffer *b, const SvgFrame *f, const SvgBar *bars, size_t count) {
    Scale x = {.low = 0.0, .high = 0.0, .log = f->x_log};
    double room = 20.0;
    for (size_t i = 0; i < count; i++) {
        double ends[3] = {bars[i].value, bars[i].low, bars[i].high};
        widen(&x, ends, 3);
        if (bars[i].name) room = fmax(room, svg_text_width(bars[i].name));
    }
    choose_range(&x, f->x_min, f->x_max);
    double tick[SVG_TICKS];
    if (!x.log) scale_ticks(&x, true, tick);
    Plot p = {.x = x};
    double legend = f->legend ? plot_legend_height(f, f->legend, f->legends) : 0.0;
    double height = 24.0 + legend + 6.0 + BAR_STEP * (double)count + 46.0;
    plot_open(&p, b, f, height, fmin(room, NAME_ROOM) + 12.0, legend);
    if (f->legend) plot_legend(&p, f->legend, f->legends, LEGEND_POINT);
    p.x.to = p.right -= 44.0; /* the numbers stand behind the bars */
    plot_x_axis(&p, true);
    for (size_t i = 0; i < count; i++) draw_bar(&p, &bars[i], p.top + BAR_STEP * ((double)i + 0.5));
    plot_close(&p);
}

/* ---- Histogram ---- */

void svg_histogram(Buffer *b, const SvgFrame *f, const double *count, size_t bins, double low, double high) {
    Scale x = {.low = low, .high = high}, y = {.low = 0.0, .high = 0.0};
    widen(&y, count, bins);
    choose_range(&x, f->x_min, f->x_max);
    choose_range(&y, f->y_min, f->y_max);
    Plot p;
    open_axes(&p, b, f, x, y, NULL, 0, LEGEND_POINT);
    double step = (high - low) / (double)bins;
    for (size_t i = 0; i < bins; i++) {
        if (!isfinite(count[i]) || count[i] <= 0.0) continue;
        double from = low + step * (double)i, left = scale_at(&p.x, from),
               right = scale_at(&p.x, from + step);
        double top = scale_at(&p.y, count[i]), gap = right - left > 4.0 ? 1.0 : 0.0;
        buffer_printf(
            b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" style=\"fill:var(--c0)\"><title>",
            left, top, right - left - gap, p.bottom - top);
        markup_printf(b, "%.4g to %.4g: %.6g", from, from + step, count[i]);
        markup_raw(b, "</title></rect>");
    }
    plot_close(&p);
}

/* ---- Points ---- */

static void draw_point(const Plot *p, const SvgPoints *points, size_t i) {
    if (!drawable(p, points->x[i], points->y[i])) return;
    plot_marker(p->b, scale_at(&p->x, points->x[i]), scale_at(&p->y, points->y[i]),
                points->kind ? points->kind[i] : 0, 3.2, points->point_name ? points->point_name[i] : NULL);
}

void svg_scatter(Buffer *b, const SvgFrame *f, const SvgPoints *points) {
    Scale x = empty_scale(), y = empty_scale();
    widen(&x, points->x, points->n);
    widen(&y, points->y, points->n);
    choose_range(&x, f->x_min, f->x_max);
    choose_range(&y, f->y_min, f->y_max);
    size_t named = points->kinds > LEGEND_MOST ? LEGEND_MOST : points->kinds > 0 ? (size_t)points->kinds : 0;
    pad(&x);
    pad(&y);
    SvgFrame taller = *f;
    double legend = plot_legend_height(f, points->kind_name, named);
    if (taller.height == 0) taller.height = 330 + (int)legend;
    Plot p;
    open_axes(&p, b, &taller, x, y, points->kind_name, named, LEGEND_POINT);
    for (size_t i = 0; i < points->n; i++) draw_point(&p, points, i);
    plot_close(&p);
}

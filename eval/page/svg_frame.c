#include "eval/page/svg_frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *svg_css(void) {
    return ".chart{--ink:#1c2430;--soft:#566070;--grid:#dfe3e8;--surface:#fff;--c0:#1f6fd0;--c1:#c8500a;"
           "--c2:#17804f;--c3:#7a4fd0;--c4:#c2327e;--c5:#0d7f92;--c6:#86661a;--c7:#67707d}"
           "@media(prefers-color-scheme:dark){.chart{--ink:#e6e9ee;--soft:#a2abb8;--grid:#343b46;"
           "--surface:#171b21;--c0:#62a3ff;--c1:#f5924a;--c2:#45c08a;--c3:#ae93fb;--c4:#f07fb8;--c5:#3fc3d4;"
           "--c6:#d2b25f;--c7:#9aa4b1}}"
           ".chart{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;"
           "background:none}.chart text{fill:var(--ink)}.chart .s{fill:var(--soft)}"
           ".chart .h{font-weight:600;font-size:13px}.chart .e{text-anchor:end}.chart .m{text-anchor:middle}"
           ".chart .v{fill:var(--surface)}.chart .o{fill:#171b21}"
           ".chart .g{stroke:var(--grid);fill:none}.chart .a{stroke:var(--soft);fill:none}"
           ".chart .l{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}"
           ".chart .b{fill-opacity:.16}.chart .w{stroke:var(--ink);stroke-width:1.5;fill:none}"
           ".chart .p{stroke:var(--surface);stroke-width:.8}";
}

/* ---- Numbers and scales ---- */

void svg_number(char text[32], double value) {
    if (fabs(value) < 1e-12) value = 0.0;
    snprintf(text, 32, "%.4g", value);
    if (strchr(text, 'e') && fabs(value) >= 1.0 && fabs(value) < 1e9) snprintf(text, 32, "%.0f", value);
}

double svg_text_width(const char *text) {
    double width = 0.0;
    for (const unsigned char *s = (const unsigned char *)text; *s; s++)
        if ((*s & 0xc0) != 0x80) width += *s >= 0xe0 ? SVG_FONT : 0.56 * SVG_FONT;
    return width;
}

double scale_at(const Scale *s, double value) {
    double t = s->log ? (log(value) - log(s->low)) / (log(s->high) - log(s->low))
                      : (value - s->low) / (s->high - s->low);
    return s->from + t * (s->to - s->from);
}

static double round_step(double range) {
    double rough = range / 5.0, power = pow(10.0, floor(log10(rough)));
    double unit = rough / power;
    return power * (unit <= 1.0 ? 1.0 : unit <= 2.0 ? 2.0 : unit <= 5.0 ? 5.0 : 10.0);
}

/* Powers of ten within a logarithmic scale. */
static int decades(const Scale *s, double *tick) {
    int n = 0, first = (int)ceil(log10(s->low) - 1e-9), last = (int)floor(log10(s->high) + 1e-9);
    int step = 1 + (last - first) / SVG_TICKS;
    for (int e = first; e <= last; e += step) tick[n++] = pow(10.0, e);
    return n;
}

int scale_ticks(Scale *s, bool widen, double *tick) {
    int powers = s->log ? decades(s, tick) : 0;
    if (powers > 1) return powers;
    double step = round_step(s->high - s->low);
    double first = widen ? floor(s->low / step + 1e-9) : ceil(s->low / step - 1e-9);
    double last = widen ? ceil(s->high / step - 1e-9) : floor(s->high / step + 1e-9);
    int n = (int)lround(last - first) + 1;
    if (n > SVG_TICKS) n = SVG_TICKS;
    for (int i = 0; i < n; i++) tick[i] = (first + i) * step;
    if (widen) {
        s->low = first * step;
        s->high = last * step;
    }
    return n;
}

/* ---- Frame ---- */

void plot_text(Buffer *b, double x, double y, const char *class_name, const char *text) {
    buffer_printf(b, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class_name);
    markup_text(b, text);
    markup_raw(b, "</text>");
}

void plot_name(Buffer *b, double x, double y, const char *name, double room) {
    size_t end = 0, shown = 0;
    char cut[256];
    for (double width = 0.0; name[end] && shown < sizeof cut - 8;) {
        char one[5] = {0};
        size_t n = markup_utf8((const unsigned char *)name + end);
        memcpy(one, name + end, n ? n : 1);
        width += svg_text_width(one);
        end += n ? n : 1;
        if (width <= room - SVG_FONT) shown = end;
        if (width > room) break;
    }
    bool whole = name[end] == 0 && svg_text_width(name) <= room;
    snprintf(cut, sizeof cut, "%.*s%s", (int)(whole ? end : shown), name, whole ? "" : "\xe2\x80\xa6");
    plot_text(b, x, y, "e", cut);
}

void plot_open(Plot *p, Buffer *b, const SvgFrame *f, double height, double left, double legend) {
    p->b = b;
    p->frame = f;
    p->width = f->width > 0 ? f->width : SVG_WIDTH;
    p->height = f->height > 0 ? f->height : height;
    double title = f->title ? 24.0 : 6.0;
    p->left = left + (f->y_label ? 18.0 : 0.0);
    p->right = p->width - 16.0;
    p->top = title + legend + 8.0;
    p->bottom = p->height - (f->x_label ? 42.0 : 24.0);
    p->x.from = p->left;
    p->x.to = p->right;
    p->y.from = p->bottom;
    p->y.to = p->top;
    size_t id = b->size;
    buffer_printf(
        b,
        "<svg class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"t%zu d%zu\"%s>"
        "<title id=\"t%zu\">",
        p->width, p->height, id, id, f->standalone ? " xmlns=\"http://www.w3.org/2000/svg\"" : "", id);
    markup_text(b, f->title);
    buffer_printf(b, "</title><desc id=\"d%zu\">", id);
    markup_text(b, f->description ? f->description : f->title);
    markup_raw(b, "</desc>");
    if (f->standalone)
        buffer_printf(
            b, "<style>%s</style><rect width=\"100%%\" height=\"100%%\" style=\"fill:var(--surface)\"/>",
            svg_css());
    if (f->title) plot_text(b, 4.0, 16.0, "h", f->title);
}

void plot_close(Plot *p) {
    markup_raw(p->b, "</svg>\n");
}

/* ---- Axes ---- */

/* On a logarithmic axis a power of ten from 10,000 on is written as 10 and its exponent. */
static bool power_of_ten(char text[32], const Scale *s, double value) {
    static const char *const digit[10] = {"\xe2\x81\xb0", "\xc2\xb9",     "\xc2\xb2",     "\xc2\xb3",
                                          "\xe2\x81\xb4", "\xe2\x81\xb5", "\xe2\x81\xb6", "\xe2\x81\xb7",
                                          "\xe2\x81\xb8", "\xe2\x81\xb9"};
    if (!s->log) return false;
    double power = log10(value);
    int e = (int)lround(power);
    if (e < 4 || e > 99 || fabs(power - e) > 1e-9) return false;
    snprintf(text, 32, "10%s%s", e > 9 ? digit[e / 10] : "", digit[e % 10]);
    return true;
}

void scale_text(char text[32], const Scale *s, double value) {
    if (!power_of_ten(text, s, value)) svg_number(text, value);
}

static void x_tick(const Plot *p, double value, bool grid) {
    char text[32];
    double x = scale_at(&p->x, value);
    scale_text(text, &p->x, value);
    if (grid)
        buffer_printf(p->b, "<path class=\"g\" d=\"M%.1f %.1fV%.1f\"/>", x, p->top, p->bottom);
    else
        buffer_printf(p->b, "<path class=\"a\" d=\"M%.1f %.1fv4\"/>", x, p->bottom);
    plot_text(p->b, x, p->bottom + 16.0, "m s", text);
}

void plot_x_axis(Plot *p, bool grid) {
    double made[SVG_TICKS];
    const double *tick = p->frame->x_ticks ? p->frame->x_ticks : made;
    int n = p->frame->x_ticks ? (int)p->frame->x_tick_count : scale_ticks(&p->x, false, made);
    for (int i = 0; i < n; i++) x_tick(p, tick[i], grid);
    buffer_printf(p->b, "<path class=\"a\" d=\"M%.1f %.1fH%.1f\"/>", p->left, p->bottom, p->right);
    if (p->frame->x_label)
        plot_text(p->b, (p->left + p->right) / 2.0, p->height - 6.0, "m s", p->frame->x_label);
}

void plot_y_axis(Plot *p, const double *tick, int ticks) {
    char text[32];
    for (int i = 0; i < ticks; i++) {
        double y = scale_at(&p->y, tick[i]);
        scale_text(text, &p->y, tick[i]);
        buffer_printf(p->b, "<path class=\"g\" d=\"M%.1f %.1fH%.1f\"/>", p->left, y, p->right);
        plot_text(p->b, p->left - 6.0, y + 4.0, "e s", text);
    }
    if (!p->frame->y_label) return;
    double middle = (p->top + p->bottom) / 2.0;
    buffer_printf(p->b, "<text class=\"m s\" transform=\"translate(14 %.1f) rotate(-90)\">", middle);
    markup_text(p->b, p->frame->y_label);
    markup_raw(p->b, "</text>");
}

/* ---- Legend ---- */

const char *plot_dash(size_t i) {
    static const char *const dash[4] = {"", " stroke-dasharray=\"7 4\"", " stroke-dasharray=\"2 4\"",
                                        " stroke-dasharray=\"9 4 2 4\""};
    return dash[i % 4];
}

/* Room for a mark and a name. */
static double legend_width(const char *name) {
    return 42.0 + svg_text_width(name ? name : "");
}

/* Moves (x, y) to the next line where the entry does not fit into this one. */
static void legend_place(const SvgFrame *f, const char *name, double *x, double *y) {
    double limit = (f->width > 0 ? f->width : SVG_WIDTH) - 2.0;
    if (*x > 8.0 && *x + legend_width(name) > limit) {
        *x = 8.0;
        *y += SVG_LINE;
    }
}

double plot_legend_height(const SvgFrame *f, const char *const *names, size_t n) {
    if (n < 2) return 0.0;
    double x = 8.0, y = SVG_LINE;
    for (size_t i = 0; i < n; i++) {
        legend_place(f, names[i], &x, &y);
        x += legend_width(names[i]);
    }
    return y;
}

/* Corners of the shapes, in units of the marker's size, except the first shape, a circle. */
static const struct {
    int n;
    double x[5], y[5];
} SHAPE[SVG_COLOURS] = {{0, {0}, {0}},
                        {4, {-1, 1, 1, -1}, {-1, -1, 1, 1}},
                        {3, {0, 1.25, -1.25}, {-1.25, 1.25, 1.25}},
                        {4, {0, 1.25, 0, -1.25}, {-1.25, 0, 1.25, 0}},
                        {3, {0, 1.25, -1.25}, {1.25, -1.25, -1.25}},
                        {4, {-1.25, 1.25, 1.25, -1.25}, {-0.5, -0.5, 0.5, 0.5}},
                        {4, {-0.5, 0.5, 0.5, -0.5}, {-1.25, -1.25, 1.25, 1.25}},
                        {5, {0, 1.25, 0.75, -0.75, -1.25}, {-1.25, -0.25, 1.25, 1.25, -0.25}}};

void plot_marker(Buffer *b, double x, double y, int kind, double size, const char *title) {
    int shape = (kind + kind / SVG_COLOURS) % SVG_COLOURS;
    buffer_printf(b, "<path class=\"p\" style=\"fill:var(--c%d)\" d=\"", kind % SVG_COLOURS);
    if (shape == 0)
        buffer_printf(b, "M%.1f %.1fa%.1f %.1f 0 1 0 %.1f 0a%.1f %.1f 0 1 0 %.1f 0", x - size, y, size, size,
                      2 * size, size, size, -2 * size);
    for (int i = 0; i < SHAPE[shape].n; i++)
        buffer_printf(b, "%c%.1f %.1f", i == 0 ? 'M' : 'L', x + size * SHAPE[shape].x[i],
                      y + size * SHAPE[shape].y[i]);
    markup_raw(b, "z\">");
    if (title) {
        markup_raw(b, "<title>");
        markup_text(b, title);
        markup_raw(b, "</title>");
    }
    markup_raw(b, "</path>");
}

void plot_legend(Plot *p, const char *const *names, size_t n, LegendKind kind) {
    if (n < 2) return;
    double x = 8.0, y = (p->frame->title ? 24.0 : 6.0) + SVG_LINE - 4.0;
    for (size_t i = 0; i < n; i++) {
        legend_place(p->frame, names[i], &x, &y);
        if (kind == LEGEND_LINE)
            buffer_printf(p->b, "<path class=\"l\" style=\"stroke:var(--c%zu)\"%s d=\"M%.1f %.1fh20\"/>",
                          i % SVG_COLOURS, plot_dash(i), x, y - 4.0);
        plot_marker(p->b, x + 10.0, y - 4.0, (int)i, 3.5, NULL);
        plot_text(p->b, x + 26.0, y, "", names[i] ? names[i] : "");
        x += legend_width(names[i]);
    }
}

#include "eval/page/svg_frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *svg_css(void) {
    return ".chart{--ink:#1c2430;--soft:#566070;--grid:#dfe3e8;--surface:#fff;--c0:#1f6fd0;--c1:#c8500a;--c2:"
           "#17804f;"
           "--c3:#7a4fd0;--c4:#c2327e;--c5:#0d7f92;--c6:#86661a;--c7:#67707d}"
           "@media(prefers-color-scheme:dark){.chart{--ink:#e6e9ee;--soft:#a2abb8;--grid:#343b46;--surface:#"
           "171b21;"
           "--c0:#62a3ff;--c1:#f5924a;--c2:#45c08a;--c3:#ae93fb;--c4:#f07fb8;--c5:#3fc3d4;--c6:#d2b25f;--c7:#"
           "9aa4b1}}"
           ".chart{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Noto "
           "Sans',sans-serif;background:none}"
           ".chart text{fill:var(--ink)}.chart .s{fill:var(--soft)}.chart .h{font-weight:600;font-size:13px}"
           ".chart .e{text-anchor:end}.chart .m{text-anchor:middle}.chart .v{fill:var(--surface)}.chart "
           ".o{fill:#171b21}"
           ".chart .g{stroke:var(--grid);fill:none}.chart .a{stroke:var(--soft);fill:none}"
           ".chart .l{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.chart "
           ".b{fill-opacity:.16}"
           ".chart .w{stroke:var(--ink);stroke-width:1.5;fill:none}.chart "
           ".p{stroke:var(--surface);stroke-width:.8}";
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
    int n = 0, last = (int)floor(log10(s->high) + 1e-9);
    for (int e = (int)ceil(log10(s->low) - 1e-9); e <= last && n < 12; e++) tick[n++] = pow(10.0, e);
    return n;
}

int scale_ticks(Scale *s, int widen, double *tick) {
    int powers = s->log ? decades(s, tick) : 0;
    if (powers > 1) return powers;
    double step = round_step(s->high - s->low);
    double first = widen ? floor(s->low / step + 1e-9) : ceil(s->low / step - 1e-9);
    double last = widen ? ceil(s->high / step - 1e-9) : floor(s->high / step + 1e-9);
    int n = (int)lround(last - first) + 1;
    if (n > 12) n = 12;
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
    int whole = name[end] == 0 && svg_text_width(name) <= room;
    snprintf(cut, sizeof cut, "%.*s%s", (int)(whole ? end : shown), name, whole ? "" : "\xe2\x80\xa6");
    plot_text(b, x, y, "e", cut);
}

void plot_open(Plot *p, Buffer *b, const SvgFrame *f, double height, double left, double legend_height) {
    p->b = b;
    p->frame = f;
    p->width = f->width > 0 ? f->width : SVG_WIDTH;
    p->height = f->height > 0 ? f->height : height;
    double title = f->title ? 24.0 : 6.0;
    p->left = left + (f->y_label ? 18.0 : 0.0);
    p->right = p->width - 16.0;
    p->top = title + legend_height + 8.0;
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

static void x_label(Plot *p) {
    if (p->frame->x_label)
        plot_text(p->b, (p->left + p->right) / 2.0, p->height - 6.0, "m s", p->frame->x_label);
}

/* "10" and the exponent, where a logarithmic axis has a power of ten from 10,000 on. */
static int power_of_ten(char text[32], const Scale *s, double value) {
    static const char *const digit[10] = {"\xe2\x81\xb0", "\xc2\xb9",     "\xc2\xb2",     "\xc2\xb3",
                                          "\xe2\x81\xb4", "\xe2\x81\xb5", "\xe2\x81\xb6", "\xe2\x81\xb7",
                                          "\xe2\x81\xb8", "\xe2\x81\xb9"};
    if (!s->log) return 0;
    double power = log10(value);
    int e = (int)lround(power);
    if (e < 4 || e > 99 || fabs(power - e) > 1e-9) return 0;
    snprintf(text, 32, "10%s%s", e > 9 ? digit[e / 10] : "", digit[e % 10]);
    return 1;
}

static void x_tick(Plot *p, double value, int grid) {
    char text[32];
    double x = scale_at(&p->x, value);
    if (!power_of_ten(text, &p->x, value)) svg_number(text, value);
    if (grid)
        buffer_printf(p->b, "<path class=\"g\" d=\"M%.1f %.1fV%.1f\"/>", x, p->top, p->bottom);
    else
        buffer_printf(p->b, "<path class=\"a\" d=\"M%.1f %.1fv4\"/>", x, p->bottom);
    plot_text(p->b, x, p->bottom + 16.0, "m s", text);
}

void plot_x_axis(Plot *p, int grid) {
    double made[12];
    const double *tick = p->frame->x_ticks ? p->frame->x_ticks : made;
    int n = p->frame->x_ticks ? (int)p->frame->x_tick_count : scale_ticks(&p->x, 0, made);
    for (int i = 0; i < n; i++) x_tick(p, tick[i], grid);
    buffer_printf(p->b, "<path class=\"a\" d=\"M%.1f %.1fH%.1f\"/>", p->left, p->bottom, p->right);
    x_label(p);
}

void plot_y_axis(Plot *p, const double *tick, int ticks) {
    char text[32];
    for (int i = 0; i < ticks; i++) {
        double y = scale_at(&p->y, tick[i]);
        svg_number(text, tick[i]);
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

static const char *name_or_none(const char *name) {
    return name ? name : "";
}

/* Where entry i of the legend goes: left to right, a new line where it does not fit. */
static void legend_advance(const SvgFrame *f, const char *name, double *x, double *y) {
    double limit = (f->width > 0 ? f->width : SVG_WIDTH) - 16.0,
           need = 28.0 + svg_text_width(name_or_none(name));
    if (*x > 8.0 && *x + need > limit) {
        *x = 8.0;
        *y += SVG_LINE;
    }
}

double plot_legend_height(const SvgFrame *f, const char *const *names, size_t n) {
    if (n < 2) return 0.0;
    double x = 8.0, y = SVG_LINE;
    for (size_t i = 0; i < n; i++) {
        legend_advance(f, names[i], &x, &y);
        x += 42.0 + svg_text_width(name_or_none(names[i]));
    }
    return y;
}

void plot_marker(Buffer *b, double x, double y, int kind, double size) {
    int shape = (kind + kind / SVG_COLOURS) % SVG_COLOURS;
    double s = size, d = size * 1.25;
    switch (shape) {
    case 1:
        buffer_printf(b, "M%.1f %.1fh%.1fv%.1fh%.1fz", x - s, y - s, 2 * s, 2 * s, -2 * s);
        break;
    case 2:
        buffer_printf(b, "M%.1f %.1fl%.1f %.1fh%.1fz", x, y - d, d, 2 * d, -2 * d);
        break;
    case 3:
        buffer_printf(b, "M%.1f %.1fl%.1f %.1fl%.1f %.1fl%.1f %.1fz", x, y - d, d, d, -d, d, -d, -d);
        break;
    case 4:
        buffer_printf(b, "M%.1f %.1fl%.1f %.1fh%.1fz", x, y + d, d, -2 * d, -2 * d);
        break;
    case 5:
        buffer_printf(b, "M%.1f %.1fh%.1fv%.1fh%.1fz", x - d, y - s / 2, 2 * d, s, -2 * d);
        break;
    case 6:
        buffer_printf(b, "M%.1f %.1fh%.1fv%.1fh%.1fz", x - s / 2, y - d, s, 2 * d, -s);
        break;
    case 7:
        buffer_printf(b, "M%.1f %.1fl%.1f %.1fl%.1f %.1fh%.1fl%.1f %.1fz", x, y - d, d, 0.8 * d, -0.4 * d,
                      1.2 * d, -1.2 * d, -0.4 * d, -1.2 * d);
        break;
    default:
        buffer_printf(b, "M%.1f %.1fa%.1f %.1f 0 1 0 %.1f 0a%.1f %.1f 0 1 0 %.1f 0z", x - s, y, s, s, 2 * s,
                      s, s, -2 * s);
    }
}

void plot_legend(Plot *p, const char *const *names, size_t n, LegendKind kind) {
    if (n < 2) return;
    double x = 8.0, y = (p->frame->title ? 24.0 : 6.0) + SVG_LINE - 4.0;
    for (size_t i = 0; i < n; i++) {
        legend_advance(p->frame, names[i], &x, &y);
        if (kind == LEGEND_LINE)
            buffer_printf(p->b, "<path class=\"l\" style=\"stroke:var(--c%zu)\"%s d=\"M%.1f %.1fh20\"/>",
                          i % SVG_COLOURS, plot_dash(i), x, y - 4.0);
        buffer_printf(p->b, "<path class=\"p\" style=\"fill:var(--c%zu)\" d=\"", i % SVG_COLOURS);
        plot_marker(p->b, x + 10.0, y - 4.0, (int)i, 3.5);
        markup_raw(p->b, "\"/>");
        plot_text(p->b, x + 26.0, y, "", name_or_none(names[i]));
        x += 42.0 + svg_text_width(name_or_none(names[i]));
    }
}

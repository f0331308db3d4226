#include "eval/page/figures.h"

#include <string.h>

#include "eval/page/html.h"
#include "nn/base/alloc.h"

/* One chart in progress. svg, tsv: contents of the files. */
typedef struct {
    const Figures *to;
    SvgFrame frame; /* of the file */
    Buffer svg, tsv;
} Figure;

static Figure figure_begin(const Figures *to, const SvgFrame *f) {
    Figure x = {.to = to, .frame = *f};
    x.frame.standalone = true;
    if (to->page) html_figure_begin(to->page);
    return x;
}

/* ---- Paper's colours ---- */

/* Appends the value of the custom property that begins at `name` ("--ink)"), by its first definition, which is that of light mode. */
static void add_value(Buffer *b, const char *name, size_t length) {
    const char *css = svg_css();
    for (const char *at = strstr(css, "--"); at; at = strstr(at + 2, "--"))
        if (strncmp(at, name, length) == 0 && at[length] == ':') {
            at += length + 1;
            buffer_add(b, at, strcspn(at, ";}"));
            return;
        }
}

/* Copies a standalone chart without the definitions of its colours (all before the rule of the font); each use becomes its value. */
static void resolve_colours(Buffer *to, Buffer *svg) {
    const char *at = buffer_text(svg), *style = strstr(at, ".chart{--"), *rules = strstr(at, ".chart{font");
    if (style && rules) {
        buffer_add(to, at, (size_t)(style - at));
        at = rules;
    }
    for (const char *var; (var = strstr(at, "var(--")); at = strchr(var, ')') + 1) {
        buffer_add(to, at, (size_t)(var - at));
        add_value(to, var + 4, strcspn(var + 4, ")"));
    }
    buffer_printf(to, "%s\n", at);
}

/* ---- Files ---- */

static Status write_file(const Figures *to, const char *name, const char *kind, const Buffer *b, Error *err) {
    Buffer path = {0};
    buffer_printf(&path, "%s/%s%s.%s", to->folder, to->prefix ? to->prefix : "", name, kind);
    const char *text = buffer_text(&path);
    Status s =
        path.failed || b->failed ? mem_error(err, "a figure") : file_write(text, b->data, b->size, err);
    buffer_free(&path);
    return s;
}

static Status figure_end(Figure *x, const char *name, const char *caption, Error *err) {
    Buffer svg = {0};
    Status s = STATUS_OK;
    if (x->to->page) html_figure_end(x->to->page, "%s", caption);
    if (x->to->folder) {
        resolve_colours(&svg, &x->svg);
        s = write_file(x->to, name, "svg", &svg, err);
        if (s == STATUS_OK) s = write_file(x->to, name, "tsv", &x->tsv, err);
    }
    buffer_free(&svg);
    buffer_free(&x->svg);
    buffer_free(&x->tsv);
    return s;
}

/* A name as a field: without tabs and newlines. */
static void add_field(Buffer *b, const char *name) {
    for (; *name; name++) buffer_add(b, *name == '\t' || *name == '\n' ? " " : name, 1);
}

/* ---- Kinds of chart ---- */

Status figure_lines(const Figures *to, const char *name, const SvgFrame *f, const SvgSeries *series, size_t n,
                    const char *caption, Error *err) {
    Figure x = figure_begin(to, f);
    if (to->page) svg_lines(to->page, f, series, n);
    svg_lines(&x.svg, &x.frame, series, n);
    buffer_printf(&x.tsv, "series\tx\ty\tlow\thigh\n");
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < series[s].n; i++) {
            const SvgSeries *v = &series[s];
            add_field(&x.tsv, v->name);
            buffer_printf(&x.tsv, "\t%.9g\t%.9g\t", v->x[i], v->y[i]);
            if (v->low && v->high)
                buffer_printf(&x.tsv, "%.9g\t%.9g\n", v->low[i], v->high[i]);
            else
                buffer_printf(&x.tsv, "\t\n");
        }
    return figure_end(&x, name, caption, err);
}

Status figure_bars(const Figures *to, const char *name, const SvgFrame *f, const SvgBar *bars, size_t n,
                   const char *caption, Error *err) {
    Figure x = figure_begin(to, f);
    if (to->page) svg_bars(to->page, f, bars, n);
    svg_bars(&x.svg, &x.frame, bars, n);
    buffer_printf(&x.tsv, "name\tvalue\tlow\thigh\n");
    for (size_t i = 0; i < n; i++) {
        add_field(&x.tsv, bars[i].name);
        buffer_printf(&x.tsv, "\t%.9g\t%.9g\t%.9g\n", bars[i].value, bars[i].low, bars[i].high);
    }
    return figure_end(&x, name, caption, err);
}

Status figure_histogram(const Figures *to, const char *name, const SvgFrame *f, const double *count,
                        size_t bins, double low, double high, const char *caption, Error *err) {
    Figure x = figure_begin(to, f);
    if (to->page) svg_histogram(to->page, f, count, bins, low, high);
    svg_histogram(&x.svg, &x.frame, count, bins, low, high);
    buffer_printf(&x.tsv, "from\tto\tcount\n");
    for (size_t i = 0; i < bins; i++) {
        double step = (high - low) / (double)bins;
        buffer_printf(&x.tsv, "%.9g\t%.9g\t%.9g\n", low + step * (double)i, low + step * (double)(i + 1),
                      count[i]);
    }
    return figure_end(&x, name, caption, err);
}

Status figure_scatter(const Figures *to, const char *name, const SvgFrame *f, const SvgPoints *p,
                      const char *caption, Error *err) {
    Figure x = figure_begin(to, f);
    if (to->page) svg_scatter(to->page, f, p);
    svg_scatter(&x.svg, &x.frame, p);
    buffer_printf(&x.tsv, "kind\tx\ty\n");
    for (size_t i = 0; i < p->n; i++) {
        add_field(&x.tsv, p->kind_name[p->kind ? p->kind[i] : 0]);
        buffer_printf(&x.tsv, "\t%.9g\t%.9g\n", p->x[i], p->y[i]);
    }
    return figure_end(&x, name, caption, err);
}

Status figure_heat(const Figures *to, const char *name, const SvgFrame *f, const SvgHeat *h,
                   const char *caption, Error *err) {
    Figure x = figure_begin(to, f);
    if (to->page) svg_heat(to->page, f, h);
    svg_heat(&x.svg, &x.frame, h);
    for (size_t i = 0; i < h->rows; i++)
        for (size_t k = 0; k < h->columns; k++)
            buffer_printf(&x.tsv, "%.9g%s", h->value[i * h->columns + k], k + 1 < h->columns ? "\t" : "\n");
    return figure_end(&x, name, caption, err);
}

/* `msach bench page`: the output of several `bench search --json --name` as one page: growth of time and candidates. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench/bench.h"
#include "eval/page/html.h"
#include "eval/page/svg.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

enum { MOST_LINES = 4096, COLUMNS = 9, MOST_POINTS = 16, MOST_SERIES = 8 };

typedef struct {
    const char *name, *method;
    double n, batch, one, candidates, scanned, gain;
    int bits, k;
} Line;

typedef struct {
    json_t **root; /* owns the strings */
    Line *line;
    size_t n;
} Lines;

static double number(const json_t *o, const char *name) {
    return json_number_value(json_object_get(o, name));
}

static Status take_line(Lines *l, const char *text, const char *path, Error *err) {
    json_error_t why;
    json_t *o = json_loads(text, 0, &why);
    if (o) l->root[l->n] = o;
    const char *method = json_string_value(json_object_get(o, "method")),
               *name = json_string_value(json_object_get(o, "name"));
    if (!o || !method || number(o, "n") <= 0 || number(o, "batch_queries_per_s") <= 0) {
        json_decref(o);
        return error_set(err, STATUS_INPUT, "%s:%zu: the line is no result of `msach bench search --json`",
                         path, l->n + 1);
    }
    l->line[l->n++] = (Line){.name = name ? name : json_string_value(json_object_get(o, "codes")),
                             .method = method,
                             .n = number(o, "n"),
                             .batch = 1e3 / number(o, "batch_queries_per_s"),
                             .one = number(o, "one_query_ms"),
                             .candidates = number(o, "candidates"),
                             .scanned = number(o, "scanned"),
                             .gain = number(o, "one_over_scan"),
                             .bits = (int)number(o, "bits"),
                             .k = (int)number(o, "k")};
    return STATUS_OK;
}

static Status read_lines(Lines *l, const char *path, Error *err) {
    unsigned char *bytes;
    size_t size;
    TRY(file_read(path, 1 << 24, &bytes, &size, err));
    Status s = STATUS_OK;
    char *line = (char *)bytes;
    while (s == STATUS_OK && *line) {
        size_t length = strcspn(line, "\n");
        char *next = line + length + (line[length] == '\n');
        line[length] = 0;
        if (l->n == MOST_LINES)
            s = error_set(err, STATUS_INPUT, "%s: more than %d lines", path, MOST_LINES);
        else if (length)
            s = take_line(l, line, path, err);
        line = next;
    }
    mem_free(bytes);
    if (s == STATUS_OK && l->n == 0)
        s = error_set(err, STATUS_INPUT,
                      "%s: the file is empty; lines of `msach bench search --json` were expected", path);
    return s;
}

/* ---- Drawing ---- */

typedef struct {
    char name[96];
    double x[MOST_POINTS], y[MOST_POINTS];
    size_t n;
} Curve;

static double value_of(const Line *l, int candidates) {
    return candidates ? l->candidates : l->one;
}

/* One curve for each name and method, for these bits and k = 10. candidates: multi-index hashing alone. Returns the number of curves. */
static size_t gather(const Lines *l, int bits, int candidates, Curve *curve) {
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++) {
        const Line *p = &l->line[i];
        char name[96];
        if (p->bits != bits || p->k != 10 || (candidates && strcmp(p->method, "mih") != 0)) continue;
        snprintf(name, sizeof name, "%s, %s", p->name, p->method);
        size_t c = 0;
        while (c < n && strcmp(curve[c].name, name) != 0) c++;
        if (c == MOST_SERIES || (c < n && curve[c].n == MOST_POINTS)) continue;
        if (c == n) {
            curve[n] = (Curve){.n = 0};
            memcpy(curve[n++].name, name, sizeof name);
        }
        curve[c].x[curve[c].n] = p->n;
        curve[c].y[curve[c].n++] = value_of(p, candidates);
    }
    return n;
}

static void draw(Buffer *b, const Lines *l, int bits, int candidates) {
    Curve curve[MOST_SERIES];
    SvgSeries series[MOST_SERIES];
    char title[128];
    size_t n = gather(l, bits, candidates, curve);
    if (n == 0) return;
    for (size_t i = 0; i < n; i++)
        series[i] = (SvgSeries){.name = curve[i].name, .x = curve[i].x, .y = curve[i].y, .n = curve[i].n};
    snprintf(title, sizeof title, "%s, %d bits", candidates ? "Candidates a query" : "Time of one query",
             bits);
    SvgFrame f = {
        .title = title, .x_label = "codes", .y_label = candidates ? "codes looked at" : "ms", .x_log = 1};
    html_figure_begin(b);
    svg_lines(b, &f, series, n);
    html_figure_end(b, "%s, the ten nearest; axis of codes logarithmic.", title);
}

static void table(Buffer *b, const Lines *l) {
    static const char *const head[] = {
        "codes near",      "n", "bits", "k", "method", "ms a query in a batch", "ms one query", "candidates",
        "left to the scan"};
    HtmlTable t = html_table_begin(b, "Every measurement", "lrrrlrrrr", head);
    for (size_t i = 0; i < l->n; i++) {
        const Line *p = &l->line[i];
        html_cell(&t, false, "%s", p->name);
        html_cell(&t, false, "%.0f", p->n);
        html_cell(&t, false, "%d", p->bits);
        html_cell(&t, false, "%d", p->k);
        html_cell(&t, false, "%s", p->method);
        html_cell(&t, false, "%.4f", p->batch);
        html_cell(&t, false, "%.4f", p->one);
        if (strcmp(p->method, "mih") == 0) {
            html_cell(&t, false, "%.0f", p->candidates);
            html_cell(&t, false, "%.1f %%", 100 * p->scanned);
        } else {
            html_cell(&t, false, "%s", "");
            html_cell(&t, false, "%s", "");
        }
    }
    html_table_end(&t);
}

static Status write_page(const Lines *l, const char *path, Error *err) {
    Buffer b = {0};
    html_begin(&b, "Search as the archive grows",
               "Exact nearest codes by the scan and by multi-index hashing.");
    html_section_begin(&b, "Growth");
    html_text(&b, "Multi-index hashing found the same hits as the scan for every query. Codes near those of "
                  "a model are random codes of "
                  "its archive with every bit flipped with probability 0.05; so are the queries. Where "
                  "buckets are too full, the scan "
                  "answers the query.");
    html_grid_begin(&b);
    for (int bits = 16; bits <= 1024; bits += 8)
        for (int candidates = 0; candidates < 2; candidates++) draw(&b, l, bits, candidates);
    html_grid_end(&b);
    table(&b, l);
    html_section_end(&b);
    html_end(&b);
    Status s = b.failed ? mem_error(err, "a page") : file_write(path, b.data, b.size, err);
    buffer_free(&b);
    return s;
}

Status bench_page(Args *a, Error *err) {
    const char *from = args_get(a, "from"), *to = args_get(a, "html");
    if (!from || !to)
        return args_wrong(a, err,
                          "page needs --from and --html, for example:\n  msach bench page --from "
                          "growth.jsonl --html growth.html");
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): root holds pointers */
    Lines l = {mem_calloc(MOST_LINES, sizeof *l.root), mem_calloc(MOST_LINES, sizeof *l.line), 0};
    Status s = l.root && l.line ? read_lines(&l, from, err) : mem_error(err, "the lines");
    if (s == STATUS_OK) s = write_page(&l, to, err);
    if (s == STATUS_OK) printf("%s\n", to);
    for (size_t i = 0; i < l.n; i++) json_decref(l.root[i]);
    mem_free(l.root);
    mem_free(l.line);
    return s;
}

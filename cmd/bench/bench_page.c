/* `msach bench page`: the output of several `bench search --json --name` as one page: growth of time and candidates. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/bench/bench.h"
#include "eval/page/html.h"
#include "eval/page/svg.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

enum { MOST_LINES = 4096, MOST_POINTS = 16, MOST_SERIES = 8, K = 10 /* neighbours of the charts */ };

static double number(const json_t *line, const char *field) {
    return json_number_value(json_object_get(line, field));
}

static const char *text(const json_t *line, const char *field) {
    return json_string_value(json_object_get(line, field));
}

static const char *name_of(const json_t *line) {
    return text(line, text(line, "name") ? "name" : "codes");
}

static bool is_mih(const json_t *line) {
    return strcmp(text(line, "method"), "mih") == 0;
}

/* One result a line, empty lines aside, into the array `lines`. */
static Status read_lines(json_t *lines, const char *path, Error *err) {
    unsigned char *bytes;
    size_t size;
    TRY(file_read(path, 1 << 24, &bytes, &size, err));
    Status s = STATUS_OK;
    char *at = (char *)bytes;
    for (int n = 1; s == STATUS_OK && *at; n++) {
        size_t length = strcspn(at, "\n");
        json_t *line = length ? json_loadb(at, length, 0, NULL) : NULL;
        bool good = text(line, "method") && name_of(line) && number(line, "n") > 0 &&
                    number(line, "batch_queries_per_s") > 0;
        if (json_array_size(lines) == MOST_LINES)
            s = error_set(err, STATUS_INPUT, "%s: more than %d lines", path, MOST_LINES);
        else if (length && !good)
            s = error_set(err, STATUS_INPUT, "%s:%d: the line is no result of `msach bench search --json`",
                          path, n);
        else if (length && json_array_append(lines, line) != 0)
            s = mem_error(err, path);
        json_decref(line);
        at += length + (at[length] == '\n');
    }
    mem_free(bytes);
    if (s == STATUS_OK && json_array_size(lines) == 0)
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

/* One curve for each name and method, for these bits and K. candidates: multi-index hashing alone. Returns the number of curves. */
static size_t gather(const json_t *lines, int bits, bool candidates, Curve *curve) {
    size_t n = 0, i;
    const json_t *p;
    json_array_foreach(lines, i, p) {
        char name[96];
        double y = number(p, candidates ? "candidates" : "one_query_ms");
        if (y <= 0 || number(p, "bits") != bits || number(p, "k") != K || (candidates && !is_mih(p)))
            continue;
        snprintf(name, sizeof name, "%s, %s", name_of(p), text(p, "method"));
        size_t c = 0;
        while (c < n && strcmp(curve[c].name, name) != 0) c++;
        if (c == MOST_SERIES || (c < n && curve[c].n == MOST_POINTS)) continue;
        if (c == n) {
            curve[n] = (Curve){.n = 0};
            memcpy(curve[n++].name, name, sizeof name);
        }
        curve[c].x[curve[c].n] = number(p, "n");
        curve[c].y[curve[c].n++] = y;
    }
    return n;
}

static void draw(Buffer *b, const json_t *lines, int bits, bool candidates) {
    Curve curve[MOST_SERIES];
    SvgSeries series[MOST_SERIES];
    char title[128];
    size_t n = gather(lines, bits, candidates, curve);
    if (n == 0) return;
    for (size_t i = 0; i < n; i++)
        series[i] = (SvgSeries){.name = curve[i].name, .x = curve[i].x, .y = curve[i].y, .n = curve[i].n};
    snprintf(title, sizeof title, "%s, %d bits", candidates ? "Candidates a query" : "Time of one query",
             bits);
    SvgFrame f = {.title = title,
                  .x_label = "codes",
                  .y_label = candidates ? "codes looked at" : "ms",
                  .x_log = 1,
                  .y_log = 1};
    html_figure_begin(b);
    svg_lines(b, &f, series, n);
    html_figure_end(b, "%s, the ten nearest; both axes logarithmic.%s", title,
                    candidates ? " A size at which the scan answers every query has no point." : "");
}

static void table(Buffer *b, const json_t *lines) {
    static const char *const head[] = {
        "codes near",      "n", "bits", "k", "method", "ms a query in a batch", "ms one query", "candidates",
        "left to the scan"};
    HtmlTable t = html_table_begin(b, "Every measurement", "lrrrlrrrr", head);
    size_t i;
    const json_t *p;
    json_array_foreach(lines, i, p) {
        bool mih = is_mih(p);
        html_cell(&t, false, "%s", name_of(p));
        html_cell(&t, false, "%.0f", number(p, "n"));
        html_cell(&t, false, "%.0f", number(p, "bits"));
        html_cell(&t, false, "%.0f", number(p, "k"));
        html_cell(&t, false, "%s", text(p, "method"));
        html_cell(&t, false, "%.4f", 1e3 / number(p, "batch_queries_per_s"));
        html_cell(&t, false, "%.4f", number(p, "one_query_ms"));
        if (mih) {
            html_cell(&t, false, "%.0f", number(p, "candidates"));
            html_cell(&t, false, "%.1f %%", 100 * number(p, "scanned"));
        } else {
            html_cell(&t, false, "%s", "");
            html_cell(&t, false, "%s", "");
        }
    }
    html_table_end(&t);
}

static Status write_page(const json_t *lines, const char *path, Error *err) {
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
        for (int candidates = 0; candidates < 2; candidates++) draw(&b, lines, bits, candidates);
    html_grid_end(&b);
    table(&b, lines);
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
    json_t *lines = json_array();
    Status s = lines ? read_lines(lines, from, err) : mem_error(err, "the lines");
    if (s == STATUS_OK) s = write_page(lines, to, err);
    if (s == STATUS_OK) printf("%s\n", to);
    json_decref(lines);
    return s;
}

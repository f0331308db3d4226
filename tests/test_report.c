/* Pages and charts: well-formed, escaped, self-contained, and sane for numbers that are not. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/page/glossary.h"
#include "eval/page/html.h"
#include "eval/page/markup.h"
#include "eval/page/svg.h"
#include "nn/base/alloc.h"
#include "tests/check.h"

static char *text_of(Buffer *b) {
    buffer_add(b, "", 1);
    return (char *)b->data;
}

static int is_void(const char *name) {
    static const char *const names[] = {"meta", "link", "img", "!DOCTYPE"};
    for (size_t i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0) return 1;
    return 0;
}

/* Empty where every element is closed in turn and no attribute or text holds a stray < or ". */
static const char *markup_fault(const char *s) {
    static char fault[80], open[64][16];
    int depth = 0;
    while ((s = strchr(s, '<'))) {
        char name[16] = {0};
        int closing = s[1] == '/', quote = 0;
        const char *at = s + 1 + closing;
        for (int n = 0; n < 15 && (isalnum((unsigned char)*at) || *at == '!'); n++) name[n] = *at++;
        for (; *at && (quote || *at != '>'); at++) {
            if (*at == '"') quote = !quote;
            if (*at == '<') return "a < inside a tag";
        }
        if (!*at) return "a tag without end";
        int empty = at[-1] == '/' || is_void(name);
        if (closing && (depth == 0 || strcmp(open[--depth], name) != 0)) {
            snprintf(fault, sizeof fault, "</%s> closes nothing", name);
            return fault;
        }
        if (!closing && !empty) {
            if (depth == 64) return "too deep";
            memcpy(open[depth++], name, sizeof name);
        }
        s = at;
    }
    return depth == 0 ? "" : open[depth - 1];
}

static int count_of(const char *text, const char *what) {
    int n = 0;
    for (const char *s = text; (s = strstr(s, what)); s++) n++;
    return n;
}

/* ---- Text ---- */

Test(report, text_from_data_is_escaped_and_valid_utf8) {
    Buffer b = {0};
    markup_text(&b, "<a href=\"x\">'&\t\x01\xff\xc0\xaf\xed\xa0\x80 \xe8\xb6\x85");
    cr_assert_str_eq(
        text_of(&b),
        "&lt;a href=&quot;x&quot;&gt;&#39;&amp;\t\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
        "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xe8\xb6\x85");
    buffer_free(&b);
    Buffer none = {0};
    markup_text(&none, NULL);
    cr_assert_eq(none.size, 0);
    buffer_free(&none);
}

Test(report, base64_follows_the_vectors_of_rfc_4648) {
    static const char *const plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
    static const char *const coded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (size_t i = 0; i < 7; i++) {
        Buffer b = {0};
        markup_base64(&b, (const unsigned char *)plain[i], strlen(plain[i]));
        cr_assert_str_eq(text_of(&b), coded[i]);
        buffer_free(&b);
    }
}

/* ---- Pages ---- */

static void write_page(Buffer *b, const char *data) {
    static const unsigned char png[] = "\x89PNG\r\n\x1a\nxyz";
    const char *head[2] = {data, "b"}, *label[1] = {data};
    html_begin(b, data, data);
    html_section_begin(b, data);
    html_heading(b, data);
    html_text(b, "%s", data);
    html_note(b, "%s", data);
    html_pre(b, data);
    html_facts_begin(b);
    html_fact(b, data, "%s", data);
    html_facts_end(b);
    HtmlTable t = html_table_begin(b, data, "lr", head);
    for (int i = 0; i < 4; i++) html_cell(&t, i % 2 == 0, "%s", data);
    html_table_end(&t);
    html_details_begin(b, data);
    html_details_end(b);
    html_section_end(b);
    html_section_begin(b, "Cases");
    html_grid_begin(b);
    html_figure_begin(b);
    html_picture(b, png, sizeof png - 1, data);
    html_figure_end(b, "%s", data);
    html_grid_end(b);
    html_hits_begin(b);
    html_hit(b, &(HtmlHit){.rank = 1,
                           .distance = 3,
                           .bits = 64,
                           .id = data,
                           .label = label,
                           .labels = 1,
                           .text = data,
                           .picture = (const unsigned char *)"P5",
                           .picture_size = 2,
                           .match = 1});
    html_hit(b, &(HtmlHit){.rank = 2, .distance = -1, .bits = 64, .id = data, .match = -1});
    html_case(b, &(HtmlHit){.id = data,
                            .label = label,
                            .labels = 1,
                            .text = data,
                            .picture_file = data,
                            .page = data,
                            .match = -1});
    html_nav_begin(b, data);
    html_nav_link(b, data, data, false, 'n');
    html_nav_link(b, data, data, true, 'n');
    html_nav_end(b);
    html_hits_end(b);
    html_section_end(b);
    html_end(b);
}

Test(report, nothing_from_data_becomes_markup) {
    Buffer good = {0}, bad = {0};
    write_page(&good, "data");
    write_page(&bad, "\"><script>alert('x')</script><img src=x onerror=y>%s");
    char *page = text_of(&bad);
    cr_assert_str_eq(markup_fault(page), "");
    cr_assert_null(strstr(page, "<script"));
    cr_assert_null(strstr(page, "<img src=x"));
    cr_assert_eq(count_of(page, "<"), count_of(text_of(&good), "<"));
    buffer_free(&good);
    buffer_free(&bad);
}

Test(report, page_needs_no_network_and_forbids_it) {
    Buffer b = {0};
    write_page(&b, "data");
    char *page = text_of(&b);
    cr_assert_null(strstr(page, "http:"));
    cr_assert_null(strstr(page, "https:"));
    cr_assert_null(strstr(page, "url("));
    cr_assert_not_null(strstr(page, "default-src 'none'"));
    cr_assert_not_null(strstr(page, "prefers-color-scheme:dark"));
    cr_assert_not_null(strstr(page, "src=\"data:image/png;base64,iVBORw0KGgp4eXo=\""));
    cr_assert_not_null(strstr(page, "no picture to show"));
    buffer_free(&b);
}

/* A part that may not be broken leaves the title alone on the first sheet; a table that scrolls is cut at the edge. */
Test(report, on_paper_parts_may_break_and_rows_may_not_and_nothing_scrolls_or_stays_closed) {
    static const char *const rules[] = {"tr,figure,.hit,.note,pre,dt{break-inside:avoid}",
                                        ".scroll{break-inside:avoid}", "thead{display:table-header-group}",
                                        ".scroll{overflow:visible}",
                                        "details::details-content{content-visibility:visible"};
    Buffer b = {0};
    write_page(&b, "data");
    const char *print = strstr(text_of(&b), "@media print{");
    cr_assert_not_null(print);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        cr_assert_not_null(strstr(print, rules[i]), "%s", rules[i]);
    cr_assert_null(strstr(print, "section{break-inside:avoid"));
    buffer_free(&b);
}

Test(report, memory_that_runs_out_is_remembered) {
    Buffer b = {0};
    mem_fail_at(1, 0);
    write_page(&b, "data");
    mem_fail_at(0, 0);
    cr_assert(b.failed);
    buffer_free(&b);
}

Test(report, a_table_without_rows_leaves_nothing_and_a_row_has_one_heading) {
    static const char *const head[] = {"name", "value"};
    Buffer b = {0};
    buffer_printf(&b, "before");
    HtmlTable empty = html_table_begin(&b, "caption", "lr", head);
    html_table_end(&empty);
    cr_assert_eq(b.size, strlen("before"));
    HtmlTable t = html_table_begin(&b, "caption", "lr", head);
    for (int i = 0; i < 4; i++) html_cell(&t, i == 3, "%d", i);
    html_table_end(&t);
    const char *text = text_of(&b);
    cr_assert_not_null(strstr(
        text, "<tr><th scope=\"row\" dir=\"auto\">2</th><td class=\"n\"><strong>3</strong></td></tr>"));
    cr_assert_eq(count_of(text, "<tr>"), 3);
    cr_assert_str_eq(markup_fault(text), "");
    buffer_free(&b);
}

Test(report, every_term_of_the_glossary_is_listed) {
    static const char *const terms[] = {"MAP", "P@10", "NDCG", "tie", "entropy", NULL};
    Buffer page = {0}, text = {0};
    glossary_write(&page, true, terms);
    glossary_write(&text, false, terms);
    for (int i = 0; terms[i]; i++) {
        char item[32];
        snprintf(item, sizeof item, "- %s: ", terms[i]);
        cr_assert_not_null(strstr(text_of(&text), item));
        snprintf(item, sizeof item, "<dt>%s</dt>", terms[i]);
        cr_assert_not_null(strstr(text_of(&page), item));
        cr_assert_gt(strlen(glossary_meaning(terms[i])), 30);
    }
    buffer_free(&page);
    buffer_free(&text);
}

/* ---- Charts ---- */

static void write_charts(Buffer *b, const char *name, int standalone) {
    double x[5] = {1, 2, NAN, 4, 5}, y[5] = {1, INFINITY, 3, 2, 5}, low[5] = {0, 1, 1, 1, NAN},
           high[5] = {2, 3, 4, 3, 6};
    int kind[5] = {0, 1, 9, 1, 0};
    const char *names[10] = {name, name, name, name, name, name, name, name, name, name};
    SvgFrame f = {
        .title = name, .description = name, .x_label = name, .y_label = name, .standalone = standalone};
    SvgSeries series[2] = {{name, x, y, low, high, 5}, {name, x, low, NULL, NULL, 5}};
    svg_lines(b, &f, series, 2);
    SvgBar bars[3] = {{name, 0.5, 0.4, 0.6, 0}, {name, NAN, 0, 0, 1}, {name, 0.2, 0.2, 0.2, 9}};
    f.legend = names;
    f.legends = 3;
    svg_bars(b, &f, bars, 3);
    f.x_log = true, f.x_min = 0.1, f.x_max = 1;
    svg_bars(b, &f, bars, 1);
    f.x_log = false, f.x_min = f.x_max = 0;
    f.y_log = true;
    svg_lines(b, &f, series, 2);
    f.y_log = false;
    svg_histogram(b, &f, high, 5, 0, 5);
    svg_scatter(b, &f, &(SvgPoints){x, y, kind, names, 5, names, 10});
    svg_heat(b, &f, &(SvgHeat){y, 1, 5, names, names, -1, 1, NULL, NULL});
    svg_heat(b, &f, &(SvgHeat){high, 2, 2, names, NULL, -1, 1, name, names});
    svg_lines(b, &f, NULL, 0);
}

Test(report, charts_are_well_formed_whatever_their_names_and_numbers) {
    Buffer b = {0};
    write_charts(&b, "</title><script>\"", 0);
    char *text = text_of(&b);
    cr_assert_str_eq(markup_fault(text), "");
    cr_assert_null(strstr(text, "<script"));
    cr_assert_null(strstr(text, "nan"));
    cr_assert_null(strstr(text, "inf"));
    buffer_free(&b);
}

Test(report, every_chart_has_a_title_and_a_description_of_its_own) {
    Buffer b = {0};
    write_charts(&b, "name", 0);
    char *text = text_of(&b);
    cr_assert_eq(count_of(text, "<svg "), 9);
    cr_assert_eq(count_of(text, "role=\"img\""), 9);
    cr_assert_eq(count_of(text, "<title id="), 9);
    cr_assert_eq(count_of(text, "<desc id="), 9);
    for (char *s = strstr(text, "<title id=\""); s; s = strstr(s + 1, "<title id=\"")) {
        char id[40] = {0};
        memcpy(id, s + 7, strcspn(s + 7, ">"));
        cr_assert_eq(count_of(text, id), 1);
    }
    buffer_free(&b);
}

Test(report, standalone_charts_bring_their_colours) {
    Buffer b = {0};
    write_charts(&b, "name", 1);
    char *text = text_of(&b);
    cr_assert_eq(count_of(text, "xmlns=\"http://www.w3.org/2000/svg\""), 9);
    cr_assert_eq(count_of(text, "<style>"), 9);
    cr_assert_str_eq(markup_fault(text), "");
    buffer_free(&b);
}

Test(report, bars_have_a_legend_of_their_colours_where_it_is_asked_for) {
    static const char *const legend[] = {"ours", "others"};
    SvgBar bars[2] = {{"a", 0.5, 0.5, 0.5, 0}, {"b", 0.2, 0.2, 0.2, 1}};
    Buffer with = {0}, without = {0};
    svg_bars(&with, &(SvgFrame){.title = "t", .legend = legend, .legends = 2}, bars, 2);
    svg_bars(&without, &(SvgFrame){.title = "t"}, bars, 2);
    cr_assert_not_null(strstr(text_of(&with), ">others</text>"));
    cr_assert_null(strstr(text_of(&without), ">others</text>"));
    cr_assert_eq(count_of((char *)with.data, "var(--c1)"), 2); /* bar and legend */
    cr_assert_eq(count_of((char *)without.data, "var(--c1)"), 1);
    buffer_free(&with);
    buffer_free(&without);
}

/* Linear steps would all lie at its right end, one over the other. */
Test(report, a_logarithmic_axis_is_labelled_at_powers_of_ten) {
    Buffer b = {0};
    double x[3] = {1e5, 1e6, 1e7}, y[3] = {1, 2, 3};
    svg_lines(&b, &(SvgFrame){.title = "t", .x_log = 1}, &(SvgSeries){"s", x, y, NULL, NULL, 3}, 1);
    const char *text = text_of(&b);
    cr_assert_not_null(strstr(text, ">10\xe2\x81\xb5</text>"));
    cr_assert_not_null(strstr(text, ">10\xe2\x81\xb6</text>"));
    cr_assert_not_null(strstr(text, ">10\xe2\x81\xb7</text>"));
    cr_assert_null(strstr(text, ">2000000</text>"));
    buffer_free(&b);
}

/* Times from microseconds to a second in one chart: each step of ten is as high, and 0 has no place. */
Test(report, a_logarithmic_y_axis_has_equal_steps_and_leaves_out_what_is_not_above_0) {
    Buffer b = {0};
    double x[4] = {1, 2, 3, 4}, y[4] = {0.01, 1, 0, 100}, at[3];
    svg_lines(&b, &(SvgFrame){.title = "t", .y_log = 1}, &(SvgSeries){"s", x, y, NULL, NULL, 4}, 1);
    const char *text = text_of(&b), *line = strstr(text, "class=\"l\"");
    cr_assert_not_null(line);
    double x0, x1, x3;
    cr_assert_eq(
        sscanf(strstr(line, "d=\"") + 3, "M%lf %lfL%lf %lfM%lf %lf", &x0, &at[0], &x1, &at[1], &x3, &at[2]),
        6);
    cr_assert_float_eq(at[0] - at[1], at[1] - at[2], 0.2);
    cr_assert_gt(at[0] - at[1], 50);
    cr_assert_not_null(strstr(text, ">0.01</text>"));
    cr_assert_not_null(strstr(text, ">100</text>"));
    cr_assert_null(strstr(text, "nan"));
    buffer_free(&b);
}

/* Finds the n-th y coordinate of the line's path and compares it with the axis. */
Test(report, line_points_lie_where_the_axis_says) {
    Buffer b = {0};
    double x[2] = {0, 10}, y[2] = {0, 1};
    svg_lines(&b, &(SvgFrame){.title = "t", .x_max = 10, .y_max = 1}, &(SvgSeries){"s", x, y, NULL, NULL, 2},
              1);
    const char *line = strstr(text_of(&b), "class=\"l\"");
    cr_assert_not_null(line);
    double x0, y0, x1, y1, top = 0, bottom = 0;
    cr_assert_eq(sscanf(strstr(line, "d=\"") + 3, "M%lf %lfL%lf %lf", &x0, &y0, &x1, &y1), 4);
    for (const char *s = strstr((char *)b.data, "class=\"g\""); s; s = strstr(s + 1, "class=\"g\"")) {
        double left, at, right;
        cr_assert_eq(sscanf(strstr(s, "d=\"") + 3, "M%lf %lfH%lf", &left, &at, &right), 3);
        cr_assert(fabs(left - x0) < 0.06 && fabs(right - x1) < 0.06);
        if (bottom == 0) bottom = at;
        top = at;
    }
    cr_assert(fabs(y0 - bottom) < 0.06 && fabs(y1 - top) < 0.06 && bottom > top);
    buffer_free(&b);
}

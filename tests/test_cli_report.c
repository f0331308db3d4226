/* report.html and table.html of real runs: their numbers are the computed ones. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

static char *read_page(const char *path) {
    unsigned char *data;
    size_t size;
    Error err = {0};
    cr_assert_eq(file_read(path, 1 << 26, &data, &size, &err), STATUS_OK, "%s", err.message);
    return (char *)data;
}

/* The chart with this title, as a string of its own. */
static char *chart_of(const char *page, const char *title) {
    const char *begin = strstr(page, title), *end = begin ? strstr(begin, "</svg>") : NULL;
    cr_assert(begin && end, "no chart %s", title);
    char *chart = mem_alloc((size_t)(end - begin) + 1);
    memcpy(chart, begin, (size_t)(end - begin));
    chart[end - begin] = 0;
    return chart;
}

/* ---- report.html ---- */

/* Tooltips "NAME: VALUE at EPOCH": the sum of the terms at an epoch, and the total. Values have 4 digits. */
static int sum_terms(const char *chart, int epoch, double *sum, double *total) {
    int terms = 0;
    *sum = *total = 0;
    for (const char *at = chart; (at = strstr(at, "<title>")); at++) {
        char name[32];
        double value;
        int x;
        if (sscanf(at, "<title>%31[^:]: %lf at %d", name, &value, &x) != 3 || x != epoch) continue;
        if (strcmp(name, "total") == 0)
            *total = value;
        else
            *sum += value, terms++;
    }
    return terms;
}

Test(cli_report, the_terms_drawn_are_weighted_and_sum_to_the_total) {
    TinyRun t = tiny_run("weighted");
    char path[600];
    snprintf(t.run, sizeof t.run, "%s", fixture_path("weighted/all"));
    expect_msach(0, "all", "train -q --data %s --out %s --set %s label_trust=0", t.manifest, t.run,
                 tiny_settings);
    snprintf(path, sizeof path, "%s/report.html", t.run);
    char *page = read_page(path);
    for (int stage = 1; stage <= 2; stage++) {
        char title[64];
        snprintf(title, sizeof title, "Stage %d: loss and its weighted terms", stage);
        char *chart = chart_of(page, title);
        for (int epoch = 1; epoch <= 2; epoch++) {
            double sum, total;
            cr_assert_eq(sum_terms(chart, epoch, &sum, &total), stage == 1 ? 2 : 6);
            cr_assert_gt(total, 0);
            cr_assert_float_eq(sum, total, 2e-3 * total, "stage %d, epoch %d", stage, epoch);
        }
        mem_free(chart);
    }
    mem_free(page);
}

Test(cli_report, the_page_names_data_model_date_and_command_and_explains_its_terms) {
    static const char *const wanted[] = {"<dt>data set</dt><dd>named: 60 cases",
                                         "<dt>model</dt><dd>64 bits;",
                                         "<dt>date</dt><dd>1970-01-02 (UTC)",
                                         "<dt>P@10</dt>",
                                         "<dt>NDCG</dt>",
                                         "<dt>entropy</dt>",
                                         "<dt>tie</dt>",
                                         "<dt>mean tie</dt>"};
    char folder[512], path[600], command[1400];
    snprintf(folder, sizeof folder, "%s", fixture_path("named"));
    expect_msach(0, NULL, "phantom -q --out %s --cases 60 --size 32", folder);
    setenv("SOURCE_DATE_EPOCH", "86400", 1);
    expect_msach(0, NULL, "train -q --threads 1 --data %s/manifest.tsv --out %s/run --set %s", folder, folder,
                 tiny_settings);
    unsetenv("SOURCE_DATE_EPOCH");
    snprintf(path, sizeof path, "%s/run/report.html", folder);
    char *page = read_page(path);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_assert_not_null(strstr(page, wanted[i]), "%s", wanted[i]);
    snprintf(command, sizeof command, ">msach train --data %s/manifest.tsv --out %s/run --set image_size=32",
             folder, folder);
    cr_assert_not_null(strstr(page, command), "%s", command);
    mem_free(page);
}

/* ---- table.html ---- */

/* The widest axis label of a chart of bars. */
static double axis_end(const char *chart) {
    double end = 0;
    for (const char *at = chart; (at = strstr(at, "class=\"m s\">")); at++) {
        double value = strtod(at + strlen("class=\"m s\">"), NULL);
        end = fmax(end, value);
    }
    return end;
}

Test(cli_report, the_table_page_has_a_legend_a_bold_best_row_and_an_axis_without_oracle) {
    char folder[512], path[600], name[64] = "", best_row[160];
    snprintf(folder, sizeof folder, "%s", fixture_path("best"));
    expect_msach(0, NULL, "phantom -q --out %s --cases 60 --size 32", folder);
    expect_msach(0, NULL,
                 "table -q --data %s/manifest.tsv --out %s/table --bits 16 --seeds 1 --quick --set %s",
                 folder, folder, tiny_settings);
    snprintf(path, sizeof path, "%s/table/table.html", folder);
    char *page = read_page(path), *chart = chart_of(page, ">MAP, mean of both directions</title>");
    static const char *const wanted[] = {">on raw features</text>", ">ablation</text>"};
    for (size_t i = 0; i < 2; i++) cr_assert_not_null(strstr(chart, wanted[i]), "%s", wanted[i]);
    cr_assert_null(strstr(chart, ">ORACLE</text>"));
    cr_assert_not_null(strstr(page, "Not drawn: ORACLE, at "));

    /* the highest value that the chart draws, ties of three digits aside, is the bold row of the table */
    double best = 0;
    for (const char *at = chart; (at = strstr(at, "<title>")); at++) {
        char row[64];
        double value;
        if (sscanf(at, "<title>%63[^:]: %lf", row, &value) != 2 || strncmp(row, "REAL-VALUED", 11) == 0)
            continue;
        if (value > best) best = value, memcpy(name, row, sizeof name);
    }
    cr_assert_gt(best, 0);
    cr_assert_leq(axis_end(chart), 1);
    snprintf(best_row, sizeof best_row, "<tr><th scope=\"row\" dir=\"auto\"><strong>%s</strong></th>", name);
    cr_assert_not_null(strstr(page, best_row), "%s", best_row);
    const char *rows = strstr(page, "<caption><span>MAP of test queries"), *end = strstr(rows, "</table>");
    int bold = 0;
    for (const char *at = rows; (at = strstr(at, "<th scope=\"row\" dir=\"auto\"><strong>")) && at < end;
         at++)
        bold++;
    cr_assert_eq(bold, 1);
    cr_assert_not_null(strstr(page, "<dt>published protocol</dt>"));
    cr_assert_not_null(strstr(page, "Sablayrolles"));
    mem_free(page);
    mem_free(chart);
}

/* ---- eval --curves ---- */

Test(cli_report, curves_of_a_run_are_files_with_the_numbers_of_eval) {
    static const char *const names[] = {"map",
                                        "precision_recall",
                                        "distances_from_image",
                                        "distances_from_text",
                                        "balance_of_image_bits",
                                        "balance_of_text_bits",
                                        "correlation_of_image_bits",
                                        "correlation_of_text_bits"};
    TinyRun run = tiny_run("tiny");
    char path[700];
    Ran r = run_msach("eval -q --json --run %s --curves %s/../curves", run.run, run.run);
    cr_assert_eq(r.code, 0, "%s", r.err);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/../curves/%s.svg", run.run, names[i]);
        char *svg = read_page(path);
        cr_assert(strncmp(svg, "<svg ", 5) == 0 && strstr(svg, "</svg>\n") && !strstr(svg, "var(--"), "%s",
                  path);
        mem_free(svg);
        snprintf(path, sizeof path, "%s/../curves/%s.tsv", run.run, names[i]);
        char *tsv = read_page(path);
        cr_assert_gt(strlen(tsv), 100);
        const char *expected = strstr(r.out, "\"expected\":"), *low = strstr(r.out, "\"pessimistic\":");
        double value, least;
        if (i == 0) {
            cr_assert_eq(sscanf(tsv, "name\tvalue\tlow\thigh\nimage to text\t%lf\t%lf", &value, &least), 2);
            cr_assert_float_eq(value, strtod(expected + 11, NULL), 1e-8);
            cr_assert_float_eq(least, strtod(low + 14, NULL), 1e-8);
        }
        mem_free(tsv);
    }
    ran_free(&r);
}

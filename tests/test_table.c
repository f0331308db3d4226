/* The table, through the real binary and the library: its numbers are those of a run, chance is its closed
 * form, a stopped table ends with the same bytes, damage is found, unseen classes are unseen. */
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hash/baselines/baselines.h"
#include "nn/base/alloc.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"
#include "train/session.h"
#include "train/table/table_plan.h"

enum { PATHS = 512, MOST = 128 };

typedef struct {
    char manifest[PATHS], out[PATHS];
} Small;

static Small small_set(const char *name) {
    Small s;
    const char *folder = fixture_path(name);
    snprintf(s.manifest, sizeof s.manifest, "%s/manifest.tsv", folder);
    snprintf(s.out, sizeof s.out, "%s/table", folder);
    expect_msach(0, "manifest.tsv", "phantom --out %s --cases 60 --size 32", folder);
    return s;
}

/* The last cell that is reported is the last of those that the call counts. */
static void make_table(const Small *s, const char *more) {
    Ran r = run_msach("table --data %s --out %s --bits 16 --seeds 1 %s --set %s", s->manifest, s->out, more,
                      tiny_settings);
    int cell = 0, of = 0;
    cr_assert_eq(r.code, 0, "%s", r.err);
    cr_assert_not_null(strstr(r.out, "table"), "%s", r.out);
    for (const char *at = r.err; (at = strstr(at, "cell ")); at++) sscanf(at, "cell %d of %d", &cell, &of);
    cr_assert_eq(cell, of, "%s", r.err);
    ran_free(&r);
}

static char *read_text(const char *folder, const char *name) {
    char path[2 * PATHS];
    unsigned char *data;
    size_t size;
    Error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(file_read(path, 1 << 26, &data, &size, &err), STATUS_OK, "%s", err.message);
    return (char *)data;
}

/* map, map_pessimistic .. of one line of table.tsv: value (5) as in the columns. */
static void read_line(const char *tsv, const char *begins, const char *ends_with, double value[5]) {
    for (const char *line = tsv; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        char copy[512];
        snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "\n"), line);
        char *found = strstr(copy, ends_with);
        if (!strstr(copy, begins) || !found) continue;
        char *at = found + strlen(ends_with);
        for (int i = 0; i < 5; i++) value[i] = strtod(at + (*at == '\t'), &at);
        return;
    }
    cr_assert(0, "table.tsv has no line %s ... %s", begins, ends_with);
}

static double json_number_after(const char *json, const char *direction, const char *name) {
    const char *at = strstr(json, direction);
    cr_assert_not_null(at, "%s in %s", direction, json);
    at = strstr(at, name);
    cr_assert_not_null(at, "%s in %s", name, json);
    return strtod(at + strlen(name), NULL);
}

/* ---- Numbers ---- */

static void compare_with_eval(const Small *s, const char *tsv, const char *run, const char *protocol) {
    static const char *const directions[] = {"image_to_text", "text_to_image"};
    static const char *const fields[] = {
        "\"pessimistic\":", "\"expected\":", "\"optimistic\":", "\"map_low\":", "\"map_high\":"};
    Ran r = run_msach("eval -q --json --run %s --data %s --protocol %s", run, s->manifest, protocol);
    cr_assert_eq(r.code, 0, "%s", r.err);
    for (int k = 0; k < 2; k++) {
        char ends[64];
        double value[5];
        snprintf(ends, sizeof ends, "%s\t%s", directions[k], protocol);
        read_line(tsv, "\tMSACH\t-\tfull\t16\t", ends, value);
        for (int i = 0; i < 5; i++)
            cr_assert_float_eq(value[i], json_number_after(r.out, directions[k], fields[i]), 1e-8, "%s %s",
                               ends, fields[i]);
    }
    ran_free(&r);
}

Test(table, row_of_msach_holds_the_numbers_of_eval_on_the_same_run) {
    Small s = small_set("numbers");
    char run[2 * PATHS];
    make_table(&s, "--quick");
    snprintf(run, sizeof run, "%s-run", s.out);
    expect_msach(0, NULL, "train -q --data %s --out %s --bits 16 --set %s", s.manifest, run, tiny_settings);
    char *tsv = read_text(s.out, "table.tsv");
    compare_with_eval(&s, tsv, run, "honest");
    compare_with_eval(&s, tsv, run, "published");
    const char *head =
        "dataset\tsplit\tsplit_seed\tseed\tmethod\tfeatures\tablation\tbits\tdirection\tprotocol\t"
        "map_pessimistic\tmap\tmap_optimistic\tmap_low\tmap_high\n";
    cr_assert_eq(strncmp(tsv, head, strlen(head)), 0);
    mem_free(tsv);
}

/* ---- Codes of another program ---- */

/* A run on split seed 1, and its codes in s->out-codes as `eval --dump` writes them. */
static void dump_codes(const Small *s) {
    expect_msach(0, NULL, "train -q --data %s --out %s-run --bits 16 --set %s", s->manifest, s->out,
                 tiny_settings);
    expect_msach(0, NULL, "eval -q --run %s-run --dump %s-codes", s->out, s->out);
}

/* Replaces a text in a file of the codes. */
static void exchange(const Small *s, const char *name, const char *from, const char *to) {
    char folder[2 * PATHS], path[3 * PATHS];
    snprintf(folder, sizeof folder, "%s-codes", s->out);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *text = read_text(folder, name), *at = strstr(text, from);
    cr_assert_not_null(at, "%s has no %s", name, from);
    FILE *f = fopen(path, "w");
    fprintf(f, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    fclose(f);
    mem_free(text);
}

Test(table, codes_of_another_program_have_the_numbers_of_eval_and_no_published_ones) {
    Small s = small_set("own-codes");
    char more[3 * PATHS];
    dump_codes(&s);
    snprintf(more, sizeof more, "--only raw-lengths --codes Its.codes=%s-codes", s.out);
    make_table(&s, more);
    char *tsv = read_text(s.out, "table.tsv"), *md = read_text(s.out, "table.md");
    for (int k = 0; k < 2; k++) {
        const char *direction = k ? "text_to_image" : "image_to_text";
        char ends[64], run[2 * PATHS];
        double value[5];
        snprintf(ends, sizeof ends, "%s\thonest", direction);
        read_line(tsv, "\tIts.codes\tcodes\t-\t16\t", ends, value);
        snprintf(run, sizeof run, "%s-codes", s.out);
        Ran r = run_msach("eval -q --json --codes %s", run);
        cr_assert_float_eq(value[1], json_number_after(r.out, direction, "\"expected\":"), 1e-8);
        cr_assert_float_eq(value[3], json_number_after(r.out, direction, "\"map_low\":"), 1e-8);
        ran_free(&r);
        snprintf(ends, sizeof ends, "%s\tpublished", direction);
        read_line(tsv, "\tIts.codes\tcodes\t-\t16\t", ends, value);
        cr_assert(isnan(value[1]));
    }
    cr_assert_not_null(strstr(md, "| **Its.codes** |")); /* the only row */
    cr_assert_not_null(strstr(md, "| **not given** | **1** |"));
    mem_free(tsv);
    mem_free(md);
    make_table(&s, "--only main");
    make_table(&s, more); /* beside our rows, from its cell */
    md = read_text(s.out, "table.md");
    const char *gains = strstr(md, "MSACH over");
    cr_assert_not_null(gains);
    cr_assert_not_null(strstr(gains, "| Its.codes |"), "no paired gain over the codes");
    mem_free(md);
}

Test(table, codes_that_are_not_of_a_split_are_refused_with_the_case) {
    Small s = small_set("own-codes-wrong");
    char folder[2 * PATHS], path[3 * PATHS], options[6 * PATHS];
    dump_codes(&s);
    snprintf(folder, sizeof folder, "%s-codes", s.out);
    snprintf(options, sizeof options, "table --data %s --out %s --bits 16 --seeds 1 --codes X=%s", s.manifest,
             s.out, folder);
    expect_msach(3, "add 16 to --bits", "table --data %s --out %s --bits 24 --codes X=%s", s.manifest, s.out,
                 folder);
    expect_msach(3, "both hold codes of X for split seed 1", "%s --codes X=%s", options, folder);
    expect_msach(2, "no method of the table", "table --data x --out y --codes DCH=%s", folder);
    expect_msach(2, "NAME=DIR was expected", "table --data x --out y --codes %s", folder);
    char *ids = read_text(folder, "ids_query.txt"), first[64], second[64];
    cr_assert_eq(sscanf(ids, "%63s %63s", first, second), 2);
    mem_free(ids);
    exchange(&s, "ids_query.txt", first, "stranger");
    expect_msach(3, "ids_query has 'stranger', which is no case of", "%s", options);
    exchange(&s, "ids_query.txt", "stranger", second);
    expect_msach(3, "twice", "%s", options);
    exchange(&s, "ids_query.txt", second, first);
    ids = read_text(folder, "ids_database.txt");
    cr_assert_eq(sscanf(ids, "%63s", second), 1);
    mem_free(ids);
    exchange(&s, "ids_query.txt", first, second);
    expect_msach(3, "split seed 1; the ids that `msach eval --dump` writes", "%s", options);
    exchange(&s, "ids_query.txt", second, first);
    exchange(&s, "label_names.txt", "cyst", "fist");
    expect_msach(3, "label_names.txt names the columns", "%s", options);
    exchange(&s, "label_names.txt", "fist", "cyst");
    expect_msach(0, "table", "%s --only raw-lengths", options);
    ids = read_text(folder, "ids_query.txt");
    for (char *at = ids; *at; at++)
        if (*at == 'c') *at = 'k';
    snprintf(path, sizeof path, "%s/ids_query.txt", folder);
    FILE *f = fopen(path, "w");
    fputs(ids, f);
    fclose(f);
    mem_free(ids);
    expect_msach(3, "no id of ids_query is a test query", "%s", options);
}

/* Value of a column of comma-separated numbers in the line that begins so. */
static double csv_value(const char *csv, const char *begins, int column) {
    const char *line = strstr(csv, begins);
    cr_assert_not_null(line, "no line %s", begins);
    line += strlen(begins);
    for (int i = 0; i < column; i++) line = strchr(line, ',') + 1;
    return strtod(line, NULL);
}

/* Every row of every tabular has its columns, braces close, and a row of MAP is bold. */
static void check_latex(const char *tex) {
    int depth = 0, bold = 0, columns = 0, cells = 0;
    for (const char *at = tex; *at; at++) {
        bool escaped = at > tex && at[-1] == '\\';
        depth += !escaped && *at == '{' ? 1 : !escaped && *at == '}' ? -1 : 0;
        cr_assert_geq(depth, 0);
        if (strncmp(at, "begin{tabular}{", 15) == 0) columns = (int)strcspn(at + 15, "}"), cells = 0;
        cells += !escaped && *at == '&';
        if (strncmp(at, "\\\\\n", 3) == 0) {
            cr_assert_eq(cells, columns - 1, "%.200s", at);
            cells = 0;
        }
        bold += strncmp(at, "\n\\textbf{", 9) == 0;
    }
    cr_assert_eq(depth, 0);
    cr_assert_eq(bold, 1, "%d rows of MAP are bold", bold);
}

Test(table, files_for_a_paper_hold_the_numbers_of_the_table) {
    static const char *const figures[] = {"map",
                                          "ablations",
                                          "ties",
                                          "protocol_gap",
                                          "precision_recall_from_image",
                                          "precision_recall_from_text"};
    Small s = small_set("a_50%&b");
    make_table(&s, "--quick");
    char *csv = read_text(s.out, "table.csv"), *tex = read_text(s.out, "table.tex"),
         *tsv = read_text(s.out, "table.tsv"), row[64], name[128];
    double honest[2][5], mean = csv_value(csv, ",16,MSACH,-,full,mean,honest,", 1);
    read_line(tsv, "\tMSACH\t-\tfull\t16\t", "image_to_text\thonest", honest[0]);
    read_line(tsv, "\tMSACH\t-\tfull\t16\t", "text_to_image\thonest", honest[1]);
    cr_assert_float_eq(mean, (honest[0][1] + honest[1][1]) / 2, 1e-8);
    cr_assert_float_eq(csv_value(csv, ",16,MSACH,-,full,image_to_text,honest,", 2), honest[0][3], 1e-8);
    snprintf(row, sizeof row, "%.3f & %.3f & %.3f & ", honest[0][1], honest[1][1], mean);
    check_latex(tex);
    cr_assert_not_null(strstr(strstr(tex, "\nMSACH & "), row), "%s", row);
    cr_assert_not_null(strstr(tex, "\\caption{a\\_50\\%\\&b, 16 bits. "));
    cr_assert(strstr(tex, "$-$0.") && !strstr(tex, " -0."), "a minus that is a hyphen");
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        snprintf(name, sizeof name, "figures/a_50__b_%s.svg", figures[i]);
        char *svg = read_text(s.out, name);
        cr_assert(strncmp(svg, "<svg ", 5) == 0 && strstr(svg, "xmlns=") && strstr(svg, "</svg>\n"));
        cr_assert(!strstr(svg, "var(--") && !strstr(svg, "@media"), "%s is not for paper", name);
        mem_free(svg);
    }
    char *map = read_text(s.out, "figures/a_50__b_map.tsv"), *at = strstr(map, "\nMSACH\t");
    cr_assert_not_null(at);
    cr_assert_float_eq(strtod(at + 7, NULL), mean, 1e-8);
    mem_free(map);
    mem_free(csv);
    mem_free(tex);
    mem_free(tsv);
}

Test(table, cite_names_every_method_that_was_not_made_here) {
    static const char *const wanted[] = {"% MSACH\n", "% CCA-ITQ",    "% CMFH",
                                         "% SCM-seq", "% DCH",        "% BATCH",
                                         "% DCMH",    "% CLASSIFIER", "10.7507/1001-5515.202407034"};
    Ran r = run_msach("table --cite");
    cr_assert_eq(r.code, 0, "%s", r.err);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_assert_not_null(strstr(r.out, wanted[i]), "%s", wanted[i]);
    for (int i = 0; i < BASELINE_METHODS; i++) cr_assert_not_null(strstr(r.out, BASELINES[i].name));
    int entries = 0, closed = 0;
    for (const char *at = r.out; *at; at++) {
        entries += strncmp(at, "\n@misc{", 7) == 0;
        closed += strncmp(at, "\n}\n", 3) == 0;
    }
    cr_assert(entries == 10 && closed == 10);
    ran_free(&r);
}

/* E[AP] = (R-1)/(N-1) + (H_N/N)(N-R)/(N-1), counted from the labels here. */
static double chance(const Session *s) {
    int classes = session_classes(s), n = s->count[SET_DATABASE];
    double total = 0, harmonic = 0;
    for (int i = 1; i <= n; i++) harmonic += 1.0 / i;
    for (int q = 0; q < s->count[SET_QUERY]; q++) {
        int relevant = 0;
        for (int i = 0; i < n; i++) {
            const uint8_t *a = s->manifest.labels + (size_t)s->index[SET_QUERY][q] * (size_t)classes;
            const uint8_t *b = s->manifest.labels + (size_t)s->index[SET_DATABASE][i] * (size_t)classes;
            int shared = 0;
            for (int k = 0; k < classes; k++) shared |= a[k] && b[k];
            relevant += shared;
        }
        if (relevant > 0) total += (relevant - 1.0) / (n - 1) + harmonic / n * (n - relevant) / (n - 1.0);
    }
    return total / s->count[SET_QUERY];
}

static void open_small(Session *session, const Small *s, int unseen) {
    Config c;
    Error err = {0};
    ManifestOptions o = {.need_labels = true};
    config_default(&c);
    c.image_size = 32;
    cr_assert_eq(session_open_unseen(session, &c, s->manifest, &o, unseen, NULL, NULL, &err), STATUS_OK, "%s",
                 err.message);
}

Test(table, rows_of_chance_and_of_true_labels_are_what_they_must_be) {
    Small s = small_set("chance");
    double value[5];
    make_table(&s, "--quick");
    char *tsv = read_text(s.out, "table.tsv");
    Session session;
    open_small(&session, &s, 0);
    for (int k = 0; k < 2; k++) {
        read_line(tsv, "\tRANDOM\t", k ? "text_to_image\thonest" : "image_to_text\thonest", value);
        cr_assert_float_eq(value[1], chance(&session), 1e-8);
        cr_assert(value[0] == value[1] && value[2] == value[1] && value[3] <= value[1]);
        read_line(tsv, "\tORACLE\t", k ? "text_to_image\thonest" : "image_to_text\thonest", value);
        cr_assert_gt(value[1], 0.8);
    }
    session_close(&session);
    mem_free(tsv);
}

/* ---- Resumption ---- */

typedef struct {
    char name[MOST][40];
    struct stat at[MOST];
    int n;
} Cells;

static Cells cells_of(const Small *s) {
    Cells c = {.n = 0};
    char folder[2 * PATHS], path[3 * PATHS];
    snprintf(folder, sizeof folder, "%s/cells", s->out);
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (!strstr(e->d_name, ".tsv") || e->d_name[0] == '.' || strlen(e->d_name) != 20) continue;
        cr_assert_lt(c.n, MOST);
        snprintf(c.name[c.n], sizeof c.name[0], "%.39s", e->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        cr_assert_eq(stat(path, &c.at[c.n++]), 0);
    }
    if (d) closedir(d);
    return c;
}

/* Every cell of `before` is unchanged. */
static void assert_untouched(const Cells *before, const Cells *after) {
    for (int i = 0; i < before->n; i++) {
        int same = 0;
        for (int k = 0; k < after->n; k++)
            same |= strcmp(before->name[i], after->name[k]) == 0 &&
                    before->at[i].st_ino == after->at[k].st_ino &&
                    before->at[i].st_mtim.tv_nsec == after->at[k].st_mtim.tv_nsec;
        cr_assert(same, "cell %s was trained twice", before->name[i]);
    }
}

static const char *const RESULTS[] = {"table.tsv", "table.csv", "table.md", "table.tex", "table.html"};

/* A table stopped by the signal after six cells or more continues to the bytes of an uninterrupted one. */
static void assert_goes_on_after(int signal, const char *name, const char *options) {
    Small s = small_set(name);
    char moved[2 * PATHS];
    make_table(&s, "--quick");
    snprintf(moved, sizeof moved, "%s-whole", s.out);
    cr_assert_eq(rename(s.out, moved), 0);

    pid_t pid = start_msach("table -q --data %s --out %s --bits 16 --seeds 1 --quick %s --set %s", s.manifest,
                            s.out, options, tiny_settings);
    Cells before = {.n = 0};
    for (int i = 0; i < 3000 && before.n < 6; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        before = cells_of(&s);
    }
    kill(pid, signal);
    int code = finish_msach(pid);
    cr_assert_eq(code, signal == SIGKILL ? 128 + SIGKILL : 130, "%s: exit %d", name, code);
    before = cells_of(&s);
    cr_assert_geq(before.n, 6);
    if (signal == SIGINT) cr_assert_lt(before.n, 25, "the interrupt came after the last cell");
    make_table(&s, "--quick");
    Cells after = cells_of(&s);
    assert_untouched(&before, &after);
    for (int i = 0; i < 3; i++) {
        char *whole = read_text(moved, RESULTS[i]), *resumed = read_text(s.out, RESULTS[i]);
        cr_assert_str_eq(whole, resumed, "%s differs", RESULTS[i]);
        mem_free(whole);
        mem_free(resumed);
    }
}

Test(table, killed_in_the_middle_ends_with_the_bytes_of_an_uninterrupted_one_and_trains_no_cell_twice) {
    assert_goes_on_after(SIGKILL, "killed", "");
}

Test(table, interrupted_while_cells_run_side_by_side_it_ends_as_if_it_had_not_been) {
    assert_goes_on_after(SIGINT, "interrupted", "--threads 3");
}

Test(table, parts_at_any_number_of_threads_one_after_the_other_give_the_bytes_of_the_whole) {
    Small s = small_set("parts");
    char moved[2 * PATHS];
    make_table(&s, "--quick --threads 1");
    snprintf(moved, sizeof moved, "%s-whole", s.out);
    cr_assert_eq(rename(s.out, moved), 0);
    make_table(&s, "--quick --only ablations --threads 3");
    Cells first = cells_of(&s);
    cr_assert_eq(first.n, 15);
    char *part = read_text(s.out, "table.tsv"), *page = read_text(s.out, "table.html");
    cr_assert_null(strstr(part, "\tfull\t"));
    cr_assert_not_null(strstr(page, "Not finished: 21 of 36 cells"));
    make_table(&s, "--quick --only main,dcmh --threads 2");
    Cells second = cells_of(&s);
    assert_untouched(&first, &second);
    char *whole = read_text(moved, "table.tsv"), *extended = read_text(s.out, "table.tsv");
    cr_assert_str_eq(whole, extended);
    mem_free(part);
    mem_free(page);
    mem_free(whole);
    mem_free(extended);
}

/* Runs the finished table a second time: it must warn with this text and end with the same bytes, and the cell is whole. */
static void assert_computed_again(const Small *s, const char *whole, const char *warning) {
    expect_msach(0, warning, "table -q --data %s --out %s --bits 16 --seeds 1 --quick --set %s", s->manifest,
                 s->out, tiny_settings); /* --quiet hides no warning */
    char *again = read_text(s->out, "table.tsv");
    cr_assert_str_eq(whole, again);
    mem_free(again);
    Ran r = run_msach("table -q --data %s --out %s --bits 16 --seeds 1 --quick --set %s", s->manifest, s->out,
                      tiny_settings);
    cr_assert(r.code == 0 && !strstr(r.err, "computed again"), "%s", r.err);
    ran_free(&r);
}

Test(table, a_damaged_or_foreign_cell_is_reported_and_computed_again_with_the_same_bytes) {
    Small s = small_set("damaged");
    Error err = {0};
    char path[3 * PATHS], other[3 * PATHS];
    unsigned char *data;
    size_t size;
    make_table(&s, "--quick");
    char *whole = read_text(s.out, "table.tsv");
    Cells cells = cells_of(&s);
    cr_assert_gt(cells.n, 12);
    snprintf(path, sizeof path, "%s/cells/%s", s.out, cells.name[3]);
    snprintf(other, sizeof other, "%s/cells/%s", s.out, cells.name[4]);

    cr_assert_eq(file_read(path, 1 << 24, &data, &size, &err), STATUS_OK, "%s", err.message);
    data[size - 40] ^= 1;
    cr_assert_eq(file_write(path, data, size, &err), STATUS_OK);
    assert_computed_again(&s, whole, "its checksum is wrong; it is computed again");
    mem_free(data);

    cr_assert_eq(file_read(other, 1 << 24, &data, &size, &err), STATUS_OK);
    cr_assert_eq(file_write(path, data, size, &err), STATUS_OK);
    assert_computed_again(&s, whole, "is a cell of another table; it is computed again");
    mem_free(data);

    cr_assert_eq(file_write(path, "msach table cell 3\n", 19, &err), STATUS_OK); /* cut short */
    assert_computed_again(&s, whole, "is damaged");
    mem_free(whole);
}

/* A file with valid checksum and key and invalid lines: every line in turn is missing or has an extra field. */
Test(table, a_cell_with_a_missing_or_wrong_line_is_refused) {
    TableCell cell = {.rows = 1, .split_hash = 7};
    TableRow *row = &cell.row[0];
    Error err = {0};
    const char *path = fixture_path("cell.tsv");
    double one[2] = {0.25, 0.5};
    snprintf(row->method, sizeof row->method, "M");
    snprintf(row->features, sizeof row->features, "-");
    snprintf(row->ablation, sizeof row->ablation, "-");
    snprintf(row->note, sizeof row->note, "-");
    cell.group = (Numbers){one, 2};
    for (int i = 0; i < 4; i++) row->score[i / 2][i % 2].ap = (Numbers){one, 2};
    cr_assert_eq(table_cell_write(&cell, "key", path, &err), STATUS_OK, "%s", err.message);
    unsigned char *data;
    size_t size;
    cr_assert_eq(file_read(path, 1 << 20, &data, &size, &err), STATUS_OK);
    const char *text = (const char *)data, *lines = strchr(text, '\n') + 1;
    int checked = 0;
    for (const char *line = lines; *line; line = strchr(line, '\n') + 1)
        for (int lost = 0; lost < 2; lost++) {
            size_t length = strcspn(line, "\n");
            Buffer changed = {0}, file = {0};
            buffer_add(&changed, lines, (size_t)(line - lines));
            if (!lost) buffer_printf(&changed, "%.*s\tx\n", (int)length, line);
            buffer_printf(&changed, "%s", line + length + 1);
            buffer_printf(&file, "msach table cell 3\t%08x\n",
                          (unsigned)crc32_update(0, changed.data, changed.size));
            buffer_add(&file, changed.data, changed.size);
            cr_assert_eq(file_write(path, file.data, file.size, &err), STATUS_OK);
            TableCell read;
            cr_assert_eq(table_cell_read(&read, "key", path, &err), STATUS_CHECK, "%.*s", (int)length, line);
            table_cell_free(&read);
            buffer_free(&changed);
            buffer_free(&file);
            checked++;
        }
    cr_assert_gt(checked, 40);
    cr_assert_eq(file_write(path, data, size, &err), STATUS_OK);
    TableCell read;
    cr_assert_eq(table_cell_read(&read, "key", path, &err), STATUS_OK, "%s", err.message);
    cr_assert(read.rows == 1 && read.split_hash == 7 && read.group.n == 2 && read.group.value[1] == 0.5);
    cr_assert_eq(read.row[0].score[1][1].ap.value[0], 0.25);
    table_cell_free(&read);
    mem_free(data);
}

Test(table, cells_of_an_older_format_are_named_and_not_read) {
    Small s = small_set("older");
    char path[3 * PATHS];
    Error err = {0};
    snprintf(path, sizeof path, "%s/cells", s.out);
    cr_assert_eq(dir_make(path, &err), STATUS_OK);
    snprintf(path, sizeof path, "%s/cells/0123456789abcdef.txt", s.out);
    cr_assert_eq(file_write(path, "msach table cell 2\n", 19, &err), STATUS_OK);
    expect_msach(0, "holds 1 cell file of an older msach (*.txt), which this one does not read",
                 "table -q --data %s --out %s --bits 16 --seeds 1 --quick --only dcmh --set %s", s.manifest,
                 s.out, tiny_settings);
}

Test(table, other_settings_of_stage_2_leave_what_stands_on_stage_1_alone) {
    Small s = small_set("settings");
    make_table(&s, "--quick");
    Cells before = cells_of(&s);
    make_table(&s, "--quick --set dropout=0.1");
    Cells after = cells_of(&s);
    assert_untouched(&before, &after);
    cr_assert_eq(after.n - before.n, 16, "%d", after.n - before.n); /* MSACH and fifteen ablations */
}

/* ---- Splits ---- */

Test(table, unseen_classes_are_in_no_training_and_no_validation_case) {
    Small s = small_set("unseen");
    enum { UNSEEN = 3 };
    Session session;
    open_small(&session, &s, UNSEEN);
    int classes = session_classes(&session), flagged = 0, seen[SET_COUNT] = {0};
    uint8_t flags[MOST];
    int scratch[MOST];
    session_unseen(&session.manifest, (uint64_t)session.config.split_seed, UNSEEN, flags, scratch);
    for (int k = 0; k < classes; k++) flagged += flags[k];
    cr_assert_eq(flagged, UNSEEN);
    for (int set = 0; set < SET_COUNT; set++) {
        cr_assert_gt(session.count[set], 0);
        for (int i = 0; i < session.count[set]; i++) {
            const uint8_t *y = session.manifest.labels + (size_t)session.index[set][i] * (size_t)classes;
            int hidden = 0;
            for (int k = 0; k < classes; k++) hidden |= y[k] && flags[k];
            seen[set] += hidden;
        }
    }
    cr_assert(seen[SET_TRAIN] == 0 && seen[SET_VAL] == 0, "%d, %d", seen[SET_TRAIN], seen[SET_VAL]);
    cr_assert_eq(seen[SET_QUERY], session.count[SET_QUERY]);
    cr_assert_eq(seen[SET_DATABASE], session.count[SET_DATABASE]);
    session_close(&session);
}

Test(table, full_form_has_every_split_length_and_ablation) {
    Small s = small_set("full");
    static const char *const lines[] = {
        "\tstandard\t1\t1\tCCA-ITQ\tstage1\t-\t16\t",   "\tstandard\t1\t1\tMSACH\t-\tno-subwords\t16\t",
        "\tstandard\t1\t1\tMSACH\t-\tend-to-end\t16\t", "\tstandard\t2\t1\tDCMH\t-\t-\t16\t",
        "\tstandard\t1\t1\tMSACH\t-\tfull\t24\t",       "\tunseen\t1\t1\tCLASSIFIER\tstage1\t-\t16\t",
        "\tmasked\t1\t1\tREAL-VALUED\t-\tfull\t16\t",   "\tstandard\t2\t1\tSCM-seq\tstage1\t-\t16\t"};
    expect_msach(0, "BATCH, 24 bits is left out: BATCH: 24 training cases for 24 bits",
                 "table --data %s --out %s --bits 16,24 --seeds 2 --set %s", s.manifest, s.out,
                 tiny_settings);
    char *tsv = read_text(s.out, "table.tsv");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        cr_assert_not_null(strstr(tsv, lines[i]), "%s", lines[i]);
    cr_assert_null(strstr(tsv, "\tstandard\t2\t1\tMSACH\t-\tfull\t24\t"));
    mem_free(tsv);
}

Test(table, mistakes_on_the_command_line_are_told) {
    expect_msach(2, "multiples of 8", "table --data x --out y --bits 16,20");
    expect_msach(2, "--bits names 16 twice", "table --data x --out y --bits 16,16");
    expect_msach(2, "--data names x twice", "table --data x --data x --out y");
    expect_msach(2, "would be called 'set_1'", "table --data a/set_1/m.tsv --data 'b/set 1/m.tsv' --out y");
    expect_msach(2, "use --bits and --seeds", "table --data x --out y --set bits=32");
    expect_msach(2, "did you mean 'ablations'?", "table --data x --out y --only main,ablation");
    expect_msach(2, "did you mean 'image_size'?", "table --data x --out y --set imagesize=32");
    expect_msach(3, "no-such.tsv", "table --data no-such.tsv --out %s", fixture_path("none"));
}

Test(table, words_of_a_file_are_masked_too_and_move_the_masked_cells_alone) {
    Small s = small_set("words");
    char more[2 * PATHS];
    make_table(&s, "--only main,masked");
    Cells before = cells_of(&s);
    char *plain = read_text(s.out, "table.tsv");
    snprintf(more, sizeof more, "--only main,masked --mask-words %s",
             fixture_text("words.txt", "lesion\nechogenic\nshadowing\nanechoic\nenhancement\n"));
    make_table(&s, more);
    Cells after = cells_of(&s);
    assert_untouched(&before, &after);
    char *words = read_text(s.out, "table.tsv");
    const char *unmoved = strstr(plain, "\tmasked\t"), *moved = strstr(words, "\tmasked\t");
    cr_assert(unmoved && moved);
    cr_assert_eq(unmoved - plain, moved - words);
    cr_assert_eq(memcmp(plain, words, (size_t)(moved - words)), 0, "a row of the standard split moved");
    double with[5], without[5], same[5], was[5];
    const char *row = "\tmasked\t1\t1\tCMFH\traw\t", *kept = "\tstandard\t1\t1\tCMFH\traw\t";
    read_line(words, row, "image_to_text\thonest", with);
    read_line(plain, row, "image_to_text\thonest", without);
    read_line(words, kept, "image_to_text\thonest", same);
    read_line(plain, kept, "image_to_text\thonest", was);
    cr_assert_neq(with[1], without[1]);
    cr_assert_eq(same[1], was[1]);
    mem_free(plain);
    mem_free(words);
    expect_msach(3, "no-such.txt", "table --data %s --out %s --mask-words no-such.txt", s.manifest, s.out);
}

/* Manifests: what is read, what is refused, and the messages. */
#include "data/manifest.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/manifest_rows.h"
#include "data/picture/image.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"

static const ManifestOptions plain = {0};
static const ManifestOptions training = {.need_labels = true, .need_images = true, .need_texts = true};

/* Reads `text` as a manifest of the given name. */
static Status read_as(Manifest *m, const char *name, const char *text, const ManifestOptions *o, Error *err) {
    memset(err, 0, sizeof *err);
    return manifest_read(m, fixture_text(name, text), o, NULL, err);
}

static Manifest good(const char *name, const char *text, const ManifestOptions *o) {
    Manifest m;
    Error err;
    Status s = read_as(&m, name, text, o, &err);
    cr_assert_eq(s, STATUS_OK, "%s", err.message);
    return m;
}

/* Asserts that the manifest is refused as bad input with this message. */
static void refused(const char *name, const char *text, const ManifestOptions *o, const char *words) {
    Manifest m;
    Error err;
    cr_assert_eq(read_as(&m, name, text, o, &err), STATUS_INPUT, "expected: %s", words);
    cr_assert(fixture_says(&err, STATUS_INPUT, words), "expected: %s", words);
    manifest_free(&m);
}

static int label(const Manifest *m, int i, const char *name) {
    for (int l = 0; l < m->n_labels; l++)
        if (strcmp(m->label_names[l], name) == 0) return m->labels[i * m->n_labels + l];
    return -1;
}

/* ---- Reading ---- */

Test(manifest, tsv_columns_come_in_any_order_and_others_are_passed_over) {
    fixture_text("a.png", "x");
    Manifest m = good("m.tsv",
                      "age\tlabels\ttext\tid\timage\tgroup\tsplit\n40\tb|a\thello\tx\ta."
                      "png\tp\tquery\n\t\tbye\ty\t\tp\tval\n",
                      &plain);
    cr_assert_eq(m.n, 2);
    cr_assert_str_eq(m.cases[0].id, "x");
    cr_assert_str_eq(m.cases[0].text, "hello");
    cr_assert_str_eq(m.cases[0].image, "a.png");
    cr_assert_str_eq(m.cases[0].image_path, fixture_path("a.png"));
    cr_assert_null(m.cases[1].image_path);
    cr_assert_eq(m.cases[1].line, 3);
    cr_assert_eq(m.cases[0].group, m.cases[1].group);
    cr_assert_str_eq(m.group_names[m.cases[0].group], "p");
    cr_assert(m.has_split);
    cr_assert_eq(m.cases[0].set, SET_QUERY);
    cr_assert_eq(m.cases[1].set, SET_VAL);
    cr_assert_eq(m.n_labels, 2);
    cr_assert_str_eq(m.label_names[0], "a");
    cr_assert_eq(label(&m, 0, "a") + label(&m, 0, "b"), 2);
    cr_assert_eq(label(&m, 1, "a") + label(&m, 1, "b"), 0);
    manifest_free(&m);
}

Test(manifest, byte_order_mark_crlf_and_empty_lines_are_tolerated) {
    Manifest m = good("m.tsv", "\xEF\xBB\xBFid\ttext\r\n\r\nx\thello\r\n\ny\tbye", &plain);
    cr_assert_eq(m.n, 2);
    cr_assert_str_eq(m.cases[0].text, "hello");
    cr_assert_str_eq(m.cases[1].text, "bye");
    cr_assert_eq(m.cases[1].line, 5);
    manifest_free(&m);
    m = good("m.jsonl", "\xEF\xBB\xBF{\"id\":\"x\",\"text\":\"hello\"}\r\n", &plain);
    cr_assert_str_eq(m.cases[0].text, "hello");
    manifest_free(&m);
}

Test(manifest, escapes_stand_for_tab_newline_return_and_backslash) {
    Manifest m = good("m.tsv", "id\ttext\nx\ta\\tb\\nc\\rd\\\\e\\\\n\n", &plain);
    cr_assert_str_eq(m.cases[0].text, "a\tb\nc\rd\\e\\n");
    manifest_free(&m);
}

Test(manifest, json_lines_give_the_same_cases) {
    Manifest m = good("m.ndjson",
                      "{\"id\":\"x\",\"text\":\"a\\tb \\u80ba "
                      "\\ud83d\\ude00\",\"labels\":[\"b\",\"a\"],\"group\":\"p\",\"age\":4}\n"
                      "{\"labels\":\"b|c\",\"text\":\"t\",\"id\":\"y\",\"group\":null}\n"
                      "{\"labels\":[],\"text\":\"t\",\"id\":\"z\"}\n",
                      &plain);
    cr_assert_eq(m.n, 3);
    cr_assert_str_eq(m.cases[0].text, "a\tb 肺 😀");
    cr_assert_eq(m.n_labels, 3);
    cr_assert_eq(label(&m, 0, "a") + label(&m, 0, "b") + label(&m, 0, "c"), 2);
    cr_assert_eq(label(&m, 1, "b") + label(&m, 1, "c"), 2);
    cr_assert_eq(label(&m, 2, "b"), 0);
    cr_assert(m.cases[1].group != m.cases[2].group);
    cr_assert(!m.has_split);
    manifest_free(&m);
}

Test(manifest, a_case_without_group_is_a_group_of_its_own) {
    Manifest m = good("m.tsv", "id\ttext\tgroup\np\tt\t\na\tt\tp\nb\tt\tp\nc\tt\t\n", &plain);
    cr_assert_eq(m.n_groups, 3);
    cr_assert(m.cases[0].group != m.cases[1].group); /* an id that looks like a group's name is not in it */
    cr_assert_eq(m.cases[1].group, m.cases[2].group);
    cr_assert_str_eq(m.group_names[m.cases[3].group], "c");
    manifest_free(&m);
}

Test(manifest, ids_are_found) {
    Manifest m = good("m.tsv", "id\ttext\nx\tt\ny\tt\n", &plain);
    cr_assert_eq(manifest_find(&m, "y"), 1);
    cr_assert_eq(manifest_find(&m, "z"), -1);
    cr_assert_eq(m.crc, crc32_update(0, "id\ttext\nx\tt\ny\tt\n", 16));
    manifest_free(&m);
}

Test(manifest, a_hundred_thousand_rows_are_read_with_all_their_ids) {
    Buffer b = {0};
    buffer_printf(&b, "id\ttext\tlabels\tgroup\n");
    for (int i = 0; i < 100000; i++) buffer_printf(&b, "case%d\tno finding\tl%d\tg%d\n", i, i % 7, i / 3);
    Manifest m;
    cr_assert_eq(manifest_read(&m, fixture_file("m.tsv", b.data, b.size), &plain, NULL, NULL), STATUS_OK);
    cr_assert_eq(m.n, 100000);
    cr_assert_eq(m.n_groups, 33334);
    cr_assert_eq(manifest_find(&m, "case99999"), 99999);
    manifest_free(&m);
    buffer_free(&b);
}

/* ---- Refusals ---- */

Test(manifest, a_missing_column_is_named_with_those_found_and_the_nearest) {
    refused("m.tsv", "id\ttext\tlables\nx\tt\ta\n", &(ManifestOptions){.need_labels = true},
            "m.tsv:1: has no column labels; the first line names the columns, separated by tabs; found: id, "
            "text, lables; "
            "rename lables");
    refused("m.tsv", "ID\ttext\nx\tt\n", &plain, "has no column id");
    refused("m.tsv", "id\tlabels\nx\ta\n", &plain, "has no column text");
    refused("m.tsv", "id\timages\nx\ta\n", &plain, "has no column image");
    refused("m.tsv", "id,text\nx,t\n", &plain, "found: id,text");
    refused("m.tsv", "id\ttext\tid\nx\tt\ty\n", &plain, "column id is there twice");
    refused("m.tsv", "", &plain, "m.tsv: is empty");
    refused("m.tsv", "id\ttext\n", &plain, "has no cases");
    refused("m.jsonl", "", &plain, "has no cases");
}

Test(manifest, a_slip_in_an_optional_column_is_warned_of) {
    FixtureLog log;
    Manifest m;
    fixture_log(&log);
    cr_assert_eq(
        manifest_read(&m, fixture_text("m.tsv", "id\ttext\tgroups\nx\tt\tg\n"), &plain, &log.log, NULL),
        STATUS_OK);
    cr_assert_eq(log.warnings, 1);
    cr_assert_not_null(strstr(log.text, "column groups is ignored; if group is meant"));
    manifest_free(&m);
    fixture_log(&log);
    cr_assert_eq(manifest_read(&m, fixture_text("m.jsonl", "{\"id\":\"x\",\"text\":\"t\",\"label\":\"g\"}\n"),
                               &plain, &log.log, NULL),
                 STATUS_OK);
    cr_assert_eq(log.warnings, 1);
    manifest_free(&m);
}

/* Reads the manifest and asserts the number of warnings, and words of them. */
static void warned(const char *name, const char *text, int warnings, const char *words) {
    FixtureLog log;
    Manifest m;
    fixture_log(&log);
    cr_assert_eq(manifest_read(&m, fixture_text(name, text), &plain, &log.log, NULL), STATUS_OK);
    cr_assert_eq(log.warnings, warnings, "%s: %s", text, log.text);
    cr_assert(!words || strstr(log.text, words), "%s", log.text);
    manifest_free(&m);
}

#define COLUMNS "id\ttext\tlabels\n"

Test(manifest, fields_in_quotes_and_other_separators_are_warned_of_once) {
    warned(
        "m.tsv", COLUMNS "y\tt\ta\n\"x\"\t\"cyst \"\"quoted\"\"\"\t\"a\"\n\"z\"\tt\tb\n", 1,
        "m.tsv:3: a field begins and ends with '\"', and the quotes are taken as part of it (2 such rows)");
    warned("m.tsv", COLUMNS "x\tt\t\"a\"\n", 1, "msach import table");
    warned("m.tsv", COLUMNS "x\t\"clear\" or \"normal\"\ta\n", 0, NULL);
    warned("m.tsv", COLUMNS "x\t\"\ta\"\n", 0, NULL);
    warned("m.jsonl", "{\"id\": \"x\", \"text\": \"\\\"t\\\"\"}\n", 0, NULL);
    warned("m.tsv", COLUMNS "x\tt\ta\ny\tt\ta;b\nz\tt\tb;c\n", 1,
           "m.tsv:3: labels \"a;b\" is one label (2 such rows)");
    warned("m.jsonl",
           "{\"id\":\"x\",\"text\":\"t\",\"labels\":\"a, b\"}\n{\"id\":\"y\",\"text\":\"t\",\"labels\":\"a, "
           "b\"}\n",
           1, "write '|'");
    warned("m.tsv", COLUMNS "x\tt\ta;b\ny\tt\tb;c\nz\tt\ta|b\n", 0, NULL);
    warned("m.tsv", COLUMNS "x\tt\ta, b\ny\tt\tb\nz\tt\t\n", 0, NULL);
}

Test(manifest, bad_rows_are_told_with_file_and_line) {
    refused("m.tsv", "id\ttext\nx\tt\nx\tu\n", &plain, "m.tsv:3: id \"x\" is that of line 2");
    refused("m.tsv", "id\ttext\n\tt\n", &plain, "m.tsv:2: has no id");
    refused("m.tsv", "id\ttext\nx\tt\tu\n", &plain, "m.tsv:2: has 3 fields; 2 were expected");
    refused("m.tsv", "id\ttext\nx\n", &plain, "m.tsv:2: has 1 field; 2 were expected");
    refused("m.tsv", "id\ttext\nx\ta\\qb\n", &plain, "m.tsv:2: text holds the unknown escape \"\\q\"");
    refused("m.tsv", "id\ttext\nx\ta\\\n", &plain, "unknown escape");
    refused("m.tsv", "id\ttext\nx\ta\xFF\n", &plain, "m.tsv:2: byte 4 of the line is not UTF-8");
    refused("m.tsv", "id\ttext\tsplit\nx\tt\tqeury\n", &plain,
            "split \"qeury\" is unknown; train, val, query or database was "
            "expected; is query meant?");
    refused("m.tsv", "id\ttext\tsplit\nx\tt\ttesting\n", &plain, "split \"testing\" is unknown");
    refused("m.tsv", "id\ttext\tlabels\nx\tt\ta||b\n", &plain, "labels hold an empty name");
    refused("m.tsv", "id\ttext\tlabels\nx\tt\ta|\n", &plain, "labels end with '|'");
    refused("m.tsv", "id\ttext\nx\\ty\tt\n", &plain, "id holds a tab");
    refused("m.tsv", "id\ttext\nx\t\n", &plain, "case \"x\" has neither image nor text");
    refused("m.tsv", "id\ttext\nx\tt\n", &(ManifestOptions){.need_images = true}, "has no column image");
    refused("m.tsv", "id\ttext\timage\tlabels\nx\tt\t\ta\n", &training, "case \"x\" has no image");
    refused("m.tsv", "id\timage\ttext\tlabels\nx\ta.png\t\ta\n", &training, "case \"x\" has no text");
    refused("m.tsv", "\xFF\xFEi\n", &plain, "is UTF-16");
}

Test(manifest, a_zero_byte_is_refused) {
    Manifest m;
    Error err = {0};
    cr_assert_eq(manifest_read(&m, fixture_file("m.tsv", "id\ttext\nx\ta\0b\n", 14), &plain, NULL, &err),
                 STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "m.tsv:2: byte 4 of the line is 0"));
    manifest_free(&m);
}

/* pandas writes numbers of ids, groups and classes without quotes, and as 7.0 where some are missing. */
Test(manifest, whole_numbers_in_json_are_names) {
    Manifest m = good("m.jsonl",
                      "{\"id\":7,\"text\":\"t\",\"group\":3.0,\"labels\":[1,2]}\n"
                      "{\"id\":-12345678901,\"text\":\"t\",\"group\":\"3\",\"labels\":4}\n",
                      &plain);
    cr_assert_eq(m.n, 2);
    cr_assert_str_eq(m.cases[0].id, "7");
    cr_assert_str_eq(m.cases[1].id, "-12345678901");
    cr_assert_eq(m.n_groups, 1);
    cr_assert_eq(m.n_labels, 3);
    cr_assert_str_eq(m.label_names[2], "4");
    manifest_free(&m);
    refused("m.jsonl", "{\"id\":1e300,\"text\":\"\"}\n", &plain, "wrong type");
    refused("m.jsonl", "{\"id\":1e15}", &plain, "wrong type"); /* longer than its bytes in the file */
    refused("m.jsonl", "{\"id\":99999999999999999999,\"text\":\"t\"}", &plain, "m.jsonl:1: column");
}

Test(manifest, a_json_array_of_objects_is_read_under_any_name) {
    static const char *const names[] = {"m.json", "m.jsonl", "m.txt"};
    for (int i = 0; i < 3; i++) {
        Manifest m =
            good(names[i],
                 "\xEF\xBB\xBF [\r\n  {\"id\": 1,\n \"text\": \"a]b\"} ,{\"id\":\"y\",\"text\":\"t\",\n"
                 "\"labels\":[\"p\",\"q\"]}\n]\n\n",
                 &plain);
        cr_assert_eq(m.n, 2);
        cr_assert_str_eq(m.cases[0].text, "a]b");
        cr_assert_eq(m.cases[0].line, 2);
        cr_assert_eq(m.cases[1].line, 3);
        cr_assert_eq(m.n_labels, 2);
        manifest_free(&m);
        m = good(names[i], "{\"id\":\"x\",\"text\":\"t\"}\n{\"id\":\"y\",\"text\":\"t\"}\n", &plain);
        cr_assert_eq(m.n, 2);
        manifest_free(&m);
        refused(names[i], "[]", &plain, "has no cases");
        refused(names[i], "[\n{\"id\":\"x\",\"text\":\"t\"}\n", &plain, ":3: the array has no end");
        refused(names[i], "[{\"id\":\"x\",\"text\":\"t\"}]\n7", &plain, ":2: text follows the array");
        refused(names[i], "[{\"id\":\"x\",\"text\":\"t\"}\n{\"id\":\"y\"}]", &plain,
                ":2: ',' or ']' is missing");
        refused(names[i], "[{\"id\":\"x\",\"text\":\"t\"},\n\n{\"id\":]", &plain, ":3: ");
        refused(names[i], "[{\"id\":\"x\",\"text\":\"t\"},\n\n{\"id\":\"x\",\"text\":\"t\"}]", &plain,
                ":3: id \"x\" is that of line 1");
        refused(names[i], "[7,\n[]]", &plain, "is no JSON object");
    }
}

Test(manifest, broken_json_lines_are_told_with_file_and_line) {
    refused("m.jsonl", "{\"id\":\"x\",\"text\":\"t\"}\n{\"id\":\n", &plain, "m.jsonl:2: column ");
    refused("m.jsonl", "{\"id\":\"x\",\"id\":\"y\",\"text\":\"t\"}\n", &plain, "duplicate");
    refused("m.jsonl", "[1]\n", &plain, "is no JSON object");
    refused("m.jsonl", "{\"id\":7.5,\"text\":\"t\"}\n", &plain,
            "\"id\" is of a wrong type; a string or a whole number was expected");
    refused("m.jsonl", "{\"id\":\"x\",\"text\":7}\n", &plain,
            "\"text\" is of a wrong type; a string was expected");
    refused("m.jsonl", "{\"id\":\"x\",\"text\":\"t\",\"labels\":[true]}\n", &plain,
            "a string, a whole number or an array of them was expected");
    refused("m.jsonl", "{\"id\":\"x\",\"text\":\"t\"} trailing\n", &plain, "m.jsonl:1");
    refused("m.jsonl", "{\"text\":\"t\"}\n", &plain, "has no id");
    refused("m.jsonl", "{\"id\":\"x\\u0000\",\"text\":\"t\"}\n", &plain, "m.jsonl:1");
}

Test(manifest, the_first_ten_bad_rows_are_shown_and_the_rest_counted) {
    Buffer b = {0};
    buffer_printf(&b, "id\ttext\nx\tt\n");
    for (int i = 0; i < 25; i++) buffer_printf(&b, "x\tt\n");
    const char *path = fixture_file("m.tsv", b.data, b.size);
    Manifest m;
    Error err = {0};
    cr_assert_eq(manifest_read(&m, path, &plain, NULL, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "m.tsv:12:"));
    cr_assert_null(strstr(err.message, "m.tsv:13:"));
    cr_assert(fixture_says(&err, STATUS_INPUT, "and 15 more bad rows"));
    manifest_free(&m);
    FixtureLog log;
    fixture_log(&log);
    cr_assert_eq(manifest_read(&m, path, &(ManifestOptions){.skip_bad = true}, &log.log, NULL), STATUS_OK);
    cr_assert_eq(m.n, 1);
    cr_assert_eq(log.warnings, 1);
    cr_assert_not_null(strstr(log.text, "25 bad rows left out, 1 case"));
    manifest_free(&m);
    buffer_free(&b);
}

Test(manifest, skipped_rows_leave_no_trace) {
    Manifest m = good("m.tsv", "id\ttext\tlabels\tgroup\nx\tt\ta|b\tg\nx\tt\tz\th\ny\tt\tb\tg\n",
                      &(ManifestOptions){.skip_bad = true});
    cr_assert_eq(m.n, 2);
    cr_assert_eq(m.n_labels, 2);
    cr_assert_eq(m.n_groups, 1);
    manifest_free(&m);
}

Test(manifest, training_without_two_labels_is_told_why) {
    fixture_text("a.png", "x");
    const char *reason = "codes are trained and measured by which cases share a label";
    refused("m.tsv", "id\timage\ttext\tlabels\nx\ta.png\tt\t\n", &training, reason);
    refused("m.tsv", "id\timage\ttext\tlabels\nx\ta.png\tt\tone\ny\ta.png\tt\tone\n", &training, reason);
    Manifest m = good("m.tsv", "id\timage\ttext\tlabels\nx\ta.png\tt\tone\ny\ta.png\tt\ttwo\nz\ta.png\tt\t\n",
                      &training);
    cr_assert_eq(m.n, 3);
    manifest_free(&m);
}

Test(manifest, counts_and_sizes_are_bounded) {
    Buffer b = {0};
    buffer_printf(&b, "id\ttext\tlabels\nx\tt\tl0");
    for (int i = 1; i <= MANIFEST_CASE_LABELS; i++) buffer_printf(&b, "|l%d", i);
    buffer_printf(&b, "\n%c", 0);
    refused("m.tsv", (const char *)b.data, &plain, "has 257 labels; at most 256");
    buffer_free(&b);
    buffer_printf(&b, "id\ttext\tlabels\n");
    for (int i = 0; i <= MANIFEST_LABELS; i++) buffer_printf(&b, "x%d\tt\tl%d\n", i, i);
    buffer_add(&b, "", 1);
    refused("m.tsv", (const char *)b.data, &plain, "more than 4096 label names");
    buffer_free(&b);
    buffer_printf(&b, "id\ttext\nx\t");
    for (int i = 0; i <= MANIFEST_MAX_LINE; i += 16) buffer_printf(&b, "0123456789abcdef");
    buffer_add(&b, "", 1);
    refused("m.tsv", (const char *)b.data, &plain, "m.tsv:2: the line holds");
    buffer_free(&b);
}

Test(manifest, more_columns_than_a_table_has_are_refused) {
    Buffer b = {0};
    buffer_printf(&b, "id\ttext");
    for (int i = 0; i < 300; i++) buffer_printf(&b, "\tc%d", i);
    buffer_printf(&b, "\nx\tt\n%c", 0);
    refused("m.tsv", (const char *)b.data, &plain, "m.tsv:1: has 302 columns");
    buffer_free(&b);
}

/* ---- Images and paths ---- */

static void refused_image(const char *image, const char *words) {
    char text[512];
    snprintf(text, sizeof text, "id\timage\nx\t%s\n", image);
    refused("set/m.tsv", text, &plain, words);
}

Test(manifest, images_must_be_there_and_regular) {
    fixture_text("set/images/a.png", "x");
    cr_assert_eq(mkfifo(fixture_path("set/pipe"), 0600), 0);
    refused_image("images/b.png", "m.tsv:2: image \"images/b.png\": no such file");
    refused_image("images/a.png/b.png", "no such file");
    refused_image("images", "is a directory");
    refused_image("pipe", "not a regular file");
}

Test(manifest, paths_that_lead_outside_are_refused_unless_allowed) {
    uint8_t gray[16] = {0};
    fixture_text("outside/a.png", "x");
    fixture_text("set/images/b.png", "x");
    fixture_png("set/images/a.png", 4, 4, gray);
    cr_assert_eq(symlink("../../outside/a.png", fixture_path("set/images/link.png")), 0);
    cr_assert_eq(symlink("a.png", fixture_path("set/images/near.png")), 0);
    cr_assert_eq(symlink("../outside", fixture_path("set/far")), 0);
    fixture_text("set-2/a.png", "x"); /* its name starts like the manifest's folder */
    cr_assert_eq(symlink("../set-2", fixture_path("set/beside")), 0);
    refused_image("beside/a.png", "through a symbolic link");
    refused_image(fixture_path("outside/a.png"), "leads out of the manifest's folder; a path inside");
    refused_image("../outside/a.png", "leads out of the manifest's folder; a path inside");
    refused_image("images/../../outside/a.png", "leads out of the manifest's folder; a path inside");
    refused_image("images/link.png", "through a symbolic link");
    refused_image("far/a.png", "through a symbolic link");
    /* the folder of the good image before it is cached, but the link is still checked */
    refused("set/m.tsv", "id\timage\nw\timages/a.png\nx\timages/link.png\n", &plain, "m.tsv:3: ");
    Manifest m = good("set/m.tsv", "id\timage\nx\timages/near.png\ny\timages/a..png\n",
                      &(ManifestOptions){.skip_bad = true});
    cr_assert_eq(m.n, 1); /* a link inside the folder is accepted; a..png is missing, but not outside */
    manifest_free(&m);
    m = good("set/m.tsv", "id\timage\nx\t../outside/a.png\ny\timages/link.png\n",
             &(ManifestOptions){.allow_outside = true});
    cr_assert_eq(m.n, 2);
    manifest_free(&m);
}

Test(manifest, a_file_that_is_missing_or_a_folder_is_bad_input) {
    Manifest m;
    Error err = {0};
    cr_assert_eq(manifest_read(&m, fixture_path("none.tsv"), &plain, NULL, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "none.tsv"));
    manifest_free(&m);
    cr_assert_eq(manifest_read(&m, fixture_dir(), &plain, NULL, &err), STATUS_INPUT);
    manifest_free(&m);
}

/* ---- Masking ---- */

Test(manifest, label_words_are_masked_as_whole_words) {
    Manifest m = good("m.tsv",
                      "id\ttext\tlabels\nx\tBreast ULTRASOUND: the breasts, a chest-wall "
                      "mass\tbreast\ny\tChest only; wall too\tchest_wall\n",
                      &(ManifestOptions){.mask_labels = true});
    cr_assert_str_eq(m.cases[0].text, "  ULTRASOUND: the breasts, a   mass");
    cr_assert_str_eq(m.cases[1].text, "  only;   too");
    cr_assert(m.masked);
    manifest_free(&m);
    m = good("m.tsv", "id\ttext\tlabels\nx\tanother\tbreast\ny\tone\tchest_wall\n",
             &(ManifestOptions){.mask_labels = true});
    cr_assert_not(m.masked, "no text has one of these words");
    manifest_free(&m);
}

Test(manifest, listed_words_and_phrases_are_masked) {
    const char *list =
        fixture_text("words.txt", "\xEF\xBB\xBFlung cancer\r\nÖDEM\n肺炎\n\nlung cancer stage 4\n");
    Manifest m = good("m.tsv",
                      "id\ttext\nx\tLung   cancer, lung; cancer\ny\tödem 3.5\nz\t右肺炎症\nw\tlung cancer "
                      "stage 4b\nv\tlung-cancer stage 4\n",
                      &(ManifestOptions){.mask_words = list});
    cr_assert_str_eq(m.cases[0].text, " ,  ");
    cr_assert_str_eq(m.cases[1].text, "  3.5");
    cr_assert_str_eq(m.cases[2].text, "右 症");
    cr_assert_str_eq(m.cases[3].text, "  stage 4b");
    cr_assert_str_eq(m.cases[4].text, " ");
    manifest_free(&m);
}

Test(manifest, a_broken_list_of_words_is_bad_input) {
    Manifest m;
    Error err;
    ManifestOptions o = {.mask_words = fixture_text("words.txt", "good\nb\xFF"
                                                                 "d\n")};
    cr_assert_eq(read_as(&m, "m.tsv", "id\ttext\nx\tt\n", &o, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "words.txt: byte 7"));
    manifest_free(&m);
    o.mask_words = fixture_path("none.txt");
    cr_assert_eq(read_as(&m, "m.tsv", "id\ttext\nx\tt\n", &o, &err), STATUS_INPUT);
    manifest_free(&m);
}

/* ---- Memory, and arbitrary bytes ---- */

Test(manifest, memory_that_runs_out_is_told_and_nothing_leaks) {
    fixture_text("a.png", "x");
    const char *path =
        fixture_text("m.tsv", "id\timage\ttext\tlabels\tgroup\nx\ta.png\tt\ta\tg\ny\ta.png\tu\tb\t\n");
    ManifestOptions o = training;
    o.mask_labels = true;
    Status s = STATUS_IO;
    for (long n = 1; s != STATUS_OK; n++) {
        Manifest m;
        Error err = {0};
        cr_assert_lt(n, 300);
        mem_fail_at(n, 1);
        s = manifest_read(&m, path, &o, NULL, &err);
        mem_fail_at(0, 0);
        cr_assert(s == STATUS_OK || s == STATUS_IO, "request %ld: %s", n, err.message);
        manifest_free(&m);
    }
}

/* ASan tells of what leaks. */
Test(manifest, labels_in_the_order_of_a_model_come_first_and_lacking_ones_are_empty_columns) {
    static const char text[] = "id\ttext\tlabels\nx\tt\tb|a\ny\tt\tc\n";
    char *const names[] = {"none", "c", "a"};
    Status s = STATUS_IO;
    for (long n = 1; s != STATUS_OK; n++) {
        Manifest m = good("order.tsv", text, &plain);
        Error err = {0};
        mem_fail_at(n, 1);
        s = manifest_order_labels(&m, names, 3, &err);
        mem_fail_at(0, 0);
        cr_assert(n < 50 && (s == STATUS_OK || s == STATUS_IO), "request %ld: %s", n, err.message);
        if (s == STATUS_OK) {
            static const uint8_t columns[] = {0, 0, 1, 1, 0, 1, 0, 0};
            cr_assert_eq(m.n_labels, 4);
            cr_assert_str_eq(m.label_names[0], "none");
            cr_assert_str_eq(m.label_names[1], "c");
            cr_assert_str_eq(m.label_names[2], "a");
            cr_assert_str_eq(m.label_names[3], "b");
            cr_assert_arr_eq(m.labels, columns, sizeof columns);
        }
        manifest_free(&m);
    }
}

static void damage_everywhere(const char *name, const char *text) {
    char copy[512];
    size_t size = strlen(text);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        Manifest m;
        memcpy(copy, text, size);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        Status s = manifest_read(&m, fixture_file(name, copy, bit % 3 ? size : bit / 8), &plain, NULL, NULL);
        cr_assert(s == STATUS_OK || s == STATUS_INPUT);
        for (int i = 0; i < m.n; i++) cr_assert_eq(manifest_find(&m, m.cases[i].id), i);
        manifest_free(&m);
    }
}

Test(manifest, damage_anywhere_is_read_or_refused) {
    damage_everywhere("m.tsv",
                      "id\ttext\tlabels\tgroup\tsplit\nx\ta\\tb\ta|b\tg\ttrain\ny\t肺炎\tb\t\tval\n");
    damage_everywhere(
        "m.jsonl",
        "{\"id\":\"x\",\"text\":\"a\\tb\",\"labels\":[\"a\",\"b\"]}\n{\"id\":\"y\",\"text\":\"\\u80ba\"}\n");
}

/* ---- Real data ---- */

Test(manifest, real_manifests_are_read_and_a_sample_of_their_images_decodes) {
    const char *data = getenv("MSACH_DATA");
    if (!data || !*data) cr_skip("MSACH_DATA is not set");
    char pattern[1024];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/data/*/manifest*.tsv", data);
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "no %s", pattern);
    for (size_t k = 0; k < found.gl_pathc; k++) {
        Manifest m;
        Error err = {0};
        cr_assert_eq(manifest_read(&m, found.gl_pathv[k], &training, NULL, &err), STATUS_OK, "%s",
                     err.message);
        cr_assert_gt(m.n, 100);
        for (int i = 0; i < m.n; i += m.n / 20) {
            Image im;
            uint8_t out[64 * 64];
            cr_assert_eq(image_read(&im, m.cases[i].image_path, &err), STATUS_OK, "%s", err.message);
            cr_assert_eq(image_square(&im, 64, out, &err), STATUS_OK);
            image_free(&im);
        }
        manifest_free(&m);
    }
    globfree(&found);
}

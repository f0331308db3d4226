/* From a trained model to answers, through the real binary: the fields that other programs read, filters, pages, damage. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"
#include "tests/tempdir.h"

static TinyRun indexed(char index[600]) {
    TinyRun t = tiny_run("tiny");
    snprintf(index, 600, "%s.idx", t.manifest);
    expect_msach(0, "60 cases", "index --model %s --data %s --out %s", t.run, t.manifest, index);
    return t;
}

/* The n-th line of text as JSON, or NULL. */
static json_t *line_json(const char *text, int n) {
    json_error_t error;
    while (n-- > 0 && text) {
        text = strchr(text, '\n');
        if (text) text++;
    }
    if (!text || !*text) return NULL;
    json_t *j = json_loadb(text, strcspn(text, "\n"), JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(j, "%s in %s", error.text, text);
    return j;
}

static int count_lines(const char *text) {
    int n = 0;
    for (; *text; text++) n += *text == '\n';
    return n;
}

/* ---- search ---- */

Test(cli_search, json_hits_have_the_fixed_fields_nearest_first) {
    char index[600];
    TinyRun t = indexed(index);
    Ran r = run_msach("search --model %s --index %s --text 'anechoic cyst' --json -k 7", t.run, index);
    cr_assert_eq(r.code, 0, "%s", r.err);
    cr_assert_eq(count_lines(r.out), 7);
    json_int_t before = 0;
    for (int i = 0; i < 7; i++) {
        json_t *j = line_json(r.out, i);
        json_int_t distance = json_integer_value(json_object_get(j, "distance"));
        cr_assert_eq(json_integer_value(json_object_get(j, "rank")), i + 1);
        cr_assert(json_is_string(json_object_get(j, "id")));
        cr_assert(json_is_array(json_object_get(j, "labels")));
        cr_assert(json_is_string(json_object_get(j, "text")));
        cr_assert_eq(path_exists(json_string_value(json_object_get(j, "image"))), 1);
        cr_assert_null(json_object_get(j, "query"));
        cr_assert_geq(distance, before);
        before = distance;
        json_decref(j);
    }
    ran_free(&r);
}

Test(cli_search, queries_are_answered_line_by_line_and_name_themselves) {
    char index[600], lines[1200];
    TinyRun t = indexed(index);
    Ran marked = run_msach_input("\xEF\xBB\xBF@id case0003\n",
                                 "search --model %s --index %s --queries - --json -k 1", t.run, index);
    cr_assert_not_null(strstr(marked.out, "\"query\":\"@id case0003\""), "%s %s", marked.out, marked.err);
    ran_free(&marked);
    snprintf(lines, sizeof lines, "cyst in the liver\n\n@id case0003\r\n@image %s/case0001.png\n", t.images);
    Ran r = run_msach_input(lines, "search --model %s --index %s --queries - --json -k 2", t.run, index);
    cr_assert_eq(r.code, 0, "%s", r.err);
    cr_assert_eq(count_lines(r.out), 6);
    json_t *j = line_json(r.out, 2);
    cr_assert_str_eq(json_string_value(json_object_get(j, "query")), "@id case0003");
    json_decref(j);
    ran_free(&r);
    Ran bad = run_msach_input("cyst\n@id nobody\n\xff\n@id case0004\n",
                              "search --model %s --index %s --queries - --tsv -k 1", t.run, index);
    cr_assert_eq(bad.code, 3);
    cr_assert_not_null(strstr(bad.err, "standard input:2: "));
    cr_assert_not_null(strstr(bad.err, "standard input:3: "));
    cr_assert_not_null(strstr(bad.err, "2 lines were skipped"), "%s", bad.err);
    cr_assert_eq(count_lines(bad.out), 3); /* the header and the answers to the first and the last line */
    ran_free(&bad);
}

Test(cli_search, a_picture_asks_like_its_own_case) {
    char index[600];
    TinyRun t = indexed(index);
    Ran a = run_msach("search --model %s --index %s --image %s/case0005.png --tsv -k 0 --id-match [1-46-9]$",
                      t.run, index, t.images);
    Ran b =
        run_msach("search --model %s --index %s --id case0005 --tsv -k 0 --id-match [1-46-9]$", t.run, index);
    cr_assert_eq(a.code, 0, "%s", a.err);
    cr_assert_str_eq(a.out, b.out);
    cr_assert_eq(count_lines(a.out), 1 + 48);
    ran_free(&a);
    ran_free(&b);
}

Test(cli_search, filters_and_radius_leave_out_what_does_not_fit) {
    char index[600];
    TinyRun t = indexed(index);
    Ran r = run_msach("search --model %s --index %s --text cyst --json -k 0 --label normal", t.run, index);
    cr_assert_eq(r.code, 0);
    int n = count_lines(r.out);
    cr_assert(n > 0 && n < 60);
    for (int i = 0; i < n; i++) {
        json_t *j = line_json(r.out, i);
        cr_assert_str_eq(json_string_value(json_array_get(json_object_get(j, "labels"), 0)), "normal");
        json_decref(j);
    }
    ran_free(&r);
    Ran all = run_msach("search --index %s --id case0001 --find image --json -k 0", index);
    cr_assert_eq(count_lines(all.out), 59); /* not the case itself */
    json_t *last = line_json(all.out, 58), *first = line_json(all.out, 0);
    json_int_t far = json_integer_value(json_object_get(last, "distance")),
               near = json_integer_value(json_object_get(first, "distance"));
    Ran within =
        run_msach("search --index %s --id case0001 --find image --json -k 0 --radius %d", index, (int)near);
    cr_assert_lt(near, far);
    cr_assert(count_lines(within.out) > 0 && count_lines(within.out) < 59);
    json_decref(last);
    json_decref(first);
    ran_free(&all);
    ran_free(&within);
    expect_msach(2, "--id-match '('", "search --index %s --id case0001 --id-match (", index);
    expect_msach(0, "no case passes the filter of labels\n",
                 "search --index %s --id case0001 --label nonsense", index);
    expect_msach(0, "no case passes the filter of ids and words\n",
                 "search --index %s --id case0001 --id-match x --words nonsense", index);
    expect_msach(0, "label 'normall': did you mean 'normal'?",
                 "search --model %s --index %s --text cyst --label normall", t.run, index);
}

Test(cli_search, an_index_without_the_codes_that_are_searched_says_what_it_lacks) {
    TinyRun t = tiny_run("tiny");
    char index[600];
    snprintf(index, sizeof index, "%s.idx", t.manifest);
    const char *texts = fixture_text("tiny/texts.tsv", "id\timage\ttext\na\t\tcyst\nb\t\tstone\n");
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", t.run, texts, index);
    expect_msach(3, "has no image codes, only text codes: search these (find text)",
                 "search --model %s --index %s --text cyst", t.run, index);
    expect_msach(3, "has no image codes", "search --index %s --id a --json", index);
    expect_msach(0, "stone", "search --model %s --index %s --text cyst --find text", t.run, index);
    fixture_text("tiny/both.tsv", "id\timage\ttext\na\timages/case0001.png\tcyst\nb\t\tstone\n");
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", t.run, fixture_path("tiny/both.tsv"),
                 index);
    expect_msach(0, "1 case passes the filter, of which none has image codes",
                 "search --model %s --index %s --text cyst --words stone", t.run, index);
}

Test(cli_search, an_index_that_lost_all_its_cases_says_so) {
    char index[600], ids[60 * 9 + 1];
    TinyRun t = tiny_run("tiny");
    snprintf(index, sizeof index, "%s.idx", t.manifest);
    for (size_t i = 0, n = 0; i < 60; i++)
        n += (size_t)snprintf(ids + n, sizeof ids - n, " case%04zu", i + 1);
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", t.run, t.manifest, index);
    expect_msach(0, NULL, "index -q --out %s --delete%s", index, ids);
    expect_msach(0, "the index holds no case", "search --model %s --index %s --text cyst", t.run, index);
}

Test(cli_search, hits_stay_the_same_when_archive_and_index_move_together) {
    char index[600], moved[600];
    TinyRun t = indexed(index);
    snprintf(moved, sizeof moved, "%s-moved", fixture_path("tiny"));
    cr_assert_eq(rename(fixture_path("tiny"), moved), 0);
    Ran r =
        run_msach("search --model %s/run --index %s/manifest.tsv.idx --text cyst --json -k 1", moved, moved);
    json_t *j = line_json(r.out, 0);
    cr_assert_eq(path_exists(json_string_value(json_object_get(j, "image"))), 1);
    json_decref(j);
    ran_free(&r);
    (void)t;
}

Test(cli_search, an_index_of_another_model_is_refused) {
    char index[600];
    TinyRun t = indexed(index);
    expect_msach(0, "other", "train -q --data %s --out %s-other --set %s --seed 2", t.manifest, t.run,
                 tiny_settings);
    expect_msach(3, "name the model of the index", "search --model %s-other --index %s --text cyst", t.run,
                 index);
    expect_msach(2, "need --model; --id, --code or filters alone work without",
                 "search --index %s --text cyst", index);
    expect_msach(0, "cases", "search --index %s --id-match 7$", index);
    expect_msach(0, "cases", "search --index %s --label cyst", index);
}

Test(cli_search, the_page_shows_a_script_and_does_not_run_it) {
    char page[600], index[600];
    TinyRun t = indexed(index);
    snprintf(page, sizeof page, "%s.html", t.manifest);
    expect_msach(0, "html",
                 "search --model %s --index %s --text '<script>alert(1)</script> cyst' --html %s -k 3", t.run,
                 index, page);
    unsigned char *text;
    size_t size;
    cr_assert_eq(file_read(page, 1 << 24, &text, &size, NULL), STATUS_OK);
    cr_assert_null(strstr((char *)text, "<script"));
    cr_assert_not_null(strstr((char *)text, "&lt;script&gt;alert(1)"));
    cr_assert_not_null(strstr((char *)text, "data:image/png;base64,"));
    cr_assert_null(strstr((char *)text, "http://"));
    free(text);
}

Test(cli_search, a_reader_that_goes_away_ends_it_quietly) {
    char index[600], lines[4096], command[2048];
    const char *binary = getenv("MSACH_BIN");
    TinyRun t = indexed(index);
    size_t used = 0;
    for (int i = 0; i < 100; i++)
        used += (size_t)snprintf(lines + used, sizeof lines - used, "@id case%04d\n", i % 60 + 1);
    const char *queries = fixture_text("queries", lines), *log = fixture_path("log");
    snprintf(command, sizeof command,
             "(%s search --index %s --queries %s --json -k 0; echo exit $?) 2>%s | head -n 1 >/dev/null",
             binary ? binary : "build/release/msach", index, queries, log);
    cr_assert_eq(system(command), 0);
    unsigned char *said;
    size_t size;
    cr_assert_eq(file_read(log, 1 << 16, &said, &size, NULL), STATUS_OK);
    cr_assert_null(strstr((char *)said, "msach"), "%s", (char *)said);
    free(said);
    (void)t;
}

/* ---- report.html ---- */

Test(cli_report, page_of_a_run_holds_every_part_and_no_script) {
    static const char *const part[] = {"Test MAP",
                                       "Stage 1: loss",
                                       "Stage 2: validation MAP",
                                       "Balance of the image bits",
                                       "Correlation of the text bits",
                                       "weight_manifold",
                                       "Not a medical device"};
    const char *folder = fixture_path("more"), *page = fixture_path("more/run/report.html");
    unsigned char *text;
    size_t size;
    expect_msach(0, NULL, "phantom -q --out %s --cases 160 --size 32 --seed 3", folder);
    expect_msach(0, NULL, "train -q --data %s/manifest.tsv --out %s/run --set %s", folder, folder,
                 tiny_settings);
    cr_assert_eq(file_read(page, 1 << 24, &text, &size, NULL), STATUS_OK);
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
        cr_assert_not_null(strstr((char *)text, part[i]), "%s", part[i]);
    cr_assert_null(strstr((char *)text, "<script"));
    cr_assert_null(strstr((char *)text, ">nan"));
    free(text);
}

/* ---- index ---- */

Test(cli_index, cases_come_and_go) {
    char index[600];
    TinyRun t = indexed(index);
    expect_msach(0, "58 cases", "index --out %s --delete case0001 case0002", index);
    expect_msach(3, "id nope is not in the index; nothing was deleted",
                 "index --out %s --delete case0003 nope", index);
    expect_msach(3, "id nope and 2 more are not in the index",
                 "index --out %s --delete case0003 nope no never", index);
    expect_msach(3, "case0001", "search --index %s --id case0001", index);
    expect_msach(0, "58 cases", "index --out %s --compact", index);
    uint8_t gray[32 * 32] = {0};
    fixture_png("tiny/extra.png", 32, 32, gray);
    const char *extra =
        fixture_text("tiny/extra.tsv", "id\timage\ttext\nnew1\textra.png\t\nnew2\t\tsimple cyst\n");
    expect_msach(0, "60 cases", "index --out %s --append --model %s --data %s", index, t.run, extra);
    expect_msach(3, "new1", "index --out %s --append --model %s --data %s", index, t.run, extra);
    expect_msach(0, "new1", "search --index %s --id new2 --find image -k 0", index);
    Ran r = run_msach("search --index %s --id new1 -k 0 --tsv", index);
    cr_assert_null(strstr(r.out, "new1")); /* has no text to be found by */
    cr_assert_not_null(strstr(r.out, "new2"));
    ran_free(&r);
    expect_msach(0, "ok ", "verify %s", index);
}

/* ---- verify, inspect, eval ---- */

static void flip_bit(const char *path, long at, int bit) {
    FILE *f = fopen(path, "r+b");
    cr_assert_not_null(f);
    fseek(f, at, SEEK_SET);
    int c = fgetc(f);
    fseek(f, at, SEEK_SET);
    fputc(c ^ 1 << bit, f);
    fclose(f);
}

static long size_of(const char *path) {
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f);
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    fclose(f);
    return n;
}

Test(cli_verify, a_flipped_bit_anywhere_is_found) {
    char path[3][700];
    TinyRun t = indexed(path[0]);
    snprintf(path[1], sizeof path[1], "%s/model.safetensors", t.run);
    snprintf(path[2], sizeof path[2], "%s/checkpoint.safetensors", t.run);
    for (int k = 0; k < 3; k++) {
        expect_msach(0, "ok ", "verify %s", path[k]);
        long size = size_of(path[k]);
        for (int i = 0; i < 8; i++) {
            long at = i == 0 ? 0 : i == 7 ? size - 1 : size / 7 * i;
            flip_bit(path[k], at, i);
            expect_msach(1, "damaged", "verify %s", path[k]);
            flip_bit(path[k], at, i);
        }
        expect_msach(0, "ok ", "verify %s", path[k]);
    }
    flip_bit(path[1], size_of(path[1]) / 2, 3);
    expect_msach(3, "checksum", "search --model %s --index %s --text cyst", t.run, path[0]);
}

Test(cli_inspect, tells_what_each_kind_of_file_holds) {
    char index[600];
    TinyRun t = indexed(index);
    expect_msach(0, "Not a medical device", "inspect %s", t.run);
    expect_msach(0, "with an image      60", "inspect %s", index);
    expect_msach(0, "head.weight", "inspect --tensors %s/model.safetensors", t.run);
    expect_msach(0, "finished", "inspect %s/checkpoint.safetensors", t.run);
}

Test(cli_eval, json_has_the_fixed_fields_and_agrees_with_the_run) {
    TinyRun t = tiny_run("tiny");
    Ran r = run_msach("eval --run %s --json", t.run);
    cr_assert_eq(r.code, 0, "%s", r.err);
    json_t *j = line_json(r.out, 0);
    cr_assert_eq(json_integer_value(json_object_get(j, "bits")), 64);
    cr_assert_str_eq(json_string_value(json_object_get(j, "protocol")), "honest");
    cr_assert_gt(json_integer_value(json_object_get(j, "queries")), 0);
    cr_assert_gt(json_integer_value(json_object_get(j, "database")), 0);
    static const char *const direction[2] = {"image_to_text", "text_to_image"};
    for (int k = 0; k < 2; k++) {
        json_t *d = json_object_get(j, direction[k]), *map = json_object_get(d, "map");
        double low = json_number_value(json_object_get(map, "pessimistic")),
               mean = json_number_value(json_object_get(map, "expected")),
               high = json_number_value(json_object_get(map, "optimistic"));
        cr_assert(0 < low && low <= mean && mean <= high && high <= 1);
        cr_assert(json_is_number(json_object_get(d, "p_at_10")));
    }
    cr_assert(json_is_object(json_object_get(j, "codes")));
    json_decref(j);
    ran_free(&r);
    expect_msach(0, "TRAINING cases", "eval --run %s --protocol published", t.run);
    expect_msach(0, "by the formula of dcmh", "eval --run %s --compat dcmh", t.run);
    expect_msach(3, "or another set of them (msach eval --set)", "eval --run %s --set val", t.run);
    expect_msach(2, "--dump", "eval --run %s --set val --dump x", t.run);
    expect_msach(0, NULL, "eval --run %s --dump %s/../dump", t.run, t.run);
    expect_msach(0, "uint8 (", "inspect %s/../dump/image_codes_query.npy", t.run);
}

Test(cli_eval, validation_queries_search_the_other_validation_cases) {
    const char *folder = fixture_path("more");
    expect_msach(0, NULL, "phantom -q --out %s --cases 160 --size 32", folder);
    expect_msach(0, NULL, "train -q --data %s/manifest.tsv --out %s/run --set %s", folder, folder,
                 tiny_settings);
    expect_msach(0, "validation queries", "eval --run %s/run --set val", folder);
}

Test(cli_eval, another_manifest_without_a_split_is_refused) {
    TinyRun t = tiny_run("tiny");
    expect_msach(0, NULL, "phantom -q --out %s --cases 60 --size 32 --seed 2", fixture_path("other"));
    expect_msach(3, "'split' column", "eval --run %s --data %s/manifest.tsv", t.run, fixture_path("other"));
}

/* The manifest of a run with a split of its own: what was trained on is query and database. */
Test(cli_eval, cases_of_the_training_are_never_called_unseen) {
    TinyRun t = tiny_run("tiny");
    char command[3000], leak[700], words[800];
    snprintf(leak, sizeof leak, "%s/../leak.tsv", t.run);
    snprintf(command, sizeof command,
             "awk -F'\t' 'NR == FNR { set[$1] = $2; next } FNR == 1 { print $0 \"\tsplit\"; next } "
             "!($5 in to) { to[$5] = set[$1] == \"train\" ? (seen++ %% 2 ? \"query\" : \"database\") "
             ": (other++ %% 2 ? \"val\" : \"train\") } { print $0 \"\t\" to[$5] }' '%s/split.tsv' '%s' >'%s'",
             t.run, t.manifest, leak);
    cr_assert_eq(system(command), 0);
    snprintf(words, sizeof words, "%s.words", leak);
    raw_write(words, "liver\ncyst\nkidney\n", 18);
    Ran r;
    for (int masked = 0; masked < 2;
         masked++) { /* masked reports are not those of the training: ids decide */
        r = run_msach("eval --run %s --data %s --json %s%s", t.run, leak, masked ? "--mask-words " : "",
                      masked ? words : "");
        cr_assert_eq(r.code, 0, "%s", r.err);
        json_t *j = line_json(r.out, 0);
        long asked = (long)(json_integer_value(json_object_get(j, "queries")) +
                            json_integer_value(json_object_get(j, "database")));
        cr_assert_eq(json_integer_value(json_object_get(j, "trained_on")), asked, "%s", r.out);
        cr_assert_gt(asked, 20);
        json_decref(j);
        cr_assert_not_null(strstr(r.err, "the model was trained on"), "%s", r.err);
        ran_free(&r);
    }
    r = run_msach("eval --run %s --data %s", t.run, leak);
    cr_assert_null(strstr(r.out, "never trained on"), "%s", r.out);
    cr_assert_not_null(strstr(r.out, "the model was trained on some of these cases"), "%s", r.out);
    ran_free(&r);
    expect_msach(3, "leave out --data", "eval --run %s --data %s --membership", t.run, leak);
    expect_msach(3, "is not the manifest that", "bundle --run %s --data %s --out %s/../bundle", t.run, leak,
                 t.run);
    r = run_msach("eval --run %s --json", t.run);
    cr_assert_not_null(strstr(r.out, "\"trained_on\":0"), "%s", r.out);
    ran_free(&r);
}

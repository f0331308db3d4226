/* What a reader needs to judge an answer, through the real binary: ties, the words of texts, and the facts of each hit. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"
#include "tests/tempdir.h"
#include "train/model_file.h"

/* A manifest of texts alone beside the tiny run, and its index. */
static TinyRun texts_indexed(char index[600], const char *manifest) {
    TinyRun t = tiny_run("tiny");
    snprintf(index, 600, "%s.texts.idx", t.manifest);
    expect_msach(0, "texts.idx", "index -q --model %s --data %s --out %s", t.run,
                 fixture_text("tiny/texts.tsv", manifest), index);
    return t;
}

static json_t *line_json(const char *text, int n) {
    for (; n > 0 && text; n--) text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL;
    return text && *text ? json_loadb(text, strcspn(text, "\n"), 0, NULL) : NULL;
}

/* The ids of the hits of a search with --json, one blank behind each. */
static const char *ids_of(const char *command) {
    static char ids[1024];
    size_t used = 0;
    Ran r = run_msach("%s --json", command);
    cr_assert_eq(r.code, 0, "%s: %s", command, r.err);
    json_t *j;
    ids[0] = 0;
    for (int i = 0; (j = line_json(r.out, i)); i++) {
        used += (size_t)snprintf(ids + used, sizeof ids - used, "%s ",
                                 json_string_value(json_object_get(j, "id")));
        json_decref(j);
    }
    ran_free(&r);
    return ids;
}

/* ---- Words ---- */

static const char WORDY[] =
    "id\timage\ttext\n"
    "a\t\tPleural EFFUSION, left side\n"
    "b\t\tno effusion; normal pleural line\n"
    "c\t\tCaf\xC3\x89 fluid\n"
    "d\t\t\xE5\xB7\xA6\xE8\x82\xBE\xE5\x9B\x8A\xE8\x82\xBF\n" /* "left kidney cyst" in Chinese */
    "e\t\tnormal x-ray of 3.5 cm\n";

Test(cli_answers, words_phrases_and_absent_words_filter_the_texts) {
    static const struct {
        const char *words, *ids;
    } rows[] = {
        {"effusion", "a b "},
        {"effusion -normal", "a "},
        {"-effusion -normal", "c d "},
        {"\"pleural effusion\"", "a "},
        {"\"effusion pleural\"", ""},
        {"pleural effusion", "a b "},
        {"-\"pleural effusion\" effusion", "b "},
        {"cafe\xCC\x81", "c "},             /* a letter and its accent apart */
        {"\xE8\x82\xBE", "d "},             /* one character */
        {"\xE5\x9B\x8A\xE8\x82\xBF", "d "}, /* two in a row */
        {"\xE8\x82\xBF\xE5\x9B\x8A", ""},   /* in another order */
        {"x-ray", "e "},
        {"3.5", "e "},
        {"\xE2\x80\x93normal effusion", "a "}, /* a dash, a minus and a wide minus, as texts hold them */
        {"\xE2\x88\x92normal effusion", "a "},
        {"\xEF\xBC\x8Dnormal effusion", "a "},
        {"effusio", ""}};
    char index[600], command[2048];
    TinyRun t = texts_indexed(index, WORDY);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(command, sizeof command, "search --index %s --words '%s'", index, rows[i].words);
        cr_assert_str_eq(ids_of(command), rows[i].ids, "%s", rows[i].words);
    }
    snprintf(command, sizeof command, "search --model %s --index %s --text cyst --find text --words normal",
             t.run, index);
    const char *both = ids_of(command);
    cr_assert(strcmp(both, "b e ") == 0 || strcmp(both, "e b ") == 0, "%s", both);
    expect_msach(2, "no closing", "search --index %s --words '\"open'", index);
    expect_msach(2, "holds no word", "search --index %s --words '. ,'", index);
    Ran by_id = run_msach("search --index %s --id a --find text", index);
    cr_assert(by_id.code == 0 && !strstr(by_id.out, "scores"), "a code has no scores beside its bits: %s",
              by_id.out);
    ran_free(&by_id);
    expect_msach(2, "a minus stands alone", "search --index %s --words 'effusion - normal'", index);
    expect_msach(0, "no case passes", "search --index %s --id a --find text --words nonsense", index);
}

/* ---- Ties ---- */

/* Whatever stands between two words, and a character of another kind in the text: words_split alone decides what a phrase is. */
Test(cli_answers, phrases_are_found_alike_in_ascii_and_in_other_texts) {
    static const char *const texts[] = {"Free fluid seen",    "free-fluid, 3.5mm", "FREE (fluid)",
                                        "free 12/2020 fluid", "free fluids",       "carefree fluid",
                                        "free2 fluid",        "fluid free",        "free. Free  fluid free",
                                        "free_fluid 2020",    "free 3 fluid",      "a free\\tfluid"};
    enum { TEXTS = sizeof texts / sizeof *texts };
    Buffer b = {0};
    TinyRun t = tiny_run("tiny");
    buffer_printf(&b, "id\ttext\n");
    for (int i = 0; i < TEXTS; i++)
        buffer_printf(&b, "a%d\t%s\nb%d\t%s \xc3\xa9\n", i, texts[i], i, texts[i]);
    const char *index = fixture_path("phrases.idx");
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", t.run,
                 fixture_text("phrases.tsv", buffer_text(&b)), index);
    buffer_free(&b);
    Ran r = run_msach("search --index %s --words '\"free fluid\"' -k 0 --tsv", index);
    cr_assert_eq(r.code, 0, "%s", r.err);
    int found = 0;
    for (int i = 0; i < TEXTS; i++) {
        char ascii[32], other[32];
        snprintf(ascii, sizeof ascii, "\ta%d\t", i);
        snprintf(other, sizeof other, "\tb%d\t", i);
        cr_assert_eq(strstr(r.out, ascii) != NULL, strstr(r.out, other) != NULL, "%s", texts[i]);
        found += strstr(r.out, ascii) != NULL;
    }
    cr_assert_eq(found, 6, "%s", r.out);
    ran_free(&r);
}

Test(cli_answers, ties_count_the_cases_within_the_distance_of_the_last_hit) {
    char index[600], manifest[2048] = "id\timage\ttext\n";
    for (int i = 0; i < 12; i++) {
        size_t n = strlen(manifest);
        snprintf(manifest + n, sizeof manifest - n, "t%02d\t\tsimple cyst\n", i);
    }
    TinyRun t = texts_indexed(index, manifest);
    Ran r =
        run_msach("search --model %s --index %s --text 'simple cyst' --find text --json -k 3", t.run, index);
    json_t *j = line_json(r.out, 2);
    cr_assert_not_null(j, "%s", r.err);
    cr_assert_eq(json_integer_value(json_object_get(j, "ties")), 12);
    cr_assert_eq(json_number_value(json_object_get(j, "distance")), 0);
    json_decref(j);
    ran_free(&r);
    r = run_msach("search --index %s --id t03 --find text --json -k 3", index);
    j = line_json(r.out, 0);
    cr_assert_eq(json_integer_value(json_object_get(j, "ties")), 11); /* not the case that asks */
    json_decref(j);
    ran_free(&r);
}

/* ---- Groups and order ---- */

static double number_of(const json_t *j, const char *field) {
    return json_number_value(json_object_get(j, field));
}

Test(cli_answers, one_hit_a_group_and_the_rest_of_the_group_is_counted) {
    static const char TEXTS[] = "id\timage\ttext\tlabels\tgroup\n"
                                "a1\t\tsimple cyst\tcyst\tann\na2\t\tsimple cyst\tcyst\tann\n"
                                "b1\t\tcyst of the liver\tcyst\tbob\na3\t\tcyst\tcyst\tann\n"
                                "c1\t\tnormal liver\tnormal\t\nc2\t\tnormal\tnormal\t\n";
    char index[600];
    TinyRun t = texts_indexed(index, TEXTS);
    int ann = 0;
    Ran r =
        run_msach("search --model %s --index %s --text 'simple cyst' --find text -k 0 --per-group 1 --json",
                  t.run, index);
    cr_assert_eq(r.code, 0, "%s", r.err);
    json_t *j;
    int n = 0;
    for (; (j = line_json(r.out, n)); n++) {
        bool of_ann = strcmp(json_string_value(json_object_get(j, "group")), "ann") == 0;
        ann += of_ann;
        cr_assert_eq(number_of(j, "more"), of_ann ? 2 : 0);
        json_decref(j);
    }
    cr_assert(n == 4 && ann == 1, "%d hits, %d of ann", n, ann);
    ran_free(&r);
    /* the filter counts too; other limits; k is reached though one group fills the first places */
    r = run_msach("search --index %s --words 'cyst -simple' --per-group 1 --json", index);
    cr_assert_not_null(strstr(r.out, "\"id\":\"a3\""), "%s", r.out);
    cr_assert_null(strstr(r.out, "\"more\":1"));
    ran_free(&r);
    snprintf(index + strlen(index), 100, " --find text --tsv -k 2 --per-group 1");
    r = run_msach("search --index %s --id a1", index);
    cr_assert_eq(r.code, 0);
    cr_assert_not_null(strstr(r.out, "\n2\t"), "%s", r.out);
    ran_free(&r);
    *strchr(index, ' ') = 0;
    expect_msach(0, "and 2 more of this group",
                 "search --model %s --index %s --text 'simple cyst' --find text", t.run, index);
    Ran all = run_msach("search --model %s --index %s --text cyst --find text --per-group 0", t.run, index);
    cr_assert_null(strstr(all.out, "more of this group"));
    ran_free(&all);
}

Test(cli_answers, indexes_of_older_versions_are_searched) {
    Ran r = run_msach("search --index tests/golden/index1.idx --id old1 --find text --json --per-group 1");
    cr_assert_eq(r.code, 0, "%s", r.err);
    json_t *j = line_json(r.out, 0);
    cr_assert_str_eq(json_string_value(json_object_get(j, "group")), "");
    cr_assert_eq(number_of(j, "more"), 0);
    json_decref(j);
    ran_free(&r);
    expect_msach(0, "free fluid", "search --index tests/golden/index1.idx --words 'fluid -normal'");
    expect_msach(0, "the index names no groups", "search --index tests/golden/index1.idx --words fluid");
    cr_assert_str_eq(ids_of("search --index tests/golden/index2.idx --words 'fluid'"), "a b ");
    cr_assert_str_eq(ids_of("search --index tests/golden/index2.idx --words '\"free fluid\"'"), "a ");
}

Test(cli_answers, reranking_orders_the_nearest_by_score_then_distance_then_id) {
    TinyRun t = tiny_run("tiny");
    enum { HEAD = 20 };
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s.idx", t.run, t.manifest, t.run);
    Ran plain =
        run_msach("search --model %s --index %s.idx --text 'anechoic cyst' --json -k 0", t.run, t.run);
    Ran r = run_msach("search --model %s --index %s.idx --text 'anechoic cyst' --json -k 0 --rerank %d",
                      t.run, t.run, HEAD);
    cr_assert_eq(r.code, 0, "%s", r.err);
    json_t *before = NULL, *j;
    int reranked = 0, n = 0;
    bool swapped = false;
    for (; (j = line_json(r.out, n)); n++, before = j) {
        bool scored = json_is_number(json_object_get(j, "score"));
        reranked += scored;
        cr_assert(scored == (n < reranked), "the reranked hits come first");
        if (!before) continue;
        double score = number_of(before, "score") - number_of(j, "score"),
               distance = number_of(j, "distance") - number_of(before, "distance");
        int id = strcmp(json_string_value(json_object_get(before, "id")),
                        json_string_value(json_object_get(j, "id")));
        if (scored)
            cr_assert(score > 0 || (score == 0 && (distance > 0 || (distance == 0 && id < 0))), "hit %d", n);
        if (!scored) cr_assert_geq(distance, 0);
        swapped |= scored && distance < 0;
        json_decref(before);
    }
    json_decref(before);
    json_t *last = line_json(plain.out, HEAD - 1), *next = line_json(plain.out, reranked);
    cr_assert_geq(reranked, HEAD);
    if (next)
        cr_assert_gt(number_of(next, "distance"), number_of(last, "distance")); /* all ties of the last one */
    cr_assert(swapped, "a score put a farther code before a nearer one");
    for (int k = 1; k < 8; k++) { /* few hits are chosen among many as near, without sorting them all */
        Ran few =
            run_msach("search --model %s --index %s.idx --text 'anechoic cyst' --json -k %d --rerank %d",
                      t.run, t.run, k, HEAD);
        for (int i = 0; i < k; i++) {
            json_t *a = line_json(few.out, i), *b = line_json(r.out, i);
            cr_assert_str_eq(json_string_value(json_object_get(a, "id")),
                             json_string_value(json_object_get(b, "id")));
            json_decref(a);
            json_decref(b);
        }
        ran_free(&few);
    }
    json_decref(last);
    json_decref(next);
    ran_free(&plain);
    ran_free(&r);
}

Test(cli_answers, ids_are_never_cut_and_a_pipe_gets_whole_texts) {
    char id[101], manifest[1024], index[600];
    memset(id, 'i', 100);
    id[100] = 0;
    snprintf(manifest, sizeof manifest, "id\timage\ttext\n%s\t\t%0200d\nb\t\tcyst\n", id, 7);
    texts_indexed(index, manifest);
    Ran r = run_msach("search --index %s --id b --find text", index);
    cr_assert_not_null(strstr(r.out, id));
    cr_assert_not_null(strstr(r.out, "0000007\n"), "%s", r.out);
    ran_free(&r);
    setenv("COLUMNS", "80", 1);
    r = run_msach("search --index %s --id b --find text", index);
    unsetenv("COLUMNS");
    cr_assert_not_null(strstr(r.out, id));
    cr_assert_not_null(strstr(r.out, "0\xE2\x80\xA6\n"), "%s", r.out);
    ran_free(&r);
}

/* ---- What the model was trained on, and what it does not know ---- */

Test(cli_answers, hits_that_the_model_was_trained_on_are_marked_and_unseen_leaves_them_out) {
    char index[600], path[700], line[256], sets[61][16] = {{0}};
    TinyRun t = tiny_run("tiny");
    snprintf(index, sizeof index, "%s.idx", t.manifest);
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", t.run, t.manifest, index);
    snprintf(path, sizeof path, "%s/split.tsv", t.run);
    FILE *split = fopen(path, "r");
    cr_assert_not_null(split);
    while (fgets(line, sizeof line, split)) {
        int number;
        char set[16];
        if (sscanf(line, "case%d %15s", &number, set) == 2)
            snprintf(sets[number], sizeof sets[number], "%s", set);
    }
    fclose(split);
    for (int unseen = 0; unseen < 2; unseen++) {
        int trained = 0, n = 0, number;
        json_t *j;
        Ran r = run_msach("search --model %s --index %s --text 'anechoic cyst' -k 0 --json %s", t.run, index,
                          unseen ? "--unseen" : "");
        for (; (j = line_json(r.out, n)); n++) {
            cr_assert_eq(sscanf(json_string_value(json_object_get(j, "id")), "case%d", &number), 1);
            bool mark = json_is_true(json_object_get(j, "trained_on"));
            cr_assert_eq(mark, strcmp(sets[number], "train") == 0, "case %d", number);
            trained += mark;
            json_decref(j);
        }
        ran_free(&r);
        if (unseen) cr_assert(n > 0 && n < 60 && trained == 0, "%d of %d", trained, n);
        if (!unseen) cr_assert(n == 60 && trained > 10, "%d of %d", trained, n);
    }
    Ran without = run_msach("search --index %s --id case0001 --json -k 1", index);
    cr_assert_not_null(strstr(without.out, "\"trained_on\":null"));
    ran_free(&without);
    expect_msach(2, "there is no model", "search --index %s --id case0001 --unseen", index);
}

/* The index holds the reports as they are, training saw them without these words. */
Test(cli_answers, training_cases_are_marked_where_words_were_masked_in_training_alone) {
    char index[600], words[600];
    TinyRun t = tiny_run("masked");
    snprintf(index, sizeof index, "%s.idx", t.manifest);
    snprintf(words, sizeof words, "%s.words", t.manifest);
    raw_write(words, "liver\ncyst\nkidney\n", 18);
    expect_msach(0, NULL, "train -q --data %s --out %s-masked --mask-words %s --set %s", t.manifest, t.run,
                 words, tiny_settings);
    expect_msach(0, NULL, "index -q --model %s-masked --data %s --out %s", t.run, t.manifest, index);
    int marked = 0, n = 0;
    Ran r = run_msach("search --model %s-masked --index %s --text 'anechoic mass' -k 0 --json", t.run, index);
    for (json_t *j; (j = line_json(r.out, n)); n++) {
        marked += json_is_true(json_object_get(j, "trained_on"));
        json_decref(j);
    }
    ran_free(&r);
    char split[8192] = "", path[700];
    snprintf(path, sizeof path, "%s-masked/split.tsv", t.run);
    raw_read(path, split, sizeof split - 1);
    int trained = 0;
    for (const char *s = split; (s = strstr(s, "\ttrain")); s++) trained++;
    cr_assert_eq(n, 60);
    cr_assert_gt(trained, 10);
    cr_assert_eq(marked, trained, "%d of %d", marked, trained);
}

Test(cli_answers, cases_of_another_archive_with_ids_of_training_cases_are_unseen) {
    char index[600], manifest[4096] = "id\timage\ttext\n";
    for (int i = 0; i < 60; i++) {
        size_t n = strlen(manifest);
        snprintf(manifest + n, sizeof manifest - n, "case%04d\t\tanother cyst, seen %d times\n", i, i);
    }
    TinyRun t = texts_indexed(index, manifest);
    int trained = 0, n[2] = {0, 0};
    for (int unseen = 0; unseen < 2; unseen++) {
        Ran r = run_msach("search --model %s --index %s --text cyst --find text -k 0 --json %s", t.run, index,
                          unseen ? "--unseen" : "");
        for (json_t *j; (j = line_json(r.out, n[unseen])); n[unseen]++) {
            trained += json_is_true(json_object_get(j, "trained_on"));
            json_decref(j);
        }
        ran_free(&r);
    }
    cr_assert(n[0] == 60 && n[1] == 60 - trained, "%d, %d", n[0], n[1]);
    cr_assert_leq(trained, 3, "1 in 256 is taken for the training case of its id: %d of 60", trained);
}

Test(cli_answers, words_that_the_model_does_not_know_are_listed_and_refused_where_there_are_no_others) {
    char index[600];
    TinyRun t = texts_indexed(index, "id\timage\ttext\na\t\tcyst\n");
    Ran r = run_msach("search --model %s --index %s --text 'cyst zzgrommet qqblorf' --find text --json",
                      t.run, index);
    cr_assert_eq(r.code, 0, "%s", r.err);
    json_t *j = line_json(r.out, 0), *unknown = json_object_get(j, "unknown_words");
    cr_assert_eq(json_array_size(unknown), 2);
    cr_assert_str_eq(json_string_value(json_array_get(unknown, 0)), "zzgrommet");
    cr_assert_not_null(strstr(r.err, "zzgrommet, qqblorf"), "%s", r.err);
    json_decref(j);
    ran_free(&r);
    expect_msach(3, "the model knows no word of 'zzgrommet qqblorf'",
                 "search --model %s --index %s --text 'zzgrommet qqblorf'", t.run, index);
    expect_msach(3, "no word of", "search --model %s --index %s --text '?!'", t.run, index);
    /* a pair of characters that are known one by one */
    r = run_msach("search --model %s --index %s --text '\xE8\x82\xBF\xE5\x9B\x8A' --find text --json", t.run,
                  index);
    cr_assert_eq(r.code, 0, "%s", r.err);
    cr_assert_not_null(strstr(r.out, "\"unknown_words\":[]"), "%s", r.out);
    ran_free(&r);
}

/* A net trained for a while, so that its distances mean something. */
static const char *trained_archive(const char *name) {
    const char *folder = fixture_path(name);
    expect_msach(0, NULL, "phantom -q --out %s --cases 400 --size 32 --seed 5 --lang en", folder);
    expect_msach(
        0, NULL,
        "train -q --data %s/manifest.tsv --out %s/run --set image_size=32 width=8 dim=32 heads=2 buckets=512 "
        "views=1",
        folder, folder);
    return folder;
}

/* Asks archives of one case each: the answer is said to be unlike reports, and its share is not known, where that case is farther than usual. */
static void expect_unlike_where_far(const char *folder) {
    char command[1600];
    ModelFile m;
    int flagged = 0, like = 0;
    Error err = {0};
    snprintf(command, sizeof command, "%s/run", folder);
    cr_assert_eq(model_open(&m, command, &err), STATUS_OK, "%s", err.message);
    int usual = m.calibration.usual;
    model_close(&m);
    cr_assert(usual >= 0 && usual < 32, "%d", usual);
    for (int line = 2; line < 12; line++) {
        snprintf(command, sizeof command,
                 "cd '%s' && (head -n 1 manifest.tsv; sed -n %dp manifest.tsv) >one.tsv", folder, line);
        cr_assert_eq(system(command), 0);
        expect_msach(0, NULL, "index -q --model %s/run --data %s/one.tsv --out %s/one.idx", folder, folder,
                     folder);
        Ran r = run_msach("search --model %s/run --index %s/one.idx --text 'anechoic cyst' --json", folder,
                          folder);
        json_t *j = line_json(r.out, 0);
        bool unlike = json_is_true(json_object_get(j, "unlike"));
        cr_assert_eq(unlike, number_of(j, "distance") > usual, "%s", r.out);
        cr_assert_eq(unlike, json_is_null(json_object_get(j, "confidence")));
        cr_assert_eq(unlike, strstr(r.err, "unlike reports") != NULL, "%s", r.err);
        flagged += unlike;
        like += !unlike;
        json_decref(j);
        ran_free(&r);
    }
    cr_assert(flagged > 0 && like > 0, "%d flagged", flagged);
}

Test(cli_answers, confidences_are_near_the_shares_observed_on_test_queries) {
    static const char *const way[] = {"image_to_text", "text_to_image"};
    const char *folder = trained_archive("calibrated");
    Ran r = run_msach("eval --run %s/run --json", folder);
    cr_assert_eq(r.code, 0, "%s", r.err);
    json_t *j = line_json(r.out, 0);
    int held = 0;
    for (int k = 0; k < 2; k++) {
        json_t *bins = json_object_get(json_object_get(j, "confidence"), way[k]);
        json_t *asymmetric = json_object_get(json_object_get(j, "asymmetric"), way[k]);
        cr_assert_eq(json_array_size(bins), 5, "%s", r.out);
        for (size_t i = 0; i < 5; i++) {
            json_t *bin = json_array_get(bins, i);
            cr_assert_float_eq(number_of(bin, "predicted"), number_of(bin, "observed"), 0.1, "%s: %s", way[k],
                               r.out);
            cr_assert(number_of(bin, "low") < number_of(bin, "predicted") &&
                          number_of(bin, "predicted") < number_of(bin, "high"),
                      "%s", r.out);
            held += number_of(bin, "low") <= number_of(bin, "observed") &&
                    number_of(bin, "observed") <= number_of(bin, "high");
        }
        double low = number_of(asymmetric, "gain_low"), high = number_of(asymmetric, "gain_high"),
               gain = number_of(asymmetric, "gain"),
               map = number_of(json_object_get(json_object_get(j, way[k]), "map"), "expected");
        cr_assert(low <= gain && gain <= high && low < high);
        cr_assert_float_eq(number_of(asymmetric, "map"), map + gain, 1e-6);
    }
    cr_assert_geq(held, 9, "%d of 10 bins within the range: %s", held, r.out);
    json_decref(j);
    ran_free(&r);
    /* near hits have a share, far ones are said to be chance; another picture than all of the training is flagged */
    expect_msach(0, NULL, "index -q --model %s/run --data %s/manifest.tsv --out %s/a.idx", folder, folder,
                 folder);
    r = run_msach("search --model %s/run --index %s/a.idx --text 'anechoic cyst' -k 0 -g 0", folder, folder);
    cr_assert_not_null(strstr(r.out, "/10 "), "%s", r.out);
    cr_assert_not_null(strstr(r.out, "in 10 among other patients (95 % interval)"), "%s", r.out);
    cr_assert_not_null(strstr(r.out, "chance: from"), "%s", r.out);
    ran_free(&r);
    uint8_t noise[32 * 32];
    for (int i = 0; i < 32 * 32; i++) noise[i] = (i / 32 / 2 + i % 32 / 2) % 2 ? 255 : 0;
    expect_msach(0, "unlike the pictures of the training",
                 "search --model %s/run --index %s/a.idx --image %s", folder, folder,
                 fixture_png("board.png", 32, 32, noise));
    r = run_msach("search --model %s/run --index %s/a.idx --image %s/images/case0001.png", folder, folder,
                  folder);
    cr_assert_null(strstr(r.err, "unlike"), "%s", r.err);
    ran_free(&r);
    expect_unlike_where_far(folder);
}

/* ---- The archive ---- */

Test(cli_answers, inspect_lists_the_labels_of_an_index_with_their_cases_and_counts_groups) {
    static const char TEXTS[] =
        "id\timage\ttext\tlabels\tgroup\n"
        "a\t\tcyst\tcyst|stone\tp1\nb\t\tcyst\tcyst\tp1\nc\t\tcyst\tcyst\tp2\nd\t\tstone\tstone\tp3\n";
    char index[600];
    texts_indexed(index, TEXTS);
    expect_msach(0, NULL, "index -q --out %s --delete d", index);
    Ran r = run_msach("inspect %s", index);
    cr_assert_not_null(strstr(r.out, "groups             2\n"), "%s", r.out);
    cr_assert_not_null(strstr(r.out, "labels             2\n         3  cyst\n         1  stone\n"), "%s",
                       r.out);
    ran_free(&r);
    expect_msach(0, "none: no case has a group", "inspect tests/golden/index1.idx");
}

Test(cli_answers, moved_pictures_are_found_by_their_new_folder_and_warned_of_without) {
    char index[600];
    TinyRun t = tiny_run("tiny");
    snprintf(index, sizeof index, "%s.idx", t.manifest);
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", t.run, t.manifest, index);
    const char *moved = fixture_path("moved");
    cr_assert_eq(rename(t.images, moved), 0);
    expect_msach(0, "there is no such picture; name its folder with --pictures",
                 "search --index %s --id case0001 --json", index);
    Ran r = run_msach("search --index %s --id case0001 --json -k 1 --pictures %s", index, moved);
    json_t *j = line_json(r.out, 0);
    cr_assert(path_exists(json_string_value(json_object_get(j, "image"))), "%s", r.out);
    cr_assert_str_eq(r.err, "");
    json_decref(j);
    ran_free(&r);
}

Test(cli_answers, train_warns_of_data_that_make_its_figures_mean_little_and_prints_chance) {
    char manifest[4096] = "id\timage\ttext\tlabels\n";
    uint8_t gray[32 * 32] = {0};
    fixture_png("few/a.png", 32, 32, gray);
    for (int i = 0; i < 40; i++) {
        size_t n = strlen(manifest);
        snprintf(manifest + n, sizeof manifest - n, "c%d\ta.png\tliver %s\t%s\n", i, i % 5 ? "cyst" : "stone",
                 i % 5 ? "cyst" : "stone");
    }
    const char *path = fixture_text("few/few.tsv", manifest);
    Ran r = run_msach("train --data %s --out %s/run --set %s", path, fixture_path("few"), tiny_settings);
    cr_assert_eq(r.code, 0, "%s", r.err);
    cr_assert_not_null(strstr(r.err, "add a column 'group'"), "%s", r.err);
    cr_assert_not_null(strstr(r.err, "have the picture and 0 the whole report"), "%s", r.err);
    cr_assert_not_null(strstr(r.err, "40 groups; below 50"), "%s", r.err);
    cr_assert_not_null(strstr(r.err, "1 labels have fewer than 12 cases, 'stone'"), "%s", r.err);
    cr_assert_not_null(strstr(r.err, "(chance 0."), "%s", r.err);
    ran_free(&r);
}

/* 24 training cases, 4 queries, 4 database cases, 4 of validation, each with a picture, a report of 9 words and a group of its own; but as
 * copies[] says. */
static char *train_with_copies(const char *name, bool copies) {
    static const struct {
        const char *id, *of; /* a case and the training case that it is like */
        char
            like; /* p: same path; b: same bytes; r: same report; s: same short report; g: all the same, and its group */
    } copy[] = {{"q0", "t0", 'p'}, {"q1", "t1", 'b'}, {"q2", "t2", 'r'}, {"q3", "t3", 's'},
                {"d0", "t4", 'g'}, {"d1", "t5", 'r'}, {"v0", "t6", 'p'}, {"d1", "t7", 'b'}};
    Buffer b = {0};
    buffer_printf(&b, "id\timage\ttext\tlabels\tgroup\tsplit\n");
    static const struct {
        char letter;
        const char *set;
        int n;
    } sets[] = {{'t', "train", 24}, {'q', "query", 4}, {'d', "database", 4}, {'v', "val", 4}};
    for (int k = 0, shade = 1; k < 4; k++)
        for (int i = 0; i < sets[k].n; i++, shade++) {
            char id[16], image[64], file[128], report[128], group[32];
            uint8_t pixel[32 * 32];
            int value = shade;
            snprintf(id, sizeof id, "%c%d", sets[k].letter, i);
            snprintf(image, sizeof image, "%s.png", id);
            snprintf(report, sizeof report, "Liver of case %d is seen with %s and echoes.", shade,
                     i % 2 ? "cyst" : "stone");
            if (i == 3)
                snprintf(report, sizeof report, "Short report of %s, case %d.", i % 2 ? "cyst" : "stone",
                         shade);
            snprintf(group, sizeof group, "g%s", id);
            for (size_t c = 0; copies && c < sizeof copy / sizeof *copy; c++) {
                int of = atoi(copy[c].of + 1);
                if (strcmp(copy[c].id, id) != 0) continue;
                if (strchr("pg", copy[c].like)) snprintf(image, sizeof image, "%s.png", copy[c].of);
                if (strchr("b", copy[c].like)) value = of + 1;
                if (strchr("rg", copy[c].like))
                    snprintf(report, sizeof report, "Liver, of CASE %d is seen with %s and echoes.", of + 1,
                             of % 2 ? "cyst" : "stone");
                if (copy[c].like == 's') snprintf(report, sizeof report, "Short report of cyst, case 4.");
                if (copy[c].like == 'g') snprintf(group, sizeof group, "g%s", copy[c].of);
            }
            memset(pixel, value, sizeof pixel);
            snprintf(file, sizeof file, "%s/%s.png", name, id);
            fixture_png(file, 32, 32, pixel);
            buffer_printf(&b, "%s\t%s\t%s\t%s\t%s\t%s\n", id, image, report, i % 2 ? "cyst" : "stone", group,
                          sets[k].set);
        }
    char file[128];
    snprintf(file, sizeof file, "%s/set.tsv", name);
    const char *path = fixture_text(file, buffer_text(&b));
    Ran r = run_msach("train --data %s --out %s/run --set %s", path, fixture_path(name), tiny_settings);
    buffer_free(&b);
    cr_assert_eq(r.code, 0, "%s", r.err);
    char *err = r.err;
    free(r.out);
    return err;
}

Test(cli_answers, train_counts_the_test_cases_that_are_training_cases_under_another_name) {
    char *err = train_with_copies("copies", true);
    cr_assert_not_null(
        strstr(err, "of 8 test cases, 3 have the picture and 2 the whole report (8 words or more)"), "%s",
        err);
    cr_assert_not_null(strstr(err, "give them the same 'group'"), "%s", err);
    free(err);
    err = train_with_copies("no-copies", false);
    cr_assert_null(strstr(err, "whole report"), "%s", err);
    free(err);
}

/* What a reader needs to judge an answer, through the real binary: ties, the words of texts, and the facts of each hit. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

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
    } rows[] = {{"effusion", "a b "},
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
    expect_msach(2, "holds no word", "search --index %s --words '- ,'", index);
    expect_msach(0, "no case passes", "search --index %s --id a --words nonsense", index);
}

/* ---- Ties ---- */

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

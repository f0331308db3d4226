/* Words, subwords and the vocabulary. */
#include "data/tokens.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "tests/check.h"
#include "tests/fixtures.h"

/* Words of a text joined by single spaces. */
static const char *joined_by(bool fold, const char *text) {
    static char line[4096];
    const Vocab v = {.fold = fold};
    Words w;
    Error err = {0};
    line[0] = 0;
    cr_assert_eq(vocab_split(&v, &w, text, INT_MAX, "t", &err), STATUS_OK);
    for (int i = 0; i < w.n; i++) {
        if (i) strcat(line, " ");
        strcat(line, w.words[i]);
    }
    words_free(&w);
    return line;
}

static const char *joined(const char *text) {
    return joined_by(false, text);
}

Test(tokens, latin_words_are_folded_and_split_at_punctuation) {
    cr_assert_str_eq(joined("The X-ray, of the patient's LEFT knee."),
                     "the x ray of the patient s left knee");
    cr_assert_str_eq(joined("chest_wall/b-lines"), "chest wall b lines");
    cr_assert_str_eq(joined("ÖDEM Straße \xC3\x89pais"), "ödem strasse épais");
    cr_assert_str_eq(joined(""), "");
    cr_assert_str_eq(joined(" .,;-- "), "");
}

Test(tokens, composed_and_decomposed_letters_are_one_word) {
    cr_assert_str_eq(joined("e\xCC\x81pais"), "\xC3\xA9pais");
    cr_assert_str_eq(joined("\xEF\xAC\x81stula"), "fistula");                               /* ligature fi */
    cr_assert_str_eq(joined("\xEF\xBC\xA3\xEF\xBC\xB4 \xEF\xBC\x91\xEF\xBC\x92"), "ct 12"); /* full width */
    cr_assert_str_eq(joined("pneu\xC2\xADmonia"), "pneumonia");                             /* soft hyphen */
}

Test(tokens, one_character_may_fold_into_many) {
    char text[91];
    for (int i = 0; i < 30; i++)
        memcpy(text + 3 * i, "\xEF\xB7\xBA", 3); /* U+FDFA: eighteen, in four words */
    text[90] = 0;
    Words w;
    cr_assert_eq(words_split(&w, text, INT_MAX, "t", NULL), STATUS_OK);
    cr_assert_eq(w.n, 1 + 30 * 3); /* the last word of one and the first of the next are one */
    words_free(&w);
}

Test(tokens, decimal_numbers_stay_whole) {
    cr_assert_str_eq(joined("3.5 cm, 12.75mm. T1.5 v.3 4. 5"), "3.5 cm 12.75mm t1 5 v 3 4 5");
    cr_assert_str_eq(joined("12.03.2012 and .5"), "12.03 2012 and 5");
    cr_assert_str_eq(joined("2.中3"), "2 中 3");
}

Test(tokens, cjk_gives_unigrams_followed_by_the_bigram_of_neighbours) {
    cr_assert_str_eq(joined("肺炎灶"), "肺 肺炎 炎 炎灶 灶");
    cr_assert_str_eq(joined("肺，炎"), "肺 炎");
    cr_assert_str_eq(joined("肺 炎"), "肺 炎");
    cr_assert_str_eq(joined("CT检查3cm"), "ct 检 检查 查 3cm");
    cr_assert_str_eq(joined("ひカ한국"), "ひ ひカ カ カ한 한 한국 국");
    cr_assert_str_eq(joined("𠀀𠀁"), "𠀀 𠀀𠀁 𠀁");
    cr_assert_str_eq(joined("ｶﾞ"), "ガ"); /* half width with its mark */
}

Test(tokens, a_long_word_is_cut_to_its_first_characters) {
    char text[201];
    memset(text, 'a', 200);
    text[200] = 0;
    cr_assert_eq(strlen(joined(text)), (size_t)WORD_CHARACTERS);
}

Test(tokens, invalid_utf8_is_an_input_error_with_the_byte) {
    static const char *const bad[] = {"ab\xFF", "\xC3", "a\xED\xA0\x80", "\xF4\x90\x80\x80", "x\xC0\x80"};
    for (int i = 0; i < 5; i++) {
        Words w;
        Error err = {0};
        cr_assert_eq(words_split(&w, bad[i], INT_MAX, "--text", &err), STATUS_INPUT, "text %d", i);
        cr_assert(fixture_says(&err, STATUS_INPUT, "--text: byte "));
        cr_assert_null(w.words);
    }
    Words w;
    Error err = {0};
    words_split(&w, "ab\xFF", INT_MAX, "--text", &err);
    cr_assert(fixture_says(&err, STATUS_INPUT, "byte 3 "));
}

/* ---- Subwords ---- */

/* FNV-1a restated. */
static uint32_t hash_of(const char *s, size_t n) {
    uint32_t h = 0x811C9DC5u;
    for (size_t i = 0; i < n; i++) {
        h ^= (uint8_t)s[i];
        h *= 0x01000193u;
    }
    return h;
}

Test(tokens, ngrams_are_those_of_the_marked_word_shorter_first) {
    int32_t gram[TOKEN_NGRAMS];
    static const char *const expected[] = {"<as",  "asc",  "sci",   "ci>",  "<asc",
                                           "asci", "sci>", "<asci", "asci>"};
    cr_assert_eq(token_ngrams("asci", 1000, gram), 9);
    for (int i = 0; i < 9; i++)
        cr_assert_eq(gram[i], (int32_t)(hash_of(expected[i], strlen(expected[i])) % 1000));
    for (int i = 9; i < TOKEN_NGRAMS; i++) cr_assert_eq(gram[i], -1);
}

Test(tokens, ngrams_count_characters_and_not_bytes) {
    int32_t gram[TOKEN_NGRAMS];
    cr_assert_eq(token_ngrams("肺", 1000, gram), 1);
    cr_assert_eq(gram[0], (int32_t)(hash_of("<肺>", 5) % 1000));
    cr_assert_eq(token_ngrams("肺炎", 1000, gram), 3);
}

Test(tokens, ngrams_stop_at_the_most_there_is_room_for) {
    int32_t gram[TOKEN_NGRAMS + 1];
    gram[TOKEN_NGRAMS] = 77;
    cr_assert_eq(token_ngrams("pneumoperitoneography", 50, gram), TOKEN_NGRAMS);
    for (int i = 0; i < TOKEN_NGRAMS; i++) cr_assert(gram[i] >= 0 && gram[i] < 50);
    cr_assert_eq(gram[TOKEN_NGRAMS], 77);
    cr_assert_eq(token_ngrams("word", 0, gram), 0);
    cr_assert_eq(gram[0], -1);
    char word[400];
    memset(word, 'x', 399);
    word[399] = 0;
    cr_assert_eq(token_ngrams(word, 50, gram), TOKEN_NGRAMS);
}

/* ---- Vocabulary ---- */

static const char *const texts[] = {"lung lung heart", "Heart lung kidney", "", "zebra apple"};

static Vocab small(int max_words, int min_count, int buckets, int length) {
    Vocab v;
    const VocabOptions o = {max_words, min_count, 0, buckets, length, false};
    cr_assert_eq(vocab_build(&v, texts, NULL, 4, &o, NULL), STATUS_OK);
    return v;
}

Test(vocab, words_are_sorted_by_falling_count_then_by_bytes) {
    Vocab v = small(100, 1, 0, 8);
    static const char *const expected[] = {"lung", "heart", "apple", "kidney", "zebra"};
    cr_assert_eq(v.n, 5);
    for (int i = 0; i < 5; i++) {
        cr_assert_str_eq(v.words[i], expected[i]);
        cr_assert_eq(vocab_find(&v, expected[i]), TOKEN_FIRST_WORD + i);
    }
    cr_assert_eq(vocab_find(&v, "Lung"), TOKEN_UNKNOWN);
    vocab_free(&v);
}

Test(vocab, rare_words_and_those_beyond_the_most_are_left_out) {
    Vocab twice = small(100, 2, 0, 8), three = small(3, 1, 0, 8);
    cr_assert_eq(twice.n, 2);
    cr_assert_eq(vocab_find(&twice, "kidney"), TOKEN_UNKNOWN);
    cr_assert_eq(three.n, 3);
    cr_assert_str_eq(three.words[2], "apple");
    vocab_free(&twice);
    vocab_free(&three);
}

Test(vocab, print_and_parse_come_round) {
    Vocab v = small(100, 1, 64, 8), back;
    char *lines = vocab_print(&v);
    cr_assert_str_eq(lines, "lung\nheart\napple\nkidney\nzebra\n");
    cr_assert_eq(vocab_parse(&back, lines, NULL, &(VocabOptions){.buckets = 64, .length = 8}, NULL),
                 STATUS_OK);
    cr_assert_eq(back.n, v.n);
    for (int i = 0; i < v.n; i++) cr_assert_str_eq(back.words[i], v.words[i]);
    mem_free(lines);
    vocab_free(&v);
    vocab_free(&back);
}

Test(vocab, an_empty_vocabulary_knows_nothing) {
    Vocab v;
    cr_assert_eq(vocab_parse(&v, "", NULL, &(VocabOptions){.buckets = 0, .length = 4}, NULL), STATUS_OK);
    cr_assert_eq(v.n, 0);
    cr_assert_eq(vocab_find(&v, "lung"), TOKEN_UNKNOWN);
    char *lines = vocab_print(&v);
    cr_assert_str_eq(lines, "");
    mem_free(lines);
    vocab_free(&v);
}

Test(vocab, a_repeated_or_empty_line_is_an_input_error) {
    Vocab v;
    Error err = {0};
    cr_assert_eq(vocab_parse(&v, "a\nb\na\n", NULL, &(VocabOptions){.buckets = 0, .length = 4}, &err),
                 STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "line 3"));
    cr_assert_eq(vocab_parse(&v, "a\n\nb\n", NULL, &(VocabOptions){.buckets = 0, .length = 4}, &err),
                 STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "line 2 is empty"));
}

Test(vocab, thousands_of_words_are_all_found) {
    Buffer b = {0};
    for (int i = 0; i < 5000; i++) buffer_printf(&b, "w%d\n", i);
    buffer_add(&b, "", 1);
    Vocab v;
    cr_assert_eq(
        vocab_parse(&v, (const char *)b.data, NULL, &(VocabOptions){.buckets = 0, .length = 4}, NULL),
        STATUS_OK);
    for (int i = 0; i < 5000; i++) {
        char word[16];
        snprintf(word, sizeof word, "w%d", i);
        cr_assert_eq(vocab_find(&v, word), TOKEN_FIRST_WORD + i);
    }
    vocab_free(&v);
    buffer_free(&b);
}

Test(vocab, the_beginning_of_a_name_is_not_the_name) {
    for (int k = 0; k < 200; k++) { /* small tables, where names meet in a slot */
        Names t = {0};
        char name[32];
        for (int i = 0; i < 30; i++) {
            int size = snprintf(name, sizeof name, "%d-%dx", k, i);
            cr_assert_eq(names_add(&t, name, (size_t)size), i);
        }
        for (int i = 0; i < 30; i++) {
            int size = snprintf(name, sizeof name, "%d-%d", k, i);
            cr_assert_eq(names_find(&t, name, (size_t)size), -1);
        }
        names_free(&t);
    }
}

Test(tokens, encoding_cuts_at_the_end_and_pads_with_zero) {
    Vocab v = small(100, 1, 97, 4);
    int32_t id[4], gram[4 * TOKEN_NGRAMS], one[TOKEN_NGRAMS];
    int n;
    cr_assert_eq(tokens_encode(&v, "Lung, unseen", "t", id, gram, &n, NULL), STATUS_OK);
    cr_assert_eq(n, 2);
    cr_assert_eq(id[0], vocab_find(&v, "lung"));
    cr_assert_eq(id[1], TOKEN_UNKNOWN);
    cr_assert_eq(id[2], TOKEN_PAD);
    token_ngrams("unseen", 97, one);
    cr_assert_eq(memcmp(gram + TOKEN_NGRAMS, one, sizeof one), 0); /* an unknown word keeps its subwords */
    cr_assert_eq(gram[2 * TOKEN_NGRAMS], -1);
    cr_assert_eq(tokens_encode(&v, "heart lung zebra apple kidney", "t", id, NULL, &n, NULL), STATUS_OK);
    cr_assert_eq(n, 4);
    cr_assert_eq(id[3], vocab_find(&v, "apple"));
    cr_assert_eq(tokens_encode(&v, "", "t", id, NULL, &n, NULL), STATUS_OK);
    cr_assert_eq(n, 0);
    cr_assert_eq(id[0], TOKEN_PAD);
    vocab_free(&v);
}

Test(tokens, memory_that_runs_out_is_told_and_nothing_leaks) {
    Status s = STATUS_IO;
    for (long k = 1; s != STATUS_OK; k++) {
        Vocab v;
        int32_t id[8];
        int n;
        Error err = {0};
        cr_assert_lt(k, 200);
        mem_fail_at(k, 1);
        s = vocab_build(&v, texts, (int[]){2, 1, 2, 1}, 4, &(VocabOptions){100, 1, 1, 10, 8, true}, &err);
        if (s == STATUS_OK) {
            char *groups = vocab_print_groups(&v);
            if (!groups) s = mem_error(&err, "groups");
            mem_free(groups);
        }
        if (s == STATUS_OK) s = tokens_encode(&v, "lung 肺炎", "t", id, NULL, &n, &err);
        mem_fail_at(0, 0);
        cr_assert(s == STATUS_OK || s == STATUS_IO);
        vocab_free(&v);
    }
}

/* ---- Long reports ---- */

static void keeps(const char *text, int length, const char *const *expected) {
    const char *words_known[] = {"findings impression history heart large clear cough 提示 肝 囊"};
    Vocab v;
    Error err = {0};
    int32_t id[16];
    int n;
    cr_assert_eq(
        vocab_build(&v, words_known, NULL, 1, &(VocabOptions){.max_words = 100, .length = length}, &err),
        STATUS_OK);
    cr_assert_eq(tokens_encode(&v, text, "a text", id, NULL, &n, &err), STATUS_OK);
    for (int i = 0; i < n; i++) cr_assert_eq(id[i], vocab_find(&v, expected[i]));
    cr_assert_eq(n, length);
    vocab_free(&v);
}

Test(tokens, a_long_report_keeps_its_impression_before_its_findings) {
    static const char *const ranked[] = {"impression", "clear", "findings", "heart"};
    static const char *const whole[] = {"history", "cough",      "findings", "heart",
                                        "large",   "impression", "clear"};
    static const char *const chinese[] = {"提", "提示", "示", "囊"};
    static const char *const plain[] = {"cough", "heart"};
    keeps("History: cough. Findings: heart large. Impression: clear.", 4, ranked);
    keeps("History: cough. Findings: heart large. Impression: clear.", 7, whole);
    keeps("超声所见：肝大。提示：囊", 4, chinese);
    keeps("cough heart large clear", 2, plain);
}

/* ---- What must not travel with a model ---- */

static void folds(const char *text, const char *expected) {
    cr_assert_str_eq(joined_by(true, text), expected);
}

Test(tokens, dates_times_and_ids_are_one_word_each) {
    folds("on 2019-03-12, 12.03.2019 or 12/3/19", "on <date> <date> or <date>");
    folds("in 2019, 2019/03 03.2019 and 1987.", "in <date> <date> <date> and <date>");
    folds("2019年3月12日超声，2020年5月；2021年", "<date> 超 超声 声 <date> <date>");
    folds("２０１９年３月１２日", "<date>"); /* full width */
    folds("at 9:05 and 10:15:32", "at <time> and <time>");
    folds("MRN00123456 no. 123456 us20190312", "<id> no <id> <id>");
}

Test(tokens, numbers_with_a_meaning_stay) {
    folds("12 mm, 1.5 cm, 12x15x20mm", "12 mm 1.5 cm 12x15x20mm");
    folds("t2 c6-c7 100-120 ml 3/4 1:2", "t2 c6 c7 100 120 ml 3 4 1 2");
    folds("2.0-3.5 cm 1-2-3 2500 g 1.2.840.1", "2.0 3.5 cm 1 2 3 2500 g 1.2 840.1");
    folds("12-03-2019x", "12 03 2019x"); /* no date: a word goes on behind it */
    folds("", "");
}

Test(vocab, a_word_needs_texts_of_enough_groups) {
    static const char *const reports[] = {"lung Smith Smith", "lung smith", "lung Jones", "lung jones",
                                          "Jones lung"};
    static const int patient[] = {7, 9, 9, 7, 3};
    VocabOptions o = {.max_words = 100, .min_count = 1, .min_groups = 3, .length = 4};
    Vocab v, back;
    cr_assert_eq(vocab_build(&v, reports, patient, 5, &o, NULL), STATUS_OK);
    cr_assert_eq(v.n, 2); /* smith: three times, but of two patients */
    cr_assert_str_eq(v.words[0], "lung");
    cr_assert_str_eq(v.words[1], "jones");
    char *words = vocab_print(&v), *groups = vocab_print_groups(&v);
    cr_assert_str_eq(groups, "3\n3\n");
    cr_assert_eq(vocab_parse(&back, words, groups, &o, NULL), STATUS_OK);
    cr_assert_eq(back.groups[1], 3);
    vocab_free(&back);
    mem_free(words);
    mem_free(groups);
    vocab_free(&v);
    o.min_groups = 2;
    o.max_words = 2;
    cr_assert_eq(vocab_build(&v, reports, patient, 5, &o, NULL), STATUS_OK);
    cr_assert_eq(v.n, 2);
    vocab_free(&v);
    o.min_groups = 6;
    cr_assert_eq(vocab_build(&v, reports, NULL, 5, &o, NULL),
                 STATUS_OK); /* without groups each text is one */
    cr_assert_eq(v.n, 0);
    vocab_free(&v);
}

Test(vocab, a_missing_or_wrong_number_of_groups_is_an_input_error) {
    static const char *const bad[] = {"",        "3\n",    "3\n4",      "3\n0\n",
                                      "3\n-4\n", "3\nx\n", "3\n4\n5\n", "3\n99999999999\n"};
    const VocabOptions o = {.length = 4};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        Vocab v;
        Error err = {0};
        cr_assert_eq(vocab_parse(&v, "a\nb\n", bad[i], &o, &err), STATUS_INPUT, "%zu", i);
        cr_assert(fixture_says(&err, STATUS_INPUT, "2 numbers, one a line, were expected"));
    }
}

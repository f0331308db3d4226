#include "cmd/word_filter.h"
#include "hash/search/index_filter.h"

#include <limits.h>
#include <string.h>

#include "nn/base/alloc.h"

/* One word or phrase: its words in a row, as words_split gives them. */
typedef struct {
    Words words;
    bool absent;
} Term;

typedef struct {
    Term *term; /* (n) */
    size_t n, capacity;
} Terms;

static void terms_free(Terms *t) {
    for (size_t i = 0; i < t->n; i++) words_free(&t->term[i].words);
    mem_free(t->term);
}

/* ---- The filter ---- */

static Status add_term(Terms *t, const char *text, size_t size, bool absent, Error *err) {
    char *copy = mem_alloc(size + 1);
    if (!copy || !mem_grow(&t->term, &t->capacity, t->n + 1, sizeof *t->term)) {
        mem_free(copy);
        return mem_error(err, "--words");
    }
    memcpy(copy, text, size);
    copy[size] = 0;
    Term *term = &t->term[t->n];
    Status s = words_split(&term->words, copy, INT_MAX, "--words", err);
    mem_free(copy);
    if (s != STATUS_OK) return s == STATUS_INPUT ? (err ? (err->status = STATUS_USAGE) : STATUS_USAGE) : s;
    term->absent = absent;
    if (term->words.n)
        t->n++; /* punctuation alone is no word */
    else
        words_free(&term->words);
    return STATUS_OK;
}

/* Bytes of a minus sign or a dash, as texts that were copied have it; 0: none. */
static size_t minus_size(const char *s) {
    static const char *const signs[] = {"-",
                                        "\xE2\x80\x90", /* U+2010 to U+2015 */
                                        "\xE2\x80\x91",
                                        "\xE2\x80\x92",
                                        "\xE2\x80\x93",
                                        "\xE2\x80\x94",
                                        "\xE2\x80\x95",
                                        "\xE2\x88\x92",  /* U+2212 */
                                        "\xEF\xBC\x8D"}; /* U+FF0D */
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strncmp(s, signs[i], strlen(signs[i])) == 0) return strlen(signs[i]);
    return 0;
}

static Status parse(Terms *t, const char *filter, Error *err) {
    for (const char *s = filter + strspn(filter, " \t\n"); *s; s += strspn(s, " \t\n")) {
        size_t minus = minus_size(s);
        bool absent = minus > 0;
        s += minus;
        if (absent && (!*s || strchr(" \t\n", *s)))
            return error_set(
                err, STATUS_USAGE,
                "--words '%s': a minus stands alone; write it before the word that must be absent", filter);
        bool quoted = *s == '"';
        s += quoted;
        size_t size = strcspn(s, quoted ? "\"" : " \t\n\"");
        if (quoted && !s[size])
            return error_set(err, STATUS_USAGE, "--words '%s': a phrase has no closing '\"'", filter);
        TRY(add_term(t, s, size, absent, err));
        s += size + quoted;
    }
    if (t->n) return STATUS_OK;
    return error_set(err, STATUS_USAGE,
                     "--words '%s': holds no word; for example --words 'effusion -normal' was expected",
                     filter);
}

/* ---- Texts ---- */

static bool occurs(const Words *phrase, const Words *text) {
    for (int at = 0; at + phrase->n <= text->n; at++) {
        int same = 0;
        while (same < phrase->n && strcmp(phrase->words[same], text->words[at + same]) == 0) same++;
        if (same == phrase->n) return true;
    }
    return false;
}

static Status passes(const Terms *t, const char *text, bool *pass, Error *err) {
    Words words;
    *pass = true;
    TRY(words_split(&words, text ? text : "", INT_MAX, "a text of the index", err));
    for (size_t i = 0; i < t->n && *pass; i++) *pass = occurs(&t->term[i].words, &words) != t->term[i].absent;
    words_free(&words);
    return STATUS_OK;
}

/* Reads every text that is still allowed. */
static Status filter_texts(const Index *x, const Terms *t, uint8_t *const allowed[MODALITIES], Error *err) {
    for (int64_t row = 0; row < index_count(x); row++) {
        IndexCase c;
        bool pass;
        if (!allowed[0][row] && !allowed[1][row]) continue;
        TRY(index_case(x, row, &c, err));
        TRY(passes(t, c.text, &pass, err));
        for (Modality m = 0; m < MODALITIES; m++) allowed[m][row] &= pass;
    }
    return STATUS_OK;
}

static Status filter_words(const Index *x, const Terms *t, uint8_t *const allowed[MODALITIES], Error *err) {
    size_t count = (size_t)index_count(x);
    uint8_t *mark = mem_alloc(count + 1);
    Status s = mark ? STATUS_OK : mem_error(err, "--words");
    for (size_t i = 0; s == STATUS_OK && i < t->n; i++) {
        const Words *w = &t->term[i].words;
        memset(mark, 0, count);
        s = index_mark_words(x, (const char *const *)w->words, w->n, mark, err);
        for (Modality m = 0; m < MODALITIES; m++)
            for (size_t row = 0; row < count; row++) allowed[m][row] &= mark[row] != t->term[i].absent;
    }
    mem_free(mark);
    return s;
}

Status word_filter_apply(const Index *x, const char *filter, uint8_t *const allowed[MODALITIES], Error *err) {
    Terms t = {0};
    Status s = parse(&t, filter, err);
    if (s == STATUS_OK) s = (index_has_words(x) ? filter_words : filter_texts)(x, &t, allowed, err);
    terms_free(&t);
    return s;
}

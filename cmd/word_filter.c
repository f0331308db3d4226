#include "cmd/word_filter.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

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

static Status parse(Terms *t, const char *filter, Error *err) {
    for (const char *s = filter + strspn(filter, " \t\n"); *s; s += strspn(s, " \t\n")) {
        bool absent = *s == '-' && s[1];
        s += absent;
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

static Status split_text(const char *text, Words *words, Error *err) {
    return words_split(words, text ? text : "", INT_MAX, "a text of the index", err);
}

static bool is_letter(int c) {
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_alnum(int c) {
    return is_letter(c) || (c >= '0' && c <= '9');
}

/* Every word of letters of ASCII alone, and shorter than words are cut to. */
static bool is_plain(const Words *phrase) {
    for (int i = 0; i < phrase->n; i++) {
        const char *s = phrase->words[i];
        while (is_letter((unsigned char)*s)) s++;
        if (*s || s - phrase->words[i] >= WORD_CHARACTERS) return false;
    }
    return true;
}

/* The end of the phrase's words where the first of them begins at s; NULL where they do not follow each other. */
static const char *plain_end(const Words *phrase, const char *s) {
    for (int i = 0; i < phrase->n; i++) {
        size_t n = strlen(phrase->words[i]);
        if (strncasecmp(s, phrase->words[i], n) != 0 || is_alnum((unsigned char)s[n])) return NULL;
        s += n;
        while (i + 1 < phrase->n && *s && !is_alnum((unsigned char)*s)) s++;
    }
    return s;
}

/* Reports are long and mostly ASCII, where words need no Unicode tables. */
static bool occurs_in_ascii(const Words *phrase, const char *text) {
    int first = phrase->words[0][0];
    for (const char *s = text; *s; s++)
        if ((*s | 32) == first && (s == text || !is_alnum((unsigned char)s[-1])) && plain_end(phrase, s))
            return true;
    return false;
}

Status phrase_occurs(const Words *phrase, const char *text, bool *found, Error *err) {
    Words words;
    const char *s = text = text ? text : "";
    while (*s && (unsigned char)*s < 0x80) s++;
    *found = !*s && is_plain(phrase) && occurs_in_ascii(phrase, text);
    if (!*s && is_plain(phrase)) return STATUS_OK;
    TRY(split_text(text, &words, err));
    *found = occurs(phrase, &words);
    words_free(&words);
    return STATUS_OK;
}

static Status passes(const Terms *t, const char *text, bool *pass, Error *err) {
    Words words;
    *pass = true;
    TRY(split_text(text, &words, err));
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

/* ---- The words of the index ---- */

/* Two arrays (count): rows that have all words of a term so far; rows that have one word. */
typedef struct {
    uint8_t *all, *one;
    size_t count;
} Marks;

static Status mark_term(const Index *x, const Words *w, Marks *m, Error *err) {
    memset(m->all, 1, m->count);
    for (int i = 0; i < w->n; i++) {
        memset(m->one, 0, m->count);
        TRY(index_mark_word(x, w->words[i], m->one, err));
        for (size_t row = 0; row < m->count; row++) m->all[row] &= m->one[row];
    }
    return STATUS_OK;
}

/* Of the rows with all words of a phrase, keeps the marks of those that have them in a row. */
static Status check_phrase(const Index *x, const Words *phrase, const Marks *m,
                           uint8_t *const allowed[MODALITIES], Error *err) {
    for (size_t row = 0; row < m->count; row++) {
        IndexCase c;
        bool found;
        if (!m->all[row] || (!allowed[0][row] && !allowed[1][row])) continue;
        TRY(index_case(x, (int64_t)row, &c, err));
        TRY(phrase_occurs(phrase, c.text, &found, err));
        m->all[row] = found;
    }
    return STATUS_OK;
}

static Status filter_words(const Index *x, const Terms *t, uint8_t *const allowed[MODALITIES], Error *err) {
    size_t count = (size_t)index_count(x);
    Marks m = {mem_alloc(count + 1), mem_alloc(count + 1), count};
    Status s = m.all && m.one ? STATUS_OK : mem_error(err, "--words");
    for (size_t i = 0, n = t->n; s == STATUS_OK && i < 2 * n;
         i++) { /* single words first: then phrases read fewer texts */
        const Words *w = &t->term[i % n].words;
        if ((w->n > 1) != (i >= n)) continue;
        s = mark_term(x, w, &m, err);
        if (s == STATUS_OK && w->n > 1) s = check_phrase(x, w, &m, allowed, err);
        for (size_t row = 0; s == STATUS_OK && row < count; row++)
            for (Modality k = 0; k < MODALITIES; k++) allowed[k][row] &= m.all[row] != t->term[i % n].absent;
    }
    mem_free(m.all);
    mem_free(m.one);
    return s;
}

Status word_filter_apply(const Index *x, const char *filter, uint8_t *const allowed[MODALITIES], Error *err) {
    Terms t = {0};
    Status s = parse(&t, filter, err);
    if (s == STATUS_OK) s = (index_has_words(x) ? filter_words : filter_texts)(x, &t, allowed, err);
    terms_free(&t);
    return s;
}

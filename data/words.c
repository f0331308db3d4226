#include "data/words.h"

#include <string.h>
#include <utf8proc.h>

#include "data/characters.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* Collects words as consecutive strings, each ended by a 0; stops after `most`. */
typedef struct {
    Buffer text;
    int n, most;
    bool fold;
} Collector;

static void collect(Collector *w, const int32_t *c, size_t n) {
    if (w->n == w->most) return;
    if (n > WORD_CHARACTERS) n = WORD_CHARACTERS;
    unsigned char word[4 * WORD_CHARACTERS + 1];
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        if (c[i] < 0x80)
            word[size++] = (unsigned char)c[i];
        else
            size += (size_t)utf8proc_encode_char(c[i], word + size);
    }
    word[size++] = 0;
    buffer_add(&w->text, word, size);
    w->n++;
}

/* ---- Dates, times and ids ---- */

enum { YEAR = 0x5E74, MONTH = 0x6708, DAY = 0x65E5, DAY_SPOKEN = 0x53F7, ID_DIGITS = 5 };

static size_t digits(const Characters *t, size_t i) {
    size_t n = 0;
    while (i + n < t->n && t->c[i + n] >= '0' && t->c[i + n] <= '9') n++;
    return n;
}

static bool is(const Characters *t, size_t i, int32_t c) {
    return i < t->n && t->c[i] == c;
}

static bool is_year(const Characters *t, size_t i) {
    return digits(t, i) == 4 &&
           ((t->c[i] == '1' && t->c[i + 1] == '9') || (t->c[i] == '2' && t->c[i + 1] == '0'));
}

/* The end of the date that starts with a year and its character at i; month and day may be missing. */
static size_t cjk_date_end(const Characters *t, size_t i) {
    size_t end = i + 5, k = digits(t, end);
    if (!k || !is(t, end + k, MONTH)) return end;
    end += k + 1;
    k = digits(t, end);
    return k && (is(t, end + k, DAY) || is(t, end + k, DAY_SPOKEN)) ? end + k + 1 : end;
}

/* The end of the numbers at i that form a date or a time (*word: which); i where they form none. */
static size_t date_end(const Characters *t, size_t i, const char **word) {
    size_t a = digits(t, i), b, c;
    *word = "<date>";
    if (is_year(t, i) && is(t, i + a, YEAR)) return cjk_date_end(t, i);
    if (a == 0 || a == 3 || a > 4 || i + a >= t->n) return i;
    int32_t mark = t->c[i + a];
    size_t second = i + a + 1, third;
    b = digits(t, second);
    third = second + b + 1;
    c = is(t, second + b, mark) ? digits(t, third) : 0;
    if (mark == ':') {
        *word = "<time>";
        return a > 2 || b != 2 ? i : c == 2 ? third + c : second + b;
    }
    if ((mark != '-' && mark != '/' && mark != '.') || b == 0) return i;
    if (c) /* three numbers, the year first or last */
        return b <= 2 && (a == 4 ? c <= 2 : c == 2 || c == 4) &&
                       !(is(t, third + c, mark) && digits(t, third + c + 1))
                   ? third + c
                   : i;
    bool month = (is_year(t, i) && b <= 2) || (a <= 2 && is_year(t, second));
    return month ? second + b : i;
}

/* The end of the date, time or id at i, where a word begins; i where there is none. A date or time must end where a word ends. */
static size_t folded_end(const Characters *t, size_t i, const char **word) {
    size_t end = date_end(t, i, word), run = 0, last = characters_word_end(t->c, i, t->n);
    bool whole = end > i && (end == t->n || character_is_cjk(t->c[end - 1]) || character_is_cjk(t->c[end]) ||
                             characters_word_end(t->c, end, t->n) == end);
    if (whole) return end;
    *word = "<date>";
    if (last == i + 4 && is_year(t, i)) return last;
    *word = "<id>";
    for (size_t k = i; k < last; k++) {
        run = t->c[k] >= '0' && t->c[k] <= '9' ? run + 1 : 0;
        if (run == ID_DIGITS) return last;
    }
    return i;
}

/* Each CJK character is a word. Where two are adjacent, their pair is a word too, before the second one. */
static void collect_words(Collector *w, const Characters *t) {
    size_t before = 0, before_end = SIZE_MAX;
    for (size_t i = 0, end; i < t->n && w->n < w->most; i = end) {
        const char *folded;
        if (w->fold && (end = folded_end(t, i, &folded)) > i) {
            buffer_add(&w->text, folded, strlen(folded) + 1);
            w->n++;
            continue;
        }
        end = characters_word_end(t->c, i, t->n);
        if (end == i) {
            end++;
            continue;
        }
        if (character_is_cjk(t->c[i])) {
            if (before_end == i) collect(w, t->c + before, end - before);
            before = i;
            before_end = end;
        }
        collect(w, t->c + i, end - i);
    }
}

static Status split(Words *w, const char *text, int most, bool fold, const char *what, Error *err) {
    Characters t;
    Collector all = {{0}, 0, most, fold};
    memset(w, 0, sizeof *w);
    TRY(characters_fold(&t, text, strlen(text), what, err));
    collect_words(&all, &t);
    characters_free(&t);
    w->block = (char *)all.text.data;
    w->words = all.text.failed ? NULL : mem_alloc((size_t)all.n * sizeof *w->words);
    if (!w->words) {
        words_free(w);
        return mem_error(err, what);
    }
    for (char *at = w->block; at && w->n < all.n; at += strlen(at) + 1) w->words[w->n++] = at;
    return STATUS_OK;
}

Status words_split(Words *w, const char *text, int most, const char *what, Error *err) {
    return split(w, text, most, false, what, err);
}

Status words_split_folded(Words *w, const char *text, int most, const char *what, Error *err) {
    return split(w, text, most, true, what, err);
}

void words_free(Words *w) {
    mem_free(w->words);
    mem_free(w->block);
    memset(w, 0, sizeof *w);
}

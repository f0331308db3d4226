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

/* Each CJK character is a word. Where two are adjacent, their pair is a word too, before the second one. */
static void collect_words(Collector *w, const Characters *t) {
    size_t before = 0, before_end = SIZE_MAX;
    for (size_t i = 0, end; i < t->n && w->n < w->most; i = end) {
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

Status words_split(Words *w, const char *text, int most, const char *what, Error *err) {
    Characters t;
    Collector all = {{0}, 0, most};
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
    for (char *at = w->block; w->n < all.n; at += strlen(at) + 1) w->words[w->n++] = at;
    return STATUS_OK;
}

void words_free(Words *w) {
    mem_free(w->words);
    mem_free(w->block);
    memset(w, 0, sizeof *w);
}

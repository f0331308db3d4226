#include <string.h>

#include "cmd/finder_groups.h"
#include "data/characters.h"
#include "nn/base/alloc.h"

static Status keep_unknown(Answer *a, const char *word, Error *err) {
    if (!mem_grow(&a->unknown, &a->unknown_room, a->n_unknown + 1, sizeof *a->unknown))
        return mem_error(err, "the question");
    a->unknown[a->n_unknown] = mem_strdup(word);
    return a->unknown[a->n_unknown++] ? STATUS_OK : mem_error(err, "the question");
}

Status finder_words(const Finder *f, const char *text, Answer *a, Error *err) {
    Words w;
    int known = 0;
    TRY(vocab_split(&f->model.vocab, &w, text, f->model.vocab.length, "the question", err));
    Status s = STATUS_OK;
    for (int i = 0; s == STATUS_OK && i < w.n; i++) {
        Characters c;
        if (vocab_find(&f->model.vocab, w.words[i]) != TOKEN_UNKNOWN) {
            known++;
            continue;
        }
        s = characters_fold(&c, w.words[i], strlen(w.words[i]), "the question", err);
        if (s != STATUS_OK) break;
        bool pair = c.n > 1 && character_is_cjk(c.c[0]);
        characters_free(&c);
        if (!pair) s = keep_unknown(a, w.words[i], err);
    }
    words_free(&w);
    if (s != STATUS_OK || known) return s;
    return error_set(
        err, STATUS_INPUT,
        "the model knows no word of '%.80s'; it knows the words that enough reports and groups of the "
        "training hold (min_count, vocab_groups): use words of the reports",
        text);
}

#include "data/vocab_unknown.h"

#include <string.h>

#include "data/characters.h"

static Status report(const char *word, VocabUnknown *unknown, void *ctx, Error *err) {
    Characters c;
    TRY(characters_fold(&c, word, strlen(word), "a text", err));
    bool pair = c.n > 1 && character_is_cjk(c.c[0]);
    characters_free(&c);
    return pair ? STATUS_OK : unknown(ctx, word, err);
}

Status vocab_unknown(const Vocab *v, const char *text, VocabUnknown *unknown, void *ctx, Error *err) {
    Words w;
    bool known = false;
    TRY(vocab_split(v, &w, text, v->length, "a text", err));
    Status s = STATUS_OK;
    for (int i = 0; s == STATUS_OK && i < w.n; i++) {
        bool here = vocab_find(v, w.words[i]) != TOKEN_UNKNOWN;
        if (!here && unknown) s = report(w.words[i], unknown, ctx, err);
        known |= here;
    }
    words_free(&w);
    if (s != STATUS_OK || known) return s;
    return error_set(
        err, STATUS_INPUT,
        "the model knows no word of '%.80s'; it knows the words that enough reports and groups of the "
        "training hold (min_count, vocab_groups): use words of the reports",
        text);
}

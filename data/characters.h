/* Characters of a text and their classes. Tokens and masking build on them. */
#ifndef DATA_CHARACTERS_H
#define DATA_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

/* c: (n) Unicode code points; owned, characters_free. */
typedef struct {
    int32_t *c;
    size_t n;
} Characters;

/* The first `size` bytes of text, normalised to NFKC and case-folded; soft hyphens and zero-width characters are removed (Unicode's
 * toNFKC_Casefold). Invalid UTF-8 is an input error that names `what` and the byte. */
Status characters_fold(Characters *t, const char *text, size_t size, const char *what, Error *err);
void characters_free(Characters *t);

/* Number of bytes before the first invalid UTF-8 sequence; size where all of the text is valid. */
size_t utf8_valid(const char *text, size_t size);

/* True for Han, kana, bopomofo and Hangul: scripts that are split into single characters. */
bool character_is_cjk(int32_t c);

/* The end of the word that starts at c[i]; i where no word starts. A word is a run of letters, marks and digits. A number may
 * hold one decimal point between digits. A CJK character with its marks is a word. */
size_t characters_word_end(const int32_t *c, size_t i, size_t n);

#endif

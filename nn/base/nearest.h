/* Suggestions for mistyped words, by edit distance. */
#ifndef NN_BASE_NEAREST_H
#define NN_BASE_NEAREST_H

#include <stddef.h>

#include "nn/base/parts.h"

/* The first of the n words with the smallest edit distance to `word`, an entry of words. NULL where every distance is above 1 + a third
 * of the bytes of `word`. */
#if PART_HINTS
const char *nearest_word(const char *word, const char *const *words, int n);
#else
static inline const char *nearest_word(const char *word, const char *const *words, int n) {
    (void)word, (void)words, (void)n;
    return NULL;
}
#endif

#endif

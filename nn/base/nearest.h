/* Suggestions for mistyped words, by edit distance. */
#ifndef NN_BASE_NEAREST_H
#define NN_BASE_NEAREST_H

#include <stddef.h>

#include "nn/base/parts.h"

/* The first of the n words with the smallest edit distance to `word`, or NULL where all are far: more than a third of its letters
 * differ. Returns a pointer into words. */
#if PART_HINTS
const char *nearest_word(const char *word, const char *const *words, int n);
#else
static inline const char *nearest_word(const char *word, const char *const *words, int n) {
    (void)word, (void)words, (void)n;
    return NULL;
}
#endif

#endif

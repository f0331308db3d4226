/* The nearest right word to a mistyped one, by edit distance. */
#ifndef NN_BASE_NEAREST_H
#define NN_BASE_NEAREST_H

/* The first of n words that is nearest to `word`, or NULL where none is near (more than a third of its
 * letters differ). */
const char *nearest_word(const char *word, const char *const *words, int n);

#endif

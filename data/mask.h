/* Removes words and phrases from texts, so that a report does not name its label. A phrase matches whole, case-folded
 * words. */
#ifndef DATA_MASK_H
#define DATA_MASK_H

#include <stddef.h>
#include <stdint.h>

#include "data/names.h"
#include "nn/base/error.h"

/* The words of a text: position, and number in the mask's vocabulary (-1: no phrase holds the word). */
typedef struct {
    int32_t *c;     /* (n) code points of the text as it is ... */
    size_t *offset; /* (n + 1) ... and the byte where each starts */
    size_t n, room;
    int *word;            /* (words) */
    size_t *first, *last; /* (words) bytes: first, and one behind the last */
    size_t words, word_room, first_room, last_room, offset_room;
} MaskScan;

/* A phrase is a run of word numbers in `items`; phrases that start with the same word are chained. */
typedef struct {
    int start, length, next;
} MaskPhrase;

/* Starts as all zeros. Release with mask_free. */
typedef struct {
    Names vocabulary; /* folded words */
    int *head;        /* (vocabulary.n) first phrase that starts with the word, -1 for none */
    int *items;
    MaskPhrase *phrases;
    int n_items, n_phrases;
    size_t head_room, items_room, phrases_room;
    MaskScan scan; /* of the text at hand */
} Mask;

/* Adds a label, and each of its parts between '_' and '-'. Errors: memory. */
Status mask_add_label(Mask *k, const char *label, Error *err);

/* Adds a file's phrases, one a line, UTF-8 with or without a byte order mark. */
Status mask_add_file(Mask *k, const char *path, Error *err);

/* Replaces each phrase in the text, from its first to its last byte, by one space, in place. Where phrases overlap, the first
 * word decides, then the longest phrase. */
Status mask_text(Mask *k, char *text, Error *err);

void mask_free(Mask *k);

#endif

/* Removes words and phrases from texts, so that a report does not name its label. A phrase matches whole, case-folded words. */
#ifndef DATA_MASK_H
#define DATA_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/names.h"
#include "nn/base/error.h"

/* The words of a text: position, and number in the mask's vocabulary. */
typedef struct {
    int32_t *c;     /* (n) code points of the text, not folded */
    size_t *offset; /* (n + 1) byte where each code point starts */
    size_t n, room;
    int *word;            /* (words) number of each; -1: no phrase holds the word */
    size_t *first, *last; /* (words) first byte, and one behind the last */
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
    MaskScan scan; /* of the current text */
    bool replaced; /* a phrase, in any text */
} Mask;

/* Adds a label, and each of its parts between '_' and '-'. Errors: memory. */
Status mask_add_label(Mask *k, const char *label, Error *err);

/* Adds a file's phrases, one a line, UTF-8 with or without a byte order mark. STATUS_INPUT: not UTF-8, or above 16 MiB. */
Status mask_add_file(Mask *k, const char *path, Error *err);

/* Replaces each phrase in the text by one space, in place. Of phrases that overlap, the one that starts first is replaced; of those
 * that start at the same word, the longest. */
Status mask_text(Mask *k, char *text, Error *err);

void mask_free(Mask *k);

#endif

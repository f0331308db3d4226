/* The words of a segment's texts and where each occurs (PART_WORD_OFFSET to PART_ROWS). */
#ifndef HASH_INDEX_WORDS_H
#define HASH_INDEX_WORDS_H

#include "hash/search/index_columns.h"

/* The occurrences of one word in a segment, by ascending row, then place. Begins with word_begin. */
typedef struct {
    const unsigned char *at, *end;
    uint64_t next, rows; /* least next row; rows of the segment */
    uint64_t row, place; /* of the occurrence read last */
} WordPlaces;
/* word: its number. False where damaged. */
bool word_begin(WordPlaces *p, const Columns *c, uint64_t word);
/* Reads the next occurrence; *more is false at the end. Returns false where damaged. */
bool word_next(WordPlaces *p, bool *more);

/* Whether the words ascend and their rows are rows of the segment. */
bool words_whole(const Columns *c);

#endif

/* The words of a segment's texts and the rows of each (PART_WORD_OFFSET to PART_ROWS). */
#ifndef HASH_INDEX_WORDS_H
#define HASH_INDEX_WORDS_H

#include "hash/search/index_columns.h"

/* The rows of word i of a segment, one after another. Begins with word_rows_begin; false where damaged. */
typedef struct {
    const unsigned char *at, *end;
    uint64_t next, rows; /* least next row; rows of the segment */
} WordRows;
bool word_rows_begin(WordRows *r, const Columns *c, uint64_t word);
/* *more is false at the end; returns false where damaged. */
bool word_rows_next(WordRows *r, uint64_t *row, bool *more);

/* Whether the words ascend and their rows are rows of the segment. */
bool words_whole(const Columns *c);

#endif

/* Cases collected column by column, as a segment holds them. */
#ifndef HASH_INDEX_BUILD_H
#define HASH_INDEX_BUILD_H

#include "hash/search/index_columns.h"

/* Where one word occurs, encoded as in PART_ROWS. */
typedef struct {
    Buffer rows;
    uint64_t next, place; /* of the last occurrence: row + 1 (0: none yet), and place */
} Posting;

struct IndexBuilder {
    int bits;
    char model_hash[MODEL_HASH_BYTES];
    uint64_t rows;
    uint32_t names;
    Buffer part[N_PARTS];
    Buffer name_table, group_table, word_table; /* from names to numbers; not written */
    uint32_t groups, words;                     /* different ones */
    Posting *posting; /* (words), in the order of PART_WORDS: as they came, sorted when written */
    size_t posting_capacity;
    uint64_t worded; /* cases that got index_builder_add_words */
    bool failed;     /* memory ran out in the middle of a case */
    int tables;      /* as index_builder_set_tables */
    Pool *pool;
};

/* The columns as they are so far; they borrow from b. */
static inline void index_builder_columns(const IndexBuilder *b, Columns *c) {
    *c = (Columns){.bits = b->bits, .rows = b->rows, .names = b->names};
    for (int i = 0; i < N_PARTS; i++) c->part[i] = (Part){b->part[i].data, b->part[i].size};
}

/* ---- Words (index_words.c) ---- */

/* Adds one occurrence; those of a word ascend by row, then by place. Sets b->failed where memory ran out. */
void index_builder_post(IndexBuilder *b, const char *word, uint64_t row, uint64_t place);
/* Adds every word of an opened index. moved (count): the builder's row of each of its rows; UINT32_MAX: deleted. */
Status index_builder_copy_words(IndexBuilder *b, const Index *x, const uint32_t *moved, Error *err);
/* The columns to write: without groups where no case has one, with sorted words where every case got index_builder_add_words. `parts` owns the
 * memory of the words: buffer_free each. */
enum { WORD_PARTS = 5 };
Status index_builder_sort_words(const IndexBuilder *b, Columns *c, Buffer parts[WORD_PARTS], Error *err);
Status index_builder_finish(const IndexBuilder *b, Columns *c, Buffer parts[WORD_PARTS], Error *err);

/* Search tables for each modality as b->tables says, and their bytes as parts of the columns (index_tables.c). */
Status index_builder_make_tables(const IndexBuilder *b, Columns *c, Mih *tables[2], Error *err);

/* ---- Segments ---- */

/* Receives the bytes of a segment, in order. */
typedef void SegmentPut(void *ctx, const void *data, size_t size);

/* The header of a segment of these columns (deleted: rows and PART_DELETED alone). */
void segment_plan(SegmentHeader *h, SegmentKind kind, const Columns *c, uint64_t first_row);
/* Writes the segment; false where memory ran out. */
bool segment_write(const SegmentHeader *h, const Columns *c, SegmentPut *put, void *ctx);

#endif

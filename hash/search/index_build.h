/* Cases collected column by column, as a segment holds them. */
#ifndef HASH_INDEX_BUILD_H
#define HASH_INDEX_BUILD_H

#include "hash/search/index_columns.h"

struct IndexBuilder {
    int bits;
    char model_hash[MODEL_HASH_BYTES];
    uint64_t rows;
    uint32_t names;
    Buffer part[N_PARTS];
    Buffer name_table; /* of label names; not written */
    bool failed;       /* memory ran out in the middle of a case */
    int tables;        /* as index_builder_set_tables */
    Pool *pool;
};

void index_builder_columns(const IndexBuilder *b, Columns *c);

/* ---- Segments ---- */

/* Receives the bytes of a segment, in order. */
typedef void SegmentPut(void *ctx, const void *data, size_t size);

/* The header of a segment of these columns (deleted: rows and PART_DELETED alone). */
void segment_plan(SegmentHeader *h, SegmentKind kind, const Columns *c, uint64_t first_row);
/* Writes the segment; false where memory ran out. */
bool segment_write(const SegmentHeader *h, const Columns *c, SegmentPut *put, void *ctx);

#endif

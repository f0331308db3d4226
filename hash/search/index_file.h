/* An opened index, for the files of this folder that read it: segment, verify, edit, search. */
#ifndef HASH_INDEX_FILE_H
#define HASH_INDEX_FILE_H

#include "hash/search/index_columns.h"

typedef struct {
    uint64_t at; /* of its header in the file */
    SegmentHeader header;
    Columns columns; /* of a deletion: PART_DELETED alone */
} Segment;

/* One part of all segments in one piece: in the file's mapping, or in a private copy-on-write mapping. */
typedef struct {
    const unsigned char *data;
    void *mapping; /* NULL where data lies in the file's mapping */
    size_t mapped;
} Joined;

struct Index {
    const unsigned char *map; /* of the committed length at least */
    size_t mapped;
    Slot slot;
    Segment *segment; /* (n_segments) in the order of the file */
    size_t n_segments, capacity;
    Joined codes[2], allowed[2];
    uint8_t *deleted; /* a bit a row, or NULL */
    uint64_t n_deleted;
    StringArray *labels;
    Mih *tables[2]; /* over the first segment, or NULL */
};

/* Opens the search tables; index_search where there are some (index_tables.c). */
Status index_open_tables(Index *x, const char *path, Error *err);
Status index_search_tables(const Index *x, Modality m, const uint8_t *queries, size_t n_queries, size_t k,
                           int radius, const uint8_t *allowed, Hit *hits, size_t *found, MihStats *stats,
                           Pool *pool, Error *err);

/* index_join.c, of the part edit: reads deletions and joins the codes of all segments, of the open file fd. */
Status index_join(Index *x, int fd, const char *path, Error *err);
/* The segment of a row: the last one whose first_row is at or before it. A deletion has the first_row of the cases after it. */
const Segment *index_segment_of(const Index *x, uint64_t row);

/* ---- index_check.c, of the part verify ---- */

/* STATUS_INPUT where a block of an index of at most INDEX_CHECK_BYTES is damaged. */
Status index_check_small(const Index *x, const char *path, Error *err);
/* STATUS_CHECK, with the place in the file. */
Status index_damaged_at(Error *err, const char *path, uint64_t at, const char *what);
/* Compares the checksums of a segment's blocks; STATUS_CHECK where one is wrong. */
Status index_check_blocks(const Index *x, const Segment *s, const char *path, Error *err);

#endif

/* The columns of a set of cases, in a builder's memory or in a mapped segment. Nothing in them is trusted: every offset is
 * checked at each use. */
#ifndef HASH_INDEX_COLUMNS_H
#define HASH_INDEX_COLUMNS_H

#include "hash/search/index.h"
#include "hash/search/index_format.h"

typedef struct {
    const unsigned char *data;
    uint64_t size;
} Part;

typedef struct {
    int bits;
    uint64_t rows, names;
    Part part[N_PARTS];
} Columns;

/* A growable array of borrowed strings. */
typedef struct {
    const char **item;
    size_t capacity;
} StringArray;

/* Entry i of a part of strings that end in 0, or NULL where damaged. i < entries. */
const char *columns_string(const Columns *c, PartName offsets, uint64_t i);
/* The id of a row, or NULL (a NameOf, ctx: Columns); the row of an id, or -1. */
const char *columns_id(const void *columns, uint32_t row);
int64_t columns_find(const Columns *c, const char *id);
/* The group number of a row, or -1: none. */
int64_t columns_group(const Columns *c, uint64_t row);
/* Entries of an offset part: 0 where it is empty. */
uint64_t columns_entries(const Columns *c, PartName offsets);
/* Entry i of an offset part: [first, end) in the part of `size` units behind it. False where damaged. */
bool columns_span(const Columns *c, PartName offsets, uint64_t i, uint64_t size, uint64_t *first,
                  uint64_t *end);
/* The label numbers of a row: *n u32 (little-endian) at *numbers; false where damaged. */
bool columns_labels(const Columns *c, uint64_t row, const unsigned char **numbers, size_t *n);
/* Sets image and text of a case; false where damaged. */
bool columns_texts(const Columns *c, uint64_t row, IndexCase *out);
/* The whole case; out->labels points into `labels`. STATUS_INPUT where damaged. */
Status columns_case(const Columns *c, uint64_t row, IndexCase *out, StringArray *labels, Error *err);

#endif

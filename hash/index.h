/* An archive's index: image codes and text codes, ids, image paths, texts and labels of its cases, in one file of our own.
 * Little-endian, checksummed, opened by mapping with the size checked first, replaced by rename only. */
#ifndef HASH_INDEX_H
#define HASH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

typedef enum { MODALITY_IMAGE = 0, MODALITY_TEXT = 1 } Modality;
const char *modality_name(Modality m); /* "image", "text" */

/* One case. Strings are borrowed. codes: NULL where the case lacks that modality. */
typedef struct {
    const char *id, *image, *text;
    const char *const *labels;
    int n_labels;
    const uint8_t *code[2]; /* by Modality */
} IndexCase;

typedef struct Index Index;

/* Building: cases are collected and written by index_write, which replaces path or leaves it as it was. */
typedef struct IndexBuilder IndexBuilder;
Status index_builder_create(IndexBuilder **b, int bits, const char *model_hash, Error *err);
Status index_builder_add(IndexBuilder *b, const IndexCase *c, Error *err);
Status index_builder_write(const IndexBuilder *b, const char *path, Error *err);
void index_builder_free(IndexBuilder *b);

/* Opening maps the file and checks header, counts and sizes, not the blocks' checksums (index_verify does). Damage found is
 * STATUS_INPUT. Rows are 0..index_count()-1 in the order added. Deleted rows are skipped by searches. */
Status index_open(Index **x, const char *path, Error *err);
void index_close(Index *x);
int index_bits(const Index *x);
int64_t index_count(const Index *x);
const char *index_model_hash(const Index *x);
const uint8_t *index_codes(const Index *x, Modality m);   /* (count, bits/8), 64-byte aligned */
const uint8_t *index_allowed(const Index *x, Modality m); /* (count): 1 where the case has the modality and is not deleted */
/* The case of a row; strings live as long as the index. labels are in one block of the index. */
Status index_case(const Index *x, int64_t row, IndexCase *c, Error *err);
int64_t index_find(const Index *x, const char *id); /* row, or -1 */
Status index_verify(const char *path, Error *err);  /* every checksum; STATUS_CHECK where damaged */

#endif

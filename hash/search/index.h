/* An archive's index: image codes and text codes, ids, image paths, texts and labels of its cases, in one
 * file of our own. Little-endian, checksummed, opened by mapping with the size checked first. Its bytes:
 * index_format.h. One writer at a time (a lock on FILE.lock, which dies with its process) beside any number
 * of readers. A kill at any moment leaves the old or the new state. */
#ifndef HASH_INDEX_H
#define HASH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/code.h"
#include "hash/search/mih.h"
#include "hash/search/scan.h"
#include "nn/base/error.h"

/* One case. Strings are borrowed. codes: NULL where the case lacks that modality. */
typedef struct {
    const char *id, *image, *text; /* image, text: may be NULL */
    const char *const *labels;
    int n_labels;
    const uint8_t *code[2]; /* by Modality */
} IndexCase;

typedef struct Index Index;

/* Building: cases are copied, collected in memory and written by index_builder_write, which replaces path or
 * leaves it as it was. An id must not be empty and comes once (STATUS_INPUT). model_hash: at most 127 bytes.
 */
typedef struct IndexBuilder IndexBuilder;
Status index_builder_create(IndexBuilder **out, int bits, const char *model_hash, Error *err);
Status index_builder_add(IndexBuilder *b, const IndexCase *c, Error *err);
Status index_builder_write(const IndexBuilder *b, const char *path, Error *err);
void index_builder_free(IndexBuilder *b);
/* Search tables (mih.h) of m substrings for each modality in the written file; m 0, as without this call: as many as
 * suit the codes, for archives of 65,536 cases or more, else none; m -1: none. pool: builds them, or NULL. Not used by index_append: what was
 * appended is scanned until index_compact. */
enum { INDEX_TABLES_FROM = 65536 };
void index_builder_set_tables(IndexBuilder *b, int m, Pool *pool);

/* Adds the builder's cases behind those of an index of the same bits and model. An id that is there already
 * is STATUS_INPUT; one that was deleted may come again. Costs the size of what is added, not of the index. */
Status index_append(const IndexBuilder *b, const char *path, Error *err);
/* Deletes cases by id; STATUS_INPUT, and nothing deleted, where one is not there. */
Status index_delete(const char *path, const char *const *ids, size_t n_ids, Error *err);
/* Rewrites the index as one segment without the deleted cases (rows move up). Holds them in memory. */
Status index_compact(const char *path, Error *err);

/* Opening maps the file and checks header, counts and sizes, and the blocks' checksums of a file of at most INDEX_CHECK_BYTES: those
 * of a larger one would cost more than a search (index_verify looks at them). Damage found is STATUS_INPUT. Rows are
 * 0..index_count()-1 in the order added. Deleted rows are skipped by searches. Later changes of the file do not show. */
enum { INDEX_CHECK_BYTES = 4 << 20 };
Status index_open(Index **out, const char *path, Error *err);
void index_close(Index *x);
int index_bits(const Index *x);
int64_t index_count(const Index *x); /* deleted rows included */
int64_t index_live(const Index *x);  /* without them */
const char *index_model_hash(const Index *x);
const uint8_t *index_codes(const Index *x, Modality m); /* (count, bits/8), 64-byte aligned */
const uint8_t *index_allowed(const Index *x,
                             Modality m); /* (count): 1 where the case has the modality and is not deleted */
bool index_deleted(const Index *x, int64_t row);
/* The case of a row; strings live as long as the index, the array of labels until the next index_case of this
 * index (so one thread at a time). */
Status index_case(const Index *x, int64_t row, IndexCase *c, Error *err);
int64_t index_find(const Index *x, const char *id); /* row, or -1 */
/* Zeroes allowed[row] (count) where the case lacks the label. STATUS_INPUT where damaged. */
Status index_keep_label(const Index *x, const char *label, uint8_t *allowed, Error *err);

/* The k nearest codes of modality m, as scan_search gives them: by the search tables where the file holds some, by the scan
 * otherwise. allowed: (count), or NULL for index_allowed; it must not allow rows that index_allowed does not. stats: added to,
 * or NULL. */
Status index_search(const Index *x, Modality m, const uint8_t *queries, size_t n_queries, size_t k,
                    int radius, const uint8_t *allowed, Hit *hits, size_t *found, MihStats *stats, Pool *pool,
                    Error *err);
/* The search tables, over rows 0..index_table_rows()-1, or NULL. */
const Mih *index_tables(const Index *x, Modality m);
int64_t index_table_rows(const Index *x);

/* Every checksum, and every id found where it is; STATUS_CHECK where damaged. */
Status index_verify(const char *path, Error *err);

#endif

/* The index of an archive: image codes, text codes, ids, image paths, texts and labels of its cases in one file, whose bytes
 * index_format.h describes. One writer at a time (a lock on FILE.lock, released when its process ends) beside any number of
 * readers. A kill at any moment leaves the old or the new state. */
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
    const char *group;      /* patient, case or video; NULL: none */
} IndexCase;

typedef struct Index Index;

/* Building: cases are copied into memory, and index_builder_write writes them; it replaces path whole or leaves it as it was. An id
 * is not empty and unique (else STATUS_INPUT). model_hash: at most 127 bytes (else STATUS_INPUT). After an error of memory in
 * index_builder_add every further call fails. index_builder_free in every case; NULL is allowed. */
typedef struct IndexBuilder IndexBuilder;
#define INDEX_OWN_CODES "own codes" /* the model_hash of codes that no model of ours made */
Status index_builder_create(IndexBuilder **out, int bits, const char *model_hash, Error *err);
Status index_builder_add(IndexBuilder *b, const IndexCase *c, Error *err);
/* The words of the text of the case added last, (n) in their order. The file holds words, for index_mark_words, where every case got this
 * call. */
Status index_builder_add_words(IndexBuilder *b, const char *const *words, int n, Error *err);
Status index_builder_write(const IndexBuilder *b, const char *path, Error *err);
void index_builder_free(IndexBuilder *b);
/* Search tables (mih.h) in the written file, for each modality. m: the number of substrings; 0 (the default): chosen by the codes,
 * for archives of INDEX_TABLES_FROM cases or more, else no tables; -1: no tables. pool: builds them, or NULL. index_append
 * ignores this: appended cases are scanned until index_compact. */
enum { INDEX_TABLES_FROM = 65536 };
void index_builder_set_tables(IndexBuilder *b, int m, Pool *pool);

/* Maps the file and checks header, counts and sizes. Checks the blocks' checksums of a file of at most INDEX_CHECK_BYTES; for a
 * larger file they would cost more than a search, and index_verify checks them. Damage is STATUS_INPUT. Rows are
 * 0..index_count()-1 in the order added. Searches skip deleted rows. Later changes of the file are not visible; cutting it off raises SIGBUS. */
enum { INDEX_CHECK_BYTES = 4 << 20 };
Status index_open(Index **out, const char *path, Error *err);
void index_close(Index *x);
int index_bits(const Index *x);
int64_t index_count(const Index *x); /* rows, deleted ones included */
int64_t index_live(const Index *x);  /* rows that are not deleted */
const char *index_model_hash(const Index *x);
const uint8_t *index_codes(const Index *x, Modality m); /* (count, bits/8), 64-byte aligned */
const uint8_t *index_allowed(const Index *x,
                             Modality m); /* (count): 1 where the case has the modality and is not deleted */
bool index_deleted(const Index *x, int64_t row);
/* The case of a row. Its strings live as long as the index, its array of labels until the next index_case of this index: one
 * thread at a time. STATUS_INPUT where the row is damaged. */
Status index_case(const Index *x, int64_t row, IndexCase *c, Error *err);
int64_t index_find(const Index *x, const char *id); /* row, or -1 */
const char *index_id(const Index *x, int64_t row);  /* NULL where damaged; any thread may ask */
/* Groups of all rows: of (count) is the group of each row, 0..n-1, or INDEX_NO_GROUP; the rows of group g are row[first[g]] to
 * row[first[g+1]-1], ascending; name (n), borrowed from the index. n is 0 where no case has a group, as in files of version 1.
 * STATUS_INPUT where damaged. index_groups_free in every case. */
#define INDEX_NO_GROUP UINT32_MAX
typedef struct {
    uint32_t *of, *first, *row;
    const char **name;
    size_t n, capacity;
} IndexGroups;
Status index_groups(const Index *x, IndexGroups *g, Error *err);
size_t index_groups_live(const Index *x, const IndexGroups *g); /* groups with a case that is not deleted */
void index_groups_free(IndexGroups *g);

/* The k nearest codes of modality m, exactly as scan_search returns them; by the search tables where the file has them. allowed:
 * (count), or NULL for index_allowed; it must not allow rows that index_allowed does not. stats: added to, or NULL. */
Status index_search(const Index *x, Modality m, const uint8_t *queries, size_t n_queries, size_t k,
                    int radius, const uint8_t *allowed, Hit *hits, size_t *found, MihStats *stats, Pool *pool,
                    Error *err);
/* How many allowed codes of modality m lie at distance <= radius from one query. allowed: as in index_search. */
int64_t index_within(const Index *x, Modality m, const uint8_t *query, int radius, const uint8_t *allowed);
/* The search tables, over rows 0..index_table_rows()-1, or NULL. */
const Mih *index_tables(const Index *x, Modality m);
int64_t index_table_rows(const Index *x);

/* Checks every checksum, every case, and that every id is found in its row. STATUS_CHECK where damaged. */
Status index_verify(const char *path, Error *err);

#endif

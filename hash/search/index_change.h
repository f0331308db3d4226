/* Changing an index; of the part edit. */
#ifndef HASH_INDEX_CHANGE_H
#define HASH_INDEX_CHANGE_H

#include "hash/search/index.h"

/* Appends the builder's cases to an index of the same bits and model. STATUS_INPUT for an id that the index holds; the id of a
 * deleted case may be added again. Writes as much as is added, not the whole index. */
Status index_append(const IndexBuilder *b, const char *path, Error *err);
/* Deletes cases by id. STATUS_INPUT, with nothing deleted, where the index lacks one of them. */
Status index_delete(const char *path, const char *const *ids, size_t n_ids, Error *err);
/* Rewrites the index as one segment without the deleted cases (rows move up). Holds them in memory. Words are kept where every segment
 * has them. */
Status index_compact(const char *path, Error *err);

#endif

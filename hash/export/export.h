/* An index in the formats of other engines. Every export holds ids.tsv (number of the case, 0, 1, ... over the cases that are not
 * deleted, in the order of the index; tab; id as given: no manifest has an id with a tab or newline), the codes of each modality under
 * image_codes and text_codes, and a file load.* with the commands that load and query them. A case that lacks a modality is
 * left out of its codes. Code bytes are those of code.h unless said otherwise.
 *
 * npy      image_codes.npy (uint8, n x bits/8), image_numbers.npy (int64, n: the case of each code)
 * faiss    image_codes.faiss: IndexBinaryFlat; image_numbers.npy, because faiss numbers codes by position
 * pgcopy   image_codes.pgcopy: PostgreSQL's COPY BINARY of (id bigint, code bit(bits)), the first bit of a byte its highest;
 *          cases.pgcopy: (id bigint, name text, labels text[], patient text, report text, picture text), name the id of the case
 *          With shards: folders shard0, shard1, ..., each loaded as a whole export is, and a load.sql that makes one table of them
 * milvus   image_codes/id.npy, image_codes/code.npy: files named after fields, as its bulk import requires
 * elastic  image_codes.elasticsearch.ndjson (hex) and image_codes.opensearch.ndjson (signed bytes): _bulk lines; *.mapping.json */
#ifndef HASH_EXPORT_H
#define HASH_EXPORT_H

#include "hash/search/index.h"
#include "nn/base/error.h"

typedef enum {
    EXPORT_NPY,
    EXPORT_FAISS,
    EXPORT_PGCOPY,
    EXPORT_MILVUS,
    EXPORT_ELASTIC,
    N_EXPORTS
} ExportFormat;

extern const char *const export_names[N_EXPORTS];      /* "npy", ... */
const char *export_commands_file(ExportFormat format); /* "load.py", ... */

/* What may be left out of cases.pgcopy, as bits 1 << field: the column is then empty. Every other format holds codes and ids alone. */
typedef enum { EXPORT_TEXT, EXPORT_LABELS, EXPORT_GROUP, EXPORT_IMAGE, N_EXPORT_FIELDS } ExportField;
extern const char *const export_fields[N_EXPORT_FIELDS]; /* "text", ... */

enum { EXPORT_MOST_SHARDS = 1024 };

/* Writes into folder, which is made where it is missing; each file replaces an older one whole. without: fields to leave out. shards: 1; or of
 * EXPORT_PGCOPY up to EXPORT_MOST_SHARDS: shard i of N has the cases numbered from i n / N to (i+1) n / N - 1 of n. Memory: all codes of
 * one modality. STATUS_USAGE: fewer cases than shards. STATUS_INPUT: the folder holds an
 * export with another number of shards, which would stay beside this one. */
Status export_index(const Index *x, ExportFormat format, unsigned without, int shards, const char *folder,
                    Error *err);

#endif

/* What a format provides to export.c, and what export_formats.c provides to the formats. */
#ifndef HASH_EXPORT_FORMATS_H
#define HASH_EXPORT_FORMATS_H

#include "hash/export/export.h"
#include "nn/base/bytes.h"

/* The codes of one modality. */
typedef struct {
    const char *name; /* "image" or "text" */
    int bits;
    size_t n, bytes;
    uint8_t *codes;  /* (n, bytes) */
    int64_t *number; /* (n), ascending: the case in ids.tsv */
} CodeSet;

typedef Status ExportCodes(const CodeSet *c, const char *folder, Error *err);
/* How far the cases of an index are written. */
typedef struct {
    int64_t row, number; /* the next row; the number of its case, or of the next one that is not deleted */
} ExportPlace;

/* Writes what a format has of the cases from `at` to number end - 1, besides their codes, but for the fields `without`; `at` moves on. */
typedef Status ExportCases(const Index *x, unsigned without, ExportPlace *at, int64_t end, const char *folder,
                           Error *err);
/* Commands for codes of these bits. */
typedef void ExportCommands(FileWriter *w, int bits);

ExportCodes export_npy, export_faiss, export_pgcopy, export_milvus, export_elastic;
ExportCases cases_pgcopy;
/* Commands for the server in front of the shards of n cases. */
void commands_shards(FileWriter *w, int bits, int64_t n, int shards);
/* The number of shard i's first case. */
int64_t export_shard_first(int64_t n, int shards, int i);
ExportCommands commands_npy, commands_faiss, commands_pgcopy, commands_milvus, commands_elastic;

/* Begins the file folder/name, or folder/<set's name><suffix>. After STATUS_OK file_commit or file_abort must follow. */
Status export_begin(FileWriter *w, const char *folder, const char *name, Error *err);
Status export_begin_codes(FileWriter *w, const CodeSet *c, const char *folder, const char *suffix,
                          Error *err);

#endif

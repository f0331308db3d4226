#include <stdio.h>

#include "cmd/verbs.h"
#include "hash/export/export.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

static const Option OPTIONS[] = {
    {"index", 'x', "FILE.idx", NULL, "the archive to export", NEEDED},
    {"to", 't', "FORMAT", NULL, "npy, faiss, pgcopy, milvus or elastic", NEEDED},
    {"out", 'o', "DIR", NULL, "the folder to write; created if missing", NEEDED},
    {"without", 0, "FIELD...", NULL, "leave out text, labels, group or image (the path); ids stay", MANY},
    {"shards", 0, "N", "1",
     "pgcopy: N parts, folders shard0, shard1, ..., for N servers; each case is in exactly one, by range of "
     "its number",
     PLAIN},
    OPTION_LAST};

/* The fields of --without as bits. */
static Status left_out(const Args *a, unsigned *without, Error *err) {
    const char **list, *words[N_EXPORT_FIELDS + 1] = {0};
    int n, field;
    for (int i = 0; i < N_EXPORT_FIELDS; i++) words[i] = export_fields[i];
    TRY(args_list(a, "without", &list, &n, err));
    Status s = STATUS_OK;
    for (int i = 0; s == STATUS_OK && i < n; i++) {
        s = args_word(a, "--without", list[i], words, &field, err);
        if (s == STATUS_OK) *without |= 1u << field;
    }
    mem_free(list);
    return s;
}

static Status write_export(const Args *a, const Index *x, ExportFormat format, Error *err) {
    const char *folder = args_get(a, "out");
    unsigned without = 0;
    long shards;
    TRY(left_out(a, &without, err));
    TRY(args_int(a, "shards", 1, EXPORT_MOST_SHARDS, &shards, err));
    if (shards > 1 && format != EXPORT_PGCOPY) return args_wrong(a, err, "--shards is for --to pgcopy alone");
    TRY(export_index(x, format, without, (int)shards, folder, err));
    char *commands = path_join(folder, export_commands_file(format));
    if (!commands) return mem_error(err, folder);
    log_line(&a->log, "%lld cases, %d bits; %s holds the commands that load them", (long long)index_live(x),
             index_bits(x), commands);
    mem_free(commands);
    printf("%s\n", folder);
    return STATUS_OK;
}

static Status run(Args *a, Error *err) {
    const char *words[N_EXPORTS + 1] = {0};
    int format;
    Index *x;
    for (int i = 0; i < N_EXPORTS; i++) words[i] = export_names[i];
    TRY(args_choice(a, "to", words, &format, err));
    TRY(index_open(&x, args_get(a, "index"), err));
    Status s = write_export(a, x, (ExportFormat)format, err);
    index_close(x);
    return s;
}

const Verb VERB_EXPORT = {
    "export",
    "write codes, ids and the commands that load them into other engines",
    "msach export --index phantoms.idx --to faiss --out phantoms-faiss",
    NULL,
    OPTIONS,
    run,
    "npy      arrays for NumPy                          load.py\n"
    "faiss    IndexBinaryFlat files                     load.py\n"
    "pgcopy   binary COPY for PostgreSQL 14 or later    load.sql: tables, exact query, pgvector; --shards\n"
    "milvus   arrays for its bulk import                load.py   (format checked, not loaded by the tests)\n"
    "elastic  _bulk lines, Elasticsearch, OpenSearch    load.sh   (format checked, not loaded by the tests)\n"
    "ids.tsv holds the exported number and the id of each case. Reports, labels, groups and paths of "
    "pictures go to pgcopy alone.",
    STOP_AT_PROGRESS};

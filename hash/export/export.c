#include "hash/export/export.h"

#include <stdio.h>
#include <string.h>

#include "hash/code.h"
#include "hash/export/export_formats.h"
#include "nn/base/alloc.h"

const char *const export_names[N_EXPORTS] = {"npy", "faiss", "pgcopy", "milvus", "elastic"};

const char *const export_fields[N_EXPORT_FIELDS] = {"text", "labels", "group", "image"};

static const struct {
    ExportCodes *codes;
    ExportCommands *commands;
    const char *commands_file;
    ExportCases *cases; /* NULL: ids.tsv alone */
} formats[N_EXPORTS] = {{export_npy, commands_npy, "load.py", NULL},
                        {export_faiss, commands_faiss, "load.py", NULL},
                        {export_pgcopy, commands_pgcopy, "load.sql", cases_pgcopy},
                        {export_milvus, commands_milvus, "load.py", NULL},
                        {export_elastic, commands_elastic, "load.sh", NULL}};

const char *export_commands_file(ExportFormat format) {
    return formats[format].commands_file;
}

static Status write_ids(const Index *x, const char *folder, Error *err) {
    FileWriter w;
    TRY(export_begin(&w, folder, "ids.tsv", err));
    long long number = 0;
    for (int64_t row = 0; row < index_count(x); row++) {
        IndexCase c;
        if (index_deleted(x, row)) continue;
        Status s = index_case(x, row, &c, err);
        if (s != STATUS_OK) {
            file_abort(&w);
            return s;
        }
        file_printf(&w, "%lld\t%s\n", number++, c.id);
    }
    return file_commit(&w, err);
}

static Status gather(const Index *x, Modality m, CodeSet *c, Error *err) {
    const uint8_t *allowed = index_allowed(x, m), *codes = index_codes(x, m);
    *c = (CodeSet){.name = modality_name(m), .bits = index_bits(x), .bytes = code_bytes(index_bits(x))};
    for (int64_t row = 0; row < index_count(x); row++) c->n += allowed[row] != 0;
    c->codes = mem_realloc(NULL, c->n, c->bytes);
    c->number = mem_realloc(NULL, c->n, sizeof *c->number);
    if (!c->codes || !c->number) return mem_error(err, "the codes");
    size_t at = 0;
    int64_t number = 0;
    for (int64_t row = 0; row < index_count(x); row++) {
        if (allowed[row]) {
            memcpy(c->codes + at * c->bytes, codes + (size_t)row * c->bytes, c->bytes);
            c->number[at++] = number;
        }
        number += !index_deleted(x, row);
    }
    return STATUS_OK;
}

/* The folder of shard i, or of all; mem_free it. */
static Status part_folder(const char *folder, int shards, int i, char **path, Error *err) {
    char name[32];
    snprintf(name, sizeof name, "shard%d", i);
    *path = shards > 1 ? path_join(folder, name) : mem_strdup(folder);
    return *path ? dir_make(*path, err) : mem_error(err, folder);
}

static Status write_codes(const Index *x, Modality m, ExportCodes *put, int shards, const char *folder,
                          Error *err) {
    CodeSet all;
    Status s = gather(x, m, &all, err);
    size_t at = 0;
    for (int i = 0; s == STATUS_OK && i < shards; i++) {
        int64_t end = export_shard_first(index_live(x), shards, i + 1);
        CodeSet part = all;
        char *path;
        part.codes += at * all.bytes;
        part.number += at;
        for (part.n = 0; at < all.n && all.number[at] < end; at++) part.n++;
        s = part_folder(folder, shards, i, &path, err);
        if (s == STATUS_OK) s = put(&part, path, err);
        mem_free(path);
    }
    mem_free(all.codes);
    mem_free(all.number);
    return s;
}

static Status write_commands(const char *folder, ExportFormat format, int bits, int64_t n, int shards,
                             Error *err) {
    FileWriter w;
    TRY(export_begin(&w, folder, formats[format].commands_file, err));
    if (shards > 1)
        commands_shards(&w, bits, n, shards);
    else
        formats[format].commands(&w, bits);
    return file_commit(&w, err);
}

/* Files of an earlier export that this one does not replace: whoever loads all of them gets cases twice. */
static Status check_earlier(const char *folder, int shards, Error *err) {
    char name[32] = "shard0";
    if (shards > 1) snprintf(name, sizeof name, "shard%d", shards);
    const char *const left[] = {name, shards > 1 ? "cases.pgcopy" : name};
    for (int i = 0; i < 2; i++) {
        char *path = path_join(folder, left[i]);
        bool exists = path && path_exists(path);
        mem_free(path);
        if (!path) return mem_error(err, folder);
        if (exists)
            return error_set(err, STATUS_INPUT,
                             "%s: holds %s of an export with another number of shards; remove the folder, or "
                             "give another",
                             folder, left[i]);
    }
    return STATUS_OK;
}

Status export_index(const Index *x, ExportFormat format, unsigned without, int shards, const char *folder,
                    Error *err) {
    NN_REQUIRE((int)format >= 0 && format < N_EXPORTS, "format %d", (int)format);
    NN_REQUIRE(shards == 1 || format == EXPORT_PGCOPY, "%d shards of format %d", shards, (int)format);
    int64_t n = index_live(x);
    if (shards > 1 && n < shards)
        return error_set(err, STATUS_USAGE,
                         "%d shards of %lld cases: some would be empty; fewer shards are needed", shards,
                         (long long)n);
    TRY(dir_make(folder, err));
    if (format == EXPORT_PGCOPY) TRY(check_earlier(folder, shards, err));
    for (Modality m = 0; m < MODALITIES; m++)
        TRY(write_codes(x, m, formats[format].codes, shards, folder, err));
    TRY(write_ids(x, folder, err));
    Status s = STATUS_OK;
    ExportPlace at = {0, 0};
    for (int i = 0; s == STATUS_OK && i < shards; i++) {
        char *path;
        s = part_folder(folder, shards, i, &path, err);
        if (s == STATUS_OK && formats[format].cases)
            s = formats[format].cases(x, without, &at, export_shard_first(n, shards, i + 1), path, err);
        if (s == STATUS_OK) s = write_commands(path, format, index_bits(x), n, 1, err);
        mem_free(path);
    }
    return s == STATUS_OK && shards > 1 ? write_commands(folder, format, index_bits(x), n, shards, err) : s;
}

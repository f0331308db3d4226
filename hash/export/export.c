#include "hash/export/export.h"

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

static Status write_codes(const Index *x, Modality m, ExportCodes *put, const char *folder, Error *err) {
    CodeSet c;
    Status s = gather(x, m, &c, err);
    if (s == STATUS_OK) s = put(&c, folder, err);
    mem_free(c.codes);
    mem_free(c.number);
    return s;
}

Status export_index(const Index *x, ExportFormat format, unsigned without, const char *folder, Error *err) {
    NN_REQUIRE((int)format >= 0 && format < N_EXPORTS, "format %d", (int)format);
    TRY(dir_make(folder, err));
    for (Modality m = 0; m < MODALITIES; m++) TRY(write_codes(x, m, formats[format].codes, folder, err));
    TRY(write_ids(x, folder, err));
    if (formats[format].cases) TRY(formats[format].cases(x, without, folder, err));
    FileWriter w;
    TRY(export_begin(&w, folder, formats[format].commands_file, err));
    formats[format].commands(&w, index_bits(x));
    return file_commit(&w, err);
}

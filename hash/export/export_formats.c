#include "hash/export/export_formats.h"

#include "nn/base/alloc.h"

Status export_begin(FileWriter *w, const char *folder, const char *name, Error *err) {
    char *path = path_join(folder, name);
    if (!path) return mem_error(err, folder);
    Status s = file_begin(w, path, err);
    mem_free(path);
    return s;
}

Status export_begin_codes(FileWriter *w, const CodeSet *c, const char *folder, const char *suffix,
                          Error *err) {
    Buffer name = {0};
    buffer_printf(&name, "%s%s", c->name, suffix);
    Status s = name.failed ? mem_error(err, folder) : export_begin(w, folder, (const char *)name.data, err);
    buffer_free(&name);
    return s;
}

int64_t export_shard_first(int64_t n, int shards, int i) {
    return n / shards * i + n % shards * i / shards; /* i n / shards, which may not fit */
}

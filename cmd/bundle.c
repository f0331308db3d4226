#include "cmd/bundle.h"

#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/sha256.h"

enum { MOST = 1 << 20 /* bytes of SHA256SUMS */ };

Status bundle_hash_file(const char *path, char text[65], Error *err) {
    unsigned char head[1];
    size_t got;
    FileMap map = {0};
    Sha256 h;
    TRY(file_head(path, head, 1, &got, err));
    if (got) TRY(file_map(path, &map, err)); /* an empty file cannot be mapped */
    sha256_begin(&h);
    if (got) sha256_add(&h, map.data, map.size);
    sha256_end(&h, text);
    if (got) file_unmap(&map);
    return STATUS_OK;
}

Status bundle_seal(const char *folder, const char *const *names, Error *err) {
    Buffer b = {0};
    Status s = STATUS_OK;
    for (; s == STATUS_OK && *names; names++) {
        char sum[SHA256_TEXT], *path = path_join(folder, *names);
        if (!path) s = mem_error(err, folder);
        if (path && path_exists(path)) {
            s = bundle_hash_file(path, sum, err);
            if (s == STATUS_OK) buffer_printf(&b, "%s  %s\n", sum, *names);
        }
        mem_free(path);
    }
    char *path = path_join(folder, BUNDLE_SUMS);
    if (s == STATUS_OK)
        s = path && !b.failed ? file_write(path, b.data, b.size, err) : mem_error(err, folder);
    mem_free(path);
    buffer_free(&b);
    return s;
}

/* One line "HEX  NAME", ended by a 0. */
static Status verify_line(const char *folder, const char *line, int number, Error *err) {
    char sum[SHA256_TEXT];
    const char *name = line + 66;
    if (strlen(line) < 67 || strspn(line, "0123456789abcdef") != 64 || memcmp(line + 64, "  ", 2) != 0 ||
        *name == '/' || strstr(name, ".."))
        return error_set(err, STATUS_CHECK,
                         "%s/%s:%d: is damaged; a checksum, two blanks and a name were expected", folder,
                         BUNDLE_SUMS, number);
    char *path = path_join(folder, name);
    if (!path) return mem_error(err, folder);
    Status s = path_exists(path) ? bundle_hash_file(path, sum, err)
                                 : error_set(err, STATUS_CHECK, "%s: is missing from the bundle", path);
    if (s == STATUS_INPUT) s = error_set(err, STATUS_CHECK, "%s: is not the file of the bundle", path);
    if (s == STATUS_OK && memcmp(sum, line, 64) != 0)
        s = error_set(err, STATUS_CHECK,
                      "%s: does not have the bytes of the bundle: its SHA-256 is %.8s..., not %.8s...", path,
                      sum, line);
    mem_free(path);
    return s;
}

Status bundle_verify(const char *folder, int *files, Error *err) {
    unsigned char *text;
    size_t size;
    char *path = path_join(folder, BUNDLE_SUMS);
    *files = 0;
    if (!path) return mem_error(err, folder);
    Status s = file_read(path, MOST, &text, &size, err);
    mem_free(path);
    TRY(s);
    if (size == 0 || text[size - 1] != '\n' || strlen((char *)text) != size)
        s = error_set(err, STATUS_CHECK, "%s/%s: is damaged: its last line is not whole", folder,
                      BUNDLE_SUMS);
    for (char *line = (char *)text; s == STATUS_OK && *line;) {
        size_t n = strcspn(line, "\n");
        line[n] = 0;
        s = verify_line(folder, line, ++*files, err);
        line += n + 1;
    }
    mem_free(text);
    return s;
}

#include "nn/base/npz.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* PKWARE's APPNOTE 6.3: local headers with data, then the central directory, then its end record. */
enum { LOCAL = 30, ENTRY = 46, END = 22, COMMENT_MOST = 65535 };

/* An entry of the central directory; name (name_size) within it. */
typedef struct {
    unsigned flags, method;
    uint32_t crc, packed, size, offset;
    const char *name;
    size_t name_size, next;
} Entry;

static unsigned get_u16(const unsigned char *from) {
    return from[0] | (unsigned)from[1] << 8;
}

bool npz_is_member(const char *path, size_t *file) {
    const char *at = strstr(path, ".npz:");
    if (!at || !at[5]) return false;
    *file = (size_t)(at - path) + 4;
    return true;
}

static Status damaged(const char *path, const char *what, Error *err) {
    return error_set(err, STATUS_INPUT, "%s: %s; an archive of numpy.savez was expected; write it anew", path,
                     what);
}

/* Offset and number of the entries. */
static Status find_directory(const unsigned char *zip, size_t size, size_t *at, unsigned *entries,
                             const char *path, Error *err) {
    size_t least = size > END + COMMENT_MOST ? size - END - COMMENT_MOST : 0,
           end = size >= END ? size - END + 1 : 0;
    while (end > least && memcmp(zip + end - 1, "PK\5\6", 4) != 0) end--;
    if (end == least) return damaged(path, "is no zip file", err);
    const unsigned char *record = zip + end - 1;
    *entries = get_u16(record + 10);
    *at = get_u32(record + 16);
    if (*at == UINT32_MAX)
        return error_set(err, STATUS_INPUT, "%s: is larger than 4 GiB; write the array with numpy.save",
                         path);
    return STATUS_OK;
}

static bool read_entry(const unsigned char *zip, size_t size, size_t at, Entry *e) {
    if (at > size || size - at < ENTRY || memcmp(zip + at, "PK\1\2", 4) != 0) return false;
    const unsigned char *p = zip + at;
    *e = (Entry){.flags = get_u16(p + 8),
                 .method = get_u16(p + 10),
                 .crc = get_u32(p + 16),
                 .packed = get_u32(p + 20),
                 .size = get_u32(p + 24),
                 .offset = get_u32(p + 42),
                 .name = (const char *)p + ENTRY,
                 .name_size = get_u16(p + 28)};
    e->next = at + ENTRY + e->name_size + get_u16(p + 30) + get_u16(p + 32);
    return e->name_size <= size - at - ENTRY;
}

/* Bytes of the name without the ending .npy. */
static size_t array_name(const Entry *e) {
    bool npy = e->name_size > 4 && memcmp(e->name + e->name_size - 4, ".npy", 4) == 0;
    return e->name_size - (npy ? 4 : 0);
}

static Status find_entry(const unsigned char *zip, size_t size, const char *name, Entry *e, const char *path,
                         Error *err) {
    char names[200] = "";
    size_t at = 0, length = strlen(name), used = 0;
    unsigned entries = 0;
    TRY(find_directory(zip, size, &at, &entries, path, err));
    for (; entries > 0; entries--, at = e->next) {
        if (!read_entry(zip, size, at, e)) return damaged(path, "its directory is damaged", err);
        size_t own = array_name(e);
        if ((own == length || e->name_size == length) && memcmp(e->name, name, length) == 0) return STATUS_OK;
        if (used + own + 3 < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.*s", used ? ", " : "", (int)own,
                                     e->name);
    }
    return error_set(err, STATUS_INPUT, "%s: the archive has no array '%s'; it holds: %s", path, name, names);
}

/* Offset of the packed bytes; 0 where the local header is damaged. */
static size_t find_bytes(const unsigned char *zip, size_t size, const Entry *e) {
    size_t at = e->offset;
    if (at > size || size - at < LOCAL || memcmp(zip + at, "PK\3\4", 4) != 0) return 0;
    at += LOCAL + get_u16(zip + at + 26) + get_u16(zip + at + 28);
    return at <= size && e->packed <= size - at ? at : 0;
}

/* False where the deflated bytes end early, are damaged, or hold more or less than `size`. */
static bool unpack(const unsigned char *packed, size_t packed_size, unsigned char *out, size_t size) {
    z_stream z = {.next_in = (Bytef *)(uintptr_t)packed, .avail_in = (uInt)packed_size};
    z.next_out = out, z.avail_out = (uInt)size;
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) return false;
    int code = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return code == Z_STREAM_END && z.avail_out == 0;
}

Status npz_find(const unsigned char *zip, size_t size, const char *name, size_t most,
                const unsigned char **data, size_t *bytes, unsigned char **owned, const char *path,
                Error *err) {
    Entry e = {0};
    *owned = NULL;
    TRY(find_entry(zip, size, name, &e, path, err));
    size_t at = find_bytes(zip, size, &e);
    if (at == 0) return damaged(path, "the array is cut off", err);
    if (e.flags & 1) return damaged(path, "is encrypted", err);
    if (e.size > most)
        return error_set(err, STATUS_INPUT, "%s: declares %zu bytes; at most %zu were expected", path,
                         (size_t)e.size, most);
    *data = zip + at;
    *bytes = e.size;
    if (e.method == 8) {
        if (!(*owned = mem_alloc((size_t)e.size + 1))) return mem_error(err, path);
        *data = *owned;
        if (!unpack(zip + at, e.packed, *owned, e.size))
            return damaged(path, "the array's compressed data are damaged", err);
    } else if (e.method != 0 || e.packed != e.size) {
        return damaged(path, "is compressed by another method than deflate", err);
    }
    if (crc32_update(0, *data, *bytes) != e.crc) return damaged(path, "the array's checksum is wrong", err);
    return STATUS_OK;
}

#include "data/text_read.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <zlib.h>

#include "data/characters.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* ---- gzip (RFC 1952), one or more members ---- */

static void *take(void *ctx, unsigned count, unsigned size) {
    (void)ctx;
    return mem_calloc(count, size);
}

static void give_back(void *ctx, void *p) {
    (void)ctx;
    mem_free(p);
}

static Status unpack(const char *path, const unsigned char *data, size_t size, Buffer *out, Error *err) {
    z_stream z = {.zalloc = take, .zfree = give_back};
    unsigned char piece[16384];
    if (inflateInit2(&z, 15 + 16) != Z_OK) return mem_error(err, path);
    z.next_in = (unsigned char *)(size_t)data;
    z.avail_in = (unsigned)size;
    int code = Z_OK;
    while (code == Z_OK && out->size <= TEXT_MAX_BYTES && !out->failed) {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        code = inflate(&z, Z_NO_FLUSH);
        buffer_add(out, piece, sizeof piece - z.avail_out);
        if (code == Z_STREAM_END && z.avail_in > 0) code = inflateReset(&z);
    }
    inflateEnd(&z);
    if (out->failed || code == Z_MEM_ERROR) return mem_error(err, path);
    if (out->size > TEXT_MAX_BYTES)
        return error_set(err, STATUS_INPUT, "%s: unpacks to more than %d bytes; split it", path,
                         TEXT_MAX_BYTES);
    if (code != Z_STREAM_END)
        return error_set(err, STATUS_INPUT, "%s: is no whole gzip file (%s); get it again", path,
                         z.msg ? z.msg : "it ends too early");
    return STATUS_OK;
}

/* ---- Encodings ---- */

static int line_of(const unsigned char *data, size_t byte) {
    int line = 1;
    for (size_t i = 0; i < byte; i++) line += data[i] == '\n';
    return line;
}

/* A byte of GB18030 gives at most 3/2 bytes of UTF-8 (two give three). */
static Status from_gb18030(const char *path, const unsigned char *data, size_t size, size_t bad, char **text,
                           size_t *out_size, Error *err) {
    iconv_t how = iconv_open("UTF-8", "GB18030");
    if (how == (iconv_t)-1)
        return error_set(err, STATUS_INPUT,
                         "%s:%d: is not UTF-8, and this system cannot read GB18030; save it as UTF-8", path,
                         line_of(data, bad));
    size_t room = size + size / 2 + 8, left = size, free_bytes = room;
    char *out = mem_alloc(room + 1), *to = out;
    char *from = (char *)(size_t)data;
    size_t code = out ? iconv(how, &from, &left, &to, &free_bytes) : 0;
    iconv_close(how);
    if (!out) return mem_error(err, path);
    if (code == (size_t)-1) {
        mem_free(out);
        return error_set(
            err, STATUS_INPUT,
            "%s:%d: is neither UTF-8 nor GB18030; save it as UTF-8 (e.g. iconv -f LATIN1 -t UTF-8)", path,
            line_of(data, bad));
    }
    *to = 0;
    *text = out;
    *out_size = (size_t)(to - out);
    return STATUS_OK;
}

Status text_decode(const char *path, const unsigned char *data, size_t size, char **text, size_t *out_size,
                   bool *converted, Error *err) {
    *text = NULL;
    if (converted) *converted = false;
    if (size >= 2 && (memcmp(data, "\xFF\xFE", 2) == 0 || memcmp(data, "\xFE\xFF", 2) == 0))
        return error_set(err, STATUS_INPUT, "%s: is UTF-16; save it as UTF-8", path);
    if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) data += 3, size -= 3;
    const unsigned char *zero = size ? memchr(data, 0, size) : NULL;
    if (zero)
        return error_set(err, STATUS_INPUT, "%s:%d: holds a 0 byte; text was expected", path,
                         line_of(data, (size_t)(zero - data)));
    size_t valid = utf8_valid((const char *)data, size);
    if (valid < size) {
        if (converted) *converted = true;
        return from_gb18030(path, data, size, valid, text, out_size, err);
    }
    *text = mem_alloc(size + 1);
    if (!*text) return mem_error(err, path);
    if (size) memcpy(*text, data, size);
    (*text)[size] = 0;
    *out_size = size;
    return STATUS_OK;
}

Status text_read(const char *path, char **text, size_t *size, bool *converted, Error *err) {
    unsigned char *data;
    size_t n = strlen(path), packed;
    Buffer plain = {0};
    *text = NULL;
    TRY(file_read(path, TEXT_MAX_BYTES, &data, &packed, err));
    bool gz = n > 3 && strcmp(path + n - 3, ".gz") == 0;
    Status s = gz ? unpack(path, data, packed, &plain, err) : STATUS_OK;
    if (s == STATUS_OK)
        s = text_decode(path, gz ? plain.data : data, gz ? plain.size : packed, text, size, converted, err);
    buffer_free(&plain);
    mem_free(data);
    return s;
}

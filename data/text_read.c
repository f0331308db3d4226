#include "data/text_read.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <zlib.h>

#include "data/characters.h"
#include "data/encoding.h"
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

bool text_encoding_known(const char *name) {
    iconv_t how = iconv_open("UTF-8", name);
    if (how == (iconv_t)-1) return false;
    iconv_close(how);
    return true;
}

static Status convert(const char *path, const unsigned char *data, size_t size, const char *encoding,
                      Buffer *out, Error *err) {
    char piece[16384], *from = (char *)(size_t)data;
    size_t left = size, code = 0;
    iconv_t how = iconv_open("UTF-8", encoding);
    if (how == (iconv_t)-1)
        return error_set(err, STATUS_INPUT,
                         "%s: is text in %s, which this system does not convert; save it as UTF-8", path,
                         encoding);
    do {
        char *to = piece;
        size_t room = sizeof piece;
        code = iconv(how, &from, &left, &to, &room);
        buffer_add(out, piece, sizeof piece - room);
    } while (code == (size_t)-1 && errno == E2BIG && !out->failed);
    iconv_close(how);
    if (out->failed) return mem_error(err, path);
    if (code == (size_t)-1)
        return error_set(err, STATUS_INPUT,
                         "%s:%d: is not %s; name its encoding (import --encoding NAME) or save it as UTF-8",
                         path, line_of(data, size - left), encoding);
    return STATUS_OK;
}

/* The encoding that a byte order mark names and the mark's size; NULL without one. */
static const char *mark_of(const unsigned char *data, size_t size, size_t *mark) {
    *mark = utf8_mark(data, size);
    if (*mark) return "UTF-8";
    *mark = 2;
    if (size >= 2 && memcmp(data, "\xFF\xFE", 2) == 0) return "UTF-16LE";
    if (size >= 2 && memcmp(data, "\xFE\xFF", 2) == 0) return "UTF-16BE";
    *mark = 0;
    return NULL;
}

static Status unknown(const char *path, const unsigned char *data, size_t size, Error *err) {
    return error_set(err, STATUS_INPUT,
                     "%s:%d: is neither UTF-8 nor clearly GB18030 or Windows-1252; name its encoding (import "
                     "--encoding NAME) or save it as UTF-8 (e.g. iconv -f WINDOWS-1252 -t UTF-8)",
                     path, line_of(data, utf8_valid((const char *)data, size)));
}

static Status no_zero(const char *path, const unsigned char *text, size_t size, Error *err) {
    const unsigned char *zero = size ? memchr(text, 0, size) : NULL;
    if (!zero) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s:%d: holds a 0 byte; text was expected", path,
                     line_of(text, (size_t)(zero - text)));
}

Status text_decode(const char *path, const unsigned char *data, size_t size, char **text, size_t *out_size,
                   TextEncoding *encoding, Error *err) {
    Buffer out = {0};
    size_t mark;
    const char *name = mark_of(data, size, &mark);
    bool wide = name && mark == 2;
    *text = NULL;
    if (mark) data += mark, size -= mark;
    if (!wide) TRY(no_zero(path, data, size, err));
    if (!name && encoding) name = encoding->wanted;
    if (!name) name = encoding_guess(data, size);
    if (!name) return unknown(path, data, size, err);
    if (encoding) encoding->found = name;
    Status s = STATUS_OK;
    if (strcmp(name, "UTF-8") == 0 && utf8_valid((const char *)data, size) == size)
        buffer_add(&out, data, size);
    else
        s = convert(path, data, size, name, &out, err);
    buffer_add(&out, "", 1);
    if (s == STATUS_OK && out.failed) s = mem_error(err, path);
    if (s == STATUS_OK) s = no_zero(path, out.data, out.size - 1, err);
    if (s != STATUS_OK) {
        buffer_free(&out);
        return s;
    }
    *text = (char *)out.data;
    *out_size = out.size - 1;
    return STATUS_OK;
}

Status text_read(const char *path, char **text, size_t *size, TextEncoding *encoding, Error *err) {
    unsigned char *data;
    size_t n = strlen(path), packed;
    Buffer plain = {0};
    *text = NULL;
    TRY(file_read(path, TEXT_MAX_BYTES, &data, &packed, err));
    bool gz = n > 3 && strcmp(path + n - 3, ".gz") == 0;
    Status s = gz ? unpack(path, data, packed, &plain, err) : STATUS_OK;
    if (s == STATUS_OK)
        s = text_decode(path, gz ? plain.data : data, gz ? plain.size : packed, text, size, encoding, err);
    buffer_free(&plain);
    mem_free(data);
    return s;
}

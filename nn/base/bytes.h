/* Little-endian numbers, checksums, a byte buffer, and files: whole-file reading, mapping, atomic replacement, folders, paths. */
#ifndef NN_BASE_BYTES_H
#define NN_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

/* ---- Little-endian numbers, whatever the machine ---- */
void put_u32(unsigned char *to, uint32_t v);
void put_u64(unsigned char *to, uint64_t v);
static inline uint32_t get_u32(const unsigned char *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}
static inline uint64_t get_u64(const unsigned char *from) {
    return (uint64_t)get_u32(from + 4) << 32 | get_u32(from);
}

/* Copies `bytes` bytes of numbers of `width` bytes (1, 2, 4 or 8) from the machine's byte order to little-endian. The same call converts
 * back. `to` may be `from`. */
void numbers_convert(void *to, const void *from, size_t bytes, size_t width);

/* crc32 of IEEE 802.3 (as in PNG and zlib). Start with crc 0; feed pieces in order. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t size);

/* FNV-1a of 64 bits (Fowler, Noll, Vo), for tables and names. Start with hash FNV1A_START; feed pieces in order. */
#define FNV1A_START UINT64_C(14695981039346656037)
uint64_t fnv1a(uint64_t hash, const void *data, size_t size);

/* FNV-1a of 32 bits: the buckets of subwords. */
uint32_t fnv1a_32(const void *data, size_t size);

/* Bytes of a UTF-8 byte order mark at the start of a text: 3 or 0. Every reader of text files skips it. */
size_t utf8_mark(const void *text, size_t size);

/* ---- A growable byte buffer. Starts as {0}; `failed` stays 1 once memory ran out, and later calls do nothing. ---- */
typedef struct {
    unsigned char *data;
    size_t size, capacity;
    int failed;
} Buffer;

void buffer_add(Buffer *b, const void *data, size_t size);
void buffer_printf(Buffer *b, const char *fmt, ...) NN_PRINTF(2, 3);
/* The bytes as a string, borrowed until the buffer changes; "" where memory ran out. */
const char *buffer_text(Buffer *b);
void buffer_free(Buffer *b);

/* ---- Files ---- */

/* Reads a whole regular file (no FIFO, device or directory) of at most max_size bytes. A byte 0 follows the data, so
 * that text can be used as a string. The caller frees *data with mem_free. */
Status file_read(const char *path, size_t max_size, unsigned char **data, size_t *size, Error *err);

/* The first `size` bytes of a regular file, or as many as it holds: *got. */
Status file_head(const char *path, unsigned char *head, size_t size, size_t *got, Error *err);

/* Opens a regular file for reading; the caller closes *fd with sys_close. *size: its bytes. */
Status file_open(const char *path, int *fd, size_t *size, Error *err);

/* Maps a whole regular file read-only (file_map.c, of the part arrays). An empty file is an input error. */
typedef struct {
    const unsigned char *data;
    size_t size;
} FileMap;
Status file_map(const char *path, FileMap *map, Error *err);
void file_unmap(FileMap *map);

/* Replaces path by the written bytes or leaves it unchanged: a temporary file beside it, fsync, rename, fsync of the
 * directory. A link is followed; the new file keeps the mode of the old one. A FIFO or device is written to directly (temporary NULL).
 * After a file_begin that returns STATUS_OK, exactly one of file_commit and file_abort must follow. file_commit returns the first failure
 * of a write. */
typedef struct {
    int fd;
    char *path, *temporary;
    uint64_t written;
    uint32_t crc; /* crc32 of all bytes written so far */
    unsigned char *buffer;
    size_t buffered;
    int code; /* errno of the first failure, 0 for none */
} FileWriter;

Status file_begin(FileWriter *w, const char *path, Error *err);
void file_put(FileWriter *w, const void *data, size_t size);
void file_printf(FileWriter *w, const char *fmt, ...) NN_PRINTF(2, 3);
void file_put_numbers(FileWriter *w, const void *data, size_t bytes, size_t width); /* as little-endian */
/* Overwrites bytes that were already written (for a header's checksum). w->crc does not change. */
void file_put_at(FileWriter *w, uint64_t offset, const void *data, size_t size);
Status file_commit(FileWriter *w, Error *err);
void file_abort(FileWriter *w);

/* file_begin, file_put and file_commit in one call. */
Status file_write(const char *path, const void *data, size_t size, Error *err);
/* The same without temporary file and fsync, for files in a new folder that is renamed into place when complete (folder.c). */
Status file_write_plain(const char *path, const void *data, size_t size, Error *err);

Status dir_make(const char *path, Error *err); /* with its parents; STATUS_OK where the folder exists */
/* Removes temporary files of file_begin that killed processes left in a folder. No other process may write there. (folder.c, of the
 * part resume) */
void dir_sweep(const char *folder);
/* Removes a folder and its contents, as far as the system allows. Allocates no memory, so that a failed command can clean up. (folder.c) */
void dir_remove(const char *folder);
int path_exists(const char *path);
int path_is_dir(const char *path);

/* directory of path + "/" + name, or name itself where it is absolute. NULL where memory ran out; mem_free it. */
char *path_beside(const char *path, const char *name);
/* Absolute, symlinks followed. NULL with errno where there is no such file or memory ran out (ENOMEM); mem_free it. */
char *path_real(const char *path);
char *path_target(const char *path); /* path itself, or path_real where it is a link; mem_free it */
/* folder + "/" + name. NULL where memory ran out; mem_free it. */
char *path_join(const char *folder, const char *name);

#endif

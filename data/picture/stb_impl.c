/* The one place where stb_image is compiled: JPEG and PNG decoders from memory, nothing else. */
#include "data/picture/stb_impl.h"

#include <stddef.h>

#include "nn/base/alloc.h"

/* More than any picture of IMAGE_MAX_PIXELS needs: stops a small PNG that unpacks to gigabytes. */
static const size_t most_bytes = (size_t)1 << 30;

/* stb forgets why it failed when it tries the next format. */
static _Thread_local int memory_ran_out;

static void *note(void *p) {
    if (!p) memory_ran_out = 1;
    return p;
}

/* Cleared: a scan that ends early leaves pixels unwritten, and the same file must give the same picture. */
static void *stb_alloc(size_t size) {
    return size > most_bytes ? NULL : note(mem_calloc(1, size));
}

static void *stb_realloc(void *old, size_t size) {
    return size > most_bytes ? NULL : note(mem_realloc(old, size, 1));
}

#define STBI_MALLOC(size) stb_alloc(size)
#define STBI_REALLOC(old, size) stb_realloc(old, size)
#define STBI_FREE(p) mem_free(p)
#define STBI_ASSERT(condition) ((void)0) /* no input may abort the program */

#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#include <stb_image.h>

static const char *failure(void) {
    const char *reason = stbi_failure_reason();
    return memory_ran_out ? NULL : reason ? reason : "unknown reason";
}

int stb_sizes(StbPicture *p, const unsigned char *data, int size) {
    memory_ran_out = 0;
    int good = stbi_info_from_memory(data, size, &p->width, &p->height, &p->channels);
    p->reason = good ? "" : failure();
    return good;
}

uint8_t *stb_pixels(StbPicture *p, const unsigned char *data, int size) {
    memory_ran_out = 0;
    uint8_t *pixels = stbi_load_from_memory(data, size, &p->width, &p->height, &p->channels, 0);
    p->reason = pixels ? "" : failure();
    return pixels;
}

Status stb_failure(const char *path, const StbPicture *p, Error *err) {
    if (!p->reason) return mem_error(err, path);
    return error_set(err, STATUS_INPUT,
                     "%s: cannot be decoded (%s); a plain JPEG or PNG was expected: save it anew", path,
                     p->reason);
}

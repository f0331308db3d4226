/* The one place where stb_image is compiled: JPEG and PNG decoders from memory, nothing else. */
#include "data/picture/stb_impl.h"

#include <string.h>

#include "nn/base/alloc.h"

/* More than any picture of IMAGE_MAX_PIXELS needs; stops a small PNG that unpacks to gigabytes. */
static const size_t most_bytes = (size_t)1 << 30;

/* stb_image loses the reason of a failure when it tries the next format. */
static _Thread_local int memory_ran_out;

static void *note(void *p) {
    if (!p) memory_ran_out = 1;
    return p;
}

/* Cleared, also where it grows: a scan may end early, deflate's codes 30 and 31 copy from no distance; a file has one picture. */
static void *stb_alloc(size_t size) {
    return size > most_bytes ? NULL : note(mem_calloc(1, size));
}

static void *stb_realloc(void *old, size_t had, size_t size) {
    unsigned char *p = size > most_bytes ? NULL : note(mem_realloc(old, size, 1));
    if (p && size > had) memset(p + had, 0, size - had);
    return p;
}

#define STBI_MALLOC(size) stb_alloc(size)
#define STBI_REALLOC_SIZED(old, had, size) stb_realloc(old, had, size)
#define STBI_FREE(p) mem_free(p)
#define STBI_ASSERT(condition) ((void)0) /* no input may abort the program */

#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION

#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb_image.h>

/* The error of a failed call. Out-of-memory is not reported as a fault of the file. */
static Status failure(const char *path, Error *err) {
    const char *reason = stbi_failure_reason();
    if (memory_ran_out) return mem_error(err, path);
    return error_set(err, STATUS_INPUT,
                     "%s: cannot be decoded (%s); a plain JPEG or PNG was expected: save it again", path,
                     reason ? reason : "unknown reason");
}

Status stb_decode(Image *im, const char *path, const unsigned char *data, size_t size, bool y, Error *err) {
    int width, height, channels;
    memset(im, 0, sizeof *im);
    memory_ran_out = 0;
    bool wide = stbi_is_16_bit_from_memory(data, (int)size);
    void *pixels = wide ? (void *)stbi_load_16_from_memory(data, (int)size, &width, &height, &channels, 0)
                        : (void *)stbi_load_from_memory(data, (int)size, &width, &height, &channels, y);
    if (!pixels) return failure(path, err);
    if (y) {
        *im = (Image){.width = width, .height = height, .pixel = pixels};
        return STATUS_OK;
    }
    Status s = image_init(im, width, height, path, err);
    size_t n = (size_t)width * (size_t)height;
    const uint8_t *c = pixels;
    if (s == STATUS_OK && wide) image_fill_16(im, pixels, channels, false);
    for (size_t i = 0; s == STATUS_OK && !wide && i < n; i++, c += channels)
        im->pixel[i] = channels < 3 ? c[0] : image_luma(c[0], c[1], c[2]);
    mem_free(pixels);
    return s;
}

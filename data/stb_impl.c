/* The one place where stb_image is compiled: JPEG and PNG decoders from memory, nothing else. */
#include <stddef.h>

#include "nn/base/alloc.h"

/* More than any picture of IMAGE_MAX_PIXELS needs: stops a small PNG that unpacks to gigabytes. */
#define STB_MOST_BYTES ((size_t)1 << 30)
#define STBI_MALLOC(size) ((size) > STB_MOST_BYTES ? NULL : mem_alloc(size))
#define STBI_REALLOC(old, size) ((size) > STB_MOST_BYTES ? NULL : mem_realloc(old, size, 1))
#define STBI_FREE(p) mem_free(p)

#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STB_IMAGE_IMPLEMENTATION

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#endif
#include <stb_image.h>

#include "data/picture/pixels.h"

#include <string.h>

#include "nn/base/alloc.h"

uint8_t image_luma(int r, int g, int b) {
    return (uint8_t)((299 * r + 587 * g + 114 * b + 500) / 1000);
}

Status image_size_check(int width, int height, const char *path, Error *err) {
    if (width > 0 && height > 0 && (int64_t)width * height <= IMAGE_MAX_PIXELS) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s: is %d x %d; 1 to %d million pixels were expected", path, width,
                     height, IMAGE_MAX_PIXELS >> 20);
}

Status image_init(Image *im, int width, int height, const char *path, Error *err) {
    memset(im, 0, sizeof *im);
    TRY(image_size_check(width, height, path, err));
    im->pixel = mem_alloc((size_t)width * (size_t)height);
    if (!im->pixel) return mem_error(err, path);
    im->width = width;
    im->height = height;
    return STATUS_OK;
}

void image_free(Image *im) {
    mem_free(im->pixel);
    memset(im, 0, sizeof *im);
}

#undef image_damaged
Status image_damaged(Error *err, const char *path, size_t byte, const char *what) {
    return error_set(err, STATUS_INPUT, "%s: byte %zu: %s; the file is cut or damaged: get it again", path,
                     byte, what);
}

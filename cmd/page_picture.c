#include "cmd/page_picture.h"

#include <string.h>

#include "data/image.h"
#include "data/png_write.h"
#include "nn/base/alloc.h"

enum { AS_IT_IS = 300 << 10 /* bytes of a picture that goes into the page unchanged */, SIDE = 384 };

/* A small gray PNG of the picture: large files would make the page heavy, and browsers do not show PNM. */
static Status shrink(Buffer *out, const char *path, const unsigned char *data, size_t size, Error *err) {
    Image im;
    uint8_t *square = mem_alloc((size_t)SIDE * SIDE);
    if (!square) return mem_error(err, "a picture of the page");
    Status s = image_decode(&im, path, data, size, err);
    if (s == STATUS_OK) s = image_square(&im, SIDE, square, err);
    if (s == STATUS_OK) png_encode_gray(out, square, SIDE, SIDE);
    image_free(&im);
    mem_free(square);
    return s;
}

void page_picture(Buffer *out, const char *path) {
    unsigned char *data = NULL;
    size_t size = 0;
    if (file_read(path, IMAGE_MAX_BYTES, &data, &size, NULL) != STATUS_OK) return;
    ImageKind kind = image_kind(data, size);
    if (size <= AS_IT_IS && (kind == IMAGE_PNG || kind == IMAGE_JPEG))
        buffer_add(out, data, size);
    else
        shrink(out, path, data, size, NULL);
    mem_free(data);
}

const char *page_file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

#include "cmd/pages/page_picture.h"

#include <string.h>

#include "data/picture/image.h"
#include "data/picture/png_write.h"
#include "nn/base/alloc.h"

enum { AS_IT_IS = 300 << 10 /* most bytes of a file that goes into the page unchanged */, SIDE = 384 };

const unsigned char PAGE_NO_PICTURE[1];
const char PAGE_NOT_A_DEVICE[] =
    "Hits of a research model. Not a medical device; not for diagnosis or treatment.";

/* A gray PNG of SIDE x SIDE: large files would make the page heavy, and browsers do not show PNM. */
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

Status page_picture(Buffer *out, const char *path, Error *err) {
    unsigned char *data = NULL;
    size_t size = 0;
    Status s = file_read(path, IMAGE_MAX_BYTES, &data, &size, err);
    ImageKind kind = s == STATUS_OK ? image_kind(data, size) : IMAGE_PNG;
    if (s == STATUS_OK && size <= AS_IT_IS && (kind == IMAGE_PNG || kind == IMAGE_JPEG))
        buffer_add(out, data, size);
    else if (s == STATUS_OK)
        s = shrink(out, path, data, size, err);
    mem_free(data);
    if (out->failed) s = mem_error(err, path);
    return s == STATUS_INPUT ? STATUS_OK : s;
}

const char *page_file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

Status page_copy_labels(const IndexCase *c, const char ***own, Error *err) {
    *own = mem_calloc((size_t)c->n_labels + 1, sizeof **own);
    if (!*own) return mem_error(err, "the labels of a case");
    for (int k = 0; k < c->n_labels; k++) (*own)[k] = c->labels[k];
    return STATUS_OK;
}

bool page_shares_label(const char *const *own, int n, const IndexCase *c) {
    for (int i = 0; i < n; i++)
        for (int k = 0; k < c->n_labels; k++)
            if (strcmp(own[i], c->labels[k]) == 0) return true;
    return false;
}

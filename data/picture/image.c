#include "data/picture/image.h"

#include <string.h>

#include "data/picture/dicom.h"
#include "data/picture/image_check.h"
#include "data/picture/stb_impl.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

uint8_t image_luma(int r, int g, int b) {
    return (uint8_t)((299 * r + 587 * g + 114 * b + 500) / 1000);
}

static Status image_init(Image *im, int width, int height, const char *path, Error *err) {
    im->pixel = mem_alloc((size_t)width * (size_t)height);
    if (!im->pixel) return mem_error(err, path);
    im->width = width;
    im->height = height;
    return STATUS_OK;
}

/* ---- JPEG and PNG ---- */

static Status decode_stb(Image *im, const char *path, const unsigned char *data, int size, Error *err) {
    StbPicture p = {0};
    if (!stb_sizes(&p, data, size)) return stb_failure(path, &p, err);
    if (p.width <= 0 || p.height <= 0 || (int64_t)p.width * p.height > IMAGE_MAX_PIXELS)
        return error_set(err, STATUS_INPUT, "%s: is %d x %d; at most %d million pixels were expected", path,
                         p.width, p.height, IMAGE_MAX_PIXELS >> 20);
    uint8_t *pixels = stb_pixels(&p, data, size);
    if (!pixels) return stb_failure(path, &p, err);
    Status s = image_init(im, p.width, p.height, path, err);
    size_t n = (size_t)p.width * (size_t)p.height, step = (size_t)p.channels;
    const uint8_t *c = pixels;
    for (size_t i = 0; s == STATUS_OK && i < n; i++, c += step)
        im->pixel[i] = p.channels < 3 ? c[0] : image_luma(c[0], c[1], c[2]);
    mem_free(pixels);
    return s;
}

static Status decode_palette(Image *im, const char *path, const unsigned char *data, size_t size,
                             Error *err) {
    Buffer whole = {0};
    png_fill_palette(&whole, data, size);
    Status s = whole.failed ? mem_error(err, path) : decode_stb(im, path, whole.data, (int)whole.size, err);
    buffer_free(&whole);
    return s;
}

/* ---- PNM ---- */

static Status decode_pnm(Image *im, const char *path, const unsigned char *data, size_t size, Error *err) {
    PnmHeader h;
    TRY(pnm_header(&h, path, data, size, err));
    TRY(image_init(im, h.width, h.height, path, err));
    const unsigned char *p = data + h.offset;
    size_t n = (size_t)h.width * (size_t)h.height;
    for (size_t i = 0; i < n; i++) {
        int c[3] = {0};
        for (int k = 0; k < h.channels; k++) {
            int v = *p++;
            if (h.most > 255) v = v << 8 | *p++;
            if (v > h.most) v = h.most;
            c[k] = h.most == 65535 ? v >> 8 : (v * 255 + h.most / 2) / h.most;
        }
        im->pixel[i] = h.channels == 1 ? (uint8_t)c[0] : image_luma(c[0], c[1], c[2]);
    }
    return STATUS_OK;
}

/* ---- Any ---- */

Status image_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err) {
    memset(im, 0, sizeof *im);
    if (size > IMAGE_MAX_BYTES)
        return error_set(err, STATUS_INPUT, "%s: holds %zu bytes; at most %d were expected", path, size,
                         IMAGE_MAX_BYTES);
    if (image_kind(data, size) == IMAGE_DICOM) return dicom_decode(im, path, data, size, DICOM_MIDDLE, err);
    TRY(image_check(path, data, size, err));
    ImageKind kind = image_kind(data, size);
    if (kind == IMAGE_PNM) return decode_pnm(im, path, data, size, err);
    if (kind == IMAGE_PNG && png_has_palette(data, size)) return decode_palette(im, path, data, size, err);
    return decode_stb(im, path, data, (int)size, err);
}

Status image_read(Image *im, const char *path, Error *err) {
    unsigned char *data;
    size_t size;
    memset(im, 0, sizeof *im);
    TRY(file_read(path, IMAGE_MAX_BYTES, &data, &size, err));
    Status s = size ? image_decode(im, path, data, size, err)
                    : error_set(err, STATUS_INPUT,
                                "%s: is empty; a JPEG, PNG, PNM or DICOM picture was expected", path);
    mem_free(data);
    return s;
}

void image_free(Image *im) {
    mem_free(im->pixel);
    memset(im, 0, sizeof *im);
}

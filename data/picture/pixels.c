#include "data/picture/pixels.h"

#include <string.h>

#include "nn/base/alloc.h"

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

typedef struct {
    const unsigned char *byte;
    bool big_endian;
} Samples;

static int sample_at(const Samples *s, size_t i) {
    uint16_t v;
    if (s->big_endian) return s->byte[2 * i] << 8 | s->byte[2 * i + 1];
    memcpy(&v, s->byte + 2 * i, sizeof v);
    return v;
}

/* Minimum and maximum of the samples without alpha; false where all are 8-bit samples in 16 bits. */
static bool find_range(const Samples *s, size_t pixels, int channels, int *least, int *most) {
    int colours = channels < 3 ? 1 : 3, low_bytes = 0, unequal = 0;
    *least = 65535;
    *most = 0;
    for (size_t i = 0; i < pixels * (size_t)channels; i += (size_t)channels)
        for (int c = 0; c < colours; c++) {
            int v = sample_at(s, i + (size_t)c);
            if (v < *least) *least = v;
            if (v > *most) *most = v;
            low_bytes |= v & 255;
            unequal |= (v & 255) ^ v >> 8;
        }
    return low_bytes && unequal;
}

void image_fill_16(Image *im, const void *samples, int channels, bool big_endian) {
    const Samples s = {samples, big_endian};
    size_t n = (size_t)im->width * (size_t)im->height;
    int least, most, colours = channels < 3 ? 1 : 3;
    bool wide = find_range(&s, n, channels, &least, &most);
    bool stretch = wide && most > least && 4 * (most - least) < 65536;
    if (stretch) im->low = least, im->high = most;
    for (size_t i = 0; i < n; i++) {
        int v[3];
        for (int c = 0; c < colours; c++) {
            int x = sample_at(&s, i * (size_t)channels + (size_t)c);
            v[c] = stretch ? ((x - least) * 255 + (most - least) / 2) / (most - least) : x >> 8;
        }
        im->pixel[i] = colours == 1 ? (uint8_t)v[0] : image_luma(v[0], v[1], v[2]);
    }
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

Status image_refuse(const char *path, Error *err) {
    return error_set(err, STATUS_INPUT, "%s: is no JPEG, PNG, PNM or DICOM picture; convert it to one", path);
}

/* The pixels of a DICOM file, once its header is read. Sources: PS3.3 C.7.6.3 (image pixel), C.11.1 and C.11.2 (rescale, window),
 * C.8.5.5 (ultrasound regions), PS3.5 annex A.4 (encapsulated frames). */
#include "data/picture/dicom.h"

#include <math.h>
#include <string.h>

#include "data/picture/dicom_support.h"
#include "data/picture/jpeg.h"
#include "data/picture/stb_impl.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

enum { LEAST_SIDE = 16 /* a region smaller than this is not believed */ };

typedef struct {
    const unsigned char *data;
    size_t size;
} Frame;

/* ---- Where the frame is ---- */

static size_t frame_bytes(const Dicom *d) {
    size_t pixels = (size_t)d->rows * (size_t)d->columns; /* at most IMAGE_MAX_PIXELS */
    if (d->colour == DICOM_YBR_422) return pixels * 2;
    return pixels * (size_t)d->samples * (size_t)(d->allocated / 8);
}

static Status find_native(const Dicom *d, const char *path, Frame *f, Error *err) {
    size_t bytes = frame_bytes(d);
    if (d->pixel_bytes / bytes < (size_t)d->info.frames)
        return image_damaged(err, path, d->at, "the DICOM pixels are fewer than its sizes and frames say");
    *f = (Frame){d->pixels + (size_t)d->frame * bytes, bytes};
    return STATUS_OK;
}

/* The items behind the offset table, each a piece of a frame; a frame starts with the piece that starts as a JPEG does. The pieces of
 * the frame are put together in `joined`. */
static Status join_pieces(const Dicom *d, const char *path, Buffer *joined, Error *err) {
    int frame = -1;
    for (size_t at = 0, n = 0;; n++) {
        const unsigned char *b = d->pixels + at;
        if (d->pixel_bytes - at < 8)
            return image_damaged(err, path, d->at + at, "the DICOM frames have no end");
        if (memcmp(b, "\xFE\xFF\xDD\xE0", 4) == 0) break;
        size_t size = get_u32(b + 4);
        if (memcmp(b, "\xFE\xFF\x00\xE0", 4) != 0 || size > d->pixel_bytes - at - 8)
            return image_damaged(err, path, d->at + at, "a DICOM frame is no whole item");
        if (n > 0 && size >= 3 && memcmp(b + 8, "\xFF\xD8\xFF", 3) == 0) frame++;
        if (n > 0 && frame == d->frame) buffer_add(joined, b + 8, size);
        at += 8 + size;
    }
    if (frame + 1 != d->info.frames)
        return error_set(
            err, STATUS_INPUT,
            "%s: holds %d JPEG frames, its header says %d; write it anew: dcmdjpeg IN.dcm OUT.dcm", path,
            frame + 1, d->info.frames);
    return joined->failed ? mem_error(err, path) : STATUS_OK;
}

/* ---- Gray values ---- */

/* The value behind the stored bits. */
static int value_of(const Dicom *d, unsigned bits) {
    int v = (int)(bits >> (d->high + 1 - d->stored) & ((1u << d->stored) - 1));
    return d->is_signed && v >> (d->stored - 1) ? v - (1 << d->stored) : v;
}

static unsigned bits_at(const Dicom *d, const unsigned char *p, size_t i) {
    return d->allocated == 8 ? p[i] : (unsigned)(p[2 * i] | p[2 * i + 1] << 8);
}

/* 0..1 of value x through the window. */
static double through_window(const Dicom *d, double x) {
    double c = d->center, w = d->width;
    if (d->window == DICOM_SIGMOID) return 1 / (1 + exp(-4 * (x - c) / w));
    if (d->window == DICOM_LINEAR) {
        c -= 0.5;
        w -= 1;
    }
    if (x <= c - w / 2) return 0;
    return x > c + w / 2 ? 1 : (x - c) / w + 0.5;
}

/* The least and most value of the frame after rescaling; padding does not count. */
static void find_range(const Dicom *d, const unsigned char *p, double *low, double *high) {
    size_t n = (size_t)d->rows * (size_t)d->columns;
    int padding = value_of(d, (unsigned)d->padding), least = INT32_MAX, most = INT32_MIN;
    for (size_t i = 0; i < n; i++) {
        int v = value_of(d, bits_at(d, p, i));
        if (d->has_padding && v == padding) continue;
        if (v < least) least = v;
        if (v > most) most = v;
    }
    if (most < least) least = most = 0;
    double a = d->slope * least + d->intercept, b = d->slope * most + d->intercept;
    *low = a < b ? a : b;
    *high = a < b ? b : a;
}

/* gray[bits] for every stored word. */
static void fill_table(const Dicom *d, const unsigned char *p, uint8_t *gray) {
    bool as_is = d->stored <= 8 && !d->is_signed && d->slope > 0;
    double low = d->intercept, high = d->slope * ((1 << d->stored) - 1) + d->intercept;
    if (d->width <= 0 && !as_is) find_range(d, p, &low, &high);
    for (unsigned bits = 0; bits < 1u << d->allocated; bits++) {
        double x = d->slope * value_of(d, bits) + d->intercept;
        double v = d->width > 0 ? through_window(d, x) : high > low ? (x - low) / (high - low) : 0;
        v = v < 0 ? 0 : v > 1 ? 1 : v;
        if (d->colour == DICOM_GRAY_INVERTED) v = 1 - v;
        gray[bits] = (uint8_t)(v * 255 + 0.5);
    }
}

static Status gray_values(const Dicom *d, const char *path, const unsigned char *p, uint8_t *out,
                          Error *err) {
    size_t n = (size_t)d->rows * (size_t)d->columns;
    uint8_t *gray = mem_alloc((size_t)1 << d->allocated);
    if (!gray) return mem_error(err, path);
    fill_table(d, p, gray);
    for (size_t i = 0; i < n; i++) out[i] = gray[bits_at(d, p, i)];
    mem_free(gray);
    return STATUS_OK;
}

/* ---- Colour: of YBR, Y is the luma ---- */

static void colour_values(const Dicom *d, const unsigned char *p, uint8_t *out) {
    size_t n = (size_t)d->rows * (size_t)d->columns, step = d->planar ? 1 : 3, plane = d->planar ? n : 1;
    for (size_t i = 0; i < n; i++) {
        const unsigned char *c = p + i * step;
        out[i] = d->colour == DICOM_RGB        ? image_luma(c[0], c[plane], c[2 * plane])
                 : d->colour == DICOM_YBR_FULL ? c[0]
                                               : p[i / 2 * 4 + i % 2];
    }
}

/* ---- A frame ---- */

static Status decode_native(Image *im, const Dicom *d, const char *path, Error *err) {
    Frame f;
    TRY(find_native(d, path, &f, err));
    TRY(image_init(im, d->columns, d->rows, path, err));
    if (d->samples == 1) return gray_values(d, path, f.data, im->pixel, err);
    colour_values(d, f.data, im->pixel);
    return STATUS_OK;
}

/* The JPEG of a frame, checked; `joined` is the caller's to free. */
static Status find_jpeg(const Dicom *d, const char *path, Buffer *joined, Error *err) {
    int width, height;
    TRY(join_pieces(d, path, joined, err));
    TRY(jpeg_check(path, joined->data, joined->size, err));
    TRY(stb_sizes(&width, &height, path, joined->data, joined->size, err));
    if (width != d->columns || height != d->rows)
        return error_set(err, STATUS_INPUT,
                         "%s: its JPEG frame is %d x %d, its header says %d x %d; get it again", path, width,
                         height, d->columns, d->rows);
    return STATUS_OK;
}

static Status decode_jpeg(Image *im, const Dicom *d, const char *path, Error *err) {
    Buffer joined = {0};
    Status s = find_jpeg(d, path, &joined, err);
    if (s == STATUS_OK) s = jpeg_decode(im, path, joined.data, joined.size, err);
    buffer_free(&joined);
    if (s != STATUS_OK || d->samples != 1) return s;
    return gray_values(d, path, im->pixel, im->pixel, err);
}

static Status parse(Dicom *d, const char *path, const unsigned char *data, size_t size, int frame,
                    Error *err) {
    TRY(dicom_parse(d, path, data, size, frame, err));
    return dicom_supported(d, path, err);
}

/* Cuts im to the region, as far as it lies inside and is no sliver. */
static void crop(Image *im, const DicomRegion *r) {
    int64_t x0 = r->x0, y0 = r->y0, x1 = r->x1 < im->width - 1 ? r->x1 : im->width - 1,
            y1 = r->y1 < im->height - 1 ? r->y1 : im->height - 1;
    int64_t width = x1 - x0 + 1, height = y1 - y0 + 1;
    if (width < LEAST_SIDE || height < LEAST_SIDE) return;
    for (int64_t y = 0; y < height; y++)
        memmove(im->pixel + y * width, im->pixel + (y0 + y) * im->width + x0, (size_t)width);
    im->width = (int)width;
    im->height = (int)height;
}

Status dicom_check(const char *path, const unsigned char *data, size_t size, DicomInfo *info, Error *err) {
    Dicom d;
    Frame f;
    Buffer joined = {0};
    Status s = parse(&d, path, data, size, DICOM_MIDDLE, err);
    if (info) *info = d.info;
    if (s != STATUS_OK) return s;
    if (!d.jpeg) return find_native(&d, path, &f, err);
    s = find_jpeg(&d, path, &joined, err);
    buffer_free(&joined);
    return s;
}

Status dicom_decode(Image *im, const char *path, const unsigned char *data, size_t size, int frame,
                    Error *err) {
    Dicom d;
    memset(im, 0, sizeof *im);
    TRY(parse(&d, path, data, size, frame, err));
    Status s = d.jpeg ? decode_jpeg(im, &d, path, err) : decode_native(im, &d, path, err);
    if (s == STATUS_OK) crop(im, d.flat.x1 > d.flat.x0 ? &d.flat : &d.any);
    if (s != STATUS_OK) image_free(im);
    return s;
}

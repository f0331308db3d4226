/* The pixels of a DICOM file whose header was read. Sources: PS3.3 C.7.6.3 (image pixel), C.8.5.5 (ultrasound regions), PS3.5
 * annex A.4 (encapsulated frames). */
#include "data/picture/dicom.h"

#include <string.h>

#include "data/picture/dicom_gray.h"
#include "data/picture/dicom_support.h"
#include "data/picture/jpeg.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

enum { LEAST_SIDE = 16 /* smaller regions are ignored */ };

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

/* Each item behind the offset table is a piece of a frame; a piece that starts as a JPEG does starts a frame. Appends the pieces of
 * frame d->frame to `joined`. */
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
        return error_set(err, STATUS_INPUT, "%s: holds %d JPEG frames, its header says %d; get it again",
                         path, frame + 1, d->info.frames);
    return joined->failed ? mem_error(err, path) : STATUS_OK;
}

/* ---- Colour: Y of YBR is the luma ---- */

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
    if (d->samples == 1) return dicom_gray(d, path, f.data, im->pixel, err);
    colour_values(d, f.data, im->pixel);
    return STATUS_OK;
}

/* The JPEG of a frame, checked; the caller frees `joined`. */
static Status find_jpeg(const Dicom *d, const char *path, Buffer *joined, JpegInfo *info, Error *err) {
    TRY(join_pieces(d, path, joined, err));
    TRY(jpeg_check(path, joined->data, joined->size, info, err));
    if (info->width == d->columns && info->height == d->rows) return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "%s: its JPEG frame is %d x %d, its header says %d x %d; get it again", path,
                     info->width, info->height, d->columns, d->rows);
}

/* Marks a JPEG of three components as RGB with Adobe's segment, transform 0 (T.872, 6.5.3), where no marker says otherwise and no
 * component is subsampled. */
static Status mark_rgb(const char *path, Buffer *joined, const JpegInfo *info, Error *err) {
    static const unsigned char rgb[16] = {0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};
    if (info->components != 3 || info->marked || info->subsampled) return STATUS_OK;
    buffer_add(joined, rgb, sizeof rgb); /* only makes room */
    if (joined->failed) return mem_error(err, path);
    memmove(joined->data + 2 + sizeof rgb, joined->data + 2, joined->size - sizeof rgb - 2);
    memcpy(joined->data + 2, rgb, sizeof rgb);
    return STATUS_OK;
}

static Status decode_jpeg(Image *im, const Dicom *d, const char *path, Error *err) {
    Buffer joined = {0};
    JpegInfo info;
    Status s = find_jpeg(d, path, &joined, &info, err);
    if (s == STATUS_OK && d->colour == DICOM_RGB) s = mark_rgb(path, &joined, &info, err);
    if (s == STATUS_OK) s = jpeg_decode(im, path, joined.data, joined.size, err);
    buffer_free(&joined);
    if (s != STATUS_OK || d->samples != 1) return s;
    return dicom_gray(d, path, im->pixel, im->pixel, err);
}

static Status parse(Dicom *d, const char *path, const unsigned char *data, size_t size, int frame,
                    Error *err) {
    TRY(dicom_parse(d, path, data, size, frame, err));
    return dicom_supported(d, path, err);
}

/* Crops im to the part of the region inside it, unless a side of that part is below LEAST_SIDE. */
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
    JpegInfo jpeg;
    Buffer joined = {0};
    Status s = parse(&d, path, data, size, DICOM_MIDDLE, err);
    if (info) *info = d.info;
    if (s != STATUS_OK) return s;
    if (!d.jpeg) return find_native(&d, path, &f, err);
    s = find_jpeg(&d, path, &joined, &jpeg, err);
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

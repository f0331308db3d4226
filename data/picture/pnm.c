#include "data/picture/pnm.h"

#include <string.h>

bool pnm_is(const unsigned char *data, size_t size) {
    return size >= 3 && data[0] == 'P' && data[1] >= '1' && data[1] <= '6';
}

/* Pixels start at data + offset, two bytes a sample (high first) where most > 255. */
typedef struct {
    int width, height, channels, most;
    size_t offset;
} Header;

/* The next number of the header, behind blanks and comments; -1 where there is none. */
static int pnm_number(const unsigned char *data, size_t size, size_t *at) {
    while (*at < size && (strchr(" \t\r\n\v\f", data[*at]) || data[*at] == '#')) {
        if (data[*at] == 0) return -1;
        if (data[*at] == '#')
            while (*at < size && data[*at] != '\n') ++*at;
        else
            ++*at;
    }
    int value = -1;
    for (; *at < size && data[*at] >= '0' && data[*at] <= '9' && value < IMAGE_MAX_PIXELS; ++*at)
        value = (value < 0 ? 0 : value) * 10 + (data[*at] - '0');
    return value;
}

static Status read_header(Header *h, const char *path, const unsigned char *data, size_t size, Error *err) {
    if (data[1] != '5' && data[1] != '6')
        return error_set(err, STATUS_INPUT,
                         "%s: is a PNM of kind P%c; P5 (gray) or P6 (colour) was expected: convert it", path,
                         data[1]);
    size_t at = 2;
    h->channels = data[1] == '5' ? 1 : 3;
    h->width = pnm_number(data, size, &at);
    h->height = pnm_number(data, size, &at);
    h->most = pnm_number(data, size, &at);
    if (h->width <= 0 || h->height <= 0 || h->most <= 0 || h->most > 65535 || at >= size)
        return image_damaged(err, path, at, "the PNM header is not width, height and maximum");
    TRY(image_size_check(h->width, h->height, path, err));
    h->offset = at + 1;
    size_t wanted = (size_t)h->width * (size_t)h->height * (size_t)h->channels * (h->most > 255 ? 2 : 1);
    if (size - h->offset < wanted)
        return image_damaged(err, path, size, "the PNM ends before its last pixel");
    return STATUS_OK;
}

Status pnm_check(const char *path, const unsigned char *data, size_t size, Error *err) {
    Header h;
    return read_header(&h, path, data, size, err);
}

Status pnm_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err) {
    Header h;
    memset(im, 0, sizeof *im);
    TRY(read_header(&h, path, data, size, err));
    TRY(image_init(im, h.width, h.height, path, err));
    const unsigned char *p = data + h.offset;
    if (h.most == 65535) {
        image_fill_16(im, p, h.channels, true);
        return STATUS_OK;
    }
    size_t n = (size_t)h.width * (size_t)h.height;
    for (size_t i = 0; i < n; i++) {
        int c[3] = {0};
        for (int k = 0; k < h.channels; k++) {
            int v = *p++;
            if (h.most > 255) v = v << 8 | *p++;
            if (v > h.most) v = h.most;
            c[k] = (v * 255 + h.most / 2) / h.most;
        }
        im->pixel[i] = h.channels == 1 ? (uint8_t)c[0] : image_luma(c[0], c[1], c[2]);
    }
    return STATUS_OK;
}

/* image_square, in integers: the same bytes on every machine. Along an edge of n pixels that become m < n, output x covers [x n, (x+1) n)
 * in units of 1/m pixel: pixel i, which is [i m, (i+1) m), counts with the length of the overlap; all weights of one output sum to n.
 * Enlarging, the centre of output x lies at ((2x+1) n - m) / 2m in the input, and weights of its two neighbours sum to 2m. */
#include <string.h>

#include "data/picture/pixels.h"
#include "nn/base/alloc.h"

/* sum[x] += weight * (row shrunk from n to m pixels, times n). */
static void add_shrunk_row(const uint8_t *row, int n, int m, uint64_t weight, uint64_t *sum) {
    int64_t left = m; /* of pixel i, not used yet */
    int i = 0;
    for (int x = 0; x < m; x++) {
        uint64_t total = 0;
        int64_t need = n;
        for (; need >= left; left = m) { /* pixels that end within this output */
            total += (uint64_t)left * row[i++];
            need -= left;
            if (i == n) break;
        }
        if (i < n) {
            total += (uint64_t)need * row[i];
            left -= need;
        }
        sum[x] += weight * total;
    }
}

static Status shrink(const Image *im, int width, int height, uint8_t *out, int stride, Error *err) {
    uint64_t *sum = mem_alloc((size_t)width * sizeof *sum);
    if (!sum) return mem_error(err, "resizing a picture");
    uint64_t area = (uint64_t)im->width * (uint64_t)im->height;
    for (int y = 0; y < height; y++) {
        int64_t from = (int64_t)y * im->height, to = from + im->height;
        memset(sum, 0, (size_t)width * sizeof *sum);
        for (int64_t j = from / height; j * height < to; j++) {
            int64_t start = j * height < from ? from : j * height,
                    end = (j + 1) * height < to ? (j + 1) * height : to;
            add_shrunk_row(im->pixel + (size_t)j * (size_t)im->width, im->width, width,
                           (uint64_t)(end - start), sum);
        }
        for (int x = 0; x < width; x++)
            out[(size_t)y * (size_t)stride + (size_t)x] = (uint8_t)((sum[x] + area / 2) / area);
    }
    mem_free(sum);
    return STATUS_OK;
}

/* Output x of an edge grown from n to m: the first pixel, and the second one's weight out of 2m. */
static int grown_from(int x, int n, int m, int64_t *weight) {
    int64_t place = (int64_t)(2 * x + 1) * n - m;
    if (place < 0) place = 0;
    int i = (int)(place / (2 * m));
    *weight = place % (2 * m);
    if (i >= n - 1) {
        i = n - 1;
        *weight = 0;
    }
    return i;
}

static void enlarge(const Image *im, int width, int height, uint8_t *out, int stride) {
    int64_t wide = 2 * (int64_t)width, high = 2 * (int64_t)height, area = wide * high;
    for (int y = 0; y < height; y++) {
        int64_t wy, wx;
        int j = grown_from(y, im->height, height, &wy);
        const uint8_t *above = im->pixel + (size_t)j * (size_t)im->width,
                      *below = wy ? above + im->width : above;
        for (int x = 0; x < width; x++) {
            int i = grown_from(x, im->width, width, &wx), k = wx ? i + 1 : i;
            int64_t top = above[i] * (wide - wx) + above[k] * wx,
                    bottom = below[i] * (wide - wx) + below[k] * wx;
            out[(size_t)y * (size_t)stride + (size_t)x] =
                (uint8_t)((top * (high - wy) + bottom * wy + area / 2) / area);
        }
    }
}

/* The shorter edge in proportion, to the nearest pixel. */
static int in_proportion(int edge, int longer, int side) {
    int64_t e = ((int64_t)edge * side * 2 + longer) / (2 * (int64_t)longer);
    return e < 1 ? 1 : (int)e;
}

Status image_square(const Image *im, int side, uint8_t *out, Error *err) {
    NN_REQUIRE(side > 0 && im->width > 0 && im->height > 0, "%d x %d to side %d", im->width, im->height,
               side);
    int longer = im->width > im->height ? im->width : im->height;
    int width = in_proportion(im->width, longer, side), height = in_proportion(im->height, longer, side);
    uint8_t *corner = out + (size_t)((side - height) / 2) * (size_t)side + (size_t)((side - width) / 2);
    memset(out, 0, (size_t)side * (size_t)side);
    if (longer >= side) return shrink(im, width, height, corner, side, err);
    enlarge(im, width, height, corner, side);
    return STATUS_OK;
}

/* Pictures: integrity check, decoder, resizing. PNGs are tried a second time with their checksums made right, so that what lies
 * behind the check is reached. What was decoded and written as PNG decodes to the same pixels. */
#include <string.h>

#include "data/picture/image.h"
#include "data/picture/jpeg.h"
#include "data/picture/png_write.h"
#include "nn/base/bytes.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/targets.h"

enum { MOST_PIXELS = 1 << 16 /* larger pictures cost time and reach nothing new */, SIDE = 16 };

static uint32_t big_u32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int too_large(const uint8_t *data, size_t size) {
    JpegInfo jpeg;
    if (image_check("input", data, size, NULL) != STATUS_OK) return 0;
    if (image_kind(data, size) == IMAGE_PNG)
        return (int64_t)big_u32(data + 16) * big_u32(data + 20) > MOST_PIXELS;
    return image_kind(data, size) == IMAGE_JPEG &&
           jpeg_check("input", data, size, &jpeg, NULL) == STATUS_OK &&
           (int64_t)jpeg.width * jpeg.height > MOST_PIXELS;
}

static void write_and_read(const Image *im) {
    const char *path = harness_path("written.png");
    Image again;
    FUZZ_CHECK(png_write_gray(path, im->pixel, im->width, im->height, NULL) == STATUS_OK);
    FUZZ_CHECK(image_read(&again, path, NULL) == STATUS_OK);
    FUZZ_CHECK(again.width == im->width && again.height == im->height);
    FUZZ_CHECK(memcmp(again.pixel, im->pixel, (size_t)im->width * (size_t)im->height) == 0);
    image_free(&again);
}

static void decode(const uint8_t *data, size_t size) {
    Image im, twice;
    uint8_t square[SIDE * SIDE];
    Error err = {0};
    if (too_large(data, size)) return;
    Status s = image_decode(&im, "input", data, size, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && strncmp(err.message, "input", 5) == 0));
    FUZZ_CHECK(image_decode(&twice, "input", data, size, NULL) == s);
    if (s == STATUS_OK) {
        FUZZ_CHECK(memcmp(twice.pixel, im.pixel, (size_t)im.width * (size_t)im.height) == 0);
        FUZZ_CHECK(image_square(&im, SIDE, square, NULL) == STATUS_OK);
        write_and_read(&im);
    }
    image_free(&im);
    image_free(&twice);
}

static void repair_png(uint8_t *data, size_t size) {
    for (size_t at = 8; at + 12 <= size;) {
        uint32_t length = big_u32(data + at);
        if (length > size - at - 12) break;
        uint8_t *crc = data + at + 8 + length;
        uint32_t right = crc32_update(0, data + at + 4, (size_t)length + 4);
        for (int i = 0; i < 4; i++) crc[i] = (uint8_t)(right >> (24 - 8 * i));
        at += (size_t)length + 12;
    }
}

void fuzz_image(const uint8_t *data, size_t size) {
    uint8_t *copy = harness_copy(data, size);
    if (image_kind(data, size) == IMAGE_PNG && size > 8 && harness_choice(data, size, 8))
        repair_png(copy, size);
    decode(copy, size);
    free(copy);
}

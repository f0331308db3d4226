/* Integrity, decoding and resizing of pictures. */
#include "data/picture/image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/fixtures.h"

static Status decode(Image *im, const void *data, size_t size, Error *err) {
    memset(err, 0, sizeof *err);
    return image_decode(im, "p", data, size, err);
}

/* The bytes of a small gray PNG, pixel i = 7 i. */
static Buffer small_png(int width, int height) {
    uint8_t pixel[256];
    Buffer b = {0};
    for (int i = 0; i < width * height; i++) pixel[i] = (uint8_t)(7 * i);
    fixture_png_bytes(&b, width, height, 8, 0, pixel, (size_t)width);
    return b;
}

Test(image, png_gray_comes_back_exactly) {
    Buffer b = small_png(5, 4);
    Image im;
    Error err;
    cr_assert_eq(decode(&im, b.data, b.size, &err), STATUS_OK);
    cr_assert_eq(im.width, 5);
    cr_assert_eq(im.height, 4);
    for (int i = 0; i < 20; i++) cr_assert_eq(im.pixel[i], (uint8_t)(7 * i));
    image_free(&im);
    cr_assert_null(im.pixel);
    buffer_free(&b);
}

Test(image, any_single_bit_flip_of_a_png_is_an_input_error) {
    Buffer b = small_png(5, 4);
    Image im;
    Error err;
    for (size_t bit = 0; bit < 8 * b.size; bit++) {
        b.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        cr_assert_eq(decode(&im, b.data, b.size, &err), STATUS_INPUT, "bit %zu", bit);
        cr_assert_null(im.pixel);
        cr_assert(fixture_says(&err, STATUS_INPUT, "PNG"));
        b.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    buffer_free(&b);
}

Test(image, a_png_cut_anywhere_is_an_input_error) {
    Buffer b = small_png(5, 4);
    Image im;
    Error err;
    for (size_t size = 0; size < b.size; size++)
        cr_assert_eq(decode(&im, b.data, size, &err), STATUS_INPUT, "%zu", size);
    buffer_free(&b);
}

Test(image, png_colour_becomes_luma_and_alpha_is_not_looked_at) {
    const uint8_t rgb[6] = {200, 100, 50, 255, 255, 255}, rgba[4] = {0, 200, 0, 0}, alpha[2] = {90, 1};
    const struct {
        int width, colour;
        const uint8_t *rows;
        size_t bytes;
        uint8_t gray;
    } kind[3] = {{2, 2, rgb, 6, 124}, {1, 6, rgba, 4, 117}, {1, 4, alpha, 2, 90}};
    for (int i = 0; i < 3; i++) {
        Buffer b = {0};
        Image im;
        Error err;
        fixture_png_bytes(&b, kind[i].width, 1, 8, kind[i].colour, kind[i].rows, kind[i].bytes);
        cr_assert_eq(decode(&im, b.data, b.size, &err), STATUS_OK);
        cr_assert_eq(im.pixel[0], kind[i].gray, "kind %d: %d", i, im.pixel[0]);
        if (i == 0) cr_assert_eq(im.pixel[1], 255);
        image_free(&im);
        buffer_free(&b);
    }
}

Test(image, sixteen_bit_png_gives_its_high_byte) {
    const uint8_t row[6] = {0x12, 0xFF, 0x80, 0x00, 0xFF, 0xFE};
    Buffer b = {0};
    Image im;
    Error err;
    fixture_png_bytes(&b, 3, 1, 16, 0, row, 6);
    cr_assert_eq(decode(&im, b.data, b.size, &err), STATUS_OK);
    cr_assert_eq(im.pixel[0], 0x12);
    cr_assert_eq(im.pixel[1], 0x80);
    cr_assert_eq(im.pixel[2], 0xFF);
    image_free(&im);
    buffer_free(&b);
}

/* The picture of a 16-bit file, grey n x 1 or colour 1 x 1; as PNG, and as PNM where `pnm`. */
static void sixteen(const uint16_t *v, int n, const uint8_t *gray, int low, int high) {
    for (int kind = 0; kind < 2; kind++) {
        uint8_t row[64];
        Buffer b = {0};
        Image im;
        Error err;
        for (int i = 0; i < n; i++) row[2 * i] = (uint8_t)(v[i] >> 8), row[2 * i + 1] = (uint8_t)v[i];
        if (kind == 0) fixture_png_bytes(&b, n, 1, 16, 0, row, 2 * (size_t)n);
        if (kind == 1) buffer_printf(&b, "P5 %d 1 65535\n", n);
        if (kind == 1) buffer_add(&b, row, 2 * (size_t)n);
        cr_assert_eq(decode(&im, b.data, b.size, &err), STATUS_OK, "%s", err.message);
        for (int i = 0; i < n; i++)
            cr_assert_eq(im.pixel[i], gray[i], "%d: %d, not %d", i, im.pixel[i], gray[i]);
        cr_assert_eq(im.low, low);
        cr_assert_eq(im.high, high);
        image_free(&im);
        buffer_free(&b);
    }
}

Test(image, sixteen_bits_that_hold_twelve_are_scaled_by_their_range_as_dicom_is) {
    sixteen((const uint16_t[]){1000, 1100, 1200, 1500}, 4, (const uint8_t[]){0, 51, 102, 255}, 1000, 1500);
    sixteen((const uint16_t[]){0, 2048, 4095}, 3, (const uint8_t[]){0, 128, 255}, 0, 4095);
    sixteen((const uint16_t[]){31768, 32768, 33768}, 3, (const uint8_t[]){0, 128, 255}, 31768,
            33768); /* CT with an offset */
    sixteen((const uint16_t[]){0, 16383}, 2, (const uint8_t[]){0, 255}, 0, 16383);
    sixteen((const uint16_t[]){0, 16384, 300}, 3, (const uint8_t[]){0, 64, 1}, 0, 0);
    sixteen((const uint16_t[]){0x0101, 0x2020, 0x3131}, 3, (const uint8_t[]){1, 0x20, 0x31}, 0,
            0); /* 8 bits times 257 */
    sixteen((const uint16_t[]){0x0100, 0x2000, 0x3100}, 3, (const uint8_t[]){1, 0x20, 0x31}, 0,
            0); /* 8 bits times 256 */
    sixteen((const uint16_t[]){0x1234, 0x1234}, 2, (const uint8_t[]){0x12, 0x12}, 0, 0);
}

Test(image, colour_of_sixteen_bits_is_scaled_and_its_alpha_is_not_looked_at) {
    const uint8_t rgba[16] = {0, 0, 0x0F, 0xFF, 0, 0, 0xFF, 0xFF, 0x0F, 0xFF, 0x0F, 0xFF, 0x0F, 0xFF, 0, 0};
    Buffer b = {0};
    Image im;
    Error err;
    fixture_png_bytes(&b, 2, 1, 16, 6, rgba, sizeof rgba);
    cr_assert_eq(decode(&im, b.data, b.size, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(im.pixel[0], image_luma(0, 255, 0));
    cr_assert_eq(im.pixel[1], 255);
    cr_assert_eq(im.high, 4095);
    image_free(&im);
    buffer_free(&b);
}

/* A file with this kind of frame is not damaged: the message names the kind and a remedy. */
Test(image, rare_kinds_of_jpeg_are_named_and_not_called_damaged) {
    static const struct {
        int marker, bits, components;
        const char *says;
    } rare[] = {
        {0xC9, 8, 1,
         "arithmetic coding, which is not read; convert it: jpegtran -copy all -outfile OUT.jpg IN.jpg"},
        {0xCA, 8, 3, "arithmetic coding"},
        {0xC3, 8, 1, "is a lossless JPEG"},
        {0xC5, 8, 1, "is a hierarchical JPEG"},
        {0xCD, 8, 1, "is a hierarchical JPEG"},
        {0xF7, 8, 1, "is JPEG-LS"},
        {0xC1, 12, 1, "of 12 bits a sample"},
        {0xC0, 8, 2, "has not 1, 3 or 4 components"}};
    for (size_t i = 0; i < sizeof rare / sizeof rare[0]; i++) {
        uint8_t jpeg[21] = {0xFF,
                            0xD8,
                            0xFF,
                            (uint8_t)rare[i].marker,
                            0,
                            17,
                            (uint8_t)rare[i].bits,
                            0,
                            8,
                            0,
                            8,
                            (uint8_t)rare[i].components,
                            1,
                            0x11,
                            0,
                            2,
                            0x11,
                            0,
                            3,
                            0x11,
                            0};
        Image im;
        Error err = {0};
        cr_assert_eq(decode(&im, jpeg, sizeof jpeg, &err), STATUS_INPUT);
        cr_assert(fixture_says(&err, STATUS_INPUT, rare[i].says), "%s", err.message);
        cr_assert_null(strstr(err.message, "damaged"), "%s", err.message);
    }
}

/* Also sizes for which stb_image has no message but "unknown image type". */
Test(image, a_png_that_claims_more_pixels_than_allowed_is_refused_before_decoding) {
    static const struct {
        unsigned char width[3], height[3];
        const char *says;
    } large[] = {{{0, 0x23, 2}, {0, 0x23, 1}, "8962 x 8961; 1 to 64 million pixels"},
                 {{0, 0x80, 0xE8}, {0, 0x80, 0xE8}, "33000 x 33000; 1 to 64 million pixels"},
                 {{0xFF, 0xFF, 0xFF}, {0, 0, 5}, "16777215 x 5; 1 to 64 million pixels"}};
    const uint8_t row[2] = {0, 0};
    for (int i = 0; i < 3; i++) {
        Buffer b = {0};
        Image im;
        Error err = {0};
        fixture_png_bytes(&b, 2, 1, 8, 0, row, 2);
        unsigned char *ihdr = b.data + 12;
        memcpy(ihdr + 5, large[i].width, 3);
        memcpy(ihdr + 9, large[i].height, 3);
        uint32_t crc = crc32_update(0, ihdr, 17);
        for (int k = 0; k < 4; k++) ihdr[17 + k] = (unsigned char)(crc >> (24 - 8 * k));
        cr_assert_eq(decode(&im, b.data, b.size, &err), STATUS_INPUT);
        cr_assert(fixture_says(&err, STATUS_INPUT, large[i].says), "%s", err.message);
        err = (Error){0};
        cr_assert_eq(image_check("p", b.data, b.size, &err), STATUS_INPUT);
        cr_assert(fixture_says(&err, STATUS_INPUT, large[i].says), "%s", err.message);
        buffer_free(&b);
    }
}

/* Signature and the given chunks with right CRCs: type and data, '|' between them. */
static Buffer png_of_chunks(const char *chunks) {
    Buffer b = {0};
    buffer_add(&b, "\x89PNG\r\n\x1a\n", 8);
    while (*chunks) {
        size_t size = strcspn(chunks, "|");
        const char *ihdr = "IHDR\0\0\0\1\0\0\0\1\10\0\0\0\0",
                   *body = strncmp(chunks, "IHDR", 4) ? chunks : ihdr;
        uint32_t bytes = (uint32_t)(body == ihdr ? 17 : size), crc = crc32_update(0, body, bytes);
        const unsigned char length[4] = {0, 0, 0, (unsigned char)(bytes - 4)};
        const unsigned char end[4] = {(unsigned char)(crc >> 24), (unsigned char)(crc >> 16),
                                      (unsigned char)(crc >> 8), (unsigned char)crc};
        buffer_add(&b, length, 4);
        buffer_add(&b, body, bytes);
        buffer_add(&b, end, 4);
        chunks += size + (chunks[size] == '|');
    }
    return b;
}

Test(image, bytes_behind_the_end_of_a_png_are_ignored) {
    static const uint8_t row[2] = {0, 7};
    for (int palette = 0; palette < 2; palette++) {
        Buffer b = palette ? png_of_chunks("IHDR|PLTExyz|IDATx|IEND") : (Buffer){0};
        Image im;
        Error err;
        if (!palette) fixture_png_bytes(&b, 2, 1, 8, 0, row, 2);
        Status without = decode(&im, b.data, b.size, &err);
        image_free(&im);
        buffer_add(&b, "x\0PLTE behind the end", 21);
        cr_assert_eq(decode(&im, b.data, b.size, &err), without, "%s", err.message);
        cr_assert_eq(without, palette ? STATUS_INPUT : STATUS_OK);
        if (!palette) cr_assert_eq(im.pixel[1], 7);
        image_free(&im);
        buffer_free(&b);
    }
}

Test(image, png_chunks_must_stand_in_their_places) {
    static const char *const broken[][2] = {{"IHDR|IEND", "no IDAT before IEND"},
                                            {"IHDR|IDATx|IENDx", "IEND is not empty"},
                                            {"IDATx|IEND", "IHDR is not the first chunk"},
                                            {"IHDR|IHDR|IDATx|IEND", "IHDR is not the first chunk"},
                                            {"IHDR|NEWSx|IDATx|IEND", "PNG does not know"},
                                            {"IHDR|IDATx", "ends before its IEND"}};
    for (int i = 0; i < 6; i++) {
        Buffer b = png_of_chunks(broken[i][0]);
        Error err = {0};
        cr_assert_eq(image_check("p", b.data, b.size, &err), STATUS_INPUT, "%s", broken[i][0]);
        cr_assert(fixture_says(&err, STATUS_INPUT, broken[i][1]));
        buffer_free(&b);
    }
    Buffer b = png_of_chunks("IHDR|tEXtx|IDATx|IEND");
    cr_assert_eq(image_check("p", b.data, b.size, NULL), STATUS_OK);
    buffer_free(&b);
}

Test(image, baseline_jpeg_with_restarts_decodes_near_its_source) {
    Image im;
    Error err;
    cr_assert_eq(decode(&im, fixture_jpeg_gray, sizeof fixture_jpeg_gray, &err), STATUS_OK);
    cr_assert_eq(im.width, 16);
    for (int y = 0; y < 16; y++)
        for (int x = 0; x < 16; x++)
            cr_assert_lt(abs(im.pixel[y * 16 + x] - (12 * x + 4 * y)), 5, "(%d,%d)", x, y);
    image_free(&im);
}

Test(image, progressive_colour_jpeg_becomes_luma) {
    Image im;
    Error err;
    cr_assert_eq(decode(&im, fixture_jpeg_progressive, sizeof fixture_jpeg_progressive, &err), STATUS_OK);
    for (int i = 0; i < 256; i++) cr_assert_lt(abs(im.pixel[i] - 124), 3);
    image_free(&im);
}

static void cut_everywhere(const uint8_t *jpeg, size_t whole) {
    Image im;
    Error err;
    for (size_t size = 0; size < whole; size++)
        cr_assert_eq(decode(&im, jpeg, size, &err), STATUS_INPUT, "%zu", size);
}

Test(image, a_jpeg_cut_anywhere_is_an_input_error) {
    cut_everywhere(fixture_jpeg_gray, sizeof fixture_jpeg_gray);
    cut_everywhere(fixture_jpeg_progressive, sizeof fixture_jpeg_progressive);
}

static void flip_everywhere(const uint8_t *jpeg, size_t size) {
    uint8_t copy[512];
    Image im;
    Error err;
    int refused = 0;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        memcpy(copy, jpeg, size);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        Status s = decode(&im, copy, size, &err);
        cr_assert(s == STATUS_OK || s == STATUS_INPUT, "bit %zu: %d", bit, (int)s);
        cr_assert((s == STATUS_OK) == (im.pixel != NULL));
        refused += s == STATUS_INPUT;
        image_free(&im);
    }
    cr_assert_gt(refused, (int)size / 2); /* of its 8 bits a byte; a JPEG has no checksum */
}

Test(image, a_flipped_bit_of_a_jpeg_never_does_worse_than_an_input_error) {
    flip_everywhere(fixture_jpeg_gray, sizeof fixture_jpeg_gray);
    flip_everywhere(fixture_jpeg_progressive, sizeof fixture_jpeg_progressive);
}

/* ---- Memory that held something before ---- */

/* Fills what lies free on the heap, large blocks before small ones: a block that grows in place grows into it. */
static void dirty_heap(int fill) {
    enum { SIZES = 12, EACH = 16 };
    void *block[SIZES * EACH];
    for (int i = 0; i < SIZES * EACH; i++) {
        size_t size = (size_t)1 << (15 - i / EACH);
        if ((block[i] = malloc(size))) memset(block[i], fill, size);
    }
    for (int i = 0; i < SIZES * EACH; i++) free(block[i]);
}

/* Fills uninitialised memory of a decoder with `fill`, on the heap (glibc) and on the stack. */
static void dirty_memory(int fill) {
    volatile unsigned char stack[1 << 16];
    for (size_t i = 0; i < sizeof stack; i++) stack[i] = (unsigned char)fill;
    dirty_heap(fill);
#ifdef M_PERTURB
    mallopt(M_PERTURB, fill);
#endif
}

static void decodes_alike(const uint8_t *data, size_t size) {
    Image a, b;
    Error err;
    dirty_memory(0x55);
    Status s = decode(&a, data, size, &err);
    dirty_memory(0xC3);
    cr_assert_eq(decode(&b, data, size, &err), s);
    if (s == STATUS_OK) cr_assert_arr_eq(a.pixel, b.pixel, (size_t)a.width * (size_t)a.height);
    image_free(&a);
    image_free(&b);
}

static void flips_decode_alike(const uint8_t *jpeg, size_t size) {
    uint8_t copy[512];
    for (size_t bit = 0; bit < 8 * size; bit++) {
        memcpy(copy, jpeg, size);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        decodes_alike(copy, size);
    }
}

Test(image, a_damaged_jpeg_gives_the_same_picture_whatever_memory_held_before) {
    flips_decode_alike(fixture_jpeg_gray, sizeof fixture_jpeg_gray);
    flips_decode_alike(fixture_jpeg_progressive, sizeof fixture_jpeg_progressive);
}

/* 100 x 100 samples of 16 bits, interlaced: its deflate stream is a 0 and then copies from no distance, over the end of the buffer that
 * stb_image guessed. */
Test(image, a_png_that_copies_from_no_distance_is_black_whatever_memory_held_before) {
    static const uint8_t png[] = {
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
        0x00, 0x00, 0x64, 0x00, 0x00, 0x00, 0x64, 0x10, 0x00, 0x00, 0x00, 0x01, 0x72, 0x1e, 0x26, 0x5d, 0x00,
        0x00, 0x00, 0x89, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x18, 0x7d, 0xa3, 0x6f, 0xf4, 0x8d, 0xbe,
        0xd1, 0x37, 0xfa, 0x46, 0xdf, 0xe8, 0x1b, 0x7d, 0xa3, 0x6f, 0xf4, 0x8d, 0xbe, 0xd1, 0x37, 0xfa, 0x46,
        0xdf, 0xe8, 0x1b, 0x7d, 0xa3, 0x6f, 0xf4, 0x8d, 0xbe, 0xd1, 0x37, 0xfa, 0x46, 0xdf, 0xe8, 0x1b, 0x7d,
        0xa3, 0x6f, 0xf4, 0x8d, 0xbe, 0xd1, 0x37, 0xfa, 0x46, 0xdf, 0xe8, 0x1b, 0x7d, 0xa3, 0x6f, 0xf4, 0x8d,
        0xbe, 0xd1, 0x37, 0xfa, 0x46, 0xdf, 0xe8, 0x1b, 0x7d, 0xa3, 0x6f, 0xf4, 0x8d, 0xbe, 0xd1, 0x37, 0xfa,
        0x46, 0xdf, 0xe8, 0x1b, 0x7d, 0xa3, 0x6f, 0xf4, 0x8d, 0xbe, 0xd1, 0x37, 0xfa, 0x46, 0xdf, 0xe8, 0x1b,
        0x7d, 0xa3, 0x6f, 0xf4, 0x8d, 0xbe, 0xd1, 0x37, 0xfa, 0x46, 0xdf, 0xe8, 0x1b, 0x7d, 0xa3, 0x6f, 0xf4,
        0x8d, 0xbe, 0xd1, 0x37, 0xfa, 0x46, 0xdf, 0xe8, 0x1b, 0x7d, 0xa3, 0x6f, 0xf4, 0x8d, 0xbe, 0xd1, 0x37,
        0xfa, 0x46, 0x1f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x45, 0x01, 0x54, 0x7d, 0x00, 0x00, 0x00, 0x00, 0x49,
        0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
    };
    Image im;
    Error err;
    dirty_memory(0x55);
    cr_assert_eq(decode(&im, png, sizeof png, &err), STATUS_OK, "%s", err.message);
    for (int i = 0; i < 100 * 100; i++) cr_assert_eq(im.pixel[i], 0, "pixel %d: %d", i, im.pixel[i]);
    image_free(&im);
    decodes_alike(png, sizeof png);
}

Test(image, an_index_beyond_the_palette_of_a_png_is_black) {
    const uint8_t row[4] = {0, 1, 2, 255};
    Buffer b = {0}, png = {0};
    fixture_png_bytes(&b, 4, 1, 8, 3, row, 4);
    buffer_add(&png, b.data, 33);
    buffer_add(&png, "\0\0\0\6PLTE\377\377\377\100\100\100\304\353\215\370", 18);
    buffer_add(&png, b.data + 33, b.size - 33);
    unsigned char *end = png.data + 33 + 14;
    uint32_t crc = crc32_update(0, png.data + 33 + 4, 10);
    for (int i = 0; i < 4; i++) end[i] = (unsigned char)(crc >> (24 - 8 * i));
    decodes_alike(png.data, png.size);
    Image im;
    Error err;
    dirty_memory(0x77);
    cr_assert_eq(decode(&im, png.data, png.size, &err), STATUS_OK, "%s", err.message);
    cr_assert_arr_eq(im.pixel, ((uint8_t[]){255, 64, 0, 0}), 4);
    image_free(&im);
    buffer_free(&b);
    buffer_free(&png);
}

/* ---- A JPEG built of segments ---- */

typedef struct {
    unsigned char data[2048];
    size_t size;
} Bytes;

static void segment(Bytes *b, int marker, const void *data, size_t size) {
    const unsigned char head[4] = {0xFF, (unsigned char)marker, (unsigned char)((size + 2) >> 8),
                                   (unsigned char)(size + 2)};
    memcpy(b->data + b->size, head, 4);
    memcpy(b->data + b->size + 4, data, size);
    b->size += 4 + size;
}

/* A table with `codes` codes of 16 bits at most. kind: 0x00 DC, 0x10 AC; plus its number. */
static void huffman(Bytes *b, int kind, int codes) {
    unsigned char t[17 + 400] = {(unsigned char)kind};
    for (int i = 16, left = codes; left > 0; i--) {
        t[i] = (unsigned char)(left > 200 ? 200 : left);
        left -= t[i];
    }
    segment(b, 0xC4, t, 17 + (size_t)codes);
}

static void quant(Bytes *b, int number) {
    unsigned char t[65] = {(unsigned char)number};
    segment(b, 0xDB, t, sizeof t);
}

/* SOI and a frame header of n components 1..n, baseline (0xC0) or progressive (0xC2). */
static Bytes framed(int marker, int n) {
    Bytes b = {{0xFF, 0xD8}, 2};
    unsigned char f[6 + 12] = {8, 0, 8, 0, 8, (unsigned char)n};
    for (int c = 0; c < n; c++) f[6 + 3 * c] = (unsigned char)(c + 1), f[7 + 3 * c] = 0x11;
    segment(&b, marker, f, 6 + 3 * (size_t)n);
    return b;
}

/* A scan of one component with tables and range, and the end marker behind it. */
static void scan(Bytes *b, int component, int tables, int from, int to, int bits) {
    const unsigned char s[6] = {1,
                                (unsigned char)component,
                                (unsigned char)tables,
                                (unsigned char)from,
                                (unsigned char)to,
                                (unsigned char)bits};
    segment(b, 0xDA, s, 6);
}

static void jpeg_says(Bytes *b, const char *words) {
    Error err = {0};
    memcpy(b->data + b->size, "\xFF\xD9", 2);
    Status s = image_check("p", b->data, b->size + 2, &err);
    if (words)
        cr_assert(fixture_says(&err, STATUS_INPUT, words));
    else
        cr_assert_eq(s, STATUS_OK, "%s", err.message);
}

Test(image, a_jpeg_must_define_the_tables_that_its_scans_name) {
    for (int left_out = 0; left_out < 4; left_out++) {
        Bytes b = framed(0xC0, 1);
        if (left_out != 1) quant(&b, 0);
        if (left_out != 2) huffman(&b, 0x00, 12);
        if (left_out != 3) huffman(&b, 0x10, 162);
        scan(&b, 1, 0x00, 0, 63, 0);
        jpeg_says(&b, left_out ? "names a table that is not there" : NULL);
    }
    Bytes other = framed(0xC0, 1);
    quant(&other, 0);
    huffman(&other, 0x01, 12);
    huffman(&other, 0x11, 12);
    scan(&other, 1, 0x01, 0, 63, 0);
    jpeg_says(&other, "names a table that is not there");
}

Test(image, a_huffman_table_of_a_jpeg_has_at_most_256_codes) {
    for (int codes = 256; codes <= 257; codes++) {
        Bytes b = framed(0xC0, 1);
        quant(&b, 0);
        huffman(&b, 0x00, codes);
        huffman(&b, 0x10, 12);
        scan(&b, 1, 0x00, 0, 63, 0);
        jpeg_says(&b, codes > 256 ? "has too many codes" : NULL);
    }
}

Test(image, every_component_of_a_jpeg_must_have_a_scan_before_it_is_refined) {
    Bytes b = framed(0xC0, 3);
    quant(&b, 0);
    huffman(&b, 0x00, 12);
    huffman(&b, 0x10, 12);
    scan(&b, 1, 0x00, 0, 63, 0);
    scan(&b, 3, 0x00, 0, 63, 0);
    Bytes whole = b;
    jpeg_says(&b, "a component of the JPEG has no scan");
    scan(&whole, 2, 0x00, 0, 63, 0);
    jpeg_says(&whole, NULL);

    Bytes p = framed(0xC2, 1);
    quant(&p, 0);
    huffman(&p, 0x00, 12);
    huffman(&p, 0x10, 12);
    Bytes early = p;
    scan(&early, 1, 0x00, 1, 63, 0);
    jpeg_says(&early, "refines what is not there");
    scan(&p, 1, 0x00, 0, 0, 1);
    scan(&p, 1, 0x00, 1, 63, 0);
    scan(&p, 1, 0x00, 0, 0, 0x10);
    jpeg_says(&p, NULL);
}

Test(image, broken_headers_of_a_jpeg_are_refused) {
    Bytes none = {{0xFF, 0xD8}, 2}, two = framed(0xC0, 1), rare = framed(0xC9, 1), five = framed(0xC0, 2);
    Bytes stranger = framed(0xC0, 1), many = framed(0xC2, 1);
    jpeg_says(&none, "has no pixels before its end");
    segment(&two, 0xC0, two.data + 6, 9);
    jpeg_says(&two, "has two frame headers");
    jpeg_says(&rare, "arithmetic coding");
    jpeg_says(&five, "has not 1, 3 or 4 components");
    scan(&stranger, 2, 0, 0, 63, 0);
    jpeg_says(&stranger, "a JPEG scan header is broken");
    quant(&many, 0);
    huffman(&many, 0x00, 12);
    while (many.size < sizeof many.data - 20) scan(&many, 1, 0, 0, 0, 0);
    jpeg_says(&many, NULL);
}

Test(image, a_jpeg_of_more_pixels_than_allowed_is_refused_before_decoding) {
    for (int size = 0; size < 2; size++) {
        Bytes b = framed(0xC0, 1);
        memset(b.data + 7, size ? 0xFF : 0, 4); /* height and width */
        quant(&b, 0);
        huffman(&b, 0x00, 12);
        huffman(&b, 0x10, 12);
        scan(&b, 1, 0x00, 0, 63, 0);
        jpeg_says(&b, size ? "65535 x 65535; 1 to 64 million pixels" : "0 x 0; 1 to 64 million pixels");
    }
}

Test(image, more_scans_than_a_picture_needs_are_refused) {
    static unsigned char data[1 << 13];
    Bytes b = framed(0xC2, 1);
    quant(&b, 0);
    huffman(&b, 0x00, 12);
    memcpy(data, b.data, b.size);
    size_t size = b.size;
    for (int i = 0; i < 257; i++, size += 10) memcpy(data + size, "\xFF\xDA\0\10\1\1\0\0\0\0", 10);
    Error err = {0};
    cr_assert_eq(image_check("p", data, size, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "more than 256 scans"));
}

Test(image, bytes_behind_the_end_of_a_jpeg_are_let_be) {
    uint8_t longer[sizeof fixture_jpeg_gray + 3] = {0};
    Image im;
    Error err;
    memcpy(longer, fixture_jpeg_gray, sizeof fixture_jpeg_gray);
    cr_assert_eq(decode(&im, longer, sizeof longer, &err), STATUS_OK);
    image_free(&im);
}

Test(image, pnm_is_scaled_from_its_own_maximum) {
    Image im;
    Error err;
    cr_assert_eq(decode(&im, "P5 # gray\n3 1\n15\n\0\x05\x0f", 20, &err), STATUS_OK);
    cr_assert_eq(im.pixel[1], 85);
    cr_assert_eq(im.pixel[2], 255);
    image_free(&im);
    cr_assert_eq(decode(&im, "P5 1 1 65535\n\x12\xff", 15, &err), STATUS_OK);
    cr_assert_eq(im.pixel[0], 0x12);
    image_free(&im);
    cr_assert_eq(decode(&im, "P6 1 1 255\n\xc8\x64\x32", 14, &err), STATUS_OK);
    cr_assert_eq(im.pixel[0], 124);
    image_free(&im);
}

Test(image, broken_pnm_headers_are_input_errors) {
    static const char *const broken[] = {"P5 0 1 255\n12",
                                         "P5 2 2 255\n123",
                                         "P5 1 1 65536\n12",
                                         "P5 -1 1 255\n12",
                                         "P5 99999999999 99999999999 255\n",
                                         "P5 1 1",
                                         "P5 1 x 255\n1",
                                         "P5#",
                                         "P5 60000 60000 255\n"};
    Image im;
    Error err;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        cr_assert_eq(decode(&im, broken[i], strlen(broken[i]), &err), STATUS_INPUT, "%s", broken[i]);
    decode(&im, "P2 1 1 255\n7", 12, &err);
    cr_assert(fixture_says(&err, STATUS_INPUT, "P5 (gray) or P6"));
}

Test(image, what_is_no_picture_is_told_by_path) {
    Image im;
    Error err = {0};
    cr_assert_eq(image_read(&im, fixture_text("x.gif", "GIF89a"), &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "x.gif: is no JPEG, PNG, PNM or DICOM"));
    cr_assert_eq(image_read(&im, fixture_text("empty.png", ""), &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "empty.png: is empty"));
    cr_assert_eq(image_read(&im, fixture_dir(), &err), STATUS_INPUT);
    cr_assert_eq(image_read(&im, fixture_path("none.png"), &err), STATUS_INPUT);
    const char *fifo = fixture_path("fifo.png");
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    cr_assert_eq(image_read(&im, fifo, &err), STATUS_INPUT);
}

Test(image, memory_that_runs_out_is_no_fault_of_the_file) {
    Buffer b = small_png(5, 4);
    uint8_t out[64];
    Error err = {0};
    Status s = STATUS_IO;
    for (long n = 1; s != STATUS_OK; n++) {
        Image im;
        cr_assert_lt(n, 100);
        mem_fail_at(n, 1);
        s = image_decode(&im, "p", b.data, b.size, &err);
        if (s == STATUS_OK) s = image_square(&im, 3, out, &err);
        mem_fail_at(0, 0);
        cr_assert(s == STATUS_OK || s == STATUS_IO, "request %ld: %s", n, err.message);
        image_free(&im);
    }
    buffer_free(&b);
}

/* ---- Resizing ---- */

Test(image, square_of_the_same_size_is_the_picture_itself) {
    uint8_t in[64], out[64];
    for (int i = 0; i < 64; i++) in[i] = (uint8_t)(37 * i);
    Image im = {.width = 8, .height = 8, .pixel = in};
    cr_assert_eq(image_square(&im, 8, out, NULL), STATUS_OK);
    cr_assert_eq(memcmp(in, out, 64), 0);
}

/* The mean over the area of output (x,y), pixel by pixel in double. */
static double mean_of_area(const Image *im, int side, int x, int y) {
    double w = (double)im->width / side, h = (double)im->height / side, sum = 0;
    for (int j = 0; j < im->height; j++)
        for (int i = 0; i < im->width; i++) {
            double left = i > x * w ? i : x * w, right = i + 1 < (x + 1) * w ? i + 1 : (x + 1) * w;
            double top = j > y * h ? j : y * h, bottom = j + 1 < (y + 1) * h ? j + 1 : (y + 1) * h;
            if (right > left && bottom > top)
                sum += (right - left) * (bottom - top) * im->pixel[j * im->width + i];
        }
    return sum / (w * h);
}

Test(image, shrinking_takes_the_mean_of_the_area) {
    uint8_t in[17 * 17], out[49];
    Rng r = rng_stream(1, RNG_TEST, 0);
    for (int i = 0; i < 17 * 17; i++) in[i] = (uint8_t)rng_u32(&r);
    Image im = {.width = 17, .height = 17, .pixel = in};
    for (int side = 1; side <= 7; side++) {
        cr_assert_eq(image_square(&im, side, out, NULL), STATUS_OK);
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++)
                cr_assert_float_eq(out[y * side + x], mean_of_area(&im, side, x, y), 0.5 + 1e-6);
    }
}

Test(image, enlarging_interpolates_between_pixel_centres) {
    uint8_t in[4] = {0, 100, 200, 40}, out[16];
    Image im = {.width = 2, .height = 2, .pixel = in};
    cr_assert_eq(image_square(&im, 4, out, NULL), STATUS_OK);
    const uint8_t expected[4] = {0, 25, 75, 100};
    for (int x = 0; x < 4; x++) cr_assert_eq(out[x], expected[x]);
    /* centre (1,1) lies a quarter from pixel (0,0): 9/16 0 + 3/16 100 + 3/16 200 + 1/16 40 = 58.75 */
    cr_assert_eq(out[5], 59);
}

Test(image, the_shorter_edge_is_centred_on_black) {
    uint8_t in[32], out[64];
    memset(in, 200, sizeof in);
    Image wide = {.width = 8, .height = 4, .pixel = in}, tall = {.width = 4, .height = 8, .pixel = in};
    cr_assert_eq(image_square(&wide, 8, out, NULL), STATUS_OK);
    for (int y = 0; y < 8; y++) cr_assert_eq(out[y * 8 + 3], y >= 2 && y < 6 ? 200 : 0);
    cr_assert_eq(image_square(&tall, 8, out, NULL), STATUS_OK);
    for (int x = 0; x < 8; x++) cr_assert_eq(out[3 * 8 + x], x >= 2 && x < 6 ? 200 : 0);
}

Test(image, a_line_of_pixels_keeps_one_row) {
    uint8_t in[1000], out[256];
    memset(in, 90, sizeof in);
    Image line = {.width = 1000, .height = 1, .pixel = in}, few = {.width = 3, .height = 1, .pixel = in};
    cr_assert_eq(image_square(&line, 16, out, NULL), STATUS_OK);
    for (int i = 0; i < 256; i++) cr_assert_eq(out[i], i / 16 == 7 ? 90 : 0);
    cr_assert_eq(image_square(&few, 16, out, NULL), STATUS_OK);
    cr_assert_eq(out[8 * 16 + 8], 90);
}

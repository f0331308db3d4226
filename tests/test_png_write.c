/* The PNG writer against the decoder that the archive's readers use. */
#include <stdlib.h>
#include <string.h>

#include "data/picture/image.h"
#include "data/picture/png_write.h"
#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "tests/check.h"

static void check_round_trip(int width, int height) {
    size_t n = (size_t)width * (size_t)height;
    unsigned char *pixels = mem_alloc(n);
    cr_assert_not_null(pixels);
    Rng rng = rng_stream(1, RNG_TEST, (uint32_t)n);
    for (size_t i = 0; i < n; i++) pixels[i] = (unsigned char)rng_u32(&rng);
    Buffer png = {0};
    png_encode_gray(&png, pixels, width, height);
    cr_assert(!png.failed);
    Image im;
    Error err = {0};
    cr_assert_eq(image_decode(&im, "memory", png.data, png.size, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(im.width, width);
    cr_assert_eq(im.height, height);
    cr_assert_eq(memcmp(im.pixel, pixels, n), 0);
    image_free(&im);
    buffer_free(&png);
    mem_free(pixels);
}

Test(png_write, pictures_come_back_as_they_were) {
    check_round_trip(1, 1);
    check_round_trip(3, 5);
    check_round_trip(96, 96);
}

Test(png_write, pictures_of_several_stored_blocks_come_back) {
    check_round_trip(65534, 1); /* with its filter byte exactly one block */
    check_round_trip(65535, 1);
    check_round_trip(400, 500);
}

/* The decoder does not look at the checksum of the zlib stream: Adler-32 as RFC 1950 defines it. */
Test(png_write, checksum_of_the_stream_is_right) {
    const unsigned char pixels[6] = {1, 2, 3, 250, 251, 252};
    Buffer png = {0};
    png_encode_gray(&png, pixels, 3, 2);
    const unsigned char rows[8] = {0, 1, 2, 3, 0, 250, 251, 252};
    unsigned long a = 1, b = 0;
    for (int i = 0; i < 8; i++) a = (a + rows[i]) % 65521, b = (b + a) % 65521;
    const unsigned char *sum = png.data + png.size - 12 - 4 - 4; /* before IDAT's CRC and all of IEND */
    cr_assert_eq(((unsigned long)sum[0] << 8 | sum[1]), b);
    cr_assert_eq(((unsigned long)sum[2] << 8 | sum[3]), a);
    buffer_free(&png);
}

Test(png_write, memory_that_runs_out_is_told) {
    const unsigned char pixels[4] = {0};
    for (long n = 1; n <= 3; n++) {
        Buffer png = {0};
        mem_fail_at(n, 1);
        png_encode_gray(&png, pixels, 2, 2);
        mem_fail_at(0, 0);
        cr_assert(png.failed);
        buffer_free(&png);
    }
}

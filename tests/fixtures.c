#include "tests/fixtures.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/picture/image.h"
#include "tests/check.h"
#include "tests/dicom_write.h"

/* ---- Files ---- */

static char folder[512];
static pid_t owner;
static struct Kept {
    struct Kept *next;
    char path[];
} * kept;

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *place) {
    (void)st, (void)kind, (void)place;
    return remove(path);
}

static void remove_folder(void) {
    for (struct Kept *k = kept, *next; k; k = next) {
        next = k->next;
        free(k);
    }
    kept = NULL;
    if (folder[0] && owner == getpid()) nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    folder[0] = 0;
}

const char *fixture_dir(void) {
    if (folder[0] && owner == getpid()) return folder;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/msach-test-XXXXXX", base && *base ? base : "/tmp");
    cr_assert_not_null(mkdtemp(folder));
    owner = getpid();
    atexit(remove_folder);
    return folder;
}

const char *fixture_path(const char *name) {
    size_t size = strlen(fixture_dir()) + strlen(name) + 2;
    struct Kept *k = malloc(sizeof *k + size);
    cr_assert_not_null(k);
    snprintf(k->path, size, "%s/%s", fixture_dir(), name);
    k->next = kept;
    kept = k;
    return k->path;
}

const char *fixture_file(const char *name, const void *data, size_t size) {
    const char *path = fixture_path(name);
    char *parent = path_beside(path, ".");
    cr_assert_not_null(parent);
    cr_assert_eq(dir_make(parent, NULL), STATUS_OK);
    free(parent);
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f);
    cr_assert_eq(fwrite(data, 1, size, f), size);
    cr_assert_eq(fclose(f), 0);
    return path;
}

const char *fixture_text(const char *name, const char *text) {
    return fixture_file(name, text, strlen(text));
}

/* ---- Pictures ---- */

static void big_u32(unsigned char *to, uint32_t v) {
    for (int i = 0; i < 4; i++) to[i] = (unsigned char)(v >> (24 - 8 * i));
}

static void add_chunk(Buffer *out, const char *type, const void *data, size_t size) {
    unsigned char number[4];
    big_u32(number, (uint32_t)size);
    buffer_add(out, number, 4);
    buffer_add(out, type, 4);
    buffer_add(out, data, size);
    big_u32(number, crc32_update(crc32_update(0, type, 4), data, size));
    buffer_add(out, number, 4);
}

/* zlib data of one row after another, each in a stored block with its filter byte 0. */
static void add_pixels(Buffer *out, const uint8_t *rows, int height, size_t row_bytes) {
    Buffer z = {0};
    uint32_t a = 1, b = 0;
    buffer_add(&z, "\x78\x01", 2);
    for (int y = 0; y < height; y++) {
        const uint8_t *row = rows + (size_t)y * row_bytes;
        unsigned size = (unsigned)row_bytes + 1;
        unsigned char head[6] = {y == height - 1, size & 255,       size >> 8 & 255,
                                 ~size & 255,     ~size >> 8 & 255, 0};
        cr_assert_lt(size, 65536u);
        buffer_add(&z, head, 6);
        buffer_add(&z, row, row_bytes);
        b = (b + a) % 65521;
        for (size_t i = 0; i < row_bytes; i++) {
            a = (a + row[i]) % 65521;
            b = (b + a) % 65521;
        }
    }
    unsigned char adler[4];
    big_u32(adler, b << 16 | a);
    buffer_add(&z, adler, 4);
    add_chunk(out, "IDAT", z.data, z.size);
    buffer_free(&z);
}

void fixture_png_bytes(Buffer *out, int width, int height, int depth, int colour, const uint8_t *rows,
                       size_t row_bytes) {
    unsigned char header[13] = {0};
    big_u32(header, (uint32_t)width);
    big_u32(header + 4, (uint32_t)height);
    header[8] = (unsigned char)depth;
    header[9] = (unsigned char)colour;
    buffer_add(out, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(out, "IHDR", header, 13);
    add_pixels(out, rows, height, row_bytes);
    add_chunk(out, "IEND", "", 0);
    cr_assert(!out->failed);
}

const char *fixture_png(const char *name, int width, int height, const uint8_t *pixel) {
    Buffer b = {0};
    fixture_png_bytes(&b, width, height, 8, 0, pixel, (size_t)width);
    const char *path = fixture_file(name, b.data, b.size);
    buffer_free(&b);
    return path;
}

/* ---- What was said ---- */

static void keep_line(FixtureLog *l, const char *text) {
    size_t used = strlen(l->text);
    snprintf(l->text + used, sizeof l->text - used, "%s\n", text);
}

static void on_line(void *ctx, const char *text) {
    FixtureLog *l = ctx;
    l->lines++;
    keep_line(l, text);
}

static void on_warning(void *ctx, const char *text) {
    FixtureLog *l = ctx;
    l->warnings++;
    keep_line(l, text);
}

void fixture_log(FixtureLog *l) {
    memset(l, 0, sizeof *l);
    l->log = (Log){l, on_line, on_warning, NULL};
}

int fixture_says(const Error *err, Status status, const char *part) {
    if (err->status == status && strstr(err->message, part)) return 1;
    cr_log_info("status %d, message: %s", (int)err->status, err->message);
    return 0;
}

const uint8_t fixture_jpeg_gray[182] = {
    255, 216, 255, 219, 0,   67,  0,   3,   2,   2,   3,   2,  2,   3,   3,   3,   3,   4,   3,   3,  4,
    5,   8,   5,   5,   4,   4,   5,   10,  7,   7,   6,   8,  12,  10,  12,  12,  11,  10,  11,  11, 13,
    14,  18,  16,  13,  14,  17,  14,  11,  11,  16,  22,  16, 17,  19,  20,  21,  21,  21,  12,  15, 23,
    24,  22,  20,  24,  18,  20,  21,  20,  255, 192, 0,   11, 8,   0,   16,  0,   16,  1,   1,   17, 0,
    255, 196, 0,   21,  0,   1,   1,   0,   0,   0,   0,   0,  0,   0,   0,   0,   0,   0,   0,   0,  0,
    7,   8,   255, 196, 0,   25,  16,  0,   1,   5,   0,   0,  0,   0,   0,   0,   0,   0,   0,   0,  0,
    0,   0,   0,   6,   7,   34,  52,  81,  255, 221, 0,   4,  0,   1,   255, 218, 0,   8,   1,   1,  0,
    0,   63,  0,   143, 217, 36,  221, 120, 97,  255, 208, 64, 100, 147, 117, 225, 135, 255, 209, 20, 100,
    147, 117, 225, 135, 255, 210, 165, 89,  36,  221, 120, 97, 255, 217};

const uint8_t fixture_jpeg_progressive[503] = {
    255, 216, 255, 219, 0,  67,  0,   6,   4,   5,   6,  5,  4,   6,   6,   5,  6,   7,   7,   6,  8,   10,
    16,  10,  10,  9,   9,  10,  20,  14,  15,  12,  16, 23, 20,  24,  24,  23, 20,  22,  22,  26, 29,  37,
    31,  26,  27,  35,  28, 22,  22,  32,  44,  32,  35, 38, 39,  41,  42,  41, 25,  31,  45,  48, 45,  40,
    48,  37,  40,  41,  40, 255, 219, 0,   67,  1,   7,  7,  7,   10,  8,   10, 19,  10,  10,  19, 40,  26,
    22,  26,  40,  40,  40, 40,  40,  40,  40,  40,  40, 40, 40,  40,  40,  40, 40,  40,  40,  40, 40,  40,
    40,  40,  40,  40,  40, 40,  40,  40,  40,  40,  40, 40, 40,  40,  40,  40, 40,  40,  40,  40, 40,  40,
    40,  40,  40,  40,  40, 40,  40,  40,  255, 194, 0,  17, 8,   0,   16,  0,  16,  3,   1,   34, 0,   2,
    17,  1,   3,   17,  1,  255, 196, 0,   21,  0,   1,  1,  0,   0,   0,   0,  0,   0,   0,   0,  0,   0,
    0,   0,   0,   0,   0,  2,   255, 196, 0,   20,  1,  1,  0,   0,   0,   0,  0,   0,   0,   0,  0,   0,
    0,   0,   0,   0,   0,  5,   255, 218, 0,   12,  3,  1,  0,   2,   16,  3,  16,  0,   0,   1,  128, 59,
    255, 0,   255, 196, 0,  20,  16,  1,   0,   0,   0,  0,  0,   0,   0,   0,  0,   0,   0,   0,  0,   0,
    0,   32,  255, 218, 0,  8,   1,   1,   0,   1,   5,  2,  31,  255, 196, 0,  20,  17,  1,   0,  0,   0,
    0,   0,   0,   0,   0,  0,   0,   0,   0,   0,   0,  0,  0,   255, 218, 0,  8,   1,   3,   1,  1,   63,
    1,   127, 255, 196, 0,  20,  17,  1,   0,   0,   0,  0,  0,   0,   0,   0,  0,   0,   0,   0,  0,   0,
    0,   0,   255, 218, 0,  8,   1,   2,   1,   1,   63, 1,  127, 255, 196, 0,  20,  16,  1,   0,  0,   0,
    0,   0,   0,   0,   0,  0,   0,   0,   0,   0,   0,  0,  32,  255, 218, 0,  8,   1,   1,   0,  6,   63,
    2,   31,  255, 196, 0,  20,  16,  1,   0,   0,   0,  0,  0,   0,   0,   0,  0,   0,   0,   0,  0,   0,
    0,   32,  255, 218, 0,  8,   1,   1,   0,   1,   63, 33, 31,  255, 218, 0,  12,  3,   1,   0,  2,   0,
    3,   0,   0,   0,   16, 243, 255, 196, 0,   20,  17, 1,  0,   0,   0,   0,  0,   0,   0,   0,  0,   0,
    0,   0,   0,   0,   0,  0,   255, 218, 0,   8,   1,  3,  1,   1,   63,  16, 127, 255, 196, 0,  20,  17,
    1,   0,   0,   0,   0,  0,   0,   0,   0,   0,   0,  0,  0,   0,   0,   0,  0,   255, 218, 0,  8,   1,
    2,   1,   1,   63,  16, 127, 255, 196, 0,   20,  16, 1,  0,   0,   0,   0,  0,   0,   0,   0,  0,   0,
    0,   0,   0,   0,   0,  32,  255, 218, 0,   8,   1,  1,  0,   1,   63,  16, 31,  255, 217};

const char *fixture_long_dicom(const char *name) {
    enum { SIDE = 1024, FRAMES = 300 };
    const long frame = (long)SIDE * SIDE;
    unsigned char head[12] = {0xE0, 0x7F, 0x10, 0, 'O', 'B'};
    Buffer b = {0};
    dicom_file(&b, &(DicomFile){.columns = SIDE, .rows = SIDE, .frames = "300"});
    put_u32(head + 8, (uint32_t)(FRAMES * frame));
    buffer_add(&b, head, sizeof head);
    long start = (long)b.size;
    const char *path = fixture_file(name, b.data, b.size);
    buffer_free(&b);
    FILE *f = fopen(path, "r+b");
    cr_assert_not_null(f);
    cr_assert(fseek(f, start + FRAMES / 2 * frame + 5, SEEK_SET) == 0 && fputc(77, f) == 77);
    cr_assert(fseek(f, start + FRAMES * frame - 1, SEEK_SET) == 0 && fputc(0, f) == 0 && fclose(f) == 0);
    cr_assert_gt(start + FRAMES * frame, (long)IMAGE_MAX_BYTES);
    return path;
}

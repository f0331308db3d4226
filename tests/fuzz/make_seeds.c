/* Writes the seeds that our own writers make, PNG, npy, safetensors and index files: make_seeds FOLDER. Those of text formats, and two
 * JPEGs, lie in tests/fuzz/seeds. */
#include <string.h>
#include <zlib.h>

#include "data/picture/png_write.h"
#include "hash/search/index.h"
#include "hash/search/index_change.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/safetensors.h"
#include "tests/dicom_write.h"
#include "tests/fuzz/harness.h"

static const char *out;

static const char *path_of(const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", out, name);
    return path;
}

/* ---- PNG: every colour type and depth, interlaced or not ---- */

static void put_big(Buffer *b, uint32_t v) {
    buffer_add(b,
               (unsigned char[]){(unsigned char)(v >> 24), (unsigned char)(v >> 16), (unsigned char)(v >> 8),
                                 (unsigned char)v},
               4);
}

static void put_chunk(Buffer *b, const char *type, const void *data, size_t size) {
    put_big(b, (uint32_t)size);
    buffer_add(b, type, 4);
    buffer_add(b, data, size);
    put_big(b, crc32_update(crc32_update(0, type, 4), data, size));
}

/* Pixels (side 5): bytes enough for any kind, with every filter; compressed at `level`. */
static void png(int colour, int depth, int interlaced, int level) {
    enum { SIDE = 5, ROOM = 1024 };
    static const int channels[] = {1, 0, 3, 1, 2, 0, 4};
    unsigned char raw[ROOM], packed[2 * ROOM], name[64];
    size_t row = 1 + (size_t)(SIDE * channels[colour] * depth + 7) / 8,
           size = interlaced ? 3 * SIDE * row : SIDE * row;
    for (size_t i = 0; i < size; i++)
        raw[i] = i % row == 0 ? (unsigned char)(i / row % 5) : (unsigned char)(37 * i);
    if (interlaced)
        for (size_t i = 0; i < size; i++) raw[i] = 0;
    uLongf n = sizeof packed;
    FUZZ_CHECK(compress2(packed, &n, raw, size, level) == Z_OK);
    Buffer b = {0};
    buffer_add(&b, "\x89PNG\r\n\x1a\n", 8);
    unsigned char head[13] = {0,
                              0,
                              0,
                              SIDE,
                              0,
                              0,
                              0,
                              SIDE,
                              (unsigned char)depth,
                              (unsigned char)colour,
                              0,
                              0,
                              (unsigned char)interlaced};
    put_chunk(&b, "IHDR", head, sizeof head);
    if (colour == 3) put_chunk(&b, "PLTE", "\0\0\0\377\0\0\0\377\0\0\0\377", 12);
    if (colour == 3) put_chunk(&b, "tRNS", "\0\200", 2);
    if (colour == 0 && level == 9) put_chunk(&b, "tRNS", "\0\1", 2);
    put_chunk(&b, "IDAT", packed, n / 2);
    put_chunk(&b, "IDAT", packed + n / 2, n - n / 2);
    put_chunk(&b, "IEND", "", 0);
    snprintf((char *)name, sizeof name, "image/c%d_d%d_i%d_l%d.png", colour, depth, interlaced, level);
    FUZZ_CHECK(file_write(path_of((char *)name), b.data, b.size, NULL) == STATUS_OK);
    buffer_free(&b);
}

static void pngs(void) {
    static const int kinds[][2] = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 1},
                                   {3, 2}, {3, 4}, {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (int interlaced = 0; interlaced < 2; interlaced++)
            for (int level = 0; level <= 9; level += 9) png(kinds[i][0], kinds[i][1], interlaced, level);
    FUZZ_CHECK(png_write_gray(path_of("image/own.png"), (const unsigned char *)"0123456789abcdef", 4, 4,
                              NULL) == STATUS_OK);
}

/* ---- Arrays ---- */

static void npys(void) {
    static const unsigned char zeros[256];
    for (int type = NPY_U8; type <= NPY_F64; type++)
        for (int rank = 1; rank <= 4; rank++) {
            char name[64];
            snprintf(name, sizeof name, "npy/t%d_r%d.npy", type, rank);
            FUZZ_CHECK(npy_write(path_of(name), (NpyType)type, rank, (int64_t[]){2, 3, 2, 1}, zeros, NULL) ==
                       STATUS_OK);
        }
}

static void weights(void) {
    static const double zeros[16];
    static const StType types[] = {ST_F32, ST_F64, ST_I32, ST_I64, ST_U8};
    for (int n = 0; n <= 5; n++) {
        StFile f = {0};
        char name[64];
        for (int i = 0; i < n; i++) {
            snprintf(name, sizeof name, "layer%d.weight", i);
            st_add(&f, name, types[i], i % 5, (int64_t[]){2, 1, 2, 1}, zeros);
        }
        st_set(&f, "format", "msach model 1");
        if (n % 2) st_set(&f, "labels", "cyst\nsolid \"mass\"\\\n囊肿\n");
        snprintf(name, sizeof name, "safetensors/n%d", n);
        FUZZ_CHECK(st_write(&f, path_of(name), NULL) == STATUS_OK);
        st_free(&f);
    }
}

/* ---- Indexes: without cases, with, with search tables, with an appended and a deleted segment ---- */

static void add(IndexBuilder *b, int i, bool with_words) {
    static const char *const labels[] = {"cyst", "stone"}, *const words[] = {"simple", "cyst"};
    char id[32];
    uint8_t code[2][8];
    for (int k = 0; k < 8; k++) code[0][k] = (uint8_t)(i * 29 + k * 7), code[1][k] = (uint8_t)(i * 31 + k);
    snprintf(id, sizeof id, "case%d", i);
    IndexCase c = {.id = id,
                   .image = i % 3 ? "a.png" : NULL,
                   .text = i % 4 ? "a cyst" : NULL,
                   .labels = labels,
                   .n_labels = i % 3,
                   .code = {i % 3 ? code[0] : NULL, i % 4 ? code[1] : NULL},
                   .group = i % 2 ? "patient" : NULL};
    FUZZ_CHECK(index_builder_add(b, &c, NULL) == STATUS_OK);
    if (with_words) FUZZ_CHECK(index_builder_add_words(b, words, c.text ? 2 : 0, NULL) == STATUS_OK);
}

static IndexBuilder *builder(int bits, int first, int n) {
    IndexBuilder *b;
    FUZZ_CHECK(index_builder_create(&b, bits, "0123abcd", NULL) == STATUS_OK);
    for (int i = 0; i < n; i++) add(b, first + i, bits == 16);
    return b;
}

static void indexes(void) {
    static const char *const ids[] = {"case1", "case6"};
    for (int kind = 0; kind < 6; kind++) {
        char name[64];
        snprintf(name, sizeof name, "index/k%d.idx", kind);
        IndexBuilder *b = builder(kind == 5 ? 64 : 16, 0, kind), *more = builder(16, 5, 2);
        if (kind == 4) index_builder_set_tables(b, 1, NULL);
        FUZZ_CHECK(index_builder_write(b, path_of(name), NULL) == STATUS_OK);
        if (kind == 2 || kind == 3) FUZZ_CHECK(index_append(more, path_of(name), NULL) == STATUS_OK);
        if (kind == 3) FUZZ_CHECK(index_delete(path_of(name), ids, 2, NULL) == STATUS_OK);
        index_builder_free(b);
        index_builder_free(more);
        snprintf(name, sizeof name, "index/k%d.idx.lock", kind);
        remove(path_of(name));
    }
}

/* ---- DICOM: what is read of each kind, and two that are refused ---- */

static void dicom(int number, DicomFile f) {
    Buffer b = {0};
    char name[64];
    dicom_file(&b, &f);
    snprintf(name, sizeof name, "dicom/k%d.dcm", number);
    FUZZ_CHECK(!b.failed && file_write(path_of(name), b.data, b.size, NULL) == STATUS_OK);
    buffer_free(&b);
}

static void dicoms(void) {
    static const uint8_t p[64] = {1, 2, 3, 250, 7, 9, 200, 100};
    static const uint32_t region[1][5] = {{1, 0, 1, 3, 2}};
    /* A VOI lookup table of two entries of 16 bits, in one item. */
    static const char lut[] = "\xFE\xFF\0\xE0\36\0\0\0"
                              "\x28\0\2\x30US\6\0\2\0\0\0\20\0"
                              "\x28\0\6\x30OW\0\0\4\0\0\0\1\0\xFF\xFF";
    Buffer table = {0};
    dicom_element(&table, false, 0x00283010, "SQ", lut, sizeof lut - 1);
    const DicomFile kinds[] = {
        {.columns = 4, .rows = 4, .pixels = p, .pixel_bytes = 16},
        {.columns = 4, .rows = 4, .pixels = p, .pixel_bytes = 16, .implicit = true, .patient = "p1"},
        {.columns = 4,
         .rows = 4,
         .allocated = 16,
         .stored = 12,
         .is_signed = true,
         .slope = "2",
         .intercept = "-10",
         .pixels = p,
         .pixel_bytes = 32},
        {.columns = 4,
         .rows = 4,
         .allocated = 16,
         .stored = 16,
         .center = "40",
         .width = "400",
         .pixels = p,
         .pixel_bytes = 32,
         .padding = 7},
        {.columns = 4,
         .rows = 4,
         .center = "4",
         .width = "9",
         .function = "SIGMOID",
         .pixels = p,
         .pixel_bytes = 16,
         .photometric = "MONOCHROME1"},
        {.columns = 2,
         .rows = 2,
         .samples = 3,
         .photometric = "RGB",
         .planar = 1,
         .pixels = p,
         .pixel_bytes = 12},
        {.columns = 2, .rows = 2, .samples = 3, .photometric = "YBR_FULL", .pixels = p, .pixel_bytes = 12},
        {.columns = 2, .rows = 2, .samples = 3, .photometric = "YBR_FULL_422", .pixels = p, .pixel_bytes = 8},
        {.columns = 4,
         .rows = 4,
         .frames = "3",
         .pixels = p,
         .pixel_bytes = 48,
         .region = region,
         .regions = 1,
         .open = true},
        {.columns = 4, .rows = 4, .pixels = p, .pixel_bytes = 16, .region = region, .regions = 1},
        {.columns = 4, .rows = 4, .head = DICOM_NO_PREAMBLE, .pixels = p, .pixel_bytes = 16},
        {.columns = 4, .rows = 4, .head = DICOM_NO_META, .implicit = true, .pixels = p, .pixel_bytes = 16},
        {.columns = 4,
         .rows = 4,
         .implicit = true,
         .syntax = "1.2.840.10008.1.2.1",
         .pixels = p,
         .pixel_bytes = 16},
        {.columns = 4,
         .rows = 2,
         .allocated = 16,
         .padding = 5,
         .padding_limit = 9,
         .slope = "",
         .pixels = p,
         .pixel_bytes = 16,
         .extra = &table},
        {.columns = 4, .rows = 4, .syntax = "1.2.840.10008.1.2.2", .pixels = p, .pixel_bytes = 16},
        {.columns = 4, .rows = 4, .photometric = "PALETTE COLOR", .pixels = p, .pixel_bytes = 16},
    };
    int n = (int)(sizeof kinds / sizeof kinds[0]);
    for (int i = 0; i < n; i++) dicom(i, kinds[i]);
    buffer_free(&table);
    unsigned char *jpeg;
    size_t size;
    FUZZ_CHECK(file_read("tests/fuzz/seeds/image/gray.jpg", 1 << 16, &jpeg, &size, NULL) == STATUS_OK);
    for (int pieces = 1; pieces < 3; pieces++)
        dicom(n++, (DicomFile){.columns = 16,
                               .rows = 16,
                               .jpeg = true,
                               .syntax = "1.2.840.10008.1.2.4.50",
                               .pieces = pieces,
                               .pixels = jpeg,
                               .pixel_bytes = size});
    mem_free(jpeg);
}

/* ---- Packed text ---- */

static void gz(void) {
    static const char text[] = "FINDINGS: a simple cyst.\nIMPRESSION: benign.\n";
    gzFile f = gzopen(path_of("text/report.gz"), "wb");
    FUZZ_CHECK(f && gzwrite(f, text, sizeof text - 1) > 0 && gzclose(f) == Z_OK);
}

int main(int argc, char **argv) {
    static const char *const folders[] = {"image", "npy", "safetensors", "index", "text", "dicom"};
    if (argc != 2) {
        fprintf(stderr, "make_seeds: one folder was expected\n");
        return 2;
    }
    out = argv[1];
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        FUZZ_CHECK(dir_make(path_of(folders[i]), NULL) == STATUS_OK);
    pngs();
    npys();
    weights();
    indexes();
    gz();
    dicoms();
    return 0;
}

/* Rare conditions of parsers: out of memory in each of them, values at their limits, and lines that no other test covers. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "data/csv.h"
#include "data/import/openi_report.h"
#include "data/json_whole.h"
#include "data/manifest.h"
#include "data/manifest_rows.h"
#include "data/picture/image.h"
#include "data/picture/png.h"
#include "data/sections.h"
#include "data/text_read.h"
#include "data/vocab.h"
#include "hash/search/index.h"
#include "nn/base/alloc.h"
#include "nn/base/nearest.h"
#include "nn/base/npy.h"
#include "nn/safetensors.h"
#include "tests/check.h"
#include "tests/dicom_write.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"
#include "train/config.h"

/* ---- Memory that runs out ---- */

typedef Status Reads(const char *path, Error *err);

static Status read_csv(const char *path, Error *err) {
    Csv c;
    bool more = true;
    Status s = csv_open(&c, path, CSV_QUOTED, true, err);
    while (s == STATUS_OK && more) s = csv_next(&c, &more, err);
    csv_close(&c);
    return s;
}

static Status read_text(const char *path, Error *err) {
    char *text;
    size_t size;
    Status s = text_read(path, &text, &size, NULL, err);
    mem_free(text);
    return s;
}

static Status read_report(const char *path, Error *err) {
    unsigned char *data;
    size_t size;
    OpeniReport r;
    TRY(file_read(path, 1 << 20, &data, &size, err));
    Status s = openi_parse(&r, path, data, size, "major", err);
    openi_free(&r);
    mem_free(data);
    return s;
}

static Status read_array(const char *path, Error *err) {
    Npy a;
    Status s = npy_read(&a, path, 1 << 20, err);
    npy_free(&a);
    return s;
}

static Status read_weights(const char *path, Error *err) {
    StFile f;
    Status s = st_read(&f, path, true, err);
    st_free(&f);
    return s;
}

static Status read_config(const char *path, Error *err) {
    Config c;
    char *data = NULL;
    config_default(&c);
    Status s = config_read(&c, path, err);
    if (s == STATUS_OK) s = config_data(path, &data, err);
    mem_free(data);
    return s;
}

static Status read_rows(const char *path, Error *err) {
    Manifest m;
    ManifestOptions o = {0};
    Status s = manifest_read(&m, path, &o, NULL, err);
    manifest_free(&m);
    return s;
}

static Status read_picture(const char *path, Error *err) {
    Image im;
    Status s = image_read(&im, path, err);
    image_free(&im);
    return s;
}

static Status read_words(const char *path, Error *err) {
    unsigned char *data;
    size_t size;
    Vocab v;
    TRY(file_read(path, 1 << 20, &data, &size, err));
    Status s = vocab_parse(&v, (const char *)data, NULL, &(VocabOptions){.length = 4}, err);
    char *lines = s == STATUS_OK ? vocab_print(&v) : NULL;
    if (s == STATUS_OK && !lines) s = mem_error(err, path);
    mem_free(lines);
    vocab_free(&v);
    mem_free(data);
    return s;
}

static Status read_index(const char *path, Error *err) {
    Index *x;
    TRY(index_open(&x, path, err));
    index_close(x);
    return index_verify(path, err);
}

/* The n-th request fails, once or for good, for every n: the message names memory and does not call the file bad. */
static void runs_out(Reads *reads, const char *path) {
    Error err = {0};
    cr_assert_eq(reads(path, &err), STATUS_OK, "%s", err.message);
    for (int always = 0; always < 2; always++)
        for (long n = 1, left = 0; left == 0; n++) {
            err = (Error){0};
            cr_assert_lt(n, 2000);
            mem_fail_at(n, always);
            Status s = reads(path, &err);
            left = mem_fail_left();
            mem_fail_at(0, 0);
            cr_assert(s == STATUS_OK || (s == STATUS_IO && strstr(err.message, "memory")),
                      "%s, request %ld: %d %s", path, n, s, err.message);
        }
}

static const char *packed(const char *name, const char *text) {
    const char *path = fixture_path(name);
    gzFile f = gzopen(path, "wb");
    cr_assert(f && gzputs(f, text) > 0 && gzclose(f) == Z_OK);
    return path;
}

static const char *index_of_one(const char *name) {
    const char *path = fixture_path(name), *labels[] = {"cyst"};
    const uint8_t code[8] = {1, 2, 3};
    IndexCase c = {"one", "a.png", "text", labels, 1, {code, code}, NULL};
    IndexBuilder *b;
    cr_assert_eq(index_builder_create(&b, 64, "0badcafe", NULL), STATUS_OK);
    cr_assert_eq(index_builder_add(b, &c, NULL), STATUS_OK);
    cr_assert_eq(index_builder_write(b, path, NULL), STATUS_OK);
    index_builder_free(b);
    return path;
}

static const char *weights_of_one(const char *name) {
    const char *path = fixture_path(name);
    StFile f = {0};
    const float v[2] = {1, 2};
    const int64_t dim[1] = {2};
    st_set(&f, "kind", "a test");
    st_add(&f, "a", ST_F32, 1, dim, v);
    cr_assert_eq(st_write(&f, path, NULL), STATUS_OK);
    st_free(&f);
    return path;
}

Test(edges, memory_that_runs_out_in_any_parser_is_told_as_that) {
    const uint8_t gray[16] = {1, 2, 3};
    const char *npy = fixture_path("a.npy");
    cr_assert_eq(npy_write(npy, NPY_U8, 1, (const int64_t[]){16}, gray, NULL), STATUS_OK);
    runs_out(read_csv, fixture_text("a.csv", "a,b\n1,\"2\n3\"\n"));
    runs_out(read_csv, packed("a.csv.gz", "a,b\n1,2\n"));
    runs_out(read_text, fixture_text("gb.txt", "\xB7\xCE\xD1\xD7\n"));
    runs_out(read_report, fixture_text("a.xml", "<e><uId id=\"CXR1\"/><AbstractText Label=\"FINDINGS\">Clear."
                                                "</AbstractText><major>Cardiomegaly/mild</major>"
                                                "<parentImage id=\"CXR1_1\"/></e>"));
    runs_out(read_array, npy);
    runs_out(read_config, fixture_text("a.txt", "# settings\ndata = m.tsv\nbits = 32\n"));
    runs_out(read_rows, fixture_text("a.jsonl", "{\"id\":\"x\",\"text\":\"a\",\"labels\":[\"b\"]}\n"));
    runs_out(read_rows, fixture_text("a.tsv", "id\ttext\nx\ta\n"));
    runs_out(read_picture, fixture_png("a.png", 4, 4, gray));
    runs_out(read_picture, fixture_file("a.jpg", fixture_jpeg_gray, sizeof fixture_jpeg_gray));
    Buffer native = {0}, encapsulated = {0};
    DicomFile d = {.columns = 4, .rows = 4, .pixels = gray, .pixel_bytes = 16};
    dicom_file(&native, &d);
    d = (DicomFile){.columns = 16,
                    .rows = 16,
                    .jpeg = true,
                    .pixels = fixture_jpeg_gray,
                    .pixel_bytes = sizeof fixture_jpeg_gray};
    dicom_file(&encapsulated, &d);
    runs_out(read_picture, fixture_file("native.dcm", native.data, native.size));
    runs_out(read_picture, fixture_file("jpeg.dcm", encapsulated.data, encapsulated.size));
    buffer_free(&native);
    buffer_free(&encapsulated);
    runs_out(read_words, fixture_text("words", "cyst\nmass\n"));
    runs_out(read_weights, weights_of_one("a.safetensors"));
    runs_out(read_index, index_of_one("a.idx"));
}

/* ---- Text and tables ---- */

Test(edges, a_question_is_as_long_as_is_allowed_and_no_longer) {
    enum { MOST = 1 << 20 };
    TinyRun t = tiny_run("long");
    Buffer b = {0};
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s/a.idx", t.run, t.manifest, t.run);
    buffer_printf(&b, "cyst nodule stone ");
    while (b.size < MOST) buffer_add(&b, "x", 1);
    const char *path = fixture_file("questions", b.data, b.size);
    expect_msach(0, NULL, "search --model %s --index %s/a.idx -k 1 --queries %s", t.run, t.run, path);
    buffer_add(&b, "x", 1);
    path = fixture_file("questions", b.data, b.size);
    expect_msach(3, "questions:1: the line is longer than 1048576 bytes",
                 "search --model %s --index %s/a.idx --queries %s", t.run, t.run, path);
    buffer_free(&b);
}

Test(edges, a_long_list_of_columns_is_cut_in_the_message) {
    Csv c;
    Error err = {0};
    int column;
    Manifest m;
    ManifestOptions o = {0};
    Buffer commas = {0}, tabs = {0};
    for (int i = 0; i < 100; i++) buffer_printf(&commas, "%sa-column-%03d", i ? "," : "", i);
    for (int i = 0; i < 100; i++) buffer_printf(&tabs, "%sa-column-%03d", i ? "\t" : "", i);
    const char *path = fixture_file("wide.csv", commas.data, commas.size);
    cr_assert_eq(csv_open(&c, path, CSV_QUOTED, true, &err), STATUS_OK);
    cr_assert_eq(csv_need(&c, "findings", &column, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "a-column-000, a-column-001"));
    cr_assert_null(strstr(err.message, "a-column-099"));
    csv_close(&c);
    path = fixture_file("wide.tsv", tabs.data, tabs.size);
    cr_assert_eq(manifest_read(&m, path, &o, NULL, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "has no column id"));
    cr_assert_null(strstr(err.message, "a-column-099"));
    manifest_free(&m);
    buffer_free(&commas);
    buffer_free(&tabs);
}

Test(edges, bad_rows_of_a_very_long_path_are_counted_and_their_messages_cut) {
    char path[2000];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = 0;
    BadRows bad = {.path = path};
    for (int i = 0; i < 3; i++) bad_row(&bad, i + 1, "is bad");
    cr_assert_eq(bad.count, 3);
    cr_assert_eq(strlen(bad.text), sizeof bad.text - 1);
}

Test(edges, rows_of_a_path_shorter_than_an_ending_are_tabs) {
    char data[] = "id\ttext\nx\thello\n";
    const bool needed[FIELD_COUNT] = {[FIELD_ID] = true};
    BadRows bad = {.path = "m"};
    RowReader r;
    Row row;
    cr_assert_eq(rows_open(&r, "m", data, sizeof data - 1, needed, false, &bad, NULL, NULL), STATUS_OK);
    cr_assert(rows_next(&r, &row));
    cr_assert_str_eq(row.field[FIELD_TEXT], "hello");
    cr_assert_not(rows_next(&r, &row));
}

Test(edges, a_word_of_64_bytes_is_no_slip_for_any) {
    char longest[65];
    memset(longest, 'a', 64);
    longest[64] = 0;
    const char *names[] = {"image", longest};
    cr_assert_null(nearest_word(longest + 1, names, 2));
    cr_assert_str_eq(nearest_word("imagee", names, 2), "image");
    cr_assert_null(nearest_word("graph", names, 2));
}

Test(edges, a_picture_that_cannot_be_looked_for_is_told_with_the_systems_reason) {
    Manifest m;
    ManifestOptions o = {0};
    Error err = {0};
    char text[400];
    snprintf(text, sizeof text, "id\timage\nx\t%0300d.png\n", 0);
    cr_assert_eq(manifest_read(&m, fixture_text("long.tsv", text), &o, NULL, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "File name too long"));
    manifest_free(&m);
    cr_assert_eq(symlink("loop.png", fixture_path("loop.png")), 0);
    cr_assert_eq(manifest_read(&m, fixture_text("loop.tsv", "id\timage\nx\tloop.png\n"), &o, NULL, &err),
                 STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "symbolic links"));
    manifest_free(&m);
}

Test(edges, as_many_sections_are_told_apart_as_there_is_room_for) {
    SectionPart part[SECTIONS_MOST];
    Buffer b = {0};
    for (int i = 0; i < 2 * SECTIONS_MOST; i++) buffer_printf(&b, "FINDINGS: clear %d.\n", i);
    int n = sections_find((const char *)b.data, b.size, part);
    cr_assert_eq(n, SECTIONS_MOST);
    cr_assert_eq(part[n - 1].end, (const char *)b.data + b.size);
    buffer_free(&b);
}

/* ---- Settings ---- */

Test(edges, settings_with_blanks_and_files_that_are_not_there) {
    Config c;
    Error err = {0};
    char *data;
    config_default(&c);
    cr_assert_eq(config_read(&c, fixture_text("blanks.txt", "\t bits  = 32\n \t\r\n"), &err), STATUS_OK, "%s",
                 err.message);
    cr_assert_eq(c.bits, 32);
    cr_assert_eq(config_assign(&c, "  =3", &err), STATUS_USAGE);
    cr_assert_eq(config_read(&c, fixture_path("none.txt"), &err), STATUS_INPUT);
    cr_assert_eq(config_data(fixture_path("none.txt"), &data, &err), STATUS_INPUT);
    cr_assert_eq(config_data(fixture_path("blanks.txt"), &data, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "no line 'data = MANIFEST'"));
    cr_assert_eq(config_read(&c, fixture_text("bad.txt", "bits = x\n"), NULL), STATUS_INPUT);
    cr_assert_neq(config_write(&c, "m.tsv", fixture_path("none/config.txt"), &err), STATUS_OK);
    cr_assert_eq(config_ablate(&c, "wholly-other", &err), STATUS_USAGE);
    cr_assert_null(strstr(err.message, "did you mean"));
}

Test(edges, settings_that_do_not_go_together_are_refused) {
    Config c;
    Error err = {0};
    config_default(&c);
    c.heads = 3;
    cr_assert_eq(config_check(&c, &err), STATUS_USAGE);
    cr_assert(fixture_says(&err, STATUS_USAGE, "heads 3 do not divide dim"));
    config_default(&c);
    c.transformer = 0;
    cr_assert_eq(config_check(&c, &err), STATUS_USAGE);
    cr_assert(fixture_says(&err, STATUS_USAGE, "no joint pass"));
    config_default(&c);
    c.end_to_end = c.laplacian = 1;
    cr_assert_eq(config_check(&c, &err), STATUS_USAGE);
    cr_assert(fixture_says(&err, STATUS_USAGE, "neighbour graph"));
}

/* ---- Pictures ---- */

static Status check(const char *bytes, size_t size, Error *err) {
    *err = (Error){0};
    return image_check("p", (const unsigned char *)bytes, size, err);
}
#define SAYS(bytes, words)                                                                                   \
    do {                                                                                                     \
        Error err_;                                                                                          \
        cr_assert_eq(check(bytes, sizeof bytes - 1, &err_), STATUS_INPUT);                                   \
        cr_assert(fixture_says(&err_, STATUS_INPUT, words));                                                 \
    } while (0)

Test(edges, jpeg_segments_that_no_picture_has) {
    SAYS("\xFF\xD8\xFF\xC0\0\16\10\0\1\0\1\2\1\21\0\2\21\0", "has not 1, 3 or 4 components");
    SAYS("\xFF\xD8\xFF\xC0\0\24\10\0\1\0\1\4\1\21\0\2\21\0\3\21\0\4\21\0\xFF\xD9", "has no pixels before");
    SAYS("\xFF\xD8\xFF\xC8\0\2", "an unknown JPEG marker");
    SAYS("\xFF\xD8\xFF\xCC\0\2", "an unknown JPEG marker");
    SAYS("\xFF\xD8\xFF\xD0\0\2", "an unknown JPEG marker");
    SAYS("\xFF\xD8\xFF\xDB\0\2\xFF\xF0\0\2", "an unknown JPEG marker");
    SAYS("\xFF\xD8\xFF\xFE\0\2\xFF\xE0\0\2\xFF\xDC\0\2", "ends before its end marker");
    SAYS("\xFF\xD8\xFF\xC3\0\2", "is a lossless JPEG");
}

/* A PNG's header with one byte changed and its checksum right. */
static void header_with(int at, int value, const char *words) {
    unsigned char png[8 + 25] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0, 0, 13, 'I',
                                 'H',  'D', 'R', 0,   0,    0,    1,    0,    0, 0, 1, 8};
    Error err = {0};
    png[16 + at] = (unsigned char)value;
    uint32_t crc = crc32_update(0, png + 12, 17);
    for (int i = 0; i < 4; i++) png[29 + i] = (unsigned char)(crc >> (24 - 8 * i));
    cr_assert_eq(image_check("p", png, sizeof png, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, words), "byte %d is %d", at, value);
}

Test(edges, what_a_png_header_may_say_and_what_not) {
    const char *bad = "IHDR holds values that PNG forbids", *good = "ends before its IEND";
    header_with(3, 0, bad);
    header_with(7, 0, bad);
    header_with(0, 0x80, bad);
    header_with(4, 0x80, bad);
    header_with(0, 0x7F, "64 million pixels were expected");
    header_with(8, 0, bad);
    header_with(8, 3, bad);
    header_with(8, 16, good);
    header_with(9, 1, bad);
    header_with(9, 2, good);
    header_with(9, 7, bad);
    header_with(10, 1, bad);
    header_with(11, 1, bad);
    header_with(12, 1, good);
    header_with(12, 2, bad);
}

/* A palette of an invalid size is left to the decoder, which refuses it. */
Test(edges, a_palette_is_filled_up_to_256_and_no_other_is_touched) {
    for (uint32_t bytes = 0; bytes < 780; bytes++) {
        unsigned char png[8 + 12 + 780] = {0};
        Buffer out = {0};
        png[10] = (unsigned char)(bytes >> 8), png[11] = (unsigned char)bytes;
        memcpy(png + 12, "PLTE", 4);
        memset(png + 16, 7, bytes);
        png_fill_palette(&out, png, 20 + bytes);
        int whole = bytes % 3 == 0 && bytes <= 768;
        cr_assert_eq(out.size, whole ? 20 + 768 : 20 + bytes, "%u", (unsigned)bytes);
        if (!whole) cr_assert_eq(memcmp(out.data, png, out.size), 0);
        for (uint32_t i = 0; whole && i < 768; i++) cr_assert_eq(out.data[16 + i], i < bytes ? 7 : 0);
        buffer_free(&out);
    }
}

/* ---- Arrays and weights ---- */

static void array_says(const char *dictionary, const char *words) {
    char file[300] = "\x93NUMPY\1";
    Npy a;
    Error err = {0};
    size_t n = strlen(dictionary);
    file[8] = (char)n;
    memcpy(file + 10, dictionary, n);
    cr_assert_eq(npy_read(&a, fixture_file("says.npy", file, 10 + n), 100, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, words), "%s", dictionary);
}

Test(edges, arrays_of_kinds_that_have_no_name) {
#define ARRAY_OF(type, shape) "{'descr': '" type "', 'fortran_order': False, 'shape': " shape "}"
    array_says(ARRAY_OF("<x4", "(0,)"), "type <x4");
    array_says(ARRAY_OF("<f0", "(0,)"), "type <f0");
    array_says(ARRAY_OF("<f:", "(0,)"), "type <f:");
    array_says(ARRAY_OF("<", "(0,)"), "type <");
    array_says(ARRAY_OF(">c8", "(0,)"), "big-endian complex64");
    array_says(ARRAY_OF("<c8", "(0,)"), "complex64");
    array_says(ARRAY_OF("<f4", "(1, 1, 1, 1, 1, 1, 1)"), "over four dimensions");
}

Test(edges, tensors_without_values_share_a_place) {
    const char header[] = "{\"b\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
                          "\"c\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                          "\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}";
    unsigned char file[8 + sizeof header - 1 + 4] = {sizeof header - 1};
    StFile f;
    Error err = {0};
    memcpy(file + 8, header, sizeof header - 1);
    cr_assert_eq(st_read(&f, fixture_file("shared.safetensors", file, sizeof file), false, &err), STATUS_OK,
                 "%s", err.message);
    cr_assert_eq(st_find(&f, "a")->bytes, 0);
    cr_assert_eq(st_find(&f, "b")->bytes, 0);
    cr_assert_eq(st_find(&f, "c")->bytes, 4);
    st_free(&f);
}

/* ---- JSON where memory runs out ---- */

/* At each request that can fail: the whole text, or that memory ran out. jansson alone gives a text without a byte. */
Test(edges, json_is_whole_or_absent_wherever_memory_fails) {
    char text[4000] = "{\"report\":\"", want[3000];
    for (size_t i = 0; i < sizeof want - 1; i++) want[i] = (char)('a' + i % 26);
    want[sizeof want - 1] = 0;
    strcat(text, want);
    strcat(text, "\"}");
    int refused = 0;
    json_set_alloc_funcs(mem_alloc, mem_free);
    for (long n = 1; n < 200; n++) {
        json_error_t fault;
        bool no_memory = false;
        mem_fail_at(n, 0);
        json_t *j = json_whole(text, strlen(text), 0, &fault, &no_memory);
        bool failed = mem_fail_left() == 0;
        mem_fail_at(0, 0);
        cr_assert_eq(no_memory, j == NULL, "request %ld", n);
        if (j) cr_assert_str_eq(json_string_value(json_object_get(j, "report")), want, "request %ld", n);
        json_decref(j);
        refused += no_memory;
        if (!failed) break;
    }
    cr_assert_gt(refused, 10, "%d", refused);
    json_set_alloc_funcs(malloc, free);
}

/* The same of the header of a file of weights. */
Test(edges, a_header_of_weights_is_whole_or_refused_wherever_memory_fails) {
    char want[3000];
    for (size_t i = 0; i < sizeof want - 1; i++) want[i] = (char)('a' + i % 26);
    want[sizeof want - 1] = 0;
    StFile f = {0};
    float one = 1;
    const char *path = fixture_path("long.safetensors");
    st_add(&f, "w", ST_F32, 1, (int64_t[]){1}, &one);
    st_set(&f, "vocabulary", want);
    cr_assert_eq(st_write(&f, path, NULL), STATUS_OK);
    st_free(&f);
    int refused = 0;
    json_set_alloc_funcs(mem_alloc, mem_free);
    for (long n = 1; n < 400; n++) {
        Error err = {0};
        mem_fail_at(n, 0);
        Status s = st_read(&f, path, true, &err);
        bool failed = mem_fail_left() == 0;
        mem_fail_at(0, 0);
        cr_assert(s == STATUS_OK || s == STATUS_IO, "request %ld: %s", n, err.message);
        if (s == STATUS_OK) cr_assert_str_eq(st_get(&f, "vocabulary"), want, "request %ld", n);
        st_free(&f);
        refused += s != STATUS_OK;
        if (!failed) break;
    }
    cr_assert_gt(refused, 10, "%d", refused);
    json_set_alloc_funcs(malloc, free);
}

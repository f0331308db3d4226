/* DICOM files written by the tests, and their expected gray values. */
#include "data/picture/dicom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/picture/image.h"
#include "nn/base/alloc.h"
#include "tests/check.h"
#include "tests/dicom_write.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

static Status decode(Image *im, const DicomFile *f, int frame, Error *err) {
    Buffer b = {0};
    *err = (Error){0};
    dicom_file(&b, f);
    Status s = dicom_decode(im, "p.dcm", b.data, b.size, frame, err);
    Status checked = dicom_check("p.dcm", b.data, b.size, NULL, NULL);
    if (frame == DICOM_MIDDLE) cr_assert_eq(s, checked, "%d against %d: %s", s, checked, err->message);
    cr_assert_eq(image_check("p.dcm", b.data, b.size, NULL), checked);
    buffer_free(&b);
    return s;
}

/* Asserts that the picture has this size and these values. */
static void expect(const DicomFile *f, int width, int height, const uint8_t *gray) {
    Image im;
    Error err;
    cr_assert_eq(decode(&im, f, DICOM_MIDDLE, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(im.width, width);
    cr_assert_eq(im.height, height);
    for (int i = 0; i < width * height; i++)
        cr_assert_eq(im.pixel[i], gray[i], "pixel %d: %d, not %d", i, im.pixel[i], gray[i]);
    image_free(&im);
}

static void refuses(const DicomFile *f, const char *part) {
    Image im;
    Error err;
    cr_assert_eq(decode(&im, f, DICOM_MIDDLE, &err), STATUS_INPUT);
    cr_assert_null(im.pixel);
    cr_assert_not_null(strstr(err.message, part), "%s", err.message);
}

/* Little-endian words. */
static void words(unsigned char *out, const int *value, int n) {
    for (int i = 0; i < n; i++) {
        out[2 * i] = (unsigned char)value[i];
        out[2 * i + 1] = (unsigned char)(value[i] >> 8);
    }
}

static const uint8_t four[4] = {0, 10, 200, 255};

Test(dicom, eight_bits_come_back_as_they_are_explicit_or_implicit) {
    DicomFile f = {.columns = 2, .rows = 2, .pixels = four, .pixel_bytes = 4};
    expect(&f, 2, 2, four);
    f.implicit = true;
    expect(&f, 2, 2, four);
}

Test(dicom, monochrome1_is_turned_round) {
    const uint8_t turned[4] = {255, 245, 55, 0};
    DicomFile f = {.columns = 2, .rows = 2, .pixels = four, .pixel_bytes = 4, .photometric = "MONOCHROME1"};
    expect(&f, 2, 2, turned);
}

Test(dicom, sixteen_bits_without_a_window_go_from_least_to_most) {
    unsigned char p[8];
    words(p, (const int[]){1000, 1100, 1200, 1500}, 4);
    const uint8_t gray[4] = {0, 51, 102, 255};
    DicomFile f = {.columns = 4, .rows = 1, .allocated = 16, .stored = 12, .pixels = p, .pixel_bytes = 8};
    expect(&f, 4, 1, gray);
    /* Bits above the stored bits (overlays) are ignored. */
    p[1] |= 0xF0;
    expect(&f, 4, 1, gray);
}

Test(dicom, padding_does_not_stretch_the_range) {
    unsigned char p[8];
    words(p, (const int[]){-2000, 100, 150, 200}, 4);
    const uint8_t gray[4] = {0, 0, 128, 255};
    DicomFile f = {.columns = 4,
                   .rows = 1,
                   .allocated = 16,
                   .is_signed = true,
                   .padding = -2000,
                   .pixels = p,
                   .pixel_bytes = 8};
    expect(&f, 4, 1, gray);
}

/* PS3.3 C.11.2.1.2.1 computed by hand: centre 40, width 400 is from -160 to 239. */
Test(dicom, signed_values_are_rescaled_and_seen_through_the_window) {
    unsigned char p[10];
    words(p, (const int[]){-2048, 864, 1064, 1063, 1263}, 5);
    const uint8_t gray[5] = {0, 0, 128, 127, 255};
    DicomFile f = {.columns = 5,
                   .rows = 1,
                   .allocated = 16,
                   .is_signed = true,
                   .slope = "1",
                   .intercept = "-1024",
                   .center = "40\\500",
                   .width = "400\\2000",
                   .pixels = p,
                   .pixel_bytes = 10};
    expect(&f, 5, 1, gray);
    f.implicit = true;
    expect(&f, 5, 1, gray);
}

Test(dicom, window_functions_differ_as_the_standard_says) {
    const uint8_t p[4] = {50, 100, 125, 150}, exact[4] = {0, 128, 191, 255}, sigmoid[4] = {30, 128, 186, 225};
    DicomFile f = {.columns = 4,
                   .rows = 1,
                   .center = "100",
                   .width = "100",
                   .function = "LINEAR_EXACT",
                   .pixels = p,
                   .pixel_bytes = 4};
    expect(&f, 4, 1, exact);
    f.function = "SIGMOID";
    expect(&f, 4, 1, sigmoid);
}

Test(dicom, a_window_of_no_width_is_none) {
    DicomFile f = {.columns = 2, .rows = 2, .pixels = four, .pixel_bytes = 4, .center = "7", .width = "0"};
    expect(&f, 2, 2, four);
}

Test(dicom, colour_is_luma_interleaved_or_in_planes) {
    const uint8_t by_pixel[6] = {200, 100, 50, 255, 255, 255}, by_plane[6] = {200, 255, 100, 255, 50, 255},
                  gray[2] = {124, 255};
    DicomFile f = {
        .columns = 2, .rows = 1, .samples = 3, .photometric = "RGB", .pixels = by_pixel, .pixel_bytes = 6};
    expect(&f, 2, 1, gray);
    f.planar = 1;
    f.pixels = by_plane;
    expect(&f, 2, 1, gray);
}

Test(dicom, of_ybr_the_luma_is_taken) {
    const uint8_t full[6] = {9, 128, 128, 99, 128, 128}, half[4] = {9, 99, 128, 128}, gray[2] = {9, 99};
    DicomFile f = {
        .columns = 2, .rows = 1, .samples = 3, .photometric = "YBR_FULL", .pixels = full, .pixel_bytes = 6};
    expect(&f, 2, 1, gray);
    f.photometric = "YBR_FULL_422";
    f.pixels = half;
    f.pixel_bytes = 4;
    expect(&f, 2, 1, gray);
}

Test(dicom, of_many_frames_the_middle_one_is_taken_unless_asked) {
    const uint8_t three[6] = {1, 2, 3, 4, 5, 6};
    DicomFile f = {.columns = 2, .rows = 1, .frames = "3", .pixels = three, .pixel_bytes = 6};
    expect(&f, 2, 1, three + 2);
    for (int i = 0; i < 3; i++) {
        Image im;
        Error err;
        cr_assert_eq(decode(&im, &f, i, &err), STATUS_OK);
        cr_assert_eq(im.pixel[0], 2 * i + 1);
        image_free(&im);
    }
    Image im;
    Error err;
    cr_assert_eq(decode(&im, &f, 3, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "has 3 frames; frame 4 was expected"));
    f.frames = "4";
    refuses(&f, "fewer than its sizes and frames say");
}

Test(dicom, jpeg_frames_are_those_of_the_jpeg) {
    Image plain, im;
    Error err = {0};
    cr_assert_eq(image_decode(&plain, "j", fixture_jpeg_gray, sizeof fixture_jpeg_gray, &err), STATUS_OK);
    unsigned char twice[2 * sizeof fixture_jpeg_gray];
    memcpy(twice, fixture_jpeg_gray, sizeof fixture_jpeg_gray);
    memcpy(twice + sizeof fixture_jpeg_gray, fixture_jpeg_gray, sizeof fixture_jpeg_gray);
    DicomFile f = {
        .columns = 16, .rows = 16, .jpeg = true, .pixels = twice, .pixel_bytes = sizeof fixture_jpeg_gray};
    for (int frames = 1; frames <= 2; frames++)
        for (f.pieces = 1; f.pieces <= 3; f.pieces += 2) {
            f.frames = frames == 2 ? "2" : NULL;
            f.photometric = NULL;
            expect(&f, 16, 16, plain.pixel);
        }
    f.photometric = "MONOCHROME1";
    cr_assert_eq(decode(&im, &f, DICOM_MIDDLE, &err), STATUS_OK);
    for (int i = 0; i < 256; i++) cr_assert_eq(im.pixel[i], 255 - plain.pixel[i]);
    image_free(&im);
    image_free(&plain);
    f.columns = 8;
    refuses(&f, "its JPEG frame is 16 x 16, its header says 8 x 16");
    f.columns = 16;
    twice[sizeof fixture_jpeg_gray + 3] = 0xFF;
    refuses(&f, "p.dcm: byte ");
}

static uint8_t ramp[40 * 30];

Test(dicom, an_ultrasound_region_cuts_the_banner_off) {
    for (int i = 0; i < 40 * 30; i++) ramp[i] = (uint8_t)(i * 7);
    static const uint32_t one[2][5] = {{1, 4, 6, 35, 29}, {3, 0, 0, 39, 29}};
    DicomFile f = {
        .columns = 40, .rows = 30, .pixels = ramp, .pixel_bytes = sizeof ramp, .region = one, .regions = 2};
    uint8_t gray[32 * 24];
    for (int y = 0; y < 24; y++) memcpy(gray + 32 * y, ramp + (size_t)(y + 6) * 40 + 4, 32);
    for (int way = 0; way < 4; way++) {
        f.implicit = way & 1;
        f.open = way & 2;
        expect(&f, 32, 24, gray);
    }
    /* Two 2D regions side by side are kept with the area between them; a region beyond the picture is cut at its edge. */
    static const uint32_t two[2][5] = {{1, 4, 6, 15, 28}, {1, 20, 8, 35, 4000000000u}};
    f.region = two;
    expect(&f, 32, 24, gray);
    /* An invalid region is ignored. */
    static const uint32_t none[2][5] = {{1, 30, 6, 4, 29}, {1, 4000000000u, 0, 4294967295u, 29}};
    f.region = none;
    expect(&f, 40, 30, ramp);
}

/* The form of an old program: no preamble, no meta information, big endian. */
Test(dicom, big_endian_is_known_without_meta_information) {
    static const char head[] = "\0\x8\0\5CS\0\xAISO_IR 100\0\x8\0\x12"
                               "DA\0\x8"
                               "20150529\x7F\xE0\0\x10OW\0\0\0\0\0\4abcd";
    const size_t size = sizeof head - 1;
    DicomInfo info;
    Error err = {0};
    cr_assert(dicom_is((const unsigned char *)head, size));
    cr_assert_eq(dicom_check("a", (const unsigned char *)head, size, &info, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "1.2.840.10008.1.2.2 (big endian)"), "%s", err.message);
    cr_assert(info.other_kind);
    for (size_t n = 0; n < 34; n++) cr_assert(!dicom_is((const unsigned char *)head, n), "%zu bytes", n);
}

Test(dicom, what_is_not_read_names_the_command_that_converts_it) {
    static const char *const kind[][2] = {
        {"1.2.840.10008.1.2.1.99", "deflated); uncompressed little endian or baseline JPEG was expected; "
                                   "convert it: dcmconv +te"},
        {"1.2.840.10008.1.2.2", "big endian"},
        {"1.2.840.10008.1.2.5", "dcmdrle IN.dcm OUT.dcm"},
        {"1.2.840.10008.1.2.4.51", "dcmdjpeg IN.dcm OUT.dcm"},
        {"1.2.840.10008.1.2.4.70", "dcmdjpeg IN.dcm OUT.dcm"},
        {"1.2.840.10008.1.2.4.80", "dcmdjpls IN.dcm OUT.dcm"},
        {"1.2.840.10008.1.2.4.90", "JPEG 2000"},
        {"1.2.840.10008.1.2.4.102", "a video"},
        {"1.2.840.10008.1.2.4.92", "gdcmconv --raw IN.dcm OUT.dcm"},
        {"1.2.840.10008.1.2.4.94", "on a server); uncompressed"},
        {"1.2.840.10008.1.2.4.201", "(High-Throughput JPEG 2000)"},
        {"1.2.840.10008.1.2.4.205", "on a server"},
        {"1.2.840.10008.1.2.4.110", "(JPEG XL)"},
        {"1.2.840.10008.1.2.4.112", "(JPEG XL)"},
        {"1.2.840.10008.1.2.8.1", "(deflated frames)"},
        {"1.2.840.10008.1.2.4.61", "a retired kind of JPEG"},
        {"1.2.3", "(not one of the standard)"}};
    static const char *const none[] = {"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.110",
                                       "1.2.840.10008.1.2.8.1",   "1.2.840.10008.1.2.4.102",
                                       "1.2.840.10008.1.2.4.61",  "1.2.3"};
    DicomFile f = {.columns = 2, .rows = 2, .pixels = four, .pixel_bytes = 4};
    for (size_t i = 0; i < sizeof kind / sizeof kind[0]; i++) {
        f.syntax = kind[i][0];
        refuses(&f, kind[i][1]);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        f.syntax = none[i];
        refuses(&f, "DCMTK and GDCM do not convert it: export it again as Explicit VR Little Endian");
    }
    f.syntax = NULL;
    f.photometric = "PALETTE COLOR";
    refuses(&f, "kind 'PALETTE COLOR'");
    f.photometric = NULL;
    f.allocated = 32;
    refuses(&f, "other than 8 or 16 bits");
    f.allocated = 0;
    f.slope = "x";
    refuses(&f, "broken rescale slope");
    f.slope = NULL;
    f.pixels = NULL;
    refuses(&f, "is DICOM without pixels");
    f.pixels = four;
    f.columns = f.rows = 0;
    refuses(&f, "is DICOM without rows and columns");
    f.columns = f.rows = 65535;
    refuses(&f, "is 65535 x 65535");
}

/* A sequence of one item with a lookup table: tag 0x00283010 (VOI) or 0x00283000 (modality). words: two bytes an entry. */
static void add_table(Buffer *out, bool implicit, uint32_t tag, const char *vr, int entries, int first,
                      int bits, const void *data, size_t bytes) {
    unsigned char three[6], head[8] = {0xFE, 0xFF, 0x00, 0xE0};
    Buffer item = {0}, sequence = {0};
    words(three, (const int[]){entries, first, bits}, 3);
    dicom_element(&item, implicit, 0x00283002, vr, three, 6);
    dicom_element(&item, implicit, 0x00283006, "OW", data, bytes);
    put_u32(head + 4, (uint32_t)item.size);
    buffer_add(&sequence, head, 8);
    buffer_add(&sequence, item.data, item.size);
    dicom_element(out, implicit, tag, "SQ", sequence.data, sequence.size);
    buffer_free(&item);
    buffer_free(&sequence);
}

/* Four entries from value 100 on: 0, 10, 200, 255 of 255, and the same of 4095 and of 65535. */
Test(dicom, a_voi_lookup_table_takes_the_place_of_a_missing_window) {
    static const uint8_t gray[6] = {0, 0, 10, 200, 255, 255}, inverted[6] = {255, 255, 245, 55, 0, 0};
    static const int eight[4] = {0, 10, 200, 255}, twelve[4] = {0, 161, 3212, 4095},
                     wide[4] = {0, 2570, 51400, 65535};
    unsigned char p[12], table[3][8], packed[4] = {0, 10, 200, 255};
    words(p, (const int[]){0, 100, 101, 102, 103, 4000}, 6);
    words(table[0], eight, 4);
    words(table[1], twelve, 4);
    words(table[2], wide, 4);
    for (int kind = 0; kind < 12; kind++) {
        static const int bits[4] = {8, 12, 16, 8};
        Buffer extra = {0};
        bool implicit = kind / 4 == 1;
        add_table(&extra, implicit, 0x00283010, "US", 4, 100, bits[kind % 4],
                  kind % 4 == 3 ? packed : table[kind % 4], kind % 4 == 3 ? 4 : 8);
        DicomFile f = {.implicit = implicit,
                       .columns = 6,
                       .rows = 1,
                       .allocated = 16,
                       .stored = 12,
                       .pixels = p,
                       .pixel_bytes = 12,
                       .extra = &extra};
        if (kind / 4 == 2) f.photometric = "MONOCHROME1";
        expect(&f, 6, 1, kind / 4 == 2 ? inverted : gray);
        f.center = "2048", f.width = "1";
        expect(&f, 6, 1,
               kind / 4 == 2 ? (const uint8_t[6]){255, 255, 255, 255, 255, 0}
                             : (const uint8_t[6]){0, 0, 0, 0, 0, 255});
        f.center = f.width = ""; /* present and empty: no window */
        expect(&f, 6, 1, kind / 4 == 2 ? inverted : gray);
        buffer_free(&extra);
    }
}

Test(dicom, a_voi_lookup_table_of_signed_values_starts_below_zero) {
    static const int eight[3] = {0, 100, 255};
    unsigned char p[6], table[6];
    Buffer extra = {0};
    words(p, (const int[]){-2000, -1, 0}, 3);
    words(table, eight, 3);
    add_table(&extra, true, 0x00283010, "US", 3, -2, 8, table, 6);
    DicomFile f = {.implicit = true,
                   .columns = 3,
                   .rows = 1,
                   .allocated = 16,
                   .is_signed = true,
                   .pixels = p,
                   .pixel_bytes = 6,
                   .extra = &extra};
    expect(&f, 3, 1, (const uint8_t[3]){0, 100, 255});
    f.is_signed = false; /* and of unsigned ones with an intercept below zero */
    f.intercept = "-1000", f.slope = "1";
    words(p, (const int[]){0, 999, 1000}, 3);
    expect(&f, 3, 1, (const uint8_t[3]){0, 100, 255});
    buffer_free(&extra);
}

Test(dicom, a_modality_lookup_table_takes_the_place_of_slope_and_intercept) {
    static const int entry[4] = {1000, 1100, 1200, 1500};
    unsigned char table[8];
    const uint8_t p[4] = {0, 1, 2, 3};
    words(table, entry, 4);
    for (int implicit = 0; implicit < 2; implicit++) {
        Buffer extra = {0};
        add_table(&extra, implicit, 0x00283000, "US", 4, 0, 16, table, 8);
        DicomFile f = {
            .implicit = implicit, .columns = 4, .rows = 1, .pixels = p, .pixel_bytes = 4, .extra = &extra};
        expect(&f, 4, 1, (const uint8_t[4]){0, 51, 102, 255});
        buffer_free(&extra);
    }
}

/* A table without entries is ignored; one with fewer entries than declared ends at the last one. */
Test(dicom, broken_lookup_tables_are_read_as_far_as_they_go) {
    unsigned char table[4];
    words(table, (const int[]){5 * 257, 65535}, 2);
    for (int kind = 0; kind < 4; kind++) {
        Buffer extra = {0};
        add_table(&extra, false, 0x00283010, "US", kind == 3 ? 0 : 4, 0,
                  kind == 1   ? 0
                  : kind == 2 ? 99
                              : 16,
                  table, kind == 0 ? 0 : 4);
        DicomFile f = {.columns = 2, .rows = 2, .pixels = four, .pixel_bytes = 4, .extra = &extra};
        if (kind < 3)
            expect(&f, 2, 2, four);
        else
            expect(&f, 2, 2, (const uint8_t[4]){5, 255, 255, 255});
        buffer_free(&extra);
    }
}

Test(dicom, an_icon_is_not_the_picture) {
    Buffer icon = {0}, sequence = {0};
    const uint8_t small[2] = {1, 2};
    unsigned char item[8] = {0xFE, 0xFF, 0x00, 0xE0};
    dicom_element(&icon, true, 0x7FE00010, "OW", small, 2);
    item[4] = (unsigned char)icon.size;
    buffer_add(&sequence, item, 8);
    buffer_add(&sequence, icon.data, icon.size);
    Buffer extra = {0};
    dicom_element(&extra, true, 0x00880200, "SQ", sequence.data, sequence.size);
    DicomFile f = {
        .implicit = true, .columns = 2, .rows = 2, .pixels = four, .pixel_bytes = 4, .extra = &extra};
    expect(&f, 2, 2, four);
    buffer_free(&icon);
    buffer_free(&sequence);
    buffer_free(&extra);
}

Test(dicom, padding_may_be_a_range) {
    unsigned char p[10];
    words(p, (const int[]){-2000, -1990, 100, 150, 200}, 5);
    DicomFile f = {.columns = 5,
                   .rows = 1,
                   .allocated = 16,
                   .is_signed = true,
                   .padding = -2000,
                   .padding_limit = -1985,
                   .pixels = p,
                   .pixel_bytes = 10};
    for (int way = 0; way < 2; way++) {
        expect(&f, 5, 1, (const uint8_t[5]){0, 0, 0, 128, 255});
        f.padding = -1985, f.padding_limit = -2000; /* PS3.3 C.7.5.1.1.2: in either order */
    }
}

Test(dicom, numbers_that_are_there_and_empty_count_as_missing) {
    static const uint8_t three[6] = {1, 2, 3, 4, 5, 6};
    unsigned char p[8];
    DicomFile f = {.columns = 2, .rows = 1, .pixels = three, .pixel_bytes = 2};
    static const char *const one[] = {"0", "", " ", "  0 ", "00", "1"};
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++) {
        f.frames = one[i];
        expect(&f, 2, 1, three);
        f.jpeg = false;
    }
    words(p, (const int[]){1000, 1100, 1200, 1500}, 4);
    for (int implicit = 0; implicit < 2; implicit++)
        for (int blank = 0; blank < 2; blank++) {
            const char *none = blank ? "  " : "";
            f = (DicomFile){.implicit = implicit,
                            .columns = 4,
                            .rows = 1,
                            .allocated = 16,
                            .stored = 12,
                            .pixels = p,
                            .pixel_bytes = 8,
                            .frames = none,
                            .slope = none,
                            .intercept = none,
                            .center = none,
                            .width = none,
                            .function = none};
            expect(&f, 4, 1, (const uint8_t[4]){0, 51, 102, 255});
        }
    /* Sizes and kinds of 16 bits: one sample, all bits stored, unsigned. */
    static const uint32_t optional[] = {0x00280002, 0x00280006, 0x00280101, 0x00280102,
                                        0x00280103, 0x00280120, 0x00280121};
    Buffer b = {0};
    Image im;
    Error err = {0};
    dicom_begin(&b, "1.2.840.10008.1.2.1");
    dicom_string(&b, false, 0x00280004, "CS", "MONOCHROME2");
    dicom_short(&b, false, 0x00280010, 2);
    dicom_short(&b, false, 0x00280011, 2);
    dicom_short(&b, false, 0x00280100, 8);
    for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++)
        dicom_element(&b, false, optional[i], "US", NULL, 0);
    dicom_element(&b, false, 0x7FE00010, "OB", four, 4);
    cr_assert_eq(dicom_decode(&im, "p.dcm", b.data, b.size, 0, &err), STATUS_OK, "%s", err.message);
    cr_assert_arr_eq(im.pixel, four, 4);
    image_free(&im);
    buffer_free(&b);
}

/* Explicit where implicit is declared, the other way, without a declaration, without meta information, without preamble. */
Test(dicom, files_are_read_as_they_are_encoded_and_not_as_they_declare) {
    static const uint32_t region[1][5] = {{1, 4, 6, 35, 29}};
    uint8_t gray[32 * 24];
    for (int i = 0; i < 40 * 30; i++) ramp[i] = (uint8_t)(i * 7);
    for (int y = 0; y < 24; y++) memcpy(gray + 32 * y, ramp + (size_t)(y + 6) * 40 + 4, 32);
    for (int way = 0; way < 32; way++) {
        static const char *const declared[] = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "", NULL};
        DicomFile f = {.implicit = way & 1,
                       .open = way & 2,
                       .columns = 40,
                       .rows = 30,
                       .region = region,
                       .regions = 1,
                       .syntax = declared[way / 4 % 4],
                       .pixels = ramp,
                       .pixel_bytes = sizeof ramp};
        if (way >= 16) f.head = way & 4 ? DICOM_NO_META : DICOM_NO_PREAMBLE;
        expect(&f, 32, 24, gray);
    }
    /* JPEG frames without meta information are recognised by their undefined length. */
    Image plain;
    cr_assert_eq(image_decode(&plain, "j", fixture_jpeg_gray, sizeof fixture_jpeg_gray, NULL), STATUS_OK);
    DicomFile f = {.columns = 16,
                   .rows = 16,
                   .jpeg = true,
                   .head = DICOM_NO_META,
                   .pixels = fixture_jpeg_gray,
                   .pixel_bytes = sizeof fixture_jpeg_gray};
    expect(&f, 16, 16, plain.pixel);
    image_free(&plain);
}

/* An element within explicit ones that is written without a VR, and one with a VR that no standard has. */
Test(dicom, elements_of_foreign_representation_are_passed_over) {
    Buffer extra = {0};
    dicom_element(&extra, true, 0x00290010, "", "private", 7);
    dicom_element(&extra, false, 0x00290011, "ZZ", "short!", 6);
    dicom_element(&extra, false, 0x00290012, "ZZ", "", 0);
    static const unsigned char later[] = {0x29, 0, 0x13, 0, 'O', 'Z', 0, 0, 4, 0, 0, 0, 'l', 'o', 'n', 'g'};
    buffer_add(&extra, later, sizeof later);
    DicomFile f = {.columns = 2, .rows = 2, .pixels = four, .pixel_bytes = 4, .extra = &extra};
    expect(&f, 2, 2, four);
    buffer_free(&extra);
}

/* A JPEG of 8 x 8 pixels of one colour, written by hand: quantisation by 1, DC codes of 4 bits, and 0 for the end of a block. */
static void flat_jpeg(Buffer *out, const int colour[3], bool subsampled, const char *segment,
                      size_t segment_bytes) {
    unsigned char dqt[69] = {0xFF, 0xDB, 0, 67}, scan[16] = {0};
    unsigned char sof[] = {0xFF, 0xC0, 0, 17, 8, 0, 8, 0, 8, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0};
    static const unsigned char dc[] = {0xFF, 0xC4, 0, 31, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0,  0, 0,
                                       0,    0,    0, 0,  0, 1, 2, 3, 4,  5, 6, 7, 8, 9, 10, 11},
                               ac[] = {0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0,
                                       0,    0,    0, 0,  0,    0, 0, 0, 0, 0, 0},
                               sos[] = {0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0};
    if (subsampled) sof[11] = 0x21; /* two blocks of the first component in a row, the second as the first */
    memset(dqt + 5, 1, 64);
    size_t bit = 0;
#define PUT(value, bits)                                                                                     \
    for (int k_ = (bits)-1; k_ >= 0; k_--, bit++)                                                            \
        if ((value) >> k_ & 1) scan[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
    for (int c = 0; c < 3; c++) {
        int d = 8 * (colour[c] - 128), size = 0;
        while (abs(d) >> size) size++;
        PUT(size, 4);
        PUT(d < 0 ? d + (1 << size) - 1 : d, size);
        PUT(0, 1);
        if (c == 0 && subsampled) PUT(0, 5);
    }
    while (bit % 8) PUT(1, 1);
#undef PUT
    buffer_add(out, "\xFF\xD8", 2);
    buffer_add(out, segment, segment_bytes);
    buffer_add(out, dqt, sizeof dqt);
    buffer_add(out, sof, sizeof sof);
    buffer_add(out, dc, sizeof dc);
    buffer_add(out, ac, sizeof ac);
    buffer_add(out, sos, sizeof sos);
    for (size_t i = 0; i < bit / 8; i++) {
        buffer_add(out, scan + i, 1);
        if (scan[i] == 0xFF) buffer_add(out, "", 1);
    }
    buffer_add(out, "\xFF\xD9", 2);
}

/* Calls the components R, G and B, in the headers of the frame and of the scan. */
static void name_components(Buffer *jpeg) {
    unsigned char *at = jpeg->data;
    while (at[0] != 0xFF || at[1] != 0xC0) at++;
    for (int c = 0; c < 3; c++) at[10 + 3 * c] = (unsigned char)"RGB"[c];
    while (at[0] != 0xFF || at[1] != 0xDA) at++;
    for (int c = 0; c < 3; c++) at[5 + 2 * c] = (unsigned char)"RGB"[c];
}

/* ITU-T T.871: JFIF is YCbCr. T.872: Adobe's segment says which. Without both the header of the DICOM file decides. */
Test(dicom, jpeg_frames_of_rgb_without_a_marker_are_rgb) {
    static const char jfif[] = "\xFF\xE0\0\20JFIF\0\1\1\0\0\1\0\1\0\0",
                      adobe[] = "\xFF\xEE\0\16"
                                "Adobe\0\144\0\0\0\0\1",
                      adobe_rgb[] = "\xFF\xEE\0\16"
                                    "Adobe\0\144\0\0\0\0";
    const int colour[3] = {200, 90, 36};
    const uint8_t rgb = image_luma(200, 90, 36);
    const struct {
        const char *marker;
        size_t size;
    } said[7] = {
        [1] = {jfif, sizeof jfif - 1}, [2] = {adobe, sizeof adobe - 1}, [5] = {adobe_rgb, sizeof adobe_rgb}};
    for (int kind = 0; kind < 7; kind++) {
        Buffer jpeg = {0};
        Image im;
        Error err;
        flat_jpeg(&jpeg, colour, kind == 3, said[kind].marker ? said[kind].marker : "", said[kind].size);
        if (kind == 6) name_components(&jpeg);
        DicomFile f = {.columns = 8,
                       .rows = 8,
                       .samples = 3,
                       .photometric = kind == 4 ? "YBR_FULL" : "RGB",
                       .jpeg = true,
                       .pixels = jpeg.data,
                       .pixel_bytes = jpeg.size};
        cr_assert_eq(decode(&im, &f, 0, &err), STATUS_OK, "%s", err.message);
        /* The picture of YCbCr is its Y, which is not the luma of the RGB that it is cut to. */
        int wanted = kind == 0 || kind >= 5 ? rgb : 200;
        cr_assert_eq(im.pixel[27], wanted, "kind %d: %d, not %d", kind, im.pixel[27], wanted);
        image_free(&im);
        buffer_free(&jpeg);
    }
}

/* A long sequence of frames: the file exceeds the limit of a picture, and one of its frames is read. */
Test(dicom, of_a_file_beyond_the_largest_picture_one_frame_is_read) {
    Image im;
    Error err = {0};
    const char *path = fixture_long_dicom("long.dcm");
    cr_assert_eq(image_read(&im, path, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(im.pixel[5], 77);
    cr_assert_eq(im.pixel[6], 0);
    image_free(&im);
    remove(path);
}

/* Any cut or flipped byte gives a picture or an input error, never a signal. */
Test(dicom, cut_anywhere_or_with_any_bit_turned_it_is_a_picture_or_an_input_error) {
    static const uint32_t region[1][5] = {{1, 0, 0, 15, 15}};
    DicomFile f = {.columns = 16,
                   .rows = 16,
                   .jpeg = true,
                   .pieces = 2,
                   .open = true,
                   .region = region,
                   .regions = 1,
                   .center = "100",
                   .width = "50",
                   .pixels = fixture_jpeg_gray,
                   .pixel_bytes = sizeof fixture_jpeg_gray};
    for (int jpeg = 0; jpeg < 2; jpeg++) {
        Buffer b = {0};
        Image im;
        f.jpeg = jpeg;
        if (!jpeg) f.pixels = ramp, f.pixel_bytes = 256;
        if (jpeg) f.pixels = fixture_jpeg_gray, f.pixel_bytes = sizeof fixture_jpeg_gray;
        dicom_file(&b, &f);
        for (size_t size = 0; size + 1 < b.size; size++) {
            /* A separate copy, so that a sanitizer detects a read beyond it. */
            unsigned char *cut = memcpy(mem_alloc(size + 1), b.data, size);
            cr_assert_eq(image_decode(&im, "p", cut, size, NULL), STATUS_INPUT, "cut at %zu", size);
            mem_free(cut);
        }
        for (size_t bit = 8 * 128; bit < 8 * b.size; bit++) {
            b.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
            Status s = image_decode(&im, "p", b.data, b.size, NULL);
            cr_assert(s == STATUS_OK || s == STATUS_INPUT, "bit %zu: %d", bit, s);
            image_free(&im);
            b.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        buffer_free(&b);
    }
}

Test(dicom, sequences_within_sequences_end) {
    Buffer b = {0};
    Image im;
    Error err = {0};
    const unsigned char open[12] = {0x08, 0, 0x15, 0x11, 'S', 'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF},
                        item[8] = {0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF};
    dicom_begin(&b, "1.2.840.10008.1.2.1");
    for (int i = 0; i < 100000; i++) {
        buffer_add(&b, open, 12);
        buffer_add(&b, item, 8);
    }
    cr_assert_eq(dicom_decode(&im, "p", b.data, b.size, 0, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "nested too deeply"));
    buffer_free(&b);
}

Test(dicom, sizes_and_numbers_that_do_not_fit_are_refused) {
    DicomFile f = {.columns = 2, .rows = 2, .pixels = four, .pixel_bytes = 4};
    Image im;
    Error err;
    static const char *const frames[] = {"x", "0.5", "1.5", "9999999", "1e999", "-1"};
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        f.frames = frames[i];
        refuses(&f, "its number of frames is no whole number");
    }
    f.frames = "1048576"; /* the largest values: more bytes than the file has, without overflow */
    refuses(&f, "");
    f.frames = NULL;
    cr_assert_eq(decode(&im, &f, 1, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "frame 2 was expected"), "%s", err.message);
    cr_assert_eq(decode(&im, &f, -2, &err), STATUS_INPUT);
    f.intercept = "1e999";
    refuses(&f, "broken rescale slope or intercept");
    f.intercept = NULL, f.slope = "0";
    refuses(&f, "broken rescale slope or intercept");
    f.slope = NULL, f.allocated = 16, f.samples = 3, f.photometric = "RGB";
    refuses(&f, "other than 8 or 16 bits");
    f = (DicomFile){.columns = 3,
                    .rows = 1,
                    .samples = 3,
                    .photometric = "YBR_FULL_422",
                    .pixels = ramp,
                    .pixel_bytes = 6};
    refuses(&f, "YBR_FULL_422 of an odd width");
    f = (DicomFile){
        .columns = 2, .rows = 2, .pixels = four, .pixel_bytes = 4, .photometric = "MONOCHROME2_AND_MORE"};
    refuses(&f, "kind 'MONOCHROME2_AND_'");
    f = (DicomFile){.columns = 16, .rows = 16, .jpeg = true, .pixels = ramp, .pixel_bytes = 100};
    refuses(&f, "holds 0 JPEG frames");
    uint8_t within[140] = {0xFF, 0xD8, 0xFF}; /* a DICOM file within, which could hold another */
    memcpy(within + 128, "DICM", 4);
    f.pixels = within, f.pixel_bytes = sizeof within;
    refuses(&f, "a JPEG segment is longer than the file");
    f.pixels = fixture_jpeg_gray, f.pixel_bytes = sizeof fixture_jpeg_gray, f.allocated = 16;
    refuses(&f, "other than 8 or 16 bits");
    f = (DicomFile){.columns = 8192, .rows = 8192, .pixels = four, .pixel_bytes = 4};
    refuses(&f, "pixels"); /* as many as are allowed, which the file does not have */
    f.rows = 8193;
    refuses(&f, "is 8192 x 8193");
}

Test(dicom, a_frame_of_padding_alone_is_black_and_a_falling_slope_turns_the_range_round) {
    unsigned char p[8];
    const int same[4] = {7, 7, 7, 7};
    words(p, same, 4);
    DicomFile f = {.columns = 2, .rows = 2, .allocated = 16, .padding = 7, .pixels = p, .pixel_bytes = 8};
    expect(&f, 2, 2, (const uint8_t[4]){0, 0, 0, 0});
    f = (DicomFile){
        .columns = 2, .rows = 2, .slope = "-1", .intercept = "0", .pixels = four, .pixel_bytes = 4};
    expect(&f, 2, 2, (const uint8_t[4]){255, 245, 55, 0});
}

Test(dicom, a_region_within_another_changes_nothing) {
    for (int i = 0; i < 40 * 30; i++) ramp[i] = (uint8_t)(i * 7);
    static const uint32_t nested[2][5] = {{1, 4, 6, 35, 29}, {1, 8, 9, 20, 25}};
    DicomFile f = {.columns = 40,
                   .rows = 30,
                   .pixels = ramp,
                   .pixel_bytes = sizeof ramp,
                   .region = nested,
                   .regions = 2};
    uint8_t gray[32 * 24];
    for (int y = 0; y < 24; y++) memcpy(gray + 32 * y, ramp + (size_t)(y + 6) * 40 + 4, 32);
    expect(&f, 32, 24, gray);
}

/* ---- Functional groups of many frames (PS3.3, C.7.6.16) ---- */

static void add_item(Buffer *sequence, const Buffer *content) {
    unsigned char head[8] = {0xFE, 0xFF, 0x00, 0xE0};
    put_u32(head + 4, (uint32_t)content->size);
    buffer_add(sequence, head, 8);
    buffer_add(sequence, content->data, content->size);
}

/* An item of a group with a window of width 1 at `center`, or, without one, with a slope. */
static void add_group(Buffer *groups, bool implicit, const char *center, const char *slope) {
    Buffer values = {0}, inner = {0}, group = {0};
    dicom_string(&values, implicit, 0x00281050, "DS", center);
    if (center) dicom_string(&values, implicit, 0x00281051, "DS", "1");
    if (slope) dicom_string(&values, implicit, 0x00281052, "DS", "0");
    dicom_string(&values, implicit, 0x00281053, "DS", slope);
    add_item(&inner, &values);
    dicom_element(&group, implicit, center ? 0x00289132 : 0x00289145, "SQ", inner.data, inner.size);
    add_item(groups, &group);
    buffer_free(&values);
    buffer_free(&inner);
    buffer_free(&group);
}

static void begin_frames(Buffer *b, bool implicit, const char *frames) {
    dicom_begin(b, implicit ? "1.2.840.10008.1.2" : "1.2.840.10008.1.2.1");
    dicom_string(b, implicit, 0x00280004, "CS", "MONOCHROME2");
    dicom_string(b, implicit, 0x00280008, "IS", frames);
    dicom_short(b, implicit, 0x00280010, 2);
    dicom_short(b, implicit, 0x00280011, 2);
    dicom_short(b, implicit, 0x00280100, 8);
    dicom_short(b, implicit, 0x00280101, 8);
    dicom_short(b, implicit, 0x00280102, 7);
}

static void frame_is(const Buffer *b, int frame, const uint8_t gray[4]) {
    Image im;
    Error err = {0};
    cr_assert_eq(dicom_decode(&im, "p.dcm", b->data, b->size, frame, &err), STATUS_OK, "%s", err.message);
    cr_assert_arr_eq(im.pixel, gray, 4);
    image_free(&im);
}

Test(dicom, a_frame_has_the_window_and_the_slope_of_its_group) {
    static const uint8_t two[8] = {0, 10, 200, 255, 0, 10, 200, 255}, low[4] = {0, 255, 255, 255},
                         high[4] = {0, 0, 255, 255}, round[4] = {255, 245, 55, 0};
    for (int implicit = 0; implicit < 2; implicit++) {
        Buffer b = {0}, groups = {0};
        add_group(&groups, implicit, "150", NULL);
        add_group(&groups, implicit, "5", NULL);
        begin_frames(&b, implicit, "2");
        dicom_element(&b, implicit, 0x52009230, "SQ", groups.data, groups.size);
        dicom_element(&b, implicit, 0x7FE00010, "OB", two, 8);
        frame_is(&b, 0, high);
        frame_is(&b, 1, low);
        frame_is(&b, DICOM_MIDDLE, low);
        b.size = groups.size = 0;
        add_group(&groups, implicit, NULL, "-1");
        begin_frames(&b, implicit, "2");
        dicom_element(&b, implicit, 0x52009229, "SQ", groups.data, groups.size);
        dicom_element(&b, implicit, 0x7FE00010, "OB", two, 8);
        frame_is(&b, 0, round);
        frame_is(&b, 1, round);
        buffer_free(&b);
        buffer_free(&groups);
    }
}

/* PS3.5, 6.2.2: a sequence of unknown representation is written implicitly. */
Test(dicom, a_sequence_of_unknown_representation_is_passed_over) {
    static const unsigned char open[12] = {0x09, 0, 0x01, 0x10, 'U', 'N', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF},
                               item[8] = {0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF},
                               item_end[8] = {0xFE, 0xFF, 0x0D, 0xE0},
                               sequence_end[8] = {0xFE, 0xFF, 0xDD, 0xE0};
    Buffer b = {0};
    dicom_begin(&b, "1.2.840.10008.1.2.1");
    buffer_add(&b, open, 12);
    buffer_add(&b, item, 8);
    dicom_element(&b, true, 0x00091002, "UN", "whatever", 8);
    buffer_add(&b, item_end, 8);
    buffer_add(&b, sequence_end, 8);
    size_t rest = b.size;
    Buffer whole = {0}, body = {0};
    begin_frames(&whole, false, "1");
    dicom_begin(&body, "1.2.840.10008.1.2.1");
    buffer_add(&b, whole.data + body.size, whole.size - body.size);
    dicom_element(&b, false, 0x7FE00010, "OB", four, 4);
    cr_assert_gt(b.size, rest);
    frame_is(&b, DICOM_MIDDLE, four);
    buffer_free(&b);
    buffer_free(&whole);
    buffer_free(&body);
}

Test(dicom, the_end_of_a_sequence_whose_length_is_known_is_damage) {
    static const unsigned char sequence_end[8] = {0xFE, 0xFF, 0xDD, 0xE0};
    Buffer b = {0};
    Image im;
    Error err = {0};
    begin_frames(&b, false, "1");
    dicom_element(&b, false, 0x00289132, "SQ", sequence_end, 8);
    dicom_element(&b, false, 0x7FE00010, "OB", four, 4);
    cr_assert_eq(dicom_decode(&im, "p.dcm", b.data, b.size, 0, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "a DICOM item was expected in a sequence"));
    buffer_free(&b);
}

/* ---- Through the command ---- */

Test(dicom, is_known_by_content_wherever_a_picture_is_read) {
    static uint8_t p[64 * 64];
    for (int i = 0; i < 64 * 64; i++) p[i] = (uint8_t)(i * 5);
    DicomFile f = {.columns = 64, .rows = 64, .pixels = p, .pixel_bytes = sizeof p};
    Buffer b = {0};
    TinyRun t = tiny_run("dcm");
    dicom_file(&b, &f);
    const char *dicom = fixture_file("no-ending", b.data, b.size), *png = fixture_png("same.png", 64, 64, p);
    buffer_free(&b);
    const char *codes[2] = {fixture_path("dicom.npy"), fixture_path("png.npy")};
    expect_msach(0, NULL, "encode --model %s --image %s --as image --out %s", t.run, dicom, codes[0]);
    expect_msach(0, NULL, "encode --model %s --image %s --as image --out %s", t.run, png, codes[1]);
    unsigned char *one = NULL, *other = NULL;
    size_t n = 0, m = 0;
    cr_assert_eq(file_read(codes[0], 1 << 20, &one, &n, NULL), STATUS_OK);
    cr_assert_eq(file_read(codes[1], 1 << 20, &other, &m, NULL), STATUS_OK);
    cr_assert(n == m && memcmp(one, other, n) == 0);
    mem_free(one);
    mem_free(other);
}

/* DICOM files created or changed by DCMTK, and its pixels compared with ours. Skipped with a message where DCMTK is missing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/picture/dicom.h"
#include "data/picture/image.h"
#include "tests/check.h"
#include "tests/dicom_write.h"
#include "tests/fixtures.h"

enum { WIDE = 48, HIGH = 40, PIXELS = WIDE * HIGH };

static void need_dcmtk(void) {
    if (system("command -v dcmj2pnm >/dev/null && command -v img2dcm >/dev/null") != 0)
        cr_skip("dcmtk is not there (./setup.sh --all)");
}

static void run(const char *fmt, const char *a, const char *b) {
    char command[2000];
    int n = snprintf(command, sizeof command, fmt, a, b);
    cr_assert(n > 0 && (size_t)n + 20 < sizeof command);
    strcat(command, " >/dev/null 2>&1");
    cr_assert_eq(system(command), 0, "%s", command);
}

/* Compares our picture of `dicom` with DCMTK's under these options; no pixel differs by more than `most`. */
static void same_as_dcmtk(const char *dicom, const char *options, int most) {
    char command[300];
    const char *pnm = fixture_path("theirs.pnm");
    Image ours, theirs;
    Error err = {0};
    snprintf(command, sizeof command, "dcmj2pnm +op %s %%s %%s", options);
    run(command, dicom, pnm);
    cr_assert_eq(image_read(&theirs, pnm, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(image_read(&ours, dicom, &err), STATUS_OK, "%s", err.message);
    cr_assert(ours.width == theirs.width && ours.height == theirs.height, "%d x %d", ours.width, ours.height);
    int worst = 0;
    for (int i = 0; i < ours.width * ours.height; i++) {
        int off = abs(ours.pixel[i] - theirs.pixel[i]);
        if (off > worst) worst = off;
    }
    cr_assert_leq(worst, most, "%s %s: off by %d", dicom, options, worst);
    image_free(&ours);
    image_free(&theirs);
}

/* A smooth picture of our own writing, of the given kind, as a file. */
static const char *written(const char *name, DicomFile f) {
    static unsigned char p[3 * 2 * PIXELS * 3];
    int frames = f.frames ? atoi(f.frames) : 1, samples = f.samples ? f.samples : 1;
    size_t n = 0;
    for (int k = 0; k < frames; k++)
        for (int c = 0; c < (f.planar ? samples : 1); c++)
            for (int i = 0; i < PIXELS; i++)
                for (int s = c; s < (f.planar ? c + 1 : samples); s++) {
                    int v = 2 * (i % WIDE) + (i / WIDE) + 10 * k + 30 * s;
                    if (f.allocated == 16) v = f.is_signed ? 20 * v - 2000 : 16 * v;
                    p[n++] = (unsigned char)v;
                    if (f.allocated == 16) p[n++] = (unsigned char)(v >> 8);
                }
    f.columns = WIDE;
    f.rows = HIGH;
    f.pixels = p;
    f.pixel_bytes = n;
    Buffer b = {0};
    dicom_file(&b, &f);
    const char *path = fixture_file(name, b.data, b.size);
    buffer_free(&b);
    return path;
}

/* DCMTK's options for the same result, and the allowed difference, since it rounds differently, also when it inverts. */
static const struct {
    const char *name, *options;
    DicomFile file;
    int most;
} kinds[] = {
    {"gray", "", {0}, 0},
    {"inverted", "", {.photometric = "MONOCHROME1"}, 1},
    {"twelve bits", "+Wm", {.allocated = 16, .stored = 12}, 1},
    {"signed, window",
     "+Wi 1",
     {.allocated = 16, .is_signed = true, .center = "40", .width = "400", .intercept = "-24", .slope = "2"},
     1},
    {"sigmoid", "+Wi 1", {.allocated = 16, .center = "900", .width = "700", .function = "SIGMOID"}, 1},
    {"rgb", "", {.samples = 3, .photometric = "RGB"}, 0},
    {"rgb planes", "", {.samples = 3, .photometric = "RGB", .planar = 1}, 0},
    {"frames", "+F 3", {.frames = "4"}, 0},
    {"rgb frames", "+F 2", {.frames = "3", .samples = 3, .photometric = "RGB"}, 0},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

Test(dicom_peer, pixels_are_those_of_dcmtk) {
    need_dcmtk();
    for (int i = 0; i < KINDS; i++)
        same_as_dcmtk(written("a.dcm", kinds[i].file), kinds[i].options, kinds[i].most);
}

Test(dicom_peer, files_rewritten_by_dcmconv_are_read) {
    static const char *const ways[] = {"dcmconv +ti %s %s", "dcmconv +te -e %s %s", "dcmconv +te +e %s %s"};
    const char *path = fixture_path("b.dcm");
    need_dcmtk();
    for (int i = 0; i < KINDS; i += 3)
        for (int k = 0; k < 3; k++) {
            run(ways[k], written("a.dcm", kinds[i].file), path);
            same_as_dcmtk(path, kinds[i].options, kinds[i].most);
        }
}

/* A VOI lookup table of 4096 entries of 12 bits, a square root. */
Test(dicom_peer, a_voi_lookup_table_gives_the_pixels_of_dcmtk) {
    static unsigned char table[2 * 4096];
    static const unsigned char descriptor[6] = {0, 16, 0, 0, 12, 0};
    unsigned char head[8] = {0xFE, 0xFF, 0x00, 0xE0};
    Buffer item = {0}, sequence = {0}, extra = {0};
    need_dcmtk();
    for (int i = 0; i < 4096; i++) {
        int v = (int)sqrt(4095.0 * i);
        table[2 * i] = (unsigned char)v, table[2 * i + 1] = (unsigned char)(v >> 8);
    }
    dicom_element(&item, false, 0x00283002, "US", descriptor, sizeof descriptor);
    dicom_element(&item, false, 0x00283006, "OW", table, sizeof table);
    put_u32(head + 4, (uint32_t)item.size);
    buffer_add(&sequence, head, sizeof head);
    buffer_add(&sequence, item.data, item.size);
    dicom_element(&extra, false, 0x00283010, "SQ", sequence.data, sequence.size);
    DicomFile f = {.allocated = 16, .stored = 12, .extra = &extra};
    same_as_dcmtk(written("a.dcm", f), "+Wl 1", 1);
    buffer_free(&item);
    buffer_free(&sequence);
    buffer_free(&extra);
}

/* The two JPEG decoders round and upsample colour differently. */
Test(dicom_peer, jpeg_frames_of_dcmcjpeg_and_img2dcm_are_read) {
    const char *path = fixture_path("b.dcm"), *jpeg = fixture_path("a.jpg");
    need_dcmtk();
    for (int i = 0; i < KINDS; i++) {
        if (kinds[i].file.allocated == 16) continue;
        run("dcmcjpeg +eb %s %s", written("a.dcm", kinds[i].file), path);
        same_as_dcmtk(path, kinds[i].options, 2);
        bool colour = kinds[i].file.samples == 3;
        run(colour ? "dcmcjpeg +eb +cr %s %s" : "dcmcjpeg +eb +fs 1 -ot %s %s",
            written("a.dcm", kinds[i].file), path);
        same_as_dcmtk(path, kinds[i].options, 2);
    }
    for (int i = 0; i < KINDS; i += 5) {
        run("dcmj2pnm +oj %s %s", written("a.dcm", kinds[i].file), jpeg);
        run("img2dcm %s %s", jpeg, path);
        same_as_dcmtk(path, "", 2);
    }
}

Test(dicom_peer, the_command_that_a_refusal_names_makes_it_readable) {
    static const char *const ways[][3] = {
        {"dcmcrle %s %s", "dcmdrle IN.dcm OUT.dcm", "dcmdrle %s %s"},
        {"dcmcjpeg +e1 %s %s", "dcmdjpeg IN.dcm OUT.dcm", "dcmdjpeg %s %s"},
        {"dcmcjpls %s %s", "dcmdjpls IN.dcm OUT.dcm", "dcmdjpls %s %s"},
        {"dcmconv +tb %s %s", "dcmconv +te IN.dcm OUT.dcm", "dcmconv +te %s %s"},
        {"dcmconv +td %s %s", "dcmconv +te IN.dcm OUT.dcm", "dcmconv +te %s %s"}};
    const char *packed = fixture_path("b.dcm"), *plain = fixture_path("c.dcm");
    need_dcmtk();
    for (int i = 0; i < 5; i++) {
        Image im;
        Error err = {0};
        run(ways[i][0], written("a.dcm", kinds[2].file), packed);
        cr_assert_eq(image_read(&im, packed, &err), STATUS_INPUT);
        cr_assert(fixture_says(&err, STATUS_INPUT, ways[i][1]), "%s", err.message);
        run(ways[i][2], packed, plain);
        same_as_dcmtk(plain, "+Wm", 1);
    }
}

/* Files in all forms: endings, names, links, kinds that need a converter; stops, dry runs and reports, through the real binary. */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/dicom_write.h"
#include "tests/fixtures.h"
#include "tests/imported.h"
#include "tests/run_command.h"

static int exists(const char *name) {
    return path_exists(fixture_path(name));
}

static void link_to(const char *target, const char *name) {
    char path[600];
    snprintf(path, sizeof path, "%s", fixture_path(name));
    cr_assert_eq(symlink(target, path), 0);
}

/* ---- Names ---- */

Test(import_files, endings_ignore_case_and_jfif_is_a_picture) {
    picture("s/c/a.png");
    picture("s/c/b.jfif");
    picture("s/c/d.jpe");
    fixture_text("s/c/a.TXT", "one");
    fixture_text("s/c/b.txt", "two");
    fixture_text("s/c/d.Txt", "three");
    cr_assert_str_eq(imported("folder", "s", "", 0, "took 3 cases"),
                     HEADER "c_a\timages/c_a.png\tone\tc_a\tc\nc_b\timages/c_b.jfif\ttwo\tc_b\tc\n"
                            "c_d\timages/c_d.jpe\tthree\tc_d\tc\n");
}

Test(import_files, names_that_are_not_utf8_or_hold_newlines_make_a_manifest_that_is_read) {
    static const char gbk[] = "s/\xC4\xD2\xD6\xD7/a.png", text[] = "s/\xC4\xD2\xD6\xD7/a.txt";
    picture(gbk);
    fixture_text(text, "\xE5\x9B\x8A\xE8\x82\xBF 12 mm"); /* the text is UTF-8 already */
    picture("t/cy\nst/p\t1/a\nb.png");
    fixture_text("t/cy\nst/p\t1/a\nb.txt", "a cyst");
    cr_assert_not_null(strstr(imported("folder", "s", "", 0, NULL), "\t囊肿 12 mm\t囊肿_a\t囊肿\n"));
    cr_assert_str_eq(imported("folder", "t", "", 0, NULL),
                     HEADER "cy_st_p_1_a_b\timages/cy_st_p_1_a_b.png\ta cyst\tp_1\tcy_st\n");
}

Test(import_files, two_ids_with_one_file_name_are_both_taken) {
    picture("s/a b.png");
    picture("s/a_b.png");
    fixture_text("s/a b.txt", "one");
    fixture_text("s/a_b.txt", "two");
    cr_assert_str_eq(imported("folder", "s", "", 0, NULL),
                     HEADER "a b\timages/a_b.png\tone\ta b\t\na_b\timages/a_b_2.png\ttwo\ta_b\t\n");
}

Test(import_files, a_link_brings_no_picture_twice) {
    picture("s/cyst/a.png");
    fixture_text("s/cyst/a.txt", "a cyst");
    link_to("..", "s/cyst/up");
    link_to("a.png", "s/cyst/b.png");
    fixture_text("s/cyst/b.txt", "a cyst");
    link_to("cyst", "s/twin");
    const char *text =
        imported("folder", "s", "", 0, "left out 2: is the same folder as one before, by a link");
    cr_assert_str_eq(text, HEADER "cyst_a\timages/cyst_a.png\ta cyst\tcyst_a\tcyst\n");
    imported("folder", "s", "", 0,
             "left out 1: is the same file as one before, by a link (first: cyst/b.png)");
    imported("folder", "s s", "", 0, "left out 3: is the same folder");
}

/* ---- Messages ---- */

static void compressed(const char *name, const char *syntax) {
    static const uint8_t pixels[256] = {1};
    DicomFile f = {.columns = 16,
                   .rows = 16,
                   .patient = "Meyer",
                   .syntax = syntax,
                   .pixels = pixels,
                   .pixel_bytes = 256};
    Buffer b = {0};
    dicom_file(&b, &f);
    fixture_file(name, b.data, b.size);
    buffer_free(&b);
}

#define JPEG_2000 "1.2.840.10008.1.2.4.90"
#define RLE "1.2.840.10008.1.2.5"

Test(import_files, every_kind_of_refusal_has_a_line_and_its_whole_command) {
    const char *deep =
        "s/2024-11 breast ultrasound/patient 000123/study 20241102 right breast/series 0003/IM-0001-0001";
    char name[300];
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s-%d.dcm", deep, i);
        compressed(name, i == 2 ? RLE : JPEG_2000);
        snprintf(name, sizeof name, "%s-%d.txt", deep, i);
        fixture_text(name, "text");
    }
    picture("s/good.png");
    fixture_text("s/good.txt", "text");
    fixture_text("s/notes.odt", "no picture");
    imported("folder", "s", "--no-convert", 0, "left out 2: is DICOM of transfer syntax " JPEG_2000);
    imported("folder", "s", "--no-convert", 0, "gdcmconv --raw IN.dcm OUT.dcm");
    imported("folder", "s", "--no-convert", 0, "left out 1: is DICOM of transfer syntax " RLE);
    imported("folder", "s", "--no-convert", 0, "left out 1: is no picture (first: notes.odt)");
    imported("folder", "s", "--no-convert --quiet", 0, NULL);
}

/* A label is the name of its folder or cell; only blanks, control characters and '|' change. */
Test(import_files, different_names_stay_different_labels) {
    static const char *const names[] = {"!!", "+", "-", "HER2+", "HER2-", "a\\b", "x-y"};
    Buffer rows = {0}, manifest = {0};
    buffer_printf(&rows, "path,report,finding\n");
    buffer_printf(&manifest, HEADER);
    for (int i = 0; i < 7; i++) {
        char name[80];
        snprintf(name, sizeof name, "s/%s/%d.png", names[i], i);
        picture(name);
        snprintf(name, sizeof name, "s/%s/%d.txt", names[i], i);
        fixture_text(name, "text");
        snprintf(name, sizeof name, "t/%d.png", i);
        picture(name);
        buffer_printf(&rows, "%d.png,text,%s\n", i, names[i]);
        buffer_printf(&manifest, "%d\timages/%d.png\ttext\t%d\t%s\n", i, i, i, i == 5 ? "a\\\\b" : names[i]);
    }
    fixture_text("t.csv", buffer_text(&rows));
    cr_assert_str_eq(imported("table", "t.csv t", "--columns image=path,text=report,labels=finding", 0, NULL),
                     buffer_text(&manifest));
    imported("folder", "s", "", 0, "7 of them with labels, 7 labels");
    buffer_free(&rows);
    buffer_free(&manifest);
}

/* Two names that become one label are counted, with both names. */
Test(import_files, names_that_become_one_label_are_named) {
    static const char *const names[] = {"a b", "a_b", "a|b", "cyst"};
    for (int i = 0; i < 8; i++) {
        char name[80];
        snprintf(name, sizeof name, "s/%s/%d.png", names[i / 2], i);
        picture(name);
        snprintf(name, sizeof name, "s/%s/%d.txt", names[i / 2], i);
        fixture_text(name, "text");
    }
    imported("folder", "s", "", 0, "8 of them with labels, 2 labels");
    imported("folder", "s", "", 0, "changed 2: has one label for two names: 'a b' and 'a_b'; rename one");
    imported("folder", "s", "", 0, "changed 2: has one label for two names: 'a b' and 'a|b'; rename one");
}

Test(import_files, a_text_without_a_picture_is_counted) {
    picture("s/a.png");
    picture("s/b/c.png");
    fixture_text("s/a.txt", "text");
    fixture_text("s/b/c.TXT", "text");
    fixture_text("s/b/d.txt", "of no picture");
    fixture_text("s/b/notes.odt", "no picture");
    fixture_text("s/b/notes.txt", "of no picture");
    imported("folder", "s", "", 0, "left out 2: is a text without a picture of its name (first: b/d.txt)");
}

/* What an import takes, an index can read. */
Test(import_files, a_picture_of_too_many_pixels_is_left_out) {
    uint8_t row = 0;
    Buffer b = {0};
    picture("s/good.png");
    fixture_text("s/good.txt", "text");
    fixture_text("s/large.txt", "text");
    fixture_png_bytes(&b, 1, 1, 8, 0, &row, 1);
    memcpy(b.data + 16, "\0\0\x20\x6C\0\0\x20\x6C", 8);
    uint32_t crc = crc32_update(0, b.data + 12, 17);
    for (int i = 0; i < 4; i++) b.data[29 + i] = (unsigned char)(crc >> (24 - 8 * i));
    fixture_file("s/large.png", b.data, b.size);
    buffer_free(&b);
    cr_assert_str_eq(
        imported("folder", "s", "", 0, "left out 1: is 8300 x 8300; 1 to 64 million pixels were expected"),
        HEADER "good\timages/good.png\ttext\tgood\t\n");
}

Test(import_files, a_report_holds_the_same_facts_as_json) {
    picture("s/a/x.png");
    picture("s/a/y.png");
    picture("s/b/z.png");
    fixture_text("s/a/x.txt", "\xB3\xAC\xC9\xF9\xCB\xF9\xBC\xFB\xA3\xBA\xB8\xCE\xC4\xD2\xD6\xD7");
    fixture_text("s/b/z.txt", "text");
    char options[700];
    snprintf(options, sizeof options, "--encoding GB18030 --report '%s'", fixture_path("facts.json"));
    imported("folder", "s", "", 0, NULL);
    imported("folder", "s", options, 0, NULL);
    json_error_t fault;
    json_t *all = json_load_file(fixture_path("facts.json"), 0, &fault);
    const char *layout, *reason, *first, *encoding;
    int cases, count, labels;
    cr_assert_eq(json_unpack_ex(all, &fault, 0, "{s:s, s:i, s:{s:i}, s:[{s:s, s:i, s:s}], s:[{s:s}*]}",
                                "layout", &layout, "cases", &cases, "labels", "a", &labels, "left_out",
                                "reason", &reason, "count", &count, "first", &first, "encodings", "encoding",
                                &encoding),
                 0, "%s", fault.text);
    cr_assert_str_eq(layout, "folder");
    cr_assert_eq(cases, 2);
    cr_assert_eq(labels, 1);
    cr_assert_str_eq(reason, "no text");
    cr_assert_eq(count, 1);
    cr_assert_str_eq(first, "a_y");
    cr_assert_str_eq(encoding, "GB18030");
    json_decref(all);
}

/* The log says how many files and which first, --report names every one; a UTF-8 file is not listed. */
Test(import_files, files_that_are_not_utf8_are_listed_by_the_encoding_they_were_read_as) {
    static const struct {
        const char *name, *text, *encoding;
    } file[] = {{"a", "12 mm \xC4\xD2\xD6\xD7\xA3\xAC\xB8\xCE\xD4\xE0\xD5\xFD\xB3\xA3\xA1\xA3", "GB18030"},
                {"b", "Rundherd rechts, unver\xE4ndert.", "WINDOWS-1252"},
                {"c", "Lesi\xF3n en ri\xF1\xF3n.", "WINDOWS-1252"},
                {"d", "12 mm 囊肿", NULL}};
    char path[100], options[700];
    for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
        snprintf(path, sizeof path, "s/%s.png", file[i].name);
        picture(path);
        snprintf(path, sizeof path, "s/%s.txt", file[i].name);
        fixture_text(path, file[i].text);
    }
    snprintf(options, sizeof options, "--report '%s'", fixture_path("facts.json"));
    imported("folder", "s", options, 0, "1 file read as GB18030 (first: ");
    cr_assert_not_null(strstr(imported("folder", "s", "", 0, "2 files read as WINDOWS-1252 (first: "),
                              "\tRundherd rechts, unverändert.\t"));
    json_t *all = json_load_file(fixture_path("facts.json"), 0, NULL),
           *list = json_object_get(all, "encodings");
    cr_assert_eq(json_array_size(list), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *entry = json_array_get(list, i);
        snprintf(path, sizeof path, "/s/%s.txt", file[i].name);
        const char *said = json_string_value(json_object_get(entry, "file"));
        cr_assert_str_eq(json_string_value(json_object_get(entry, "encoding")), file[i].encoding);
        cr_assert(said && strlen(said) > strlen(path) &&
                  strcmp(said + strlen(said) - strlen(path), path) == 0);
    }
    json_decref(all);
}

Test(import_files, a_dry_run_writes_nothing) {
    picture("s/a/x.png");
    fixture_text("s/a/x.txt", "text");
    imported("folder", "s", "--dry-run", 0, "folder: would take 1 cases in 1 groups");
    cr_assert(!exists("out0"));
    cr_assert(!exists("out0.part"));
}

/* ---- Converters ---- */

/* Creates a program of this name in the fixture folder bin. PATH holds only that folder and the shell's. */
static void program(const char *name, const char *script) {
    char path[100], text[600];
    snprintf(path, sizeof path, "bin/%s", name);
    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    cr_assert_eq(chmod(fixture_text(path, text), 0755), 0);
}

static void only_these_programs(void) {
    char path[700];
    snprintf(path, sizeof path, "%s:/bin:/usr/bin", fixture_path("bin"));
    setenv("PATH", path, 1);
    setenv("TMPDIR", fixture_path("tmp"), 1);
}

static void plain_dicom(const char *name) {
    static const uint8_t pixels[256] = {9};
    DicomFile f = {.columns = 16, .rows = 16, .patient = "Meyer", .pixels = pixels, .pixel_bytes = 256};
    Buffer b = {0};
    dicom_file(&b, &f);
    fixture_file(name, b.data, b.size);
    buffer_free(&b);
}

static void expect_empty_tmp(void) {
    cr_assert_eq(rmdir(fixture_path("tmp")), 0, "temporary files are left");
    cr_assert_eq(mkdir(fixture_path("tmp"), 0700), 0);
}

Test(import_files, compressed_dicom_is_converted_by_the_program_that_succeeds) {
    static const char *const names[] = {"dcmdjpeg", "dcmdjpls", "dcmdrle", "dcmconv", "gdcmconv", "dcmj2pnm"};
    compressed("s/c/a.dcm", JPEG_2000);
    fixture_text("s/c/a.txt", "text");
    fixture_text("tmp/x", "");
    unlink(fixture_path("tmp/x"));
    plain_dicom("plain.dcm");
    for (int i = 0; i < 6; i++) program(names[i], "exit 1");
    only_these_programs();
    imported("folder", "s", "", 3, "none of the installed converters could read it");
    expect_empty_tmp();
    char copy[700];
    snprintf(copy, sizeof copy, "[ \"$1\" = --raw ] && cp '%s' \"$3\"", fixture_path("plain.dcm"));
    program("gdcmconv", copy);
    cr_assert_str_eq(imported("folder", "s", "", 0, "1 file converted by gdcmconv --raw"),
                     HEADER "c_a\timages/c_a.png\ttext\tpatient_1\tc\n");
    expect_empty_tmp();
    imported("folder", "s", "--no-convert", 3, "convert it: gdcmconv --raw IN.dcm OUT.dcm");
    program("gdcmconv", "[ $# = 3 ] && echo damaged >\"$3\"");
    imported("folder", "s", "", 3, "the output of gdcmconv: is no JPEG, PNG, PNM or DICOM picture");
    /* The output is a report: the converter worked, but there is no picture. */
    Buffer b = {0};
    dicom_begin(&b, "1.2.840.10008.1.2.1");
    dicom_string(&b, false, 0x00080060, "CS", "SR");
    fixture_file("plain.dcm", b.data, b.size);
    buffer_free(&b);
    program("gdcmconv", copy);
    imported("folder", "s", "", 3, "the output of gdcmconv: is DICOM without pixels");
    expect_empty_tmp();
}

Test(import_files, other_kinds_of_pictures_go_through_imagemagick) {
    static const uint8_t gray[256] = {7};
    static const char bmp[] = "BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0";
    fixture_file("s/a.bmp", bmp, sizeof bmp);
    fixture_text("s/a.txt", "text");
    fixture_png("made.png", 16, 16, gray);
    fixture_text("tmp/x", "");
    unlink(fixture_path("tmp/x"));
    imported("folder", "s", "--no-convert", 3,
             "is a BMP; a JPEG, PNG, PNM or DICOM picture was expected; convert it: convert");
    char copy[700];
    snprintf(copy, sizeof copy, "case $1:$2 in bmp:/*/in*:png:/*) cp '%s' \"${2#png:}\";; *) exit 1;; esac",
             fixture_path("made.png"));
    program("magick", copy);
    program("convert", "exit 1");
    only_these_programs();
    cr_assert_str_eq(imported("folder", "s", "", 0, "1 file converted by magick"),
                     HEADER "a\timages/a.png\ttext\ta\t\n");
    expect_empty_tmp();
}

/* ---- Stops ---- */

static void wait_for_file(const char *name) {
    for (int i = 0; i < 2000 && !exists(name); i++) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    cr_assert(exists(name), "%s", name);
}

/* A stop while a converter runs: the pictures before stay in DIR.part, and the same command takes the rest. */
Test(import_files, after_a_stop_the_same_command_goes_on) {
    char command[900];
    picture("s/a.png");
    picture("s/b.png");
    compressed("s/z.dcm", JPEG_2000);
    fixture_text("s/a.txt", "one");
    fixture_text("s/b.txt", "two");
    fixture_text("s/z.txt", "three");
    fixture_text("tmp/x", "");
    unlink(fixture_path("tmp/x"));
    plain_dicom("plain.dcm");
    char slow[700];
    snprintf(slow, sizeof slow, "touch '%s'; exec sleep 60", fixture_path("started"));
    program("dcmdjpeg", slow);
    only_these_programs();
    snprintf(command, sizeof command, "import folder '%s' --out '%s'", fixture_path("s"),
             fixture_path("out"));
    pid_t pid = start_msach("%s", command);
    wait_for_file("started");
    cr_assert_eq(kill(pid, SIGINT), 0);
    int code = finish_msach(pid);
    cr_assert(code != 0 && code < 128 + 64, "%d", code);
    cr_assert(exists("out.part/images/b.png") && exists("out.part/journal.tsv") && !exists("out"));
    expect_empty_tmp();
    expect_msach(2, "belongs to an unfinished import with other options", "%s --frame all", command);
    cr_assert(exists("out.part/images/b.png"));
    /* A second import reads no file that the first one imported: an unchanged file may be unreadable. */
    cr_assert_eq(unlink(fixture_path("out.part/images/a.png")), 0);
    program("dcmdjpeg", "exit 1");
    snprintf(slow, sizeof slow, "cp '%s' \"$3\"", fixture_path("plain.dcm"));
    program("gdcmconv", slow);
    expect_msach(0, "import continues: 2 pictures were imported before", "%s", command);
    cr_assert(exists("out/images/a.png") && exists("out/images/z.png") && !exists("out/journal.tsv") &&
              !exists("out.part"));
}

/* A picture that a killed run left as a hard link to the source is replaced, not written through. */
Test(import_files, a_left_hard_link_does_not_harm_the_source) {
    picture("s/a.png");
    fixture_text("s/a.txt", "one");
    fixture_text("out0.part/images/x", "");
    char part[700], source[700];
    snprintf(part, sizeof part, "%s", fixture_path("out0.part/images/a.png"));
    snprintf(source, sizeof source, "%s", fixture_path("s/a.png"));
    cr_assert_eq(link(source, part), 0);
    imported("folder", "s", "", 0, "took 1 cases");
    struct stat st;
    cr_assert_eq(stat(source, &st), 0);
    cr_assert_eq(st.st_nlink, 1);
    cr_assert_gt(st.st_size, 0);
}

/* ---- Layouts ---- */

Test(import_files, mimic_cxr_as_dicom_and_without_headings) {
    plain_dicom("s/files/p10/p10000032/s50/d1.dcm");
    fixture_text("s/files/p10/p10000032/s50.txt",
                 "FINAL REPORT\n CHEST\n\n Two views. Heart normal,\n lungs clear.\n");
    fixture_text("s/mimic-cxr-2.0.0-split.csv", "dicom_id,study_id,subject_id,split\nd1,50,10000032,train\n"
                                                "d2,50,10000032,train\n");
    fixture_text("s/mimic-cxr-2.0.0-chexpert.csv", "subject_id,study_id,No Finding\n10000032,50,1.0\n");
    cr_assert_str_eq(
        imported("mimic-cxr", "s", "", 0, "1 file without headings: the last paragraph is the text"),
        HEADER "d1\timages/d1.png\tTwo views. Heart normal, lungs clear.\tp10000032\tNo_Finding\n");
    imported("mimic-cxr", "s", "", 0, "left out 1: the image is missing: neither .jpg nor .dcm at files/");
}

Test(import_files, brest_takes_any_csv_with_its_columns) {
    picture("s/case001.png");
    fixture_text("s/other.csv", "a,b\n1,2\n");
    fixture_text("s/BrEaST - clinical dat.csv",
                 "CaseID;Image_filename;Age;Shape;Classification\n1;case001.png;57;oval;benign\n");
    cr_assert_not_null(strstr(imported("brest", "s", "", 0, NULL),
                              "patient aged 57. Lesion of oval shape.\tcase001\tbenign\n"));
}

/* More labels than a manifest holds: the rarest are dropped, and the log reports it. */
Test(import_files, too_many_labels_keep_the_frequent_ones) {
    Buffer rows = {0}, words = {0};
    for (int i = 0; i < 5000; i++) buffer_printf(&words, "\tword%d", i);
    buffer_add(&words, "", 1);
    for (int k = 0; k < 25; k++) {
        buffer_printf(&rows, "R_%d", k);
        for (int i = 0; i < 200; i++) buffer_printf(&rows, "\tw%d", k * 200 + i);
        buffer_printf(&rows, "\tcommon\n");
    }
    fixture_file("s/train/radiology/keywords.txt", rows.data, rows.size);
    rows.size = 0;
    for (int k = 0; k < 25; k++) {
        char name[80];
        snprintf(name, sizeof name, "s/train/radiology/images/R_%d.png", k);
        picture(name);
        buffer_printf(&rows, "R_%d\tcaption\n", k);
    }
    fixture_file("s/train/radiology/captions.txt", rows.data, rows.size);
    cr_assert_not_null(
        strstr(imported("roco", "s", "", 0, "5000 labels of fewer than 2 cases dropped"), "\tcommon\n"));
    imported("roco", "s", "--label-min 1", 3, "has 5001 labels; a manifest holds at most 4096");
    buffer_free(&rows);
    buffer_free(&words);
}

/* Small synthetic data sets in each layout's exact form, well-formed and malformed, through the real binary. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "data/csv.h"
#include "data/picture/image.h"
#include "data/sections.h"
#include "tests/check.h"
#include "tests/dicom_write.h"
#include "tests/fixtures.h"
#include "tests/imported.h"
#include "tests/run_command.h"

/* ---- Parts ---- */

Test(csv, quotes_hold_newlines_commas_and_quotes) {
    Csv t;
    bool more;
    Error err = {0};
    const char *path =
        fixture_text("a.csv", "\xEF\xBB\xBFid,text\r\n1,\"a, \"\"b\"\"\nc\"\r\n\r\n2,d\r\n3\r\n4,\"open\r\n");
    cr_assert_eq(csv_open(&t, path, CSV_QUOTED, true, &err), STATUS_OK);
    cr_assert_eq(csv_column(&t, "ID"), 0);
    cr_assert_eq(csv_next(&t, &more, &err), STATUS_OK);
    cr_assert_str_eq(t.field[1], "a, \"b\"\nc");
    cr_assert_eq(csv_next(&t, &more, &err), STATUS_OK);
    cr_assert_str_eq(t.field[1], "d");
    cr_assert_eq(t.line, 5);
    cr_assert_eq(csv_next(&t, &more, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "a.csv:6: has 1 fields"));
    cr_assert_eq(csv_next(&t, &more, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "a.csv:7: a quote is not closed"));
    csv_close(&t);
}

Test(csv, a_return_inside_quotes_is_part_of_the_text) {
    Csv t;
    bool more;
    Error err = {0};
    cr_assert_eq(csv_open(&t, fixture_text("a.csv", "a,\"b\r\"\r\n\"\r\"\n"), CSV_QUOTED, false, &err),
                 STATUS_OK);
    cr_assert_eq(csv_next(&t, &more, &err), STATUS_OK);
    cr_assert_str_eq(t.field[1], "b\r");
    cr_assert_eq(csv_next(&t, &more, &err), STATUS_OK);
    cr_assert(more);
    cr_assert_str_eq(t.field[0], "\r");
    csv_close(&t);
}

Test(sections, headings_are_found_in_english_and_chinese) {
    SectionPart p[SECTIONS_MOST];
    const char *english = "FINAL REPORT\n FINDINGS: The heart: normal.\n\n IMPRESSION: No disease.";
    cr_assert_eq(sections_find(english, strlen(english), p), 3);
    cr_assert_eq(p[1].section, SECTION_FINDINGS);
    cr_assert_eq(p[2].section, SECTION_IMPRESSION);
    cr_assert_str_eq(p[2].body, " No disease.");
    const char *chinese = "超声所见：肝内见囊肿。提示：肝囊肿。";
    cr_assert_eq(sections_find(chinese, strlen(chinese), p), 2);
    cr_assert_eq(p[0].section, SECTION_FINDINGS);
    cr_assert_eq(p[1].section, SECTION_IMPRESSION);
    cr_assert_eq(sections_find("no headings", 11, p), 1);
}

/* ---- Layouts ---- */

#define OPENI_REPORT(uid, findings, impression, image)                                                       \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<eCitation><uId id=\"" uid                                \
    "\"/><MedlineCitation><Article><Abstract>"                                                               \
    "<AbstractText Label=\"COMPARISON\">None.</AbstractText><AbstractText "                                  \
    "Label=\"INDICATION\">Cough</AbstractText>"                                                              \
    "<AbstractText Label=\"FINDINGS\">" findings                                                             \
    "</AbstractText><AbstractText Label=\"IMPRESSION\">" impression                                          \
    "</AbstractText></Abstract></Article></MedlineCitation><MeSH><major>Cardiomegaly/mild</major>"           \
    "<major>Lung/hypoinflation</major><automatic>effusion</automatic></MeSH><parentImage id=\"" image        \
    "\"><panel/></parentImage></eCitation>"

Test(import, openi_takes_sections_and_major_terms) {
    picture("s/NLMCXR_png/CXR1_IM-1-1.png");
    picture("s/NLMCXR_png/CXR2_IM-2-1.png");
    fixture_text("s/ecgen-radiology/1.xml",
                 OPENI_REPORT("CXR1", "Heart &amp; XXXX, large since XXXX.", "Mild.", "CXR1_IM-1-1"));
    fixture_text("s/ecgen-radiology/2.xml", OPENI_REPORT("CXR2", "", "", "CXR2_IM-2-1"));
    fixture_text("s/ecgen-radiology/3.xml", OPENI_REPORT("CXR3", "Clear.", "", "CXR3_IM-3-1"));
    cr_assert_str_eq(
        imported("openi", "s", "", 0, "left out 1: the image is missing"),
        HEADER "CXR1_IM-1-1\timages/CXR1_IM-1-1.png\tFindings: Heart & large since Impression: Mild.\tCXR1\t"
               "Cardiomegaly|Lung\n");
    cr_assert_not_null(strstr(imported("openi", "s", "--sections indication --labels automatic", 0, NULL),
                              "Indication: Cough\tCXR2\teffusion\n"));
    fixture_text("s/ecgen-radiology/4.xml", "<eCitation>\n<uId id=\"x\">\n</eCitation>");
    imported("openi", "s", "", 3, "4.xml:3: mismatched tag");
    imported("openi", "s", "--skip-bad", 0, "left out 1: malformed");
    fixture_text("s/ecgen-radiology/4.xml", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>");
    imported("openi", "s", "", 3, "declares entities");
}

#define IU_HEADER "uid,MeSH,Problems,image,indication,comparison,findings,impression\r\n"

Test(import, iu_xray_joins_its_two_tables) {
    picture("s/images/images_normalized/1_IM-0001-4001.dcm.png");
    fixture_text("s/indiana_reports.csv",
                 IU_HEADER "1,Cardiomegaly/mild;Opacity,Cardiomegaly;Opacity,Xray,,,\"Line one,\nline "
                           "\"\"two\"\" XXXX.\",Big heart.\r\n2,normal,normal,Xray,,,,\r\n");
    fixture_text("s/indiana_projections.csv", "uid,filename,projection\n1,1_IM-0001-4001.dcm.png,Frontal\n"
                                              "2,2_IM-1.dcm.png,Frontal\n7,7.dcm.png,Frontal\n");
    cr_assert_str_eq(
        imported("iu-xray", "s", "", 0, "left out 1: the image has no report (first: 7.dcm.png)"),
        HEADER "1_IM-0001-4001\timages/1_IM-0001-4001.png\tFindings: Line one, line \"two\" Impression: Big "
               "heart.\t1\tCardiomegaly|Opacity\n");
    fixture_text("s/indiana_reports.csv", "uid,text\n1,a\n");
    imported("iu-xray", "s", "", 3, "indiana_reports.csv:1: has no column Problems");
}

Test(import, roco_reads_tabs_and_rocov2_reads_csv) {
    picture("s/data/train/radiology/images/ROCO_00002.png");
    fixture_text("s/data/train/radiology/captions.txt",
                 "ROCO_00002\t A \"cyst\" in the liver\n\nROCO_00003\tgone\n");
    fixture_text("s/data/train/radiology/keywords.txt", "ROCO_00002\tcyst\tleft liver\n");
    fixture_text("s/data/train/radiology/semtypes.txt", "ROCO_00002\tT060\tDiagnostic Procedure\n");
    fixture_text("s/data/train/non-radiology/captions.txt", "ROCO_00009\tA drawing\n");
    imported("roco", "s", "", 0, "left out 1: is in the folder non-radiology (first: ROCO_00009)");
    cr_assert_str_eq(
        imported("roco", "s", "", 0, "left out 1: the image is missing (first: ROCO_00003)"),
        HEADER "ROCO_00002\timages/ROCO_00002.png\tA \"cyst\" in the liver\tROCO_00002\tcyst|left_liver\n");
    cr_assert_not_null(strstr(imported("roco", "s", "--labels semtypes", 0, NULL), "\tT060\n"));
    imported("roco", "s", "--part test", 3, "no case of layout roco");
    picture("t/train/R2_1.png");
    fixture_text("t/train_captions.csv", "ID,Caption\nR2_1,\"CT, chest\"\n");
    fixture_text("t/train_concepts.csv", "ID,CUIs\nR2_1,C0040405;C0817096\n");
    cr_assert_str_eq(imported("rocov2", "t", "", 0, NULL),
                     HEADER "R2_1\timages/R2_1.png\tCT, chest\tR2_1\tC0040405|C0817096\n");
}

static void packed(const char *name, const char *text) {
    gzFile f = gzopen(fixture_text(name, ""), "wb");
    cr_assert_not_null(f);
    cr_assert_gt(gzputs(f, text), 0);
    cr_assert_eq(gzclose(f), Z_OK);
}

Test(import, mimic_cxr_groups_by_patient_and_states_its_rule_for_uncertain_labels) {
    picture("s/files/p10/p10000032/s50/d1.jpg");
    fixture_text("s/files/p10/p10000032/s50.txt",
                 " FINAL REPORT\n INDICATION: ___F\n\n FINDINGS: \n \n Clear, ___.\n IMPRESSION: None.\n");
    packed("s/mimic-cxr-2.0.0-split.csv.gz",
           "dicom_id,study_id,subject_id,split\nd1,50,10000032,train\nd2,51,10000032,validate\n");
    packed("s/mimic-cxr-2.0.0-chexpert.csv.gz",
           "subject_id,study_id,Atelectasis,Edema,No Finding\n10000032,50,-1.0,0.0,1.0\n");
    cr_assert_str_eq(imported("mimic-cxr", "s", "", 0, "left out 1: the report is missing (first: d2)"),
                     HEADER "d1\timages/d1.jpg\tFindings: Clear, Impression: None.\tp10000032\tNo_Finding\n");
    cr_assert_not_null(
        strstr(imported("mimic-cxr", "s", "--uncertain present", 0, NULL), "\tAtelectasis|No_Finding\n"));
    imported("mimic-cxr", "s", "--uncertain leave-out", 3, "uncertain label");
    fixture_text("s/mimic-cxr-2.0.0-split.csv.gz", "no gzip");
    imported("mimic-cxr", "s", "", 3, "split.csv.gz: is no whole gzip file");
}

Test(import, vqa_med_keeps_the_question_of_the_label_out_of_the_text) {
    picture("s/training/train_images/p1.jpg");
    fixture_text("s/training/QAPairsByCategory/C1_Modality_train.txt", "p1|how taken?|ct\r\n");
    fixture_text("s/training/QAPairsByCategory/C2_Plane_train.txt", "p1|which plane|axial\n");
    fixture_text("s/training/QAPairsByCategory/C3_Organ_train.txt", "p1|what organ?|lung, mediastinum\n");
    fixture_text("s/training/QAPairsByCategory/C4_Abnormality_train.txt",
                 "p1|what is wrong?|cyst\np2|what?|none\n");
    cr_assert_str_eq(
        imported("vqa-med", "s", "", 0, "the image is missing (first: p2)"), HEADER
        "p1\timages/p1.jpg\twhat is wrong? cyst. which plane? axial. how taken? ct.\tp1\tlung_mediastinum\n");
    fixture_text("s/training/QAPairsByCategory/C2_Plane_train.txt", "p1|which plane\n");
    imported("vqa-med", "s", "", 3, "C2_Plane_train.txt:1: has 2 fields");
}

Test(import, vqa_rad_gathers_the_questions_of_a_picture) {
    picture("s/images/p1.jpg");
    fixture_text(
        "s/VQA_RAD_Dataset_Public.json",
        "[{\"image_name\":\"p1.jpg\",\"image_organ\":\"HEAD\",\"image_case_url\":\"https://x/"
        "case?id=7\",\"question\":"
        "\"How "
        "many?\",\"question_type\":\"COUNT\",\"answer\":2},{\"image_name\":\"p1.jpg\",\"question\":\"Which "
        "organ?\",\"question_type\":\"ORGAN\",\"answer\":\"head\"}]");
    cr_assert_str_eq(imported("vqa-rad", "s", "", 0, NULL),
                     HEADER "p1\timages/p1.jpg\tHow many? 2.\t7\tHEAD\n");
    fixture_text("s/VQA_RAD_Dataset_Public.json", "[\n{\"image_name\":}]");
    imported("vqa-rad", "s", "", 3, "Public.json:2: ");
}

Test(import, brest_and_pocus_read_their_tables) {
    picture("s/case001.png");
    fixture_text("s/clinical-data-as-csv.csv",
                 "CaseID,Image_filename,Age,Shape,Halo,Interpretation,BIRADS,Classification\n"
                 "1,case001.png,57,oval,no,Cyst&Scar,2,benign\n");
    cr_assert_str_eq(
        imported("brest", "s", "", 0, NULL), HEADER
        "case001\timages/case001.png\tBreast ultrasound, patient aged 57. Lesion of oval shape. No halo. "
        "Interpretation: Cyst, Scar.\tcase001\tbenign\n");
    picture("t/frames/Reg_a_11.png");
    picture("t/frames/Reg_a_b_11.png");
    fixture_text("t/dataset_metadata.csv",
                 "Filename,Label,Comments from web site,MD2,Patient ID / Name,Healthy,B-lines\n"
                 "Reg_a,regular,\"Normal\nlung\",fine,37,1,0\ngone,regular,x,,,,\n");
    cr_assert_str_eq(
        imported("pocus", "t", "", 0, "left out 1: no frames and no still of this row (first: gone)"),
        HEADER "Reg_a_11\timages/Reg_a_11.png\tfine. Normal lung.\t37\tHealthy\n");
    cr_assert_not_null(strstr(imported("pocus", "t", "--labels diagnosis", 0, NULL), "\tregular\n"));
}

/* ---- One's own folder ---- */

static void make_folder(void) {
    picture("s/cyst/p1/a.png");
    picture("s/cyst/p1/b.png");
    picture("s/stone/c.png");
    picture("s/stone/d.png");
    fixture_text("s/cyst/p1/a.txt", "\xEF\xBB\xBF"
                                    "FINDINGS: a cyst.\r\nIMPRESSION: benign.\r\n");
    /* "超声所见：囊肿" in GB18030 */
    fixture_text("s/cyst/p1/b.txt", "\xB3\xAC\xC9\xF9\xCB\xF9\xBC\xFB\xA3\xBA\xC4\xD2\xD6\xD7");
    fixture_text("s/stone/c.txt", "a stone");
}

Test(import, folder_takes_class_and_patient_from_folders_and_reads_gb18030) {
    make_folder();
    cr_assert_str_eq(imported("folder", "s", "", 0, "left out 1: no text"), HEADER
                     "cyst_p1_a\timages/cyst_p1_a.png\tFINDINGS: a cyst. IMPRESSION: benign.\tp1\tcyst\n"
                     "cyst_p1_b\timages/cyst_p1_b.png\t超声所见：囊肿\tp1\tcyst\n"
                     "stone_c\timages/stone_c.png\ta stone\tstone_c\tstone\n");
    const char *chosen = imported("folder", "s", "--sections findings --link", 0, "1 file read as GB18030");
    cr_assert_null(strstr(chosen, "benign"));
    cr_assert_not_null(strstr(chosen, "囊肿"));
}

static void dicom(const char *name, const char *patient, const char *frames) {
    static const uint8_t p[3 * 256] = {1, 2, 3};
    DicomFile f = {.columns = 16, .rows = 16, .patient = patient, .frames = frames, .pixels = p};
    f.pixel_bytes = frames ? 768 : 256;
    Buffer b = {0};
    dicom_file(&b, &f);
    fixture_file(name, b.data, b.size);
    buffer_free(&b);
}

Test(import, folder_knows_dicom_by_content_and_leaves_its_names_behind) {
    dicom("s/cyst/1.2.840.1", "Meyer-77", NULL);
    fixture_text("s/cyst/1.2.840.1.txt", "a cyst");
    dicom("s/cyst/b.dcm", "Meyer-77", "3");
    fixture_text("s/cyst/b.txt", "another");
    dicom("s/cyst/p9/c.dcm", "Other", NULL);
    fixture_text("s/cyst/p9/c.txt", "a third");
    fixture_text("s/cyst/readme", "no picture");
    cr_assert_str_eq(imported("folder", "s", "", 0, "3 from DICOM: written as PNG without the header"),
                     HEADER "cyst_1.2.840.1\timages/cyst_1.2.840.1.png\ta cyst\tpatient_1\tcyst\n"
                            "cyst_b\timages/cyst_b.png\tanother\tpatient_1\tcyst\n"
                            "cyst_p9_c\timages/cyst_p9_c.png\ta third\tp9\tcyst\n");
    char command[600];
    snprintf(command, sizeof command, "grep -rqE 'Meyer|Nobody' %s", fixture_path("out0"));
    cr_assert(system(command) != 0);
    const char *all = imported("folder", "s", "--frame all", 0, "5 from DICOM");
    cr_assert_not_null(strstr(all, "cyst_b_001\timages/cyst_b_001.png\tanother\tpatient_1\tcyst\n"));
    cr_assert_not_null(strstr(all, "cyst_b_003\t"));
    cr_assert_not_null(strstr(imported("folder", "s", "--frame first", 0, "is no picture"), "\ncyst_b\t"));
}

/* A cine loop above the limit of a picture: one of its frames is read. */
Test(import, of_a_long_dicom_sequence_the_wanted_frame_is_taken) {
    fixture_long_dicom("s/cyst/long.dcm");
    fixture_text("s/cyst/long.txt", "a cyst");
    cr_assert_str_eq(imported("folder", "s", "", 0, "1 from DICOM"),
                     HEADER "cyst_long\timages/cyst_long.png\ta cyst\tcyst_long\tcyst\n");
    Image im;
    cr_assert_eq(image_read(&im, fixture_path("out0/images/cyst_long.png"), NULL), STATUS_OK);
    cr_assert(im.width == 1024 && im.pixel[5] == 77 && im.pixel[6] == 0);
    image_free(&im);
    remove(fixture_path("s/cyst/long.dcm"));
}

Test(import, what_fails_leaves_nothing_behind) {
    make_folder();
    fixture_text("s/stone/c.txt", "caf\xE9 \x81\x90");
    Ran r = run_msach("import folder %s --out %s", fixture_path("s"), fixture_path("new"));
    cr_assert_eq(r.code, 3);
    cr_assert_not_null(strstr(r.err, "c.txt:1: is neither UTF-8 nor clearly GB18030"));
    ran_free(&r);
    char command[600];
    snprintf(command, sizeof command, "ls -d %s* 2>/dev/null | grep -q .", fixture_path("new"));
    cr_assert(system(command) != 0);
    expect_msach(0, "malformed", "import folder %s --out %s --skip-bad", fixture_path("s"),
                 fixture_path("new"));
    expect_msach(2, "exists and is not empty", "import folder %s --out %s --skip-bad", fixture_path("s"),
                 fixture_path("new"));
}

Test(import, mistakes_on_the_command_line_are_named) {
    make_folder();
    expect_msach(2, "did you mean 'folder'?", "import foldr %s --out x", fixture_path("s"));
    expect_msach(2, "a layout and its folder are needed", "import folder --out x");
    expect_msach(2, "known: findings, impression", "import folder %s --out x --sections finding",
                 fixture_path("s"));
    expect_msach(3, "is no folder", "import folder no-such --out x");
    expect_msach(3, "holds no ecgen-radiology", "import openi %s --out x", fixture_path("s"));
    expect_msach(0, "openi", "import --help");
}

/* ---- Whatever the layout ---- */

/* Names, sizes, checksums and times of all files below a fixture's folder. */
static const char *state_of(const char *folder, const char *into) {
    const char *path = fixture_path(into);
    char command[1200];
    snprintf(command, sizeof command,
             "cd %s && { find . -type f -exec cksum {} + | sort; ls -lR --full-time . 2>/dev/null || ls -lR "
             ".; } >%s",
             fixture_path(folder), path);
    cr_assert_eq(system(command), 0);
    return path;
}

static void same_state(const char *before, const char *after) {
    char command[1200];
    snprintf(command, sizeof command, "cmp -s %s %s", before, after);
    cr_assert_eq(system(command), 0);
}

Test(import, the_source_stays_as_it_is) {
    make_folder();
    dicom("s/cyst/p1/d.dcm", "Meyer-77", "3");
    fixture_text("s/cyst/p1/d.txt", "text");
    const char *before = state_of("s", "before");
    imported("folder", "s", "--frame all", 0, NULL);
    imported("folder", "s", "--sections findings", 0, NULL);
    same_state(before, state_of("s", "after"));
}

/* The same table with CRLF, with a byte order mark and in GB18030 gives the same manifest. */
Test(import, line_ends_marks_and_encodings_of_tables_do_not_matter) {
    static const char
        utf8[] = IU_HEADER "1,normal,normal,X,,,双肺清晰,未见异常\r\n",
        lf[] =
            "uid,MeSH,Problems,image,indication,comparison,findings,impression\n1,normal,normal,X,,,双肺清晰,"
            "未见异常\n",
        gb[] = IU_HEADER "1,normal,normal,X,,,\xCB\xAB\xB7\xCE\xC7\xE5\xCE\xFA,"
                         "\xCE\xB4\xBC\xFB\xD2\xEC\xB3\xA3\r\n";
    picture("s/images/1.png");
    fixture_text("s/indiana_projections.csv", "\xEF\xBB\xBFuid,filename,projection\r\n1,1.png,Frontal\r\n");
    static const char *const ways[] = {utf8, lf, gb, "\xEF\xBB\xBF"};
    for (int i = 0; i < 4; i++) {
        char marked[600];
        snprintf(marked, sizeof marked, "%s%s", ways[i], i == 3 ? utf8 : "");
        fixture_text("s/indiana_reports.csv", marked);
        cr_assert_str_eq(imported("iu-xray", "s", "", 0, i == 2 ? "1 file read as GB18030" : NULL),
                         HEADER "1\timages/1.png\tFindings: 双肺清晰 Impression: 未见异常\t1\tnormal\n");
    }
    packed("s/indiana_reports.csv", "no table");
    imported("iu-xray", "s", "", 3, "indiana_reports.csv");
}

/* Sections in Chinese, chosen; a report without the wanted one is left out. */
Test(import, sections_are_chosen_in_chinese_too) {
    picture("s/a/1.png");
    picture("s/a/2.png");
    fixture_text("s/a/1.txt",
                 "临床诊断：结石待查\n检查所见：胆囊内见强回声，大小约１２ｍｍ。\n提示：胆囊结石。\n");
    fixture_text("s/a/2.txt", "【超声所见】肝内未见异常。\n");
    cr_assert_str_eq(
        imported("folder", "s", "--sections impression", 0, "left out 1: no text in the sections"),
        HEADER "a_1\timages/a_1.png\t提示：胆囊结石。\ta_1\ta\n");
    const char *both = imported("folder", "s", "--sections findings,impression", 0, NULL);
    cr_assert_not_null(strstr(both, "\t检查所见：胆囊内见强回声，大小约１２ｍｍ。 提示：胆囊结石。\t"));
    cr_assert_not_null(strstr(both, "\t【超声所见】肝内未见异常。\t"));
    cr_assert_null(strstr(both, "待查"));
}

/* ---- The originals' own samples ---- */

Test(import, samples_in_their_original_layouts_are_read) {
    static const char *const samples[][3] = {
        {"vqa-med", "vqamed2019", "took 32 cases in 32 groups; 32 of them with labels"},
        {"vqa-rad", "vqarad", "took 30 cases in 30 groups; 30 of them with labels"},
        {"brest", "breast_us", "left out 226: the image is missing"},
        {"pocus", "pocus_lung_us", "took 58 cases in 28 groups; 47 of them with labels"}};
    const char *data = getenv("MSACH_DATA");
    if (!data) cr_skip("MSACH_DATA is not set: no samples");
    for (int i = 0; data && i < 4; i++)
        expect_msach(0, samples[i][2], "import %s %s/data_raw/%s --out %s", samples[i][0], data,
                     samples[i][1], fixture_path(samples[i][0]));
}

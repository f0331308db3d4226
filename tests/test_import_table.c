/* Small tables in the form of published data sets, and labels from words, through the real binary. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "data/import/label_words.h"
#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/imported.h"
#include "tests/run_command.h"

/* ---- Tables ---- */

Test(import_table, kaggle_tables_are_joined_by_their_common_column) {
    picture("s/images/1_IM-1.dcm.png");
    picture("s/images/1_IM-2.dcm.png");
    fixture_text(
        "s/indiana_projections.csv",
        "uid,filename,projection\n1,1_IM-1.dcm.png,Frontal\n1,1_IM-2.dcm.png,Lateral\n9,gone.png,Frontal\n");
    fixture_text("s/indiana_reports.csv",
                 "uid,MeSH,Problems,image,indication,comparison,findings,impression\n"
                 "1,Opacity/lung,Opacity;Scar,Xray,,,\"Line one,\nline two\",Clear\n");
    cr_assert_str_eq(imported("table", "s/indiana_projections.csv s/indiana_reports.csv",
                              "--columns image=filename,text=findings+impression,labels=Problems,group=uid",
                              0, "joined by column uid"),
                     HEADER
                     "1_IM-1.dcm\timages/1_IM-1.dcm.png\tLine one, line two. Clear.\t1\tOpacity|Scar\n"
                     "1_IM-2.dcm\timages/1_IM-2.dcm.png\tLine one, line two. Clear.\t1\tOpacity|Scar\n");
    imported(
        "table", "s/indiana_reports.csv s/indiana_projections.csv",
        "--columns image=filename,text=findings+impression", 0,
        "left out 1: a row of a joined table with the key of a row before; name the table with a row for "
        "each picture first (first: ");
    imported("table", "s/indiana_projections.csv s/indiana_reports.csv", "", 2,
             "--columns 'image=filename,text=findings+impression,labels=Problems,group=uid'");
}

Test(import_table, annotation_json_has_parts_and_several_pictures_a_report) {
    picture("s/images/CXR1/0.png");
    picture("s/images/CXR1/1.png");
    picture("s/images/CXR2/0.png");
    fixture_text(
        "s/annotation.json",
        "{\"train\": [{\"id\": \"CXR1\", \"report\": \"no effusion .\", \"image_path\": [\"CXR1/0.png\", "
        "\"CXR1/1.png\"], \"split\": \"train\"}], \"val\": [], \"test\": [{\"id\": \"CXR2\", \"report\": "
        "\"clear\", \"image_path\": [\"CXR2/0.png\"]}]}");
    imported("table", "s/annotation.json", "", 2,
             "--columns 'id=id,image=image_path,text=report,part=split'");
    cr_assert_str_eq(
        imported("table", "s/annotation.json", "--columns id=id,image=image_path,text=report,part=split", 0,
                 "annotation.json: 2 rows, 4 columns, JSON"),
        HEADER "CXR1\timages/CXR1.png\tno effusion .\tCXR1\t\nCXR1_2\timages/CXR1_2.png\tno effusion "
               ".\tCXR1\t\nCXR2\timages/CXR2.png\tclear\tCXR2\t\n");
    const char *test =
        imported("table", "s/annotation.json",
                 "--columns id=id,image=image_path,text=report,part=split --part test", 0, NULL);
    cr_assert_null(strstr(test, "CXR1"));
    cr_assert_not_null(strstr(test, "CXR2"));
}

Test(import_table, mimic_sections_are_joined_by_a_template_and_images_found_by_one) {
    picture("s/files/p10/p10000032/s50/d1.jpg");
    fixture_text("s/split.csv", "dicom_id,study_id,subject_id,split\nd1,50,10000032,validate\n");
    fixture_text("s/mimic_cxr_sectioned.csv",
                 "study,impression,findings,last_paragraph,comparison\ns50,None.,Heart normal,,\n");
    imported("table", "s/split.csv s/mimic_cxr_sectioned.csv", "", 2, "--join study=s{study_id}");
    imported("table", "s/split.csv s/mimic_cxr_sectioned.csv", "--join study=s{study_id}", 2,
             "image=files/p{subject_id:2}/p{subject_id}/s{study_id}/"
             "{dicom_id}.jpg,text=findings+impression,group=subject_id,"
             "part=split");
    cr_assert_str_eq(
        imported("table", "s/split.csv s/mimic_cxr_sectioned.csv",
                 "--join study=s{study_id} --part validation --columns "
                 "id=dicom_id,image=files/p{subject_id:2}/p{subject_id}/"
                 "s{study_id}/{dicom_id}.jpg,text=findings+impression,group=subject_id,part=split",
                 0, NULL),
        HEADER "d1\timages/d1.jpg\tHeart normal. None.\t10000032\t\n");
}

#define CHEXPERT "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Edema,Pneumonia\n"

Test(import_table, chexpert_columns_are_labels_by_a_stated_rule) {
    const char *columns = "--columns 'image=Path,text={Frontal/Lateral}, {AP/PA}, {Sex},labels=No "
                          "Finding..Pneumonia,group={Path/3}'";
    picture("s/train/patient00001/study1/view1_frontal.jpg");
    fixture_text(
        "s/train.csv", CHEXPERT
        "CheXpert-v1.0-small/train/patient00001/study1/view1_frontal.jpg,Female,68,Frontal,AP,,-1.0,1.0\n"
        "CheXpert-v1.0-small/train/patient00002/study1/view1_frontal.jpg,Male,70,Frontal,AP,1.0,0.0,\n");
    imported("table", "s/train.csv", "", 2, "labels=No Finding..Pneumonia,group={Path/3}");
    cr_assert_not_null(strstr(imported("table", "s/train.csv", columns, 0, NULL),
                              "\tFrontal, AP, Female\tpatient00001\tPneumonia\n"));
    char options[400];
    snprintf(options, sizeof options, "%s --uncertain present", columns);
    cr_assert_not_null(strstr(imported("table", "s/train.csv", options, 0, NULL), "\tEdema|Pneumonia\n"));
    snprintf(options, sizeof options, "%s --uncertain leave-out", columns);
    imported("table", "s/train.csv", options, 3, "uncertain label");
}

Test(import_table, padchest_lists_of_words_and_folders_are_read) {
    picture("s/0/a.png");
    fixture_text("s/PADCHEST.csv",
                 ",ImageID,ImageDir,StudyID,PatientID,Report,Labels\n"
                 "0,a.png,0,st1,pa1,sin hallazgos patologicos ,\"['normal', 'pleural effusion']\"\n");
    imported("table", "s/PADCHEST.csv", "", 2,
             "'image={ImageDir}/{ImageID},text=Report,labels=Labels,group=PatientID'");
    cr_assert_str_eq(
        imported("table", "s/PADCHEST.csv",
                 "--columns id=ImageID,image={ImageDir}/{ImageID},text=Report,labels=Labels,group=PatientID",
                 0, NULL),
        HEADER "a.png\timages/a.png.png\tsin hallazgos patologicos\tpa1\tnormal|pleural_effusion\n");
}

Test(import_table, questions_of_one_picture_are_one_case) {
    picture("s/imgs/xmlab1/source.jpg");
    picture("t/images/p1.jpg");
    fixture_text(
        "s/train.json",
        "[{\"img_id\": 1, \"img_name\": \"xmlab1/source.jpg\", \"question\": \"Which organ?\", "
        "\"answer\": \"Liver\", \"location\": \"Abdomen\", \"triple\": [\"vhead\", \"_\"]}, {\"img_id\": 1, "
        "\"img_name\": \"xmlab1/source.jpg\", \"question\": \"Is it big?\", \"answer\": \"No\"}]");
    cr_assert_str_eq(
        imported("table", "s/train.json s/imgs",
                 "--columns image=img_name,text=question+answer,labels=location,group=img_id", 0, NULL),
        HEADER "xmlab1_source\timages/xmlab1_source.jpg\tWhich organ? Liver. Is it big? No.\t1\tAbdomen\n");
    fixture_text("t/trainset.json",
                 "[{\"qid\": 0, \"image_name\": \"p1.jpg\", \"image_organ\": \"CHEST\", \"question\": "
                 "\"How many?\", \"answer\": 2}]");
    cr_assert_str_eq(imported("table", "t/trainset.json",
                              "--columns image=image_name,text=question+answer,labels=image_organ", 0, NULL),
                     HEADER "p1\timages/p1.jpg\tHow many? 2.\tp1\tCHEST\n");
    fixture_text("t/rows.jsonl",
                 "{\"image_name\": \"p1.jpg\", \"meta\": {\"report\": \"one\"}, \"ok\": true}\n\n"
                 "{\"image_name\": \"p1.jpg\", \"meta\": {\"report\": \"two\"}, \"late\": [1, 2.5]}\n");
    cr_assert_str_eq(imported("table", "t/rows.jsonl",
                              "--columns image=image_name,text=meta.report,labels=ok+late", 0, NULL),
                     HEADER "p1\timages/p1.jpg\tone two\tp1\tok|1|2.5\n");
    fixture_text("t/keyed.json", "{\"p1.jpg\": {\"caption\": \"keyed\"}}");
    cr_assert_not_null(
        strstr(imported("table", "t/keyed.json", "--columns image=key,text=caption", 0, NULL), "\tkeyed\t"));
    fixture_text("t/bad.json", "[{\"image\":}]");
    imported("table", "t/bad.json", "--columns image=image,text=a", 3, "bad.json:1: ");
}

Test(import_table, separators_encodings_and_headers_of_any_language) {
    picture("s/a.png");
    fixture_text("s/semi.csv", "图片;检查所见;诊断\r\na.png;\"左肺；结节\";结节\r\n");
    imported("table", "s/semi.csv", "", 2, "'image=图片,text=");
    cr_assert_str_eq(imported("table", "s/semi.csv", "--columns image=图片,text=检查所见,labels=诊断", 0,
                              "separated by ';'"),
                     HEADER "a\timages/a.png\t左肺；结节\ta\t结节\n");
    static const char utf16[] = "\xFF\xFE"
                                "f\0i\0l\0e\0\t\0t\0e\0x\0t\0\n\0a\0.\0p\0n\0g\0\t\0\xE9\0t\0\xE9\0\n";
    fixture_file("s/utf16.tsv", utf16, sizeof utf16);
    cr_assert_str_eq(
        imported("table", "s/utf16.tsv", "--columns image=file,text=text", 0, "separated by tabs"),
        HEADER "a\timages/a.png\tété\ta\t\n");
    fixture_text("s/latin.csv", "sep=;\nfile;text\na.png;\xE9t\xE9\n");
    cr_assert_not_null(strstr(
        imported("table", "s/latin.csv", "--encoding ISO-8859-1 --columns image=file,text=text", 0, NULL),
        "été"));
    imported("table", "s/latin.csv", "--encoding NO-SUCH --columns image=file,text=text", 2,
             "'NO-SUCH' is unknown");
}

Test(import_table, ids_that_repeat_and_rows_that_disagree_are_counted) {
    for (int i = 0; i < 3; i++) picture(i == 0 ? "t/0.png" : i == 1 ? "t/1.png" : "t/2.png");
    fixture_text("t.csv", "path,report,key,patient,split\n0.png,a,1,p1,train\n1.png,b,1_2,p2,train\n"
                          "2.png,c,1,p4,train\n2.png,d,5,p5,test\n2.png,e,,,\n");
    const char *columns = "--columns id=key,image=path,text=report,group=patient,part=split";
    static const char *const said[] = {
        "changed 1: has the id of a picture before; a number is added (first: 1 becomes 1_3)",
        "changed 1: a later row of the picture has another group; the first is taken (first: 2.png: p4, not "
        "p5)",
        "changed 1: a later row of the picture has another id; the first is taken (first: 2.png: 1, not 5)",
        "changed 1: a later row of the picture has another part; the first is taken (first: 2.png: train, "
        "not test)"};
    for (int i = 0; i < 4; i++)
        cr_assert_str_eq(imported("table", "t.csv t", columns, 0, said[i]),
                         HEADER "1\timages/1.png\ta\tp1\t\n1_2\timages/1_2.png\tb\tp2\t\n"
                                "1_3\timages/1_3.png\tc d e\tp4\t\n");
    fixture_text("u.csv", "path,report,patient\n0.png,a,NA\n1.png,b,NA\n");
    cr_assert_str_eq(
        imported("table", "u.csv t", "--columns image=path,text=report,group=patient", 0, "in 2 groups"),
        HEADER "0\timages/0.png\ta\t0\t\n1\timages/1.png\tb\t1\t\n");
    char options[700];
    snprintf(options, sizeof options, "%s --report '%s'", columns, fixture_path("facts.json"));
    imported("table", "t.csv t", options, 0, NULL);
    json_t *all = json_load_file(fixture_path("facts.json"), 0, NULL);
    cr_assert_eq(json_array_size(json_object_get(all, "changed")), 4);
    json_decref(all);
}

#define FLAGS "path,report,stone,cyst,HER2\n"

Test(import_table, unknown_flags_give_no_label_and_a_cell_of_another_kind_is_refused) {
    static const char *const unknown[] = {"NA", "N/A", "n/a", "null", "None", "-", "?", "", "nan", "NaN"};
    const char *columns = "--columns image=path,text=report,labels=stone..HER2";
    char table[300];
    for (int i = 0; i < 3; i++) picture(i == 0 ? "t/0.png" : i == 1 ? "t/1.png" : "t/2.png");
    for (int i = 0; i < 10; i++) {
        snprintf(table, sizeof table, FLAGS "0.png,a,1,0,%s\n1.png,b,0,%s,1\n2.png,c,0,1,0\n", unknown[i],
                 unknown[i]);
        fixture_text("t.csv", table);
        cr_assert_str_eq(imported("table", "t.csv t", columns, 0, "3 labels"),
                         HEADER "0\timages/0.png\ta\t0\tstone\n1\timages/1.png\tb\t1\tHER2\n"
                                "2\timages/2.png\tc\t2\tcyst\n");
    }
    fixture_text("t.csv", FLAGS "0.png,a,1,0,0\n1.png,b,0,2,1\n2.png,c,0,1,0\n");
    imported("table", "t.csv t", columns, 3,
             "t.csv: row 2 (the header not counted), column 'cyst': '2' is not 0, 1, -1 or empty");
    cr_assert_str_eq(
        imported("table", "t.csv t", "--columns 'image=path,text=report,labels={cyst:99}'", 0, NULL),
        HEADER "0\timages/0.png\ta\t0\t0\n1\timages/1.png\tb\t1\t2\n2\timages/2.png\tc\t2\t1\n");
}

Test(import_table, lists_of_python_and_json_keep_each_word) {
    static const char *const lists[] = {
        "['a, b', \"\"it's\"\"]", "[\"\"a, b\"\"]", "('a', 'c')", "{'c'}", "[d, e]", "(d)"};
    static const char *const labels[] = {"a,_b|it's", "a,_b", "a|c", "c", "d|e", "(d)"};
    Buffer rows = {0}, manifest = {0};
    buffer_printf(&rows, "path,report,finding\n");
    buffer_printf(&manifest, HEADER);
    for (int i = 0; i < 6; i++) {
        char name[80];
        snprintf(name, sizeof name, "t/%d.png", i);
        picture(name);
        buffer_printf(&rows, "%d.png,text,\"%s\"\n", i, lists[i]);
        buffer_printf(&manifest, "%d\timages/%d.png\ttext\t%d\t%s\n", i, i, i, labels[i]);
    }
    fixture_text("t.csv", buffer_text(&rows));
    cr_assert_str_eq(imported("table", "t.csv t", "--columns image=path,text=report,labels=finding", 0, NULL),
                     buffer_text(&manifest));
    buffer_free(&rows);
    buffer_free(&manifest);
}

Test(import_table, mistakes_are_named) {
    picture("s/a.png");
    fixture_text("s/t.csv", "file,report\na.png,text\n/etc/passwd,out\n../b.png,out\n,none\nc.png,gone\n");
    imported("table", "s/t.csv", "--columns image=file,text=reprot", 2,
             "no column 'reprot'; did you mean 'report'");
    imported("table", "s/t.csv", "--columns image=file", 2, "names no text=");
    imported("table", "s/t.csv", "--columns picture=file", 2, "names no key");
    imported("table", "s/t.csv", "--columns image={file,text=report", 2, "lacks a '}'");
    imported("table", "s", "--columns image=file,text=report", 2, "needs a table");
    imported("table", "s/t.csv", "--columns image=file,text=report", 0,
             "left out 2: the image leads out of the folder");
    imported("table", "s/t.csv", "--columns image=file,text=report", 0,
             "left out 1: names no picture (first: row 4)");
    fixture_file("s/book.xlsx", "PK\3\4....", 8);
    imported("table", "s/book.xlsx", "--columns image=file,text=report", 3, "is an Excel workbook");
    imported("brest", "s", "", 3, "is an Excel workbook");
    fixture_text("s/ragged.csv", "file,report\na.png,text,more\na.png,good\n");
    imported("table", "s/ragged.csv", "--columns image=file,text=report", 3, "ragged.csv:2: has 3 fields");
    imported("table", "s/ragged.csv", "--skip-bad --columns image=file,text=report", 0,
             "left out 1: malformed");
}

/* ---- Labels from words ---- */

static WordsFound found(const char *list, const char *text, int label) {
    LabelWords *w;
    WordsFound all[8];
    const char *phrase[8];
    Error err = {0};
    cr_assert_eq(label_words_parse(&w, "list", list, &err), STATUS_OK, "%s", err.message);
    cr_assert_leq(label_words_count(w), 8);
    cr_assert_eq(label_words_find(w, text, all, phrase, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(phrase[label] != NULL, all[label] != WORDS_NONE);
    label_words_free(w);
    return all[label];
}

Test(label_words, negation_and_uncertainty_have_a_scope) {
    static const struct {
        const char *text;
        WordsFound found;
    } cases[] = {{"Large effusion.", WORDS_PRESENT},
                 {"Bilateral EFFUSIONS", WORDS_PRESENT},
                 {"Nothing here.", WORDS_NONE},
                 {"An effusionless chest", WORDS_NONE},
                 {"No effusion.", WORDS_NEGATED},
                 {"No focal consolidation, pneumothorax or large pleural effusion.", WORDS_NEGATED},
                 {"Without an effusion", WORDS_NEGATED},
                 {"Negative for effusion", WORDS_NEGATED},
                 {"There is no evidence of effusion", WORDS_NEGATED},
                 {"Effusion is not seen.", WORDS_NEGATED},
                 {"The effusion has resolved.", WORDS_NEGATED},
                 {"No fracture. Effusion on the left.", WORDS_PRESENT},
                 {"No fracture but a small effusion", WORDS_PRESENT},
                 {"No significant change in the effusion", WORDS_PRESENT},
                 {"Possible effusion", WORDS_UNCERTAIN},
                 {"Effusion cannot be excluded", WORDS_UNCERTAIN},
                 {"No effusion on the right. Small effusion on the left.", WORDS_PRESENT},
                 {"1.5 cm effusion, no. 2", WORDS_PRESENT},
                 {"未见胸腔积液。", WORDS_NEGATED},
                 {"无明显结节、积液", WORDS_NEGATED},
                 {"没有积液", WORDS_NEGATED},
                 {"排除积液", WORDS_NEGATED},
                 {"双肺未见实变，右侧胸腔积液。", WORDS_PRESENT},
                 {"积液未见", WORDS_NEGATED},
                 {"不能排除积液", WORDS_UNCERTAIN},
                 {"积液较前无明显变化", WORDS_PRESENT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert_eq(found("effusion: effusion, 积液\n", cases[i].text, 0), cases[i].found, "%s",
                     cases[i].text);
}

Test(label_words, lists_have_stems_gaps_exceptions_cues_and_scopes_of_their_own) {
    cr_assert_eq(found("a: opacit*", "Opacities", 0), WORDS_PRESENT);
    cr_assert_eq(found("a: heart ... enlarged", "The heart is now mildly enlarged", 0), WORDS_PRESENT);
    cr_assert_eq(found("a: heart ... enlarged", "The heart is fine. Liver enlarged", 0), WORDS_NONE);
    cr_assert_eq(found("a: effusion, -pericardial effusion", "Pericardial effusion", 0), WORDS_NONE);
    cr_assert_eq(found("a: effusion, -pericardial effusion", "Pericardial effusion, left effusion", 0),
                 WORDS_PRESENT);
    cr_assert_eq(found("# comment\n@before: kein, keine\na: erguss", "Kein Erguss", 0), WORDS_NEGATED);
    cr_assert_eq(found("@cues none\na: effusion", "No effusion", 0), WORDS_PRESENT);
    cr_assert_eq(found("@scope 2\na: effusion", "No large left effusion", 0), WORDS_PRESENT);
    cr_assert_eq(found("@scope 2\na: effusion", "No large effusion", 0), WORDS_NEGATED);
    cr_assert_eq(found("a: effusion\n[normal]: clear", "Lungs clear", 1), WORDS_PRESENT);
    cr_assert_eq(found("a: effusion\n[normal]: clear", "Lungs clear, effusion", 1), WORDS_NONE);
    static const char *const bad[] = {"", "no colon", "a: ,", "@scope x\na: b", "a: *", ": b", "@other: b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        LabelWords *w;
        Error err = {0};
        cr_assert_eq(label_words_parse(&w, "list", bad[i], &err), STATUS_INPUT, "%s", bad[i]);
        cr_assert_null(w);
        cr_assert(strncmp(err.message, "list", 4) == 0);
    }
}

Test(label_words, shipped_lists_are_read_and_name_distinct_labels) {
    for (int i = 0; label_list_name(i); i++) {
        LabelWords *w;
        Error err = {0};
        cr_assert_eq(label_words_read(&w, label_list_name(i), &err), STATUS_OK, "%s", err.message);
        cr_assert_gt(label_words_count(w), 5);
        label_words_free(w);
    }
    cr_assert_null(label_list("none"));
}

static WordsFound found_by(const char *list, const char *text, const char *label) {
    LabelWords *w;
    WordsFound all[32];
    const char *phrase[32];
    int i = 0;
    Error err = {0};
    cr_assert_eq(label_words_read(&w, list, &err), STATUS_OK, "%s", err.message);
    cr_assert_leq(label_words_count(w), 32);
    cr_assert_eq(label_words_find(w, text, all, phrase, &err), STATUS_OK, "%s", err.message);
    while (strcmp(label_words_name(w, i), label) != 0) cr_assert_lt(++i, label_words_count(w), "%s", label);
    label_words_free(w);
    return all[i];
}

/* Sentences for which earlier lists gave wrong labels. */
Test(label_words, shipped_lists_know_the_words_of_their_field) {
    static const struct {
        const char *list, *label, *text;
        WordsFound found;
    } cases[] = {
        {"lung-ultrasound", "pleural_irregularity", "Pleural irregularities, consolidation.", WORDS_PRESENT},
        {"lung-ultrasound", "pleural_irregularity", "subpleural irregularities", WORDS_PRESENT},
        {"lung-ultrasound", "pleural_irregularity", "the pleural line was interrupted", WORDS_PRESENT},
        {"lung-ultrasound", "b_lines", "B-line, effusion.", WORDS_PRESENT},
        {"lung-ultrasound", "b_lines", "双肺多发B线", WORDS_PRESENT},
        {"lung-ultrasound", "pleural_effusion", "fills the recess without associated effusion",
         WORDS_NEGATED},
        {"breast-ultrasound", "malignant", "margin not circumscribed - spiculated", WORDS_PRESENT},
        {"breast-ultrasound", "malignant", "Symptoms: family history of breast/ovarian cancer.", WORDS_NONE},
        {"breast-ultrasound", "malignant", "Suspicion of malignancy", WORDS_UNCERTAIN},
        {"breast-ultrasound", "calcification", "No calcifications.", WORDS_NEGATED},
        {"breast-ultrasound", "mass", "左乳低回声结节，未见钙化", WORDS_PRESENT},
        {"chest-xray", "pneumothorax", "未见气胸，右侧胸腔积液", WORDS_NEGATED},
        {"chest-xray", "pleural_effusion", "未见气胸，右侧胸腔积液", WORDS_PRESENT},
        {"chest-xray", "cardiomegaly", "心影增大", WORDS_PRESENT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert_eq(found_by(cases[i].list, cases[i].text, cases[i].label), cases[i].found, "%s",
                     cases[i].text);
}

Test(label_words, an_import_labels_its_cases_and_counts) {
    picture("s/a.png");
    picture("s/b.png");
    picture("s/c.png");
    picture("s/d.png");
    fixture_text("s/a.txt", "Cardiomegaly. No pleural effusion.");
    fixture_text("s/b.txt", "Lungs are clear. No acute disease.");
    fixture_text("s/c.txt", "右侧胸腔积液，未见气胸。");
    fixture_text("s/d.txt", "Possible pneumonia.");
    const char *text =
        imported("folder", "s", "--label-words chest-xray", 0, "25.0 % of the cases are without a label");
    cr_assert_not_null(strstr(text, "disease.\tb\tnormal\n"));
    cr_assert_not_null(strstr(text, "\ta\tcardiomegaly\n"));
    cr_assert_not_null(strstr(text, "\tc\tpleural_effusion\n"));
    cr_assert_not_null(strstr(text, "\td\t\n"));
    imported("folder", "s", "--label-words chest-xray", 0,
             "1 present, 1 negated, 0 uncertain (first: c: 胸腔积液)");
    cr_assert_not_null(
        strstr(imported("folder", "s", "--label-words chest-xray --uncertain present", 0, NULL),
               "\td\tlung_opacity\n"));
    imported("folder", "s", "--label-words chest-xray --uncertain leave-out", 0,
             "left out 1: has an uncertain label");
    imported("folder", "s", "--label-words chest-xry", 2,
             "known lists: chest-xray, lung-ultrasound, breast-ultrasound");
}

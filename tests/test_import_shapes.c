/* Small tables with the exact columns of published data sets: the command that `import table` proposes is run unchanged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/imported.h"
#include "tests/run_command.h"

/* The manifest of the proposed columns; both runs have `options`. */
static const char *proposed(const char *sources, const char *options) {
    Buffer all = {0}, words = {0};
    for (const char *at = sources; *at;) {
        size_t n = strcspn(at, " ");
        char name[200];
        snprintf(name, sizeof name, "%.*s", (int)n, at);
        buffer_printf(&words, " '%s'", fixture_path(name));
        at += n + (at[n] != 0);
    }
    Ran r = run_msach("import table%s --out %s %s", buffer_text(&words), fixture_path("asked"), options);
    cr_assert_eq(r.code, 2, "%s", r.err);
    const char *columns = strstr(r.err, "--columns '"), *end = columns ? strstr(columns, "' --out") : NULL;
    cr_assert_not_null(end, "%s", r.err);
    buffer_printf(&all, "%.*s' %s", (int)(end - columns), columns, options);
    const char *manifest = imported("table", sources, buffer_text(&all), 0, NULL);
    ran_free(&r);
    buffer_free(&all);
    buffer_free(&words);
    return manifest;
}

Test(import_shapes, padchest) {
    picture("s/0/2053_k6ga29.png");
    picture("s/0/1358_fzis7b.png");
    fixture_text(
        "s/PADCHEST.csv",
        ",ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,PatientBirth,PatientSex_DICOM,ViewPosition_"
        "DICOM,Projection,"
        "MethodProjection,Pediatric,Modality_DICOM,Manufacturer_DICOM,PhotometricInterpretation_DICOM,"
        "PixelRepresentation_DICOM,"
        "PixelAspectRatio_DICOM,SpatialResolution_DICOM,BitsStored_DICOM,WindowCenter_DICOM,WindowWidth_"
        "DICOM,Rows_DICOM,"
        "Columns_DICOM,XRayTubeCurrent_DICOM,Exposure_DICOM,ExposureInuAs_DICOM,ExposureTime,"
        "RelativeXRayExposure_DICOM,ReportID,"
        "Report,MethodLabel,Labels,Localizations,LabelsLocalizationsBySentence,labelCUIS,LocalizationsCUIS\n"
        "0,2053_k6ga29.png,0,20140915,2053,8398,1930.0,F,POSTEROANTERIOR,PA,Manual review of DICOM "
        "fields,No,CR,,MONOCHROME2,0,,0.1,12,2048.0,4096.0,2430,2994,,,,,1393,4765777,sin hallazg patolog "
        ".,Physician,\"['normal']\",\"['loc basal']\",\"[['normal', 'loc x']]\",\"['C0205307']\",[]\n"
        "1,1358_fzis7b.png,0,20140915,1358,8398,1930.0,F,LATERAL,L,Manual review of DICOM "
        "fields,No,CR,,MONOCHROME2,0,,0.1,12,2048.0,4096.0,2430,2994,,,,,1393,4765777,cambi pulmonar cronic "
        ".,Physician,\"['pulmonary fibrosis', 'chronic changes']\",[],[],[],[]\n");
    cr_assert_str_eq(proposed("s/PADCHEST.csv", ""),
                     HEADER "0_2053_k6ga29\timages/0_2053_k6ga29.png\tsin hallazg patolog .\t8398\tnormal\n"
                            "0_1358_fzis7b\timages/0_1358_fzis7b.png\tcambi pulmonar cronic "
                            ".\t8398\tpulmonary_fibrosis|chronic_changes\n");
}

Test(import_shapes, mimic_cxr_sectioned) {
    picture("s/files/p10/p10000032/s50414267/02aa804e.jpg");
    fixture_text("s/mimic-cxr-2.0.0-split.csv",
                 "dicom_id,study_id,subject_id,split\n02aa804e,50414267,10000032,train\n");
    fixture_text("s/mimic_cxr_sectioned.csv",
                 "study,impression,findings,last_paragraph,comparison\n"
                 "s50414267,No acute process.,\"There is no focal consolidation,\nor pneumothorax.\",,\n");
    cr_assert_str_eq(
        proposed("s/mimic-cxr-2.0.0-split.csv s/mimic_cxr_sectioned.csv", "--join study=s{study_id}"),
        HEADER "files_p10_p10000032_s50414267_02aa804e\timages/files_p10_p10000032_s50414267_02aa804e.jpg\t"
               "There is no focal consolidation, or pneumothorax. No acute process.\t10000032\t\n");
}

Test(import_shapes, annotations_of_r2gen) {
    picture("s/images/CXR2384_IM-0942/0.png");
    picture("s/images/CXR2384_IM-0942/1.png");
    fixture_text(
        "s/annotation.json",
        "{\"train\": [{\"id\": \"CXR2384_IM-0942\", \"report\": \"heart size is normal .\", \"image_path\": "
        "[\"CXR2384_IM-0942/0.png\", \"CXR2384_IM-0942/1.png\"], \"split\": \"train\"}], \"val\": [], "
        "\"test\": []}");
    cr_assert_str_eq(
        proposed("s/annotation.json", ""), HEADER
        "CXR2384_IM-0942\timages/CXR2384_IM-0942.png\theart size is normal .\tCXR2384_IM-0942\t\n"
        "CXR2384_IM-0942_2\timages/CXR2384_IM-0942_2.png\theart size is normal .\tCXR2384_IM-0942\t\n");
    picture("t/images/p10/p10000032/s50414267/02aa.jpg");
    fixture_text("t/annotation.json", "{\"train\": [{\"id\": \"02aa\", \"study_id\": 50414267, "
                                      "\"subject_id\": 10000032, \"report\": \"Clear.\", "
                                      "\"image_path\": [\"p10/p10000032/s50414267/02aa.jpg\"], \"split\": "
                                      "\"train\"}], \"val\": [], \"test\": []}");
    cr_assert_str_eq(proposed("t/annotation.json", ""), HEADER "02aa\timages/02aa.jpg\tClear.\t10000032\t\n");
}

Test(import_shapes, questions_of_slake_and_vqa_rad) {
    picture("s/imgs/xmlab1/source.jpg");
    fixture_text("s/train.json", "[{\"img_id\": 1, \"img_name\": \"xmlab1/source.jpg\", \"question\": \"What "
                                 "modality?\", \"answer\": \"MRI\", \"q_lang\": "
                                 "\"en\", \"location\": \"Abdomen\", \"modality\": \"MRI\", \"answer_type\": "
                                 "\"OPEN\", \"base_type\": \"vqa\", "
                                 "\"content_type\": \"Modality\", \"triple\": [\"vhead\", \"_\", \"_\"], "
                                 "\"qid\": 0}, {\"img_id\": 1, \"img_name\": "
                                 "\"xmlab1/source.jpg\", \"question\": \"图中包含肝脏吗?\", \"answer\": "
                                 "\"包含\", \"q_lang\": \"zh\", \"location\": "
                                 "\"Abdomen\", \"modality\": \"MRI\", \"answer_type\": \"CLOSED\", "
                                 "\"base_type\": \"vqa\", \"content_type\": \"Organ\", "
                                 "\"triple\": [\"vhead\", \"_\", \"_\"], \"qid\": 1}]");
    cr_assert_str_eq(proposed("s/train.json s/imgs", ""),
                     HEADER "xmlab1_source\timages/xmlab1_source.jpg\tWhat modality? MRI. 图中包含肝脏吗? "
                            "包含\txmlab1_source\tAbdomen\n");
    picture("t/images/synpic54610.jpg");
    fixture_text(
        "t/trainset.json",
        "[{\"qid\": 0, \"phrase_type\": \"freeform\", \"qid_linked_id\": \"03f4\", \"image_case_url\": "
        "\"https://medpix.nlm.nih.gov/case?id=48e1\", \"image_name\": \"synpic54610.jpg\", \"image_organ\": "
        "\"HEAD\", "
        "\"evaluation\": \"not evaluated\", \"question\": \"Are regions infarcted?\", \"question_rephrase\": "
        "\"NULL\", "
        "\"question_relation\": \"NULL\", \"question_frame\": \"NULL\", \"question_type\": \"PRES\", "
        "\"answer\": \"Yes\", "
        "\"answer_type\": \"CLOSED\"}]");
    cr_assert_str_eq(proposed("t/trainset.json", ""),
                     HEADER "synpic54610\timages/synpic54610.jpg\tAre regions infarcted? Yes.\t"
                            "https://medpix.nlm.nih.gov/case?id=48e1\tHEAD\n");
}

/* The table has no reports, which the proposal reports. An empty column does not end the labels. */
Test(import_shapes, chexpert) {
    picture("s/train/patient00001/study1/view1_frontal.jpg");
    picture("s/train/patient00002/study2/view1_frontal.jpg");
    fixture_text("s/train.csv", "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged "
                                "Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,Edema,"
                                "Consolidation,Pneumonia,Atelectasis,Pneumothorax,Pleural Effusion,Pleural "
                                "Other,Fracture,Support Devices\n"
                                "CheXpert-v1.0-small/train/patient00001/study1/"
                                "view1_frontal.jpg,Female,68,Frontal,AP,1.0,,,,,,,,,0.0,,,,1.0\n"
                                "CheXpert-v1.0-small/train/patient00002/study2/"
                                "view1_frontal.jpg,Female,87,Frontal,AP,,,-1.0,1.0,,-1.0,-1.0,,-1.0,,-1.0,,"
                                "1.0,\n");
    imported("table", "s/train.csv", "", 2, "not found: a column of texts; complete");
    imported("table", "s/train.csv", "", 2, "'image=Path,labels=No Finding..Support Devices,group={Path/3}'");
    cr_assert_str_eq(imported("table", "s/train.csv",
                              "--columns 'image=Path,text={Frontal/Lateral} {AP/PA},labels=No "
                              "Finding..Support Devices,group={Path/3},"
                              "id={Path/3}_{Path/4}'",
                              0, NULL),
                     HEADER "patient00001_study1\timages/patient00001_study1.jpg\tFrontal "
                            "AP\tpatient00001\tNo_Finding|Support_Devices\n"
                            "patient00002_study2\timages/patient00002_study2.jpg\tFrontal "
                            "AP\tpatient00002\tLung_Opacity|Fracture\n");
}

#define BREAST_COLUMNS                                                                                       \
    "CaseID;Image_filename;Mask_tumor_filename;Mask_other_filename;Pixel_size;Age;Tissue_composition;Signs;" \
    "Symptoms;Shape;"                                                                                        \
    "Margin;Echogenicity;Posterior_features;Halo;Calcifications;Skin_thickening;Interpretation;BIRADS;"      \
    "Verification;Diagnosis;"                                                                                \
    "Classification\n"

/* The csv that an office program exports, under any name. */
Test(import_shapes, breast_lesions) {
    picture("s/case001.png");
    picture("s/case001_tumor.png");
    fixture_text(
        "s/BrEaST-Lesions-USG-clinical-data-Dec-15-2023.csv", BREAST_COLUMNS
        "1;case001.png;case001_tumor.png;;0,007;57;heterogeneous: predominantly fat;breast scar&skin "
        "retraction;no;irregular;not circumscribed - spiculated;heterogeneous;shadowing;no;no;yes;Breast "
        "scar (surgery)&Suspicion of malignancy;4c;confirmed by biopsy;DCIS;malignant\n");
    cr_assert_str_eq(imported("brest", "s", "", 0, NULL), HEADER
                     "case001\timages/case001.png\tBreast ultrasound, patient aged 57. Tissue composition "
                     "heterogeneous: predominantly "
                     "fat. Signs: breast scar, skin retraction. No symptoms. Lesion of irregular shape, "
                     "margin not circumscribed - "
                     "spiculated, heterogeneous. Posterior features: shadowing. No halo. No calcifications. "
                     "Skin thickening. "
                     "Interpretation: Breast scar (surgery), Suspicion of malignancy.\tcase001\tmalignant\n");
}

/* ROCO has more keywords than a manifest may have labels: the rarest are dropped, with a note. */
Test(import_shapes, keywords_of_roco_keep_within_the_limit_of_labels) {
    Buffer captions = {0}, keywords = {0};
    for (int i = 0; i < 18; i++) {
        char name[80];
        snprintf(name, sizeof name, "s/data/train/radiology/images/ROCO_%05d.jpg", i);
        picture(name);
        buffer_printf(&captions, "ROCO_%05d\t Axial view number %d\n", i, i);
        buffer_printf(&keywords, "ROCO_%05d\tview", i);
        for (int k = 0; k < 250; k++) buffer_printf(&keywords, "\tword %d of %d", k, i);
        buffer_printf(&keywords, "\n");
    }
    fixture_file("s/data/train/radiology/captions.txt", captions.data, captions.size);
    fixture_file("s/data/train/radiology/keywords.txt", keywords.data, keywords.size);
    const char *manifest = imported("roco", "s", "", 0, "labels of fewer than 2 cases");
    cr_assert_not_null(strstr(manifest, "\tAxial view number 0\tROCO_00000\tview\n"), "%s", manifest);
    imported("roco", "s", "--label-min 1", 3, "labels");
    buffer_free(&captions);
    buffer_free(&keywords);
}

/* Likely columns of a table, by their names in several languages and by their contents. */
#include <string.h>
#include <strings.h>

#include "data/import/table_columns.h"

enum { SAMPLE = 200 /* rows that are read */ };

static const char *const IMAGES[] = {
    "image_path", "path_to_image",  "path",    "image",    "image_name", "img_name", "filename",
    "file_name",  "image_filename", "imageid", "image_id", "img_id",     "dicom_id", "file",
    "filepath",   "影像",           "图像",    "图片",     "影像路径",   "图像路径", "图片路径",
    "文件名",     "bild",           "imagen",  "画像",     NULL};
static const char *const TEXTS[] = {
    "report",     "text",     "caption",      "reports",  "report_text",   "description",
    "conclusion", "findings", "impression",   "检查所见", "超声所见",      "影像所见",
    "所见",       "报告",     "报告内容",     "检查报告", "描述",          "诊断报告",
    "befund",     "informe",  "compte_rendu", "所見",     "findings_text", NULL};
static const char *const PAIRS[][2] = {
    {"findings", "impression"}, {"question", "answer"},
    {"检查所见", "诊断意见"},   {"超声所见", "超声提示"},
    {"影像所见", "影像诊断"},   {"检查所见", "检查结论"},
    {"所见", "结论"},           {"section_findings", "section_impression"}};
static const char *const LABELS[] = {"labels",         "label",          "problems",  "finding labels",
                                     "finding_labels", "classification", "class",     "category",
                                     "tags",           "cuis",           "keywords",  "diagnosis",
                                     "image_organ",    "location",       "标签",      "类别",
                                     "诊断",           "疾病",           "etiquetas", NULL};
static const char *const GROUPS[] = {"patientid",      "patient_id", "patient id", "patient",  "subject_id",
                                     "subject",        "uid",        "caseid",     "case_id",  "study_id",
                                     "image_case_url", "患者编号",   "患者id",     "病人编号", "患者",
                                     "病历号",         "住院号",     "paciente",   NULL};
static const char *const IDS[] = {"id", "case", "编号", NULL};

/* Whether a spec may hold the name without braces. */
static bool is_plain(const char *name) {
    return *name && !strpbrk(name, "+,={}") && !strstr(name, "..");
}

static void put_name(Buffer *b, const char *key, const char *name) {
    bool plain = is_plain(name); /* otherwise in braces */
    buffer_printf(b, "%s%s%s%s", key, plain ? "" : "{", name, plain ? "" : "}");
}

/* The first of the words that is a column of a table, or NULL. */
static const char *named(const Table *t, int tables, const char *const *words) {
    for (int i = 0; words[i]; i++)
        for (int k = 0; k < tables; k++) {
            int column = table_column(&t[k], words[i], strlen(words[i]));
            if (column >= 0) return names_at(&t[k].columns, column);
        }
    return NULL;
}

/* The share of the cells that end like the name of a picture. */
static double picture_share(const Table *t, int column) {
    int n = 0, pictures = 0;
    for (int row = 0; row < t->rows && row < SAMPLE; row++) {
        const char *s = table_cell(t, row, column), *bar = strchr(s, '|');
        n += *s != 0;
        pictures += name_is_picture(s) || (bar && name_is_picture(strrchr(s, '|')));
    }
    return n ? (double)pictures / n : 0;
}

static double mean_length(const Table *t, int column) {
    size_t sum = 0;
    int n = t->rows < SAMPLE ? t->rows : SAMPLE;
    for (int row = 0; row < n; row++) sum += strlen(table_cell(t, row, column));
    return n ? (double)sum / n : 0;
}

static bool is_empty(const Table *t, int column) {
    int row = 0;
    while (row < t->rows && !*table_cell(t, row, column)) row++;
    return row == t->rows;
}

/* The column of the first table that holds pictures, or -1. */
static int image_column(const Table *t) {
    int best = -1;
    for (int k = 0; k < t->columns.n; k++)
        if (picture_share(t, k) > 0.5 && (best < 0 || picture_share(t, k) > picture_share(t, best))) best = k;
    return best;
}

static bool put_image(Buffer *b, const Table *t) {
    static const char *const mimic[] = {"subject_id", "study_id", "dicom_id"};
    bool is_mimic = true;
    for (int i = 0; i < 3; i++) is_mimic &= table_column(t, mimic[i], strlen(mimic[i])) >= 0;
    int column = image_column(t), folder = table_column(t, "ImageDir", 8);
    const char *name = column >= 0 ? names_at(&t->columns, column) : named(t, 1, IMAGES);
    if (column < 0 && is_mimic)
        buffer_printf(b, "image=files/p{subject_id:2}/p{subject_id}/s{study_id}/{dicom_id}.jpg");
    else if (name && folder >= 0)
        buffer_printf(b, "image={ImageDir}/{%s}", name);
    else if (name)
        put_name(b, "image=", name);
    return name || is_mimic;
}

static bool put_text(Buffer *b, const Table *t, int tables, int image) {
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        const char *const first[] = {PAIRS[i][0], NULL}, *const second[] = {PAIRS[i][1], NULL};
        const char *a = named(t, tables, first), *z = named(t, tables, second);
        if (!a || !z) continue;
        put_name(b, ",text=", a);
        put_name(b, "+", z);
        return true;
    }
    const char *name = named(t, tables, TEXTS);
    bool by_name = name != NULL;
    double longest = 20; /* shorter cells are not reports */
    for (int i = 0; i < tables && !by_name; i++)
        for (int k = 0; k < t[i].columns.n; k++) {
            double length = i == 0 && k == image ? 0 : mean_length(&t[i], k);
            if (length <= longest) continue;
            longest = length;
            name = names_at(&t[i].columns, k);
        }
    if (name) put_name(b, ",text=", name);
    return name != NULL;
}

static bool all_flags(const Table *t, int column) {
    int odd;
    return column_is_flags(t, column, &odd) && odd < 0;
}

/* The longest run of columns of flags gives the labels; it may contain empty columns. */
static void put_labels(Buffer *b, const Table *t, int tables) {
    int best_first = -1, best_last = -1, best_table = 0;
    for (int i = 0; i < tables; i++)
        for (int k = 0, first = -1; k < t[i].columns.n; k++) {
            bool flags = all_flags(&t[i], k);
            if (flags && first < 0) first = k;
            if (flags && (best_first < 0 || k - first > best_last - best_first))
                best_first = first, best_last = k, best_table = i;
            if (!flags && !is_empty(&t[i], k)) first = -1;
        }
    const char *name = named(t, tables, LABELS);
    const Names *columns = &t[best_table].columns;
    if (best_last - best_first >= 2 || (!name && best_last > best_first)) {
        bool range = is_plain(names_at(columns, best_first)) && is_plain(names_at(columns, best_last));
        if (range)
            buffer_printf(b, ",labels=%s..%s", names_at(columns, best_first), names_at(columns, best_last));
        for (int k = best_first; !range && k <= best_last; k++)
            put_name(b, k == best_first ? ",labels=" : "+", names_at(columns, k));
    } else if (name) {
        put_name(b, ",labels=", name);
    }
}

/* A part "patient00001" of an image's path is a group. */
static void put_group(Buffer *b, const Table *t, int tables, int image) {
    const char *name = named(t, tables, GROUPS);
    if (name) {
        put_name(b, ",group=", name);
        return;
    }
    const char *path = image >= 0 && t->rows ? table_cell(t, 0, image) : "";
    for (int part = 1; *path; part++) {
        size_t n = strcspn(path, "/");
        if (path[n] && n > 7 && strncasecmp(path, "patient", 7) == 0) {
            buffer_printf(b, ",group={%s/%d}", names_at(&t->columns, image), part);
            return;
        }
        path += n + (path[n] != 0);
    }
}

const char *columns_propose(Buffer *spec, const Table *t, int tables) {
    int image = image_column(t);
    const char *id = named(t, 1, IDS);
    if (id) {
        put_name(spec, "id=", id);
        buffer_add(spec, ",", 1);
    }
    bool images = put_image(spec, t), texts = put_text(spec, t, tables, image);
    put_labels(spec, t, tables);
    put_group(spec, t, tables, image);
    if (table_column(t, "split", 5) >= 0) buffer_printf(spec, ",part=split");
    return images && texts ? NULL : images ? "texts" : texts ? "pictures" : "pictures and one of texts";
}

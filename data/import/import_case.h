/* Shared by all importers: reading the source, adding cases, and the list of what was left out. */
#ifndef DATA_IMPORT_CASE_H
#define DATA_IMPORT_CASE_H

#include "data/csv.h"
#include "data/import/import.h"
#include "data/import/journal.h"
#include "data/import/label_words.h"
#include "data/names.h"
#include "data/picture/image.h"
#include "nn/base/bytes.h"

/* ---- Facts: a line for each kind, with its count and first example ---- */

typedef struct {
    char *what, *first;
    int count;
} Fact;

/* Starts as all zeros. failed: memory ran out. */
typedef struct {
    Names kinds; /* `what` with every number as '#' */
    Fact *fact;
    size_t room;
    bool failed;
} Facts;

/* Adds 1 to a kind. Texts that differ only in numbers are one kind; its first text and example are stored. */
void facts_add(Facts *f, const char *what, const char *example);
void facts_free(Facts *f);

/* ---- The state of an import ---- */

/* Offsets in Import.rows: the row is [end of the last row, labels), its labels are [labels, end). */
typedef struct {
    size_t labels, end;
} ImportRow;

/* Results of the words of one label (--label-words): numbers of cases. example: the first case that got the label, and its words. */
typedef struct {
    int present, negated, uncertain;
    char example[160];
} WordCount;

typedef struct {
    const ImportOptions *o;
    const ImportLayout *layout;
    const Log *log;
    char *folder;     /* OUT.part; NULL in a dry run */
    bool owns_folder; /* the folder is of this import and may be removed */
    Buffer rows;
    ImportRow *row;
    size_t row_room;
    Names ids, groups, labels, patients; /* patients: of DICOM files */
    Names pictures;                      /* file names of the output, in lower case */
    Names encodings;                     /* "ENCODING\tFILE" of text files that are not UTF-8 */
    Names seen;                          /* device and inode of visited folders and files */
    int *label_count;
    size_t label_room;
    Names label_set, name_set; /* labels, and the name that each stands for */
    Facts left_out, notes, changed;
    LabelWords *words;
    WordCount *word_count; /* (labels of words) */
    Journal journal;
    char *convert_folder; /* private temporary folder of the converters, or NULL */
    int converter;        /* the one that worked last */
    int label_min, with_labels, from_dicom;
} Import;

void import_left_out(Import *im, const char *reason, const char *example); /* counts something left out */
void import_note(Import *im, const char *what, const char *example);       /* counts a fact of a file */
void import_changed(Import *im, const char *what, const char *example);    /* counts a case that is changed */
/* Handles an input error of one row or file: with skip_bad it becomes a fact and STATUS_OK. Returns every other s. */
Status import_bad(Import *im, Status s, Error *err);
/* STATUS_CHECK after a stop. */
Status import_stopped(const Import *im, Error *err);

/* ---- Cases ---- */

/* labels: by import_add_label, NULL: none. group: NULL: the DICOM patient or the id. part: NULL: the layout has none. image: a path. */
typedef struct {
    const char *id, *text, *labels, *group, *part, *image;
} ImportCase;

/* Imports a case, or leaves it out and counts the reason. Control characters in id and group become '_'; in a label a run of blanks,
 * control characters and '|' becomes one '_'. Names that become one label are counted (import_changed). Bytes that are not UTF-8 are
 * decoded as text files are. STATUS_CHECK after a stop; STATUS_IO. */
Status import_case(Import *im, const ImportCase *c, Error *err);
/* Appends the labels that words of the text give. *leave_out is set for an uncertain label under --uncertain leave-out. */
Status import_word_labels(Import *im, const ImportCase *c, Buffer *labels, bool *leave_out, Error *err);
/* Writes the counts as lines of the log. */
void import_report_log(const Import *im);
/* Writes the same facts as JSON to `path`. */
Status import_report_write(const Import *im, const char *path, Error *err);
int import_labels_kept(const Import *im); /* labels of at least label_min cases */

/* ---- Pictures ---- */

/* A picture of the source, complete and checked. ready: an earlier run of the same import wrote its frames; file is empty.
 * converted: file is the output of a converter. */
typedef struct {
    const char *path;
    ImageFile file;
    bool ready, converted;
    PictureFacts facts;
} ImportPicture;

/* STATUS_INPUT: damaged, or of a kind that is not supported and that no converter could read. import_picture_free in every case. */
Status import_picture_read(Import *im, ImportPicture *p, const char *path, Error *err);
/* Writes images/name: the unchanged file, or a DICOM frame as a gray PNG, without the header. */
Status import_picture_write(Import *im, ImportPicture *p, int frame, const char *name, Error *err);
void import_picture_free(ImportPicture *p);
/* Appends a file name for an id: a character other than a letter, digit, '.', '-' or '_' becomes '_'; a number is added where
 * another id has the same name. */
Status import_picture_name(Import *im, const ImportPicture *p, const char *id, Buffer *name, Error *err);

/* ---- Texts and labels ---- */

/* Appends the name of a label, without blanks around it and once, with '|' between; a '|' within becomes the byte 1. */
void import_add_label(Buffer *labels, const char *name, size_t size);
/* Appends a text with single blanks, without the marks that stand for anonymised words: three or more
 * capital X (IU X-ray) or underscores (MIMIC-CXR). */
void import_add_text(Buffer *text, const char *from, size_t size);
/* Appends "Findings: ..." where --sections names that section and it is not empty. */
void import_add_section(const Import *im, Buffer *text, const char *section, const char *from, size_t size);
/* Appends the sections of a report that --sections names. Without --sections: the whole report (plain), or findings and impression;
 * of a report without headings its last paragraph. name: for the note on that. */
void import_add_report(Import *im, Buffer *text, const char *report, size_t size, bool plain,
                       const char *name);
/* Whether --sections (without it: `standard`) names this section; whether --labels names this kind (default: the first). */
bool import_wants(const Import *im, const char *section, const char *standard);
bool import_labels_are(const Import *im, const char *kind);

/* ---- Files ---- */

/* Reads a text file in --encoding or the guessed encoding (text_read) and notes the encoding. */
Status import_text(Import *im, const char *path, char **text, size_t *size, Error *err);

/* Notes the encoding of a file unless it is UTF-8: count and first file in the log, every file in --report. */
void import_note_encoding(Import *im, const char *path, const TextEncoding *e);

/* A row of a table; column[i] is the place of needed[i]. */
typedef Status ImportRowFn(void *ctx, const Csv *row, const int *column, Error *err);
/* Calls fn for every row of the table `path`. needed: names of columns, NULL-terminated, at most 8; NULL: the file has no header.
 * An input error of a row goes to import_bad. */
Status import_rows(Import *im, const char *path, CsvKind kind, const char *const *needed, ImportRowFn *fn,
                   void *ctx, Error *err);

/* The first source/name that exists (names: NULL-terminated); the caller frees it with mem_free. Without one: NULL, from import_need an
 * input error. */
char *import_locate(const Import *im, const char *const *names);
Status import_need(const Import *im, const char *const *names, char **path, Error *err);
/* The first source/folder/name that exists (folders: NULL-terminated), or NULL; the caller frees it with mem_free. */
char *import_image(const Import *im, const char *const *folders, const char *name);

/* Names in a folder, sorted by bytes, without those that start with a dot. folder_list_free in every case. */
typedef struct {
    Names names;
    char **sorted;
    int n;
} FolderList;
Status folder_list(FolderList *l, const char *path, Error *err);
void folder_list_free(FolderList *l);
bool name_ends(const char *name, const char *ending); /* case-insensitive */
bool name_is_picture(const char *name);               /* by its ending, also of kinds that need a converter */
size_t name_stem(const char *path);   /* bytes before a picture's ending; all where there is none */
bool file_is_dicom(const char *path); /* by its first bytes */
/* Whether this folder or file was visited before, under any name; marks it as visited. */
bool import_seen(Import *im, const char *path);

typedef Status ImportFn(Import *im, Error *err);
ImportFn import_openi, import_iu_xray, import_roco, import_rocov2, import_mimic_cxr, import_vqa_med,
    import_vqa_rad, import_brest, import_pocus, import_folder, import_table;

#endif

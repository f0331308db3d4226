/* What all importers share: reading the source, taking cases, and the list of what was left out. */
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

/* Lines that differ in numbers alone are one kind. */
void facts_add(Facts *f, const char *what, const char *example);
void facts_free(Facts *f);

/* ---- The state of an import ---- */

/* Offsets in Import.rows: the row is [end of the last row, labels), its labels are [labels, end). */
typedef struct {
    size_t labels, end;
} ImportRow;

/* What the words of one label did (--label-words). example: the first case that got the label, and its words. */
typedef struct {
    int present, negated, uncertain;
    char example[160];
} WordCount;

typedef struct {
    const ImportOptions *o;
    const ImportLayout *layout;
    const Log *log;
    char *folder;     /* where the output grows; NULL in a dry run */
    bool owns_folder; /* and may be removed */
    Buffer rows;
    ImportRow *row;
    size_t row_room;
    Names ids, groups, labels, patients; /* patients: of DICOM files */
    Names pictures;                      /* file names of the output, in lower case */
    Names encodings;                     /* "ENCODING\tFILE" of text files that are not UTF-8 */
    Names seen;                          /* device and inode of folders and files that were walked */
    int *label_count;
    size_t label_room;
    Facts left_out, notes;
    LabelWords *words;
    WordCount *word_count; /* (labels of words) */
    Journal journal;
    char *convert_folder; /* private temporary folder of the converters, or NULL */
    int converter;        /* the one that worked last */
    int label_min, with_labels, from_dicom;
} Import;

void import_left_out(Import *im, const char *reason, const char *example);
void import_note(Import *im, const char *what, const char *example);
/* Handles an input error of one row or file: with skip_bad a fact, otherwise the error itself. Other errors pass. */
Status import_bad(Import *im, Status s, Error *err);
/* STATUS_CHECK after a stop. */
Status import_stopped(const Import *im, Error *err);

/* ---- Cases ---- */

/* text, labels ('|' between, NULL: none), group (NULL: the id), part (NULL: the layout has none), image (path). */
typedef struct {
    const char *id, *text, *labels, *group, *part, *image;
} ImportCase;

/* Takes a case, or leaves it out and notes why. Control characters in id and group become '_'; bytes that are not UTF-8 are decoded
 * as text files are. */
Status import_case(Import *im, const ImportCase *c, Error *err);
/* Adds the labels that the words of the text give. *leave_out: an uncertain label under --uncertain leave-out. */
Status import_word_labels(Import *im, const ImportCase *c, Buffer *labels, bool *leave_out, Error *err);
/* Writes the counts as lines of the log. */
void import_report_log(const Import *im);
/* Writes the same facts as JSON to `path`. */
Status import_report_write(const Import *im, const char *path, Error *err);
int import_labels_kept(const Import *im);

/* ---- Pictures ---- */

/* A picture of the source, whole and checked. ready: an earlier run of the same import wrote its frames; file is empty.
 * converted: file is what a converter made. */
typedef struct {
    const char *path;
    ImageFile file;
    bool ready, converted;
    PictureFacts facts;
} ImportPicture;

/* STATUS_INPUT: it is damaged, or its kind is not read and no converter helped. import_picture_free in every case. */
Status import_picture_read(Import *im, ImportPicture *p, const char *path, Error *err);
/* Writes images/name: the file as it is, or a DICOM frame as a gray PNG, which leaves the header behind. */
Status import_picture_write(Import *im, ImportPicture *p, int frame, const char *name, Error *err);
void import_picture_free(ImportPicture *p);
/* Appends a file name for an id: a character other than a letter, digit, '.', '-' or '_' becomes '_'; a number is added where
 * another id has the same name. */
Status import_picture_name(Import *im, const ImportPicture *p, const char *id, Buffer *name, Error *err);

/* ---- Texts and labels ---- */

/* Appends a label as a manifest has it: a run of characters other than letters and digits becomes one '_'. */
void import_add_label(Buffer *labels, const char *name, size_t size);
/* Appends a text without the marks of removed words (XXXX, ___), with single blanks. */
void import_add_text(Buffer *text, const char *from, size_t size);
/* Appends "Findings: ..." where --sections asks for that section and it is not empty. */
void import_add_section(const Import *im, Buffer *text, const char *section, const char *from, size_t size);
/* Appends the sections of a report that has headings. plain: without --sections the whole report; otherwise findings and impression,
 * or, where it has no headings, its last paragraph. */
void import_add_report(Import *im, Buffer *text, const char *report, size_t size, bool plain,
                       const char *name);
/* Whether --sections (without it: `standard`) names this section; whether --labels names this kind (default: the first). */
bool import_wants(const Import *im, const char *section, const char *standard);
bool import_labels_are(const Import *im, const char *kind);

/* ---- Files ---- */

/* Reads a text file by --encoding or by evidence. */
Status import_text(Import *im, const char *path, char **text, size_t *size, Error *err);

/* Notes the encoding of a file unless it is UTF-8: count and first file in the log, every file in --report. */
void import_note_encoding(Import *im, const char *path, const TextEncoding *e);

/* A row of a table; column[i] is the place of needed[i]. */
typedef Status ImportRowFn(void *ctx, const Csv *row, const int *column, Error *err);
/* Calls fn for every row of the table `path`. needed: names of columns, NULL-terminated, at most 8; NULL: the file has no header.
 * An input error goes to import_bad. */
Status import_rows(Import *im, const char *path, CsvKind kind, const char *const *needed, ImportRowFn *fn,
                   void *ctx, Error *err);

/* source/name of the first source and name (NULL-terminated) that exists, or NULL; mem_free it. */
char *import_locate(const Import *im, const char *const *names);
Status import_need(const Import *im, const char *const *names, char **path, Error *err);
/* The file `name` in one of the folders of one of the sources, or NULL. mem_free it. */
char *import_image(const Import *im, const char *const *folders, const char *name);

/* Names in a folder, sorted by bytes; without those that start with a dot. */
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
/* Whether this folder or file was walked before, under any name. */
bool import_seen(Import *im, const char *path);

typedef Status ImportFn(Import *im, Error *err);
ImportFn import_openi, import_iu_xray, import_roco, import_rocov2, import_mimic_cxr, import_vqa_med,
    import_vqa_rad, import_brest, import_pocus, import_folder, import_table;

#endif

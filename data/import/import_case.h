/* What all importers share: cases in, a manifest out, and the list of what was left out. */
#ifndef DATA_IMPORT_CASE_H
#define DATA_IMPORT_CASE_H

#include "data/csv.h"
#include "data/import/import.h"
#include "data/names.h"
#include "nn/base/bytes.h"

enum { IMPORT_REASONS = 24 };

typedef struct {
    char what[100], first[200];
    int count;
} ImportReason;

typedef struct {
    size_t labels,
        end; /* places in Import.rows: the row is [end of the last, labels), its labels [labels, end) */
} ImportRow;

typedef struct {
    const ImportOptions *o;
    const ImportLayout *layout;
    const Log *log;
    char *folder; /* where the output grows */
    Buffer rows;
    ImportRow *row;
    size_t row_room;
    Names ids, groups, labels;
    int *label_count;
    size_t label_room;
    ImportReason reason[IMPORT_REASONS];
    Names patients; /* of DICOM files */
    int reasons, converted, with_labels, from_dicom;
} Import;

/* text, labels ('|' between, NULL: none), group (NULL: the id), part (NULL: the layout has none), image (path). */
typedef struct {
    const char *id, *text, *labels, *group, *part, *image;
} ImportCase;

/* Takes a case, or leaves it out and notes why. */
Status import_case(Import *im, const ImportCase *c, Error *err);
void import_left_out(Import *im, const char *reason, const char *example);

/* A picture of the source, whole and checked, with the frames [from, to) that are asked for. */
typedef struct {
    const char *path;
    unsigned char *data;
    size_t size;
    bool is_dicom;
    int from, to;
    char patient[65];
} ImportPicture;

/* STATUS_INPUT: it is damaged or of a kind that is not read. import_picture_free in every case. */
Status import_picture_read(ImportPicture *p, const char *path, ImportFrames frames, Error *err);
/* Into images/name of the output: as it is, or a DICOM frame as a gray PNG, which leaves its header behind. */
Status import_picture_write(const Import *im, const ImportPicture *p, int frame, const char *name,
                            Error *err);
void import_picture_free(ImportPicture *p);
/* A file name from an id: what is no letter, digit, '.', '-' or '_' becomes '_'; the ending is the picture's. */
void import_picture_name(const ImportPicture *p, const char *id, char *name, size_t room);

/* What to do with a row that could not be read: the error itself, or with skip_bad a note. */
Status import_bad(Import *im, Status s, Error *err);

/* The label as a manifest has it: every run of what is no letter or digit becomes one '_'; nothing for an empty one. */
void import_add_label(Buffer *labels, const char *name, size_t size);
/* A text without the marks of removed words (XXXX, ___) and with single blanks. */
void import_add_text(Buffer *text, const char *from, size_t size);
/* "Findings: ..." where that section is wanted and not empty. */
void import_add_section(const Import *im, Buffer *text, const char *section, const char *from, size_t size);
/* Whether --sections (or, without it, `standard`) names this section; whether --labels names this kind (standard: the first). */
bool import_wants(const Import *im, const char *section, const char *standard);
bool import_labels_are(const Import *im, const char *kind);

/* source/name of the first source and name (NULL-terminated) that is there, or NULL; mem_free it. */
char *import_locate(const Import *im, const char *const *names);
Status import_need(const Import *im, const char *const *names, char **path, Error *err);
/* The file `name` in one of the folders of one of the sources, or NULL. */
char *import_image(const Import *im, const char *const *folders, const char *name);
const char *buffer_text(Buffer *b); /* as a string; "" where memory ran out */

/* Names in a folder, sorted by bytes; without those that start with a dot. */
typedef struct {
    Names names;
    char **sorted;
    int n;
} FolderList;
Status folder_list(FolderList *l, const char *path, Error *err);
void folder_list_free(FolderList *l);
bool name_ends(const char *name, const char *ending); /* case-insensitive */
bool name_is_picture(const char *name);               /* by its ending */
bool file_is_dicom(const char *path);                 /* by its first bytes */

typedef Status ImportFn(Import *im, Error *err);
ImportFn import_openi, import_iu_xray, import_roco, import_rocov2, import_mimic_cxr, import_vqa_med,
    import_vqa_rad, import_brest, import_pocus, import_folder;

#endif

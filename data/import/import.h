/* Imports a published data set, a table or a folder: writes a manifest and its images. One layout a file. */
#ifndef DATA_IMPORT_H
#define DATA_IMPORT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "nn/base/error.h"
#include "nn/base/log.h"

/* Frame of a multi-frame DICOM file. IMPORT_ALL: every frame is a case; all share one group. */
typedef enum { IMPORT_MIDDLE, IMPORT_FIRST, IMPORT_LAST, IMPORT_ALL } ImportFrames;

typedef struct {
    const char *const *sources; /* (n_sources) folders, for layout table also files; never written to */
    int n_sources;
    const char *out;         /* folder to create; it must be empty or not exist */
    const char *sections;    /* names separated by ',', or NULL: the layout's choice */
    const char *labels;      /* which of the layout's kinds of labels, or NULL: its first kind */
    const char *part;        /* train, validation, test, separated by ','; NULL: all */
    const char *uncertain;   /* rule for an uncertain label: absent, present or leave-out */
    const char *columns;     /* layout table: "image=...,text=..." (table_columns.h), or NULL */
    const char *join;        /* layout table: "COLUMN=TEMPLATE" that joins the second table, or NULL */
    const char *label_words; /* labels from the reports: a shipped list or a file (label_words.h), or NULL */
    const char *encoding;    /* of text files, a name that text_encoding_known accepts; NULL: guessed */
    const char *report;      /* file for the facts of the log as JSON, or NULL */
    ImportFrames frames;
    int label_min;   /* drop labels of fewer cases; 0: 1, or more where the labels exceed MANIFEST_LABELS */
    bool link;       /* hard links instead of copies, where the file system allows them */
    bool skip_bad;   /* leave malformed rows out and count them; otherwise they are an error */
    bool no_convert; /* do not run converters for kinds of pictures that are not supported */
    bool dry_run;    /* read and check everything, write nothing */
    const atomic_int *stop; /* set: stop; may be NULL */
} ImportOptions;

/* Kinds of labels and names of sections end with NULL. takes_files: a source may be a file. */
typedef struct {
    const char *name;
    const char *const *labels, *const *sections;
    bool takes_files;
} ImportLayout;

int import_layouts(void);
const ImportLayout *import_layout(int i); /* NULL where i is not below import_layouts() */

/* Writes manifest.tsv and images/ into OUT.part, and renames that folder to `out` at the end: all or nothing. Logs what was imported
 * and what was left out: reason, count, first example. A case without text or image is left out. No case at all is an input error; a
 * sections, labels or columns entry that the layout lacks is STATUS_USAGE. After a stop (STATUS_CHECK) OUT.part stays, and the same call
 * continues from there. layout: a name of import_layout. */
Status import_run(const char *layout, const ImportOptions *o, const Log *log, Error *err);

#endif

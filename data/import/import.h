/* From a published data set, or a folder of one's own, to a manifest and its images. One importer a layout. */
#ifndef DATA_IMPORT_H
#define DATA_IMPORT_H

#include <signal.h>
#include <stdbool.h>

#include "nn/base/error.h"
#include "nn/base/log.h"

/* Which frame of a DICOM file of many; all: a case each, of one group. */
typedef enum { IMPORT_MIDDLE, IMPORT_FIRST, IMPORT_LAST, IMPORT_ALL } ImportFrames;

typedef struct {
    const char *const *sources; /* (n_sources) folders of the data set, never written to */
    int n_sources;
    const char *out;       /* folder to make; it must not be there, or be empty */
    const char *sections;  /* names with ',' between, or NULL: the layout's own choice */
    const char *labels;    /* which of the layout's labels, or NULL: its first kind */
    const char *part;      /* of the layout's own division: train, validation, test; NULL: all */
    const char *uncertain; /* a label that the layout calls uncertain (-1): absent, present or leave-out */
    ImportFrames frames;
    int label_min;                     /* labels of fewer cases are dropped */
    bool link;                         /* hard links in place of copies, where the file system can */
    bool skip_bad;                     /* malformed rows are left out and counted rather than an error */
    const volatile sig_atomic_t *stop; /* set: break off; may be NULL */
} ImportOptions;

/* name; where its text, labels and groups come from (for --help); kinds of labels and names of sections, NULL-terminated. */
typedef struct {
    const char *name, *about;
    const char *const *labels, *const *sections;
} ImportLayout;

int import_layouts(void);
const ImportLayout *import_layout(int i); /* NULL where i is not below import_layouts() */

/* Writes out/manifest.tsv and out/images/ beside `out` and moves them there as the last act: all or nothing. Tells the log what was
 * taken and what was left out, by reason, count and first example. Cases without text or image are left out. Nothing taken is an
 * input error. */
Status import_run(const char *layout, const ImportOptions *o, const Log *log, Error *err);

#endif

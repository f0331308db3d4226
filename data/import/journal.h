/* Which pictures an unfinished import has written, so that the same command continues after a stop. */
#ifndef DATA_IMPORT_JOURNAL_H
#define DATA_IMPORT_JOURNAL_H

#include <stdbool.h>

#include "data/names.h"
#include "nn/base/error.h"

/* A picture of the source. size (bytes), time (ns): of its file, to detect a change. Frames [from, to) are imported. ending: of the
 * output file; name: of the first frame's output file. patient: of a DICOM file, or "". */
typedef struct {
    long long size, time;
    int from, to, is_dicom;
    char patient[65], ending[8], name[192];
} PictureFacts;

/* Starts as all zeros. */
typedef struct {
    int fd;     /* 0: closed */
    char *path; /* of the file */
    Names paths;
    PictureFacts *facts; /* of path i */
    size_t room;
    int found; /* entries of an earlier run */
} Journal;

/* Opens folder/journal.tsv and reads the entries of an earlier run. options: one line; an earlier run with other options is
 * STATUS_USAGE. A cut last line, as after a crash, is ignored. */
Status journal_open(Journal *j, const char *folder, const char *options, Error *err);
/* The stored facts of a source file whose size and time are those of `now`, or NULL. Owned by the journal. */
const PictureFacts *journal_find(const Journal *j, const char *path, const PictureFacts *now);
/* Appends the facts of a picture whose frames are all written. A path with a tab or newline is not stored. */
Status journal_add(Journal *j, const char *path, const PictureFacts *e, Error *err);
/* Closes the file, with `remove` deletes it, and frees the journal. Needs no memory. */
void journal_close(Journal *j, bool remove);

#endif

/* `browse`: a static gallery of an archive. Pages list all cases and the cases of each label; each case has a page with its nearest reports and
 * pictures. One folder of files; no script, no network. */
#ifndef CMD_GALLERY_H
#define CMD_GALLERY_H

#include <signal.h>

#include "hash/search/index.h"
#include "nn/base/bytes.h"
#include "nn/base/log.h"

/* A label of the archive, and the rows that have it. */
typedef struct {
    char *name;
    int64_t *row; /* (n) */
    size_t n, capacity;
} GalleryLabel;

typedef enum { PICTURE_NONE, PICTURE_PNG, PICTURE_JPEG, PICTURE_BROKEN } GalleryPicture;

typedef struct {
    Index *index;
    const char *index_path; /* borrowed */
    char *folder;           /* the folder to write */
    int64_t *row;           /* (n) the cases that are not deleted */
    size_t n;
    uint8_t *picture;        /* (index_count) GalleryPicture of each row */
    size_t pictures, broken; /* rows that name a picture; those of them whose picture is missing or damaged */
    GalleryLabel *label;     /* (n_labels) sorted by bytes */
    size_t n_labels, label_capacity;
    size_t k;         /* neighbours shown in each direction */
    Hit *hit[2];      /* (n, k+1) by the modality that asks; may hold the case itself */
    size_t *found[2]; /* (n) */
    Pool *pool;
    const Log *log;
    const volatile sig_atomic_t *stop;
} Gallery;

/* Opens an index and finds the neighbours of every case. gallery_close in every case. */
Status gallery_open(Gallery *g, const char *index, size_t k, Pool *pool, const Log *log, Error *err);
void gallery_close(Gallery *g);

/* Writes all pages and pictures into a folder that must not exist. After a failure or a stop the folder does not exist. */
Status gallery_write(Gallery *g, const char *folder, const volatile sig_atomic_t *stop, Error *err);

/* ---- gallery_pages.c ---- */

/* Writes a file of the gallery, without sync: the folder is renamed to its final name when it is complete. */
Status gallery_put(const Gallery *g, const char *name, const Buffer *b, Error *err);
Status gallery_lists(const Gallery *g, Error *err);
Status gallery_case(const Gallery *g, size_t i, Error *err);
/* "picture/000012.png" into name (32); NULL where there is no picture to show. */
const char *gallery_picture_name(const Gallery *g, int64_t row, char *name);

#endif

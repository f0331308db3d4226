/* `browse`: a static gallery of an archive. Pages list all cases and the cases of each label; each case has a page with its nearest reports and
 * pictures; a search box finds cases by id and label. One folder of files that needs no server and no network:
 *
 *     index.html style.css find.js     the first list, the style, the search box
 *     list/000/000001.html             further lists, numbered over all lists
 *     case/000/000000.html             one case, by its row; picture/ in the same way
 *     find/000/000000.js               what the search box reads, FIND_CASES cases a file
 *
 * No folder holds more than 1,000 files or folders. */
#ifndef CMD_GALLERY_H
#define CMD_GALLERY_H

#include "cmd/args.h"
#include "cmd/finder.h"

enum { GALLERY_MOST = 1000000, GALLERY_FIND_CASES = 20000, GALLERY_LIST_CASES = 60 };

/* A label of the archive, and the rows that have it. */
typedef struct {
    char *name;
    int64_t *row; /* (n) */
    size_t n, capacity;
    size_t first; /* number of its first list */
} GalleryLabel;

typedef enum { PICTURE_NONE, PICTURE_PNG, PICTURE_JPEG, PICTURE_BROKEN } GalleryPicture;

typedef struct {
    const Args *args;
    Finder finder;
    Answer answer;
    SearchOptions options;
    char *folder; /* the folder to write */
    int64_t *row; /* (n) the cases that are not deleted */
    size_t n;
    uint8_t *picture;        /* (index_count) GalleryPicture of each row */
    size_t pictures, broken; /* rows that name a picture; those of them whose picture is missing or damaged */
    GalleryLabel *label;     /* (n_labels) sorted by bytes */
    size_t n_labels, label_capacity, lists; /* lists: pages of all lists */
} Gallery;

/* Opens the index, and the model if the arguments name one. gallery_close in every case. */
Status gallery_open(Gallery *g, const Args *a, Error *err);
void gallery_close(Gallery *g);

/* Writes all pages and pictures into --out, which must not exist. STATUS_USAGE where that takes more than a gigabyte and --yes is not given.
 * After a failure or a stop (cmd_stop) the folder does not exist. */
Status gallery_write(Gallery *g, Error *err);

/* ---- gallery_pages.c ---- */

enum { GALLERY_NAME = 64 };
/* "case/012/012345.html" of number n below 10^6, after `root`, into name (GALLERY_NAME); returns name. */
const char *gallery_name(char *name, const char *root, const char *kind, size_t n, const char *ending);
/* The picture of a row in the same way; NULL where there is none to show. */
const char *gallery_picture_name(const Gallery *g, const char *root, int64_t row, char *name);
/* Writes a file of the gallery, without sync: the folder is renamed to its final name when it is complete. */
Status gallery_put(const Gallery *g, const char *name, const Buffer *b, Error *err);
Status gallery_lists(const Gallery *g, Error *err);
Status gallery_case(Gallery *g, size_t i, Error *err);

/* ---- gallery_find.c ---- */

/* style.css, find.js and the lists of the search box. */
Status gallery_find(const Gallery *g, Error *err);

#endif

/* The manifest: one case a line (TSV or JSON Lines) or a JSON array of objects; UTF-8 (a byte order mark and CRLF are fine). Columns by
 * name in any order: id, image (relative to the manifest), text, labels (separated by '|'; in JSON also an array); optional group
 * (patient, case or video) and split (train, val, query, database). In JSON ids, groups and labels may be whole numbers. Other columns
 * are ignored. In TSV \t, \n, \r and \\ stand for tab, newline, return, backslash; quotes are text. Empty lines are ignored. */
#ifndef DATA_MANIFEST_H
#define DATA_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/names.h"
#include "nn/base/error.h"
#include "nn/base/log.h"

enum {
    MANIFEST_MAX_BYTES = 1 << 30,
    MANIFEST_CASE_LABELS = 256, /* most labels of one case */
    MANIFEST_LABELS = 4096      /* most label names of a manifest */
};

typedef enum {
    SET_NONE = -1,
    SET_TRAIN = 0,
    SET_VAL = 1,
    SET_QUERY = 2,
    SET_DATABASE = 3,
    SET_COUNT = 4
} Set;
const char *set_name(Set s); /* "train", "val", "query", "database"; "none" */

/* Strings belong to the manifest; image and text are "" where the case has none. */
typedef struct {
    const char *id, *image, *text;
    char *image_path; /* image resolved beside the manifest; NULL where there is none */
    int group;        /* 0..n_groups-1; a case without group is a group of its own */
    Set set;          /* of the split column, SET_NONE without one */
    int line;         /* in the file, from 1; 0: the case is not from a file */
} Case;

typedef struct {
    char *path;
    Case *cases;
    int n;
    char **label_names; /* sorted by bytes */
    int n_labels;
    uint8_t *labels;    /* (n, n_labels): 1 where the case has the label */
    char **group_names; /* (n_groups) of the group column; the id for a case that is a group of its own */
    int n_groups;
    bool has_split, masked; /* there is a split column; words were removed from the texts */
    uint32_t crc;           /* of the manifest's bytes: provenance */
    char *text_block;       /* owns the strings of the cases */
    Names ids;              /* case i is name i */
    Names label_table;      /* owns the label names */
} Manifest;

typedef struct {
    bool skip_bad; /* leave bad rows and damaged pictures out, with a warning; such a case keeps its text */
    bool allow_outside; /* permit image paths that are absolute, hold ".." or leave the folder by a symlink */
    /* Training needs all three, an index none. need_images, need_texts: a case without one is a bad row. need_labels: the manifest
     * has at least two labels; a case may have none. */
    bool need_labels, need_images, need_texts;
    const char *mask_words; /* file with one word or phrase a line, removed from all texts; or NULL */
    bool mask_labels;       /* removes label names (and their words split at '_' and '-') from all texts */
    /* Arrays in place of pictures and of texts (data/own_features.h); NULL: none. manifest_read does not read them, but a case
     * needs neither image nor text where one is given. */
    const char *features[2];
} ManifestOptions;

/* A file that starts with '[' is a JSON array; one that starts with '{' or is called .jsonl or .ndjson is JSON Lines; every other
 * file is TSV. Checks ids (unique, not empty), UTF-8, that every case has an image or a text, and that image files exist and are
 * regular. All bad rows are reported at once: the first 10 with file:line, and the count of the rest. Masked words match whole,
 * case-folded words of the text. STATUS_INPUT: a bad file or row; STATUS_USAGE: JSON or a mask that this build lacks; STATUS_IO.
 * Call manifest_free in every case. */
Status manifest_read(Manifest *m, const char *path, const ManifestOptions *o, const Log *log, Error *err);
void manifest_free(Manifest *m);

/* Index of the case with this id, or -1. */
int manifest_find(const Manifest *m, const char *id);

/* Rewrites label_names and labels so that the n_names given labels come first, in their order; a label that the manifest lacks
 * becomes an empty column. Errors: memory. (manifest_order.c, of the part measures) */
Status manifest_order_labels(Manifest *m, char *const *names, int n_names, Error *err);

/* The name of a data set: the folder of its manifest, or the file name where the path has no folder. Cut to size - 1 bytes. */
void manifest_name(const char *path, char *name, size_t size);

#endif

/* The paper's table: every method on the same splits, with the same features, by the same protocol. The table is computed
 * cell by cell into a folder. A finished cell is not computed again, and a table that was stopped and continued has the same
 * bytes as one that was not stopped.
 *     OUT/cells/NAME.tsv  one finished cell each     OUT/work    stage 1 of each split, unfinished trainings
 *     OUT/table.tsv  .csv  .md  .tex  .html, and each chart as OUT/figures/NAME.svg and NAME.tsv: written whenever a split is finished
 * The cells of one split run side by side, one a thread. Stage 1 and trainings with a stage 1 of their own use all threads. */
#ifndef TRAIN_TABLE_H
#define TRAIN_TABLE_H

#include <stdatomic.h>

#include "data/manifest.h"
#include "eval/audit/audit.h"
#include "nn/base/log.h"
#include "nn/base/pool.h"
#include "train/config.h"

enum { TABLE_DATA = 8, TABLE_BITS = 16, TABLE_CODES = 64, TABLE_NAME = 24 };

/* Codes of another program for one split, in a folder as `msach eval --codes` takes it; folders of one name are split seeds of one row. */
typedef struct {
    char name[TABLE_NAME];
    const char *folder;
} TableCodes;

/* The parts of a table, in the order of their computation: split seed by split seed, and in each data set by data set, main,
 * ablations and lengths; then the other parts one after the other. */
typedef enum {
    PART_MAIN,        /* all rows but DCMH, main bits, standard split, no ablations */
    PART_ABLATIONS,   /* those that share stage 1 */
    PART_LENGTHS,     /* other bits: main without the methods on raw features */
    PART_DCMH,        /* main bits */
    PART_MASKED,      /* main on texts without label words */
    PART_UNSEEN,      /* main on labels that no training case has */
    PART_RETRAINED,   /* ablations with a stage 1 of their own */
    PART_RAW_LENGTHS, /* other bits, methods on raw features */
    TABLE_PARTS
} TablePart;
extern const char *const TABLE_PART_NAMES[TABLE_PARTS];

typedef struct {
    const char *data[TABLE_DATA]; /* (n_data) manifests */
    int n_data;
    const char *out;
    int bits
        [TABLE_BITS]; /* (n_bits) lengths of the codes; the main bits are 64 where listed, else the first */
    int n_bits;
    TableCodes codes[TABLE_CODES]; /* (n_codes) */
    int n_codes;
    AuditCodesForm codes_form;
    AuditLabelsForm labels_form;
    int seeds;         /* split seeds 1.. of the main bits */
    int lengths_seeds; /* split seeds of the other bits and of the extra splits */
    bool quick;        /* one split seed, no retrained ablations, no extra splits */
    unsigned parts;    /* bit p: TablePart p is computed in this call; 0: all parts */
    Config config;
    ManifestOptions manifest; /* need_labels is true */
    const char *mask_words; /* file of words that the masked split removes besides those of labels; or NULL */
    const char *command;    /* as typed, for the page; or NULL */
    const atomic_int *stop;
} TableOptions;

typedef enum { TABLE_FINISHED, TABLE_STOPPED } TableEnd;

/* Computes the cells that are not finished, and writes the results: they hold every finished cell, also of parts that this
 * call does not compute. TABLE_STOPPED: a signal came; the same call continues. A damaged or foreign cell is reported as a
 * warning and computed again. */
Status table_run(const TableOptions *o, Pool *pool, const Log *log, TableEnd *end, Error *err);

#endif

/* Which cells a table has, in the order of their training, and what each is named by. */
#ifndef TRAIN_TABLE_PLAN_H
#define TRAIN_TABLE_PLAN_H

#include "train/table/table.h"
#include "train/table/table_cell.h"

/* standard: the split of every run. unseen: some labels are never trained on. masked: label words removed
 * from the texts. */
typedef enum { TABLE_STANDARD, TABLE_UNSEEN, TABLE_MASKED, TABLE_SPLITS } TableSplit;
extern const char *const TABLE_SPLIT_NAMES[TABLE_SPLITS];

typedef enum {
    CELL_RANDOM,
    CELL_SHALLOW, /* rows 2 to 6 */
    CELL_DCMH,
    CELL_CLASSIFIER,
    CELL_MSACH,     /* rows 9 and 10, or an ablation on shared stage-1 features */
    CELL_RETRAINED, /* an ablation with a stage 1 of its own */
    CELL_ORACLE,
    CELL_KINDS
} CellKind;

/* What may be asked for by itself. Order of the cells: split seed by split seed, and in each data set by data set,
 * main, ablations and lengths; then the other parts one after the other. */
typedef enum {
    PART_MAIN,        /* all rows but DCMH, main bits, standard split, no ablations */
    PART_ABLATIONS,   /* those that share stage 1 */
    PART_LENGTHS,     /* other bits: all of main but methods on raw features */
    PART_DCMH,        /* main bits */
    PART_MASKED,      /* main on texts without label words */
    PART_UNSEEN,      /* main on labels never trained on */
    PART_RETRAINED,   /* ablations with a stage 1 of their own */
    PART_RAW_LENGTHS, /* other bits, methods on raw features */
    TABLE_PARTS
} TablePart;
extern const char *const TABLE_PART_NAMES[TABLE_PARTS];

typedef struct {
    int data; /* which of TableOptions.data */
    TableSplit split;
    int split_seed, bits;
    CellKind kind;
    int method, raw;      /* CELL_SHALLOW: place in BASELINES; 1: raw features */
    const char *ablation; /* CELL_MSACH and CELL_RETRAINED: "full", ... */
    char *key, *path;     /* owned */
    char name[17];        /* of the file: 64 bits of FNV-1a of the key */
    TablePart part;
    bool wanted;        /* asked for in this call */
    bool done, skipped; /* skipped: the data do not allow it */
    TableCell cell;     /* where done */
} PlannedCell;

typedef struct {
    PlannedCell *cell; /* by split: cells of one split stand together */
    int n, main_bits;
    int unseen[TABLE_DATA]; /* labels never trained on in the unseen split; 0: too few labels */
    int cases[TABLE_DATA];
    bool fixed[TABLE_DATA];              /* the manifest names the split itself: one seed serves */
    uint32_t crc[TABLE_DATA], words_crc; /* of the manifests; of the masked words, 0 without */
} Plan;

/* Reads the finished cells as well; a damaged one is told and planned again. plan_free in every case. */
Status plan_make(Plan *p, const TableOptions *o, const Log *log, Error *err);
void plan_free(Plan *p);

/* True where both are of the same data, split and split seed. */
bool plan_same_split(const PlannedCell *a, const PlannedCell *b);
/* The settings of a cell. */
Status plan_config(const TableOptions *o, const PlannedCell *c, Config *out, Error *err);
/* The settings of the stage 1 of a cell's split, those of stage 2 at values of no meaning, so that they do not
 * part stage 1; and the name of its folder, 17 bytes. */
Status plan_stage1(const Plan *p, const TableOptions *o, const PlannedCell *c, Config *out, char *name,
                   Error *err);
/* Still to be computed in this call. */
bool plan_open(const PlannedCell *c);
/* A training of its own, which uses all threads and no bench. */
bool plan_runs_alone(CellKind kind);
/* "vqamed2019, split 1, MSACH no-walk, 64 bits" */
void plan_describe(const TableOptions *o, const PlannedCell *c, char *text, size_t size);
/* The name of a data set: the folder of its manifest. */
void plan_data_name(const char *manifest, char *name, size_t size);

#endif

/* The cells of a table, in the order of their computation: the inputs of each (its key), its results, and the file that holds them. */
#ifndef TRAIN_TABLE_PLAN_H
#define TRAIN_TABLE_PLAN_H

#include "nn/base/bytes.h"
#include "train/table/table_codes.h"

/* ---- Results ---- */

enum { TABLE_NOTE = 120, CELL_ROWS = 2 };

/* Numbers of a score; low and high: 95 % interval of the expected MAP over groups of queries. */
enum { MAP_PESSIMISTIC, MAP_EXPECTED, MAP_OPTIMISTIC, MAP_LOW, MAP_HIGH, MAP_NUMBERS };
/* Numbers of the health of codes (CodeHealth of eval/health.h): how many codes, how many distinct; share of ones, least and
 * most over the bits; constant bits; entropy; |correlation|; mean tie. */
enum {
    HEALTH_CODES,
    HEALTH_DISTINCT,
    HEALTH_ONES,
    HEALTH_LEAST,
    HEALTH_MOST,
    HEALTH_CONSTANT,
    HEALTH_ENTROPY,
    HEALTH_CORRELATION,
    HEALTH_TIE,
    HEALTH_NUMBERS
};

/* value (n); owned by the cell. */
typedef struct {
    double *value;
    size_t n;
} Numbers;

/* One direction under one protocol. recall, precision: within each radius that finds anything; n 0 where there are no codes. */
typedef struct {
    double map[MAP_NUMBERS];
    Numbers ap, recall, precision; /* ap: expected, of each query */
} TableScore;

/* features: of FEATURE_NAMES, "codes" (of another program) or "-"; ablation: "full", a name of ABLATIONS, or "-". */
typedef struct {
    char method[TABLE_NAME], features[TABLE_NAME], ablation[TABLE_NAME];
    int bits;
    double validation;               /* mean MAP of both directions on validation queries; -1: not measured */
    char note[TABLE_NOTE];           /* hyper-parameters chosen there, or "-" */
    TableScore score[2][MODALITIES]; /* by Protocol (train/evaluate.h), by modality of the queries */
    double health[MODALITIES][HEALTH_NUMBERS]; /* of the database codes; HEALTH_CODES 0: no codes */
} TableRow;

typedef struct {
    Numbers group; /* of each query, as the manifest numbers them */
    uint32_t split_hash;
    int rows;
    TableRow row[CELL_ROWS];
} TableCell;

void table_cell_free(TableCell *c);
/* A cell's file: lines of fields separated by tabs. The first line holds the format's name and the crc32 of all other lines,
 * the second the key (one line of text). */
Status table_cell_write(const TableCell *c, const char *key, const char *path, Error *err);
/* STATUS_CHECK where the file is damaged or belongs to another key; table_cell_free in every case. */
Status table_cell_read(TableCell *c, const char *key, const char *path, Error *err);

/* ---- Cells ---- */

/* standard: the split of every run. unseen: no training case has some of the labels. masked: the words of the labels are
 * removed from the texts. */
typedef enum { TABLE_STANDARD, TABLE_UNSEEN, TABLE_MASKED, TABLE_SPLITS } TableSplit;
extern const char *const TABLE_SPLIT_NAMES[TABLE_SPLITS];

typedef enum {
    CELL_RANDOM,
    CELL_SHALLOW, /* a method of hash/baselines */
    CELL_DCMH,
    CELL_CLASSIFIER,
    CELL_POSTERIOR, /* REAL-VALUED by the posteriors of the mixture */
    CELL_MSACH,     /* the whole method and REAL-VALUED, or an ablation on the shared stage 1 */
    CELL_RETRAINED, /* an ablation with a stage 1 of its own */
    CELL_ORACLE,
    CELL_CODES /* codes of another program */
} CellKind;

/* The input of a row. semantic: the token [sqrt p ; sqrt(1 - p)] of the mixture, which is the input of MSACH's stage 2. */
typedef enum { FEATURES_STAGE1, FEATURES_RAW, FEATURES_SEMANTIC, FEATURE_KINDS } FeatureKind;
extern const char *const FEATURE_NAMES[FEATURE_KINDS];

typedef struct {
    int data; /* index in TableOptions.data */
    TableSplit split;
    int split_seed, bits;
    CellKind kind;
    int method;            /* CELL_SHALLOW: index in BASELINES */
    FeatureKind features;  /* CELL_SHALLOW */
    const OwnCodes *codes; /* CELL_CODES, else NULL: of Plan.codes */
    const char *ablation;  /* CELL_MSACH and CELL_RETRAINED: "full", ...; else NULL */
    char *key, *path;      /* owned */
    char name[17];         /* of the file: 64 bits of FNV-1a of the key */
    bool wanted;           /* this call computes it */
    bool done, skipped;    /* skipped: the data do not allow it */
    TableCell cell;        /* where done */
} PlannedCell;

typedef struct {
    PlannedCell *cell; /* cells of one split are consecutive */
    int n, main_bits;
    size_t capacity;
    int unseen[TABLE_DATA]; /* labels of the unseen split that no training case has; 0: no such split */
    int cases[TABLE_DATA];
    bool fixed[TABLE_DATA];      /* the manifest has a split column, so there is one seed */
    OwnCodes codes[TABLE_CODES]; /* (n_codes) of another program, each of one split */
    int n_codes;
    uint32_t own[2];                     /* checksums of own features, by image, text; 0 without */
    uint32_t crc[TABLE_DATA], words_crc; /* of the manifests; of the masked words, 0 without */
} Plan;

/* Plans all cells and reads those that are finished. plan_free in every case. */
Status plan_make(Plan *p, const TableOptions *o, const Log *log, Error *err);
void plan_free(Plan *p);

/* True where both are of the same data, split and split seed. */
bool plan_same_split(const PlannedCell *a, const PlannedCell *b);
/* True where this call must compute the cell. */
bool plan_open(const PlannedCell *c);
/* True for a training with a stage 1 of its own, or without: it uses all threads and nothing that its split shares. */
bool plan_runs_alone(CellKind kind);
/* The settings of a cell. */
Status plan_config(const TableOptions *o, const PlannedCell *c, Config *out, Error *err);
/* The settings of the stage 1 of a cell's split, where those of stage 2 have fixed values; and the name of its folder. */
Status plan_stage1(const Plan *p, const TableOptions *o, const PlannedCell *c, Config *out, char name[17],
                   Error *err);
/* "vqamed2019, standard split 1, MSACH no-walk, 64 bits" */
void plan_describe(const TableOptions *o, const PlannedCell *c, char *text, size_t size);

#endif

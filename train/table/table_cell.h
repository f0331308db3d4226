/* One cell of the table: what one training (or fit) gives, in one file of its own, so that a table that was
 * stopped anywhere goes on with the next cell. A file holds the key (all that determines the cell), the
 * results and a crc32. */
#ifndef TRAIN_TABLE_CELL_H
#define TRAIN_TABLE_CELL_H

#include "eval/retrieval.h"
#include "nn/base/bytes.h"

enum { TABLE_NAME = 24, TABLE_NOTE = 120, TABLE_ROWS = 2 };

/* One direction under one protocol. */
typedef struct {
    int queries, database;
    Bounds map;
    double low, high; /* 95 % interval of map.expected over groups of queries */
    double p_at_10, ndcg, mean_tie, random;
    int without_relevant;
    double *ap;         /* (queries) expected; owned */
    int radii;          /* 0: real vectors, or no codes */
    RadiusPoint *curve; /* (radii); owned */
} TableScore;

typedef struct {
    int codes, distinct, constant_bits;
    double bit_mean, bit_mean_low, bit_mean_high, entropy, correlation, mean_tie;
} TableHealth;

/* features: "stage1", "raw" or "-"; ablation: "full", a name of ABLATIONS, or "-". */
typedef struct {
    char method[TABLE_NAME], features[TABLE_NAME], ablation[TABLE_NAME];
    int bits;
    double validation;      /* mean MAP of both directions on validation queries; -1: not looked at */
    char note[TABLE_NOTE];  /* hyper-parameters chosen there */
    TableScore score[2][2]; /* by Protocol (train/evaluate.h), by Modality of the queries */
    TableHealth health[2];  /* of the database codes of images and texts; codes 0: none */
} TableRow;

typedef struct {
    int queries;
    int *group; /* (queries) of the manifest; owned */
    uint32_t split_hash;
    int rows;
    TableRow row[TABLE_ROWS];
} TableCell;

void table_cell_free(TableCell *c);
/* key: lines of text. */
Status table_cell_write(const TableCell *c, const char *key, const char *path, Error *err);
/* STATUS_CHECK where the file is damaged or belongs to another key; STATUS_INPUT where there is none.
 * table_cell_free in every case. */
Status table_cell_read(TableCell *c, const char *key, const char *path, Error *err);

#endif

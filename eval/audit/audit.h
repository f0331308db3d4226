/* Finds the known defects of evaluations in anyone's dumped codes and labels: what public code of the field
 * gets wrong. self-retrieval    queries stand in the database: by id where ids are given; else more queries
 * meet their own code and labels there than database items meet another's (z > 4), or the labels of all
 * queries stand row by row in the database shared-group      a patient (or video) has cases on both sides
 *   sorted-database   the database is sorted by class, so that a stable sort of tied distances ranks by class
 *   sign-zero         codes hold 0: sign(0) = 0 makes half distances
 *   constant-bits     bits that are the same in the whole database
 *   duplicate-bits    bits that repeat, or invert, another
 *   divisors          queries without a relevant item: MAP depends on whether they are counted */
#ifndef EVAL_AUDIT_H
#define EVAL_AUDIT_H

#include "eval/average_precision.h"
#include "eval/compat.h"

typedef enum {
    AUDIT_SELF_RETRIEVAL,
    AUDIT_SHARED_GROUP,
    AUDIT_SORTED_DATABASE,
    AUDIT_SIGN_ZERO,
    AUDIT_CONSTANT_BITS,
    AUDIT_DUPLICATE_BITS,
    AUDIT_DIVISORS,
    AUDIT_KINDS
} AuditKind;

const char *audit_kind_name(AuditKind k); /* "self-retrieval", ... */

/* ---- Reading ---- */

/* zeros: entries 0 among -1 and +1; zero_rows: codes that have any. */
typedef struct {
    size_t n;
    int bits;      /* as in the file: any number from 8 to 1,024 */
    uint8_t *code; /* (n, (bits+7)/8), see hash/code.h; what is left of the last byte is 0 */
    size_t zeros, zero_rows;
} AuditCodes;

/* Lines of a text file, or the whole numbers of a .npy file. */
typedef struct {
    size_t n;
    const char **line;
    char *text;
} AuditNames;

typedef struct {
    AuditCodes query, database;
    int classes;
    uint8_t *query_labels, *database_labels;                           /* (n, classes) */
    AuditNames query_groups, database_groups, query_ids, database_ids; /* n = 0: not given */
} AuditData;

/* Groups and ids may be NULL, both of a pair or neither. */
typedef struct {
    const char *query_codes, *database_codes, *query_labels, *database_labels;
    const char *query_groups, *database_groups, *query_ids, *database_ids;
} AuditPaths;

/* Codes (n, columns): uint8 packed, 8 bits a column (bitorder little; where all entries are 0 or 1 and there
 * are 16 columns or more: one bit a column); or one bit a column as int8, int32, int64 or float32 of -1 and
 * +1 (or 0 and 1). Labels: (n, classes) of 0 and not 0, or (n) class numbers. Input error where shapes do not
 * fit each other or entries are none of these. audit_free in every case. */
Status audit_read(AuditData *d, const AuditPaths *paths, Error *err);
void audit_free(AuditData *d);

/* ---- Judging ---- */

typedef struct {
    AuditKind kind;
    size_t count;      /* of queries, groups, bits or entries concerned */
    char message[480]; /* what is wrong; what it does; how to mend it */
} AuditFinding;

typedef struct {
    int bits;
    size_t queries, database;
    Bounds map;          /* over all queries */
    double map_random;   /* closed form: a constant code, ties averaged */
    double map_constant; /* a constant code, ties in the order of this database */
    double map_relevant; /* expected, over the queries that have a relevant item */
    size_t without_relevant;
    double compat[COMPAT_COUNT]; /* what public codebases would report */
    int n;
    AuditFinding finding[AUDIT_KINDS];
} AuditReport;

Status audit_run(AuditReport *r, const AuditData *d, Pool *pool, Error *err);

#endif

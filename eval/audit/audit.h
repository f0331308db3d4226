/* Finds known defects of evaluations, which public code of the field has, in the dumped codes and labels of any program.
 *
 *   defect           what is wrong
 *   self-retrieval   queries are in the database: by id where ids are given. Otherwise more queries find their own code and labels
 *                    there than database items find those of another item (z > 4), or the labels of all queries are consecutive
 *                    rows of the database
 *   shared-group     a patient (or video) has cases on both sides
 *   sorted-database  the database is sorted by class, so that a stable sort of tied distances ranks by class
 *   sign-zero        codes hold 0: sign(0) = 0 makes half distances
 *   divisors         queries without a relevant item: MAP depends on whether they are counted
 *
 *   note             a property of the codes that a report should state, although it makes no figure wrong
 *   constant-bits    bits that are the same in the whole database
 *   duplicate-bits   bits that repeat, or invert, another
 */
#ifndef EVAL_AUDIT_H
#define EVAL_AUDIT_H

#include "eval/average_precision.h"
#include "eval/compat.h"
#include "nn/base/log.h"

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
bool audit_is_defect(AuditKind k);        /* false: a note */

/* ---- Reading ---- */

/* zeros: entries 0 among -1 and +1; zero_rows: codes that have any. */
typedef struct {
    size_t n;
    int bits;      /* as in the file: any number from 8 to 1,024 */
    uint8_t *code; /* (n, (bits+7)/8), see hash/code.h; unused bits of the last byte are 0 */
    size_t zeros, zero_rows;
} AuditCodes;

/* Lines of a text file, or the entries of a .npy file. */
typedef struct {
    size_t n;
    const char **line;
    char *text;
} AuditNames;

typedef struct {
    AuditCodes query, database;
    int classes;
    uint8_t *query_labels, *database_labels;                           /* (n, classes), each 0 or 1 */
    AuditNames query_groups, database_groups, query_ids, database_ids; /* n = 0: not given */
} AuditData;

/* The form of the entries. By values: the form that both files of a pair allow; two possible forms are an input error. */
typedef enum { CODES_BY_VALUES, CODES_PACKED, CODES_COLUMNS } AuditCodesForm;
typedef enum { LABELS_BY_VALUES, LABELS_ONEHOT, LABELS_SIGNS, LABELS_CLASSES } AuditLabelsForm;

/* Groups and ids may be NULL, both of a pair or neither. codes_option: the option that sets `codes`, for messages;
 * NULL: --codes. */
typedef struct {
    const char *query_codes, *database_codes, *query_labels, *database_labels;
    const char *query_groups, *database_groups, *query_ids, *database_ids;
    AuditCodesForm codes;
    AuditLabelsForm labels;
    const char *codes_option;
} AuditSource;

/* Reads .npy files of any type that nn/base/npy.h reads.
 *
 *   Codes (n, columns)
 *     packed    uint8, 8 bits a column, bit j%8 of byte j/8 (bitorder little). By values: any entry above 1
 *     columns   a bit a column: -1 and +1, 0 and 1, or bool. By values: no entry but these
 *   Labels
 *     onehot    (n, classes) of 0 and 1
 *     signs     (n, classes) of -1 and +1; with --labels signs 0 counts as -1
 *     classes   (n) or (n, 1) class numbers from 0
 *   Names (ids, groups): UTF-8 text, one name a line; or (n) or (n, 1) whole numbers or strings
 *
 * Ambiguous by values, and therefore an input error: uint8 codes of 0 and 1 that have fewer than 8 columns or are all the same; uint8
 * codes of 0 and 1 beside packed ones of as many columns; codes of -1 and +1 in one file and 0 and 1 in the other; labels of -1, 0 and
 * +1; (n, 1) labels of 0 and 1; (n) labels of bool, or of -1 and +1. Input errors name the file, row, column (from 1) and value, and the
 * option that resolves the ambiguity. Call audit_free in every case. */
Status audit_read(AuditData *d, const AuditSource *from, Error *err);
void audit_free(AuditData *d);
/* A pair of code files alone, such as those of images and texts: both of one form and of as many bits. The caller frees
 * out[k].code, also after an error. */
Status audit_read_codes(AuditCodes out[2], const char *const path[2], AuditCodesForm form, const char *option,
                        Error *err);
/* Warns where codes of a file hold entries 0 among -1 and +1. */
void audit_warn_zeros(const Log *log, const char *path, const AuditCodes *codes);
/* n names; path NULL: none. audit_free_names in every case. */
Status audit_read_names(AuditNames *names, const char *path, size_t n, Error *err);
void audit_free_names(AuditNames *names);

/* ---- Judging ---- */

typedef struct {
    AuditKind kind;
    size_t count;      /* of affected queries, groups, bits or entries */
    char message[480]; /* what is wrong; its effect; how to fix it */
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
    int n, defects;              /* findings; those of them that are defects */
    AuditFinding finding[AUDIT_KINDS];
} AuditReport;

/* Findings are no errors: the result is STATUS_OK. Errors: memory. */
Status audit_run(AuditReport *r, const AuditData *d, Pool *pool, Error *err);

#endif

/* Codes of any program in a folder, under the names that `eval --dump` writes (eval/dump.h). */
#ifndef EVAL_AUDIT_FOLDER_H
#define EVAL_AUDIT_FOLDER_H

#include "eval/audit/audit.h"
#include "eval/case_set.h"

/* Queries and database with the codes of both modalities, labels, and, where given, groups and ids. group: equal for cases of
 * one group name, of both sets. Owned; codes_folder_free. */
typedef struct {
    CaseSet query, database;
    AuditNames label_names; /* n = 0: not given */
    AuditData data;         /* labels, names, image codes of the queries and text codes of the database */
    AuditCodes other[2];    /* text codes of the queries, image codes of the database */
    int *group;             /* of the queries, then of the database; NULL: not given */
} CodesFolder;

/* Needs {image,text}_codes_{query,database}.npy and labels_{query,database}.npy, in the forms of audit_read. Reads
 * ids_*.txt, groups_*.txt (or .npy) and label_names.txt where they exist. codes_option: as in AuditSource. STATUS_INPUT
 * where a file is missing, or where files disagree. Warns of codes with entries 0. codes_folder_free in every case. */
Status codes_folder_read(CodesFolder *f, const char *folder, AuditCodesForm codes, const char *codes_option,
                         AuditLabelsForm labels, const Log *log, Error *err);
void codes_folder_free(CodesFolder *f);

#endif

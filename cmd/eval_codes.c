#include "cmd/eval_result.h"
#include "eval/audit/audit_folder.h"

static const char *const FORMS[] = {"values", "packed", "columns", NULL};           /* as AuditCodesForm */
static const char *const LABELS[] = {"values", "onehot", "signs", "classes", NULL}; /* as AuditLabelsForm */

const char EVAL_NOTES[] =
    "Equal distances are ties: MAP is its expected value over all orders of the ties, between "
    "its bounds.\n"
    "--codes DIR reads image_codes_query.npy, text_codes_query.npy, labels_query.npy and the "
    "same of database; if there, ids_query.txt,\n"
    "groups_query.txt, and label_names.txt. Codes are (n,columns): packed bits, or a column a "
    "bit of 0/1, -1/+1 or bool.";

Status eval_check_options(const Args *a, const EvalResult *r, Error *err) {
    static const char *const of_run[] = {"data",          "set",        "protocol",       "skip-bad",
                                         "allow-outside", "mask-words", "image-features", "text-features",
                                         "membership",    NULL},
                             *const of_codes[] = {"form", "labels", NULL};
    for (const char *const *name = r->codes ? of_run : of_codes; *name; name++)
        if (args_has(a, *name))
            return args_wrong(a, err, "--%s goes with --%s", *name, r->codes ? "run" : "codes");
    if (args_has(a, "dump") && r->set == 1)
        return args_wrong(a, err, "--dump writes the test queries; leave out --set val");
    if (args_has(a, "membership") && (r->set == 1 || r->protocol == PROTOCOL_PUBLISHED))
        return args_wrong(a, err,
                          "--membership compares with the test cases; leave out --set and --protocol");
    return STATUS_OK;
}

/* Codes of any program. The sets are borrowed from the folder. */
Status eval_codes(Args *a, EvalResult *r, Error *err) {
    int form, labels;
    CodesFolder f;
    Evaluation e = {0};
    TRY(args_choice(a, "form", FORMS, &form, err));
    TRY(args_choice(a, "labels", LABELS, &labels, err));
    Status status = codes_folder_read(&f, r->codes, (AuditCodesForm)form, "--form", (AuditLabelsForm)labels,
                                      &a->log, err);
    e.query = f.query;
    e.database = f.database;
    if (status == STATUS_OK) status = evaluation_measure(&e, a->pool, err);
    r->e = &e;
    r->label_name = f.label_names.line;
    if (status == STATUS_OK) status = eval_report(a, r, err);
    r->e = NULL;
    e.query = e.database = (CaseSet){0};
    evaluation_free(&e);
    codes_folder_free(&f);
    return status;
}

#include "cmd/eval_result.h"
#include "eval/audit/audit_folder.h"

static const char *const FORMS[] = {"values", "packed", "columns", NULL};           /* as AuditCodesForm */
static const char *const LABELS[] = {"values", "onehot", "signs", "classes", NULL}; /* as AuditLabelsForm */

/* Codes of any program. The sets are borrowed from the folder. */
Status eval_codes(Args *a, EvalResult *r, Error *err) {
    int form, labels;
    CodesFolder f;
    Evaluation e = {0};
    TRY(args_choice(a, "form", FORMS, &form, err));
    TRY(args_choice(a, "labels", LABELS, &labels, err));
    Status status =
        codes_folder_read(&f, r->codes, (AuditCodesForm)form, "--form", (AuditLabelsForm)labels, err);
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

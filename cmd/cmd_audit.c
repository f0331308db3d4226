#include <stdio.h>
#include <string.h>

#include "cmd/json_out.h"
#include "cmd/verbs.h"
#include "eval/audit/audit.h"

static const Option OPTIONS[] = {
    {"query-codes", 0, "Q.npy", NULL,
     "codes of the queries: packed bits, or a column a bit of 0/1, -1/+1 or bool", NEEDED},
    {"database-codes", 0, "D.npy", NULL, "codes of the database", NEEDED},
    {"query-labels", 0, "LQ.npy", NULL, "(n,classes) of 0/1 or -1/+1, or (n) class numbers", NEEDED},
    {"database-labels", 0, "LD.npy", NULL, "the same for the database", NEEDED},
    {"query-groups", 0, "FILE", NULL, "patient or video of each query, one a line, or .npy", PLAIN},
    {"database-groups", 0, "FILE", NULL, "the same for the database", PLAIN},
    {"query-ids", 0, "FILE", NULL, "id of each query, one a line, or .npy", PLAIN},
    {"database-ids", 0, "FILE", NULL, "the same for the database", PLAIN},
    {"codes", 0, "FORM", "values", "what codes are: packed, columns, or values (what the values allow)",
     PLAIN},
    {"labels", 0, "FORM", "values", "what labels are: onehot, signs, classes, or values", PLAIN},
    {"json", 0, NULL, NULL, "print one JSON object instead of text", PLAIN},
    OPTION_THREADS,
    OPTION_LAST};

static const char *const CODES[] = {"values", "packed", "columns", NULL};           /* as AuditCodesForm */
static const char *const LABELS[] = {"values", "onehot", "signs", "classes", NULL}; /* as AuditLabelsForm */

/* ---- What was checked ---- */

/* Why a check that found nothing was not made, or was weak; NULL otherwise. */
static const char *why_left_out(const AuditData *d, AuditKind k) {
    if (k == AUDIT_SHARED_GROUP && d->query_groups.n == 0)
        return "not checked: needs --query-groups and --database-groups";
    if (k == AUDIT_SELF_RETRIEVAL && d->query_ids.n == 0)
        return "by codes and labels alone; more certain with --query-ids and --database-ids";
    return NULL;
}

static const AuditFinding *finding_of(const AuditReport *r, AuditKind k) {
    for (int i = 0; i < r->n; i++)
        if (r->finding[i].kind == k) return &r->finding[i];
    return NULL;
}

/* ---- JSON ---- */

static void json_figures(const AuditReport *r) {
    printf("{\"bits\":%d,\"queries\":%zu,\"database\":%zu,\"map\":{\"pessimistic\":", r->bits, r->queries,
           r->database);
    json_number(r->map.pessimistic);
    json_number_field("expected", r->map.expected);
    json_number_field("optimistic", r->map.optimistic);
    putchar('}');
    json_number_field("map_random", r->map_random);
    json_number_field("map_constant_code", r->map_constant);
    json_number_field("map_where_relevant", r->map_relevant);
    json_number_field("without_relevant", (double)r->without_relevant);
    printf(",\"compat\":{");
    for (int c = 0; c < COMPAT_COUNT; c++) {
        printf("%s\"%s\":", c ? "," : "", compat_name((Compat)c));
        json_number(r->compat[c]);
    }
    putchar('}');
}

static void json_findings(const AuditReport *r, bool defects) {
    const char *separator = "";
    for (int i = 0; i < r->n; i++) {
        const AuditFinding *f = &r->finding[i];
        if (audit_is_defect(f->kind) != defects) continue;
        printf("%s{\"%s\":", separator, defects ? "defect" : "note");
        json_text(audit_kind_name(f->kind));
        printf(",\"count\":%zu,\"message\":", f->count);
        json_text(f->message);
        putchar('}');
        separator = ",";
    }
}

static void print_json(const AuditReport *r, const AuditData *d) {
    json_figures(r);
    printf(",\"findings\":[");
    json_findings(r, true);
    printf("],\"notes\":[");
    json_findings(r, false);
    printf("],\"not_checked\":[%s]}\n", d->query_groups.n == 0 ? "\"shared-group\"" : "");
}

/* ---- Text ---- */

static void print_text(const AuditReport *r, const AuditData *d) {
    printf("%zu queries, %zu database items, %d bits, %d classes\n", r->queries, r->database, r->bits,
           d->classes);
    printf("MAP %.4f, between %.4f and %.4f by the order of ties; chance %.4f; constant codes, ties in "
           "database order: "
           "%.4f\n",
           r->map.expected, r->map.pessimistic, r->map.optimistic, r->map_random, r->map_constant);
    printf("as public codebases count:");
    for (int c = 0; c < COMPAT_COUNT; c++)
        printf("%s %s %.4f", c ? "," : "", compat_name((Compat)c), r->compat[c]);
    printf("\n\n");
    for (int k = 0; k < AUDIT_KINDS; k++) {
        const AuditFinding *f = finding_of(r, (AuditKind)k);
        const char *note = why_left_out(d, (AuditKind)k);
        printf("%-8s %s",
               !f                              ? "ok"
               : audit_is_defect((AuditKind)k) ? "FOUND"
                                               : "note",
               audit_kind_name((AuditKind)k));
        if (!f && note) printf(" (%s)", note);
        putchar('\n');
        if (f) printf("         %s\n", f->message);
    }
}

static Status run(Args *a, Error *err) {
    int codes, labels;
    TRY(args_choice(a, "codes", CODES, &codes, err));
    TRY(args_choice(a, "labels", LABELS, &labels, err));
    AuditSource from = {args_get(a, "query-codes"),
                        args_get(a, "database-codes"),
                        args_get(a, "query-labels"),
                        args_get(a, "database-labels"),
                        args_get(a, "query-groups"),
                        args_get(a, "database-groups"),
                        args_get(a, "query-ids"),
                        args_get(a, "database-ids"),
                        (AuditCodesForm)codes,
                        (AuditLabelsForm)labels,
                        "--codes"};
    if (!from.query_groups != !from.database_groups)
        return args_wrong(a, err, "--query-groups and --database-groups go together; both were expected");
    if (!from.query_ids != !from.database_ids)
        return args_wrong(a, err, "--query-ids and --database-ids go together; both were expected");
    TRY(args_pool(a, err));
    AuditData d;
    AuditReport r = {0};
    Status s = audit_read(&d, &from, err);
    if (s == STATUS_OK) s = audit_run(&r, &d, a->pool, err);
    if (s == STATUS_OK) (args_has(a, "json") ? print_json : print_text)(&r, &d);
    audit_free(&d);
    return s == STATUS_OK && r.defects > 0 ? STATUS_CHECK : s;
}

const Verb VERB_AUDIT = {
    "audit",
    "find known defects of an evaluation in anyone's codes and labels",
    "msach audit --query-codes q.npy --database-codes d.npy --query-labels lq.npy --database-labels ld.npy",
    NULL,
    OPTIONS,
    run,
    "Exits 1 where a defect is found. Codes are (n,columns): uint8 packed (bit j is bit j%8 of byte j/8), or "
    "a\n"
    "bit a column. `msach eval --dump DIR` writes files of this kind.",
    STOP_AT_ONCE};

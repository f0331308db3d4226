#include "cmd/index_own.h"

#include <string.h>

#include "data/row_ids.h"
#include "eval/audit/audit.h"
#include "hash/code.h"
#include "nn/base/alloc.h"

static const char *const FORMS[] = {"values", "packed", "columns", NULL}; /* as AuditCodesForm */

/* The codes of one file, each for its case. Short codes are padded with bits of 0, which change no distance. */
static Status take_codes(OwnCodes *r, Modality m, const AuditCodes *codes, const char *path, Error *err) {
    size_t n = (size_t)r->manifest->n, bytes = code_bytes(r->bits), width = code_bytes(codes->bits);
    int *row = mem_calloc(n, sizeof *row);
    bool *may_lack = mem_calloc(n, sizeof *may_lack);
    r->rows[m] = mem_calloc(codes->n, bytes);
    Status s = row && may_lack && r->rows[m] ? STATUS_OK : mem_error(err, "the codes");
    for (size_t i = 0; s == STATUS_OK && i < n; i++) {
        const Case *c = &r->manifest->cases[i];
        may_lack[i] = m == MODALITY_IMAGE ? !c->image_path : !c->text[0];
    }
    if (s == STATUS_OK) s = row_ids_match(row, r->manifest, path, (int64_t)codes->n, may_lack, err);
    for (size_t i = 0; s == STATUS_OK && i < codes->n; i++)
        memcpy(r->rows[m] + i * bytes, codes->code + i * width, width);
    for (size_t i = 0; s == STATUS_OK && i < n; i++)
        if (row[i] >= 0) r->code[m][i] = r->rows[m] + (size_t)row[i] * bytes;
    mem_free(row);
    mem_free(may_lack);
    return s;
}

/* A pair of files shares form and length; one file alone is read as both. */
Status index_own_codes(const Args *a, OwnCodes *r, Error *err) {
    const char *given[2] = {args_get(a, "image-codes"), args_get(a, "text-codes")};
    const char *path[2] = {given[0] ? given[0] : given[1], given[1] ? given[1] : given[0]};
    int form;
    AuditCodes codes[2];
    TRY(args_choice(a, "form", FORMS, &form, err));
    Status s = audit_read_codes(codes, path, (AuditCodesForm)form, "--form", err);
    r->bits = codes[0].bits <= CODE_MIN_BITS ? CODE_MIN_BITS : 8 * (int)code_bytes(codes[0].bits);
    for (int m = 0; s == STATUS_OK && m < 2; m++)
        if (given[m]) audit_warn_zeros(&a->log, path[m], &codes[m]);
    for (int m = 0; s == STATUS_OK && m < 2; m++)
        if (given[m]) s = take_codes(r, (Modality)m, &codes[m], path[m], err);
    for (int m = 0; m < 2; m++) mem_free(codes[m].code);
    return s;
}

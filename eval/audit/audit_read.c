#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/audit/audit.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/base/npz.h"

static const size_t MAX_BYTES = (size_t)1 << 31;

/* One array of a pair: of the queries, then of the database. */
typedef struct {
    const char *path;
    Npy a;
} Array;

/* The values in both arrays. other: the first entry that is not -1, 0 or 1. */
typedef struct {
    bool minus, zero, plus;
    const Array *other;
    size_t other_at;
} Values;

static size_t columns_of(const Npy *a) {
    return a->rank == 1 ? 1 : (size_t)a->dim[1];
}

static void add_values(Values *v, const Array *x) {
    for (size_t i = 0; i < npy_entries(&x->a); i++) {
        double value = npy_number(&x->a, i);
        v->minus |= value == -1.0;
        v->zero |= value == 0.0;
        v->plus |= value == 1.0;
        if (!v->other && value != -1.0 && value != 0.0 && value != 1.0) {
            v->other = x;
            v->other_at = i;
        }
    }
}

/* "FILE: row 3, column 2 is 0.7; EXPECTED" of entry i; both count from 1. */
static Status bad_entry(const Array *x, size_t i, const char *expected, Error *err) {
    size_t columns = columns_of(&x->a);
    return error_set(err, STATUS_INPUT, "%s: row %zu, column %zu is %g; %s", x->path, i / columns + 1,
                     i % columns + 1, npy_number(&x->a, i), expected);
}

static Status bad_shape(const Array *x, const char *expected, Error *err) {
    return error_set(err, STATUS_INPUT, "%s: has another shape; %s was expected", x->path, expected);
}

/* Rows of numbers of one or two dimensions, one row at least. */
static Status read_array(Array *x, const char *path, const char *shape, Error *err) {
    x->path = path;
    TRY(npy_read(&x->a, path, MAX_BYTES, err));
    if (x->a.type == NPY_TEXT)
        return error_set(err, STATUS_INPUT, "%s: holds text; numbers were expected", path);
    if (x->a.rank > 2 || npy_entries(&x->a) == 0) return bad_shape(x, shape, err);
    return STATUS_OK;
}

static Status read_pair(Array pair[2], const char *query, const char *database, const char *shape,
                        Error *err) {
    TRY(read_array(&pair[0], query, shape, err));
    return read_array(&pair[1], database, shape, err);
}

/* ---- Codes ---- */

static bool all_rows_equal(const Npy *a) {
    size_t columns = columns_of(a), n = npy_entries(a);
    for (size_t i = columns; i < n; i++)
        if (npy_number(a, i) != npy_number(a, i % columns)) return false;
    return true;
}

/* Whether two uint8 arrays with the same number of columns are packed. A byte above 1 decides. Bytes of only 0 and 1 are columns, except
 * where the codes would be too short or all the same: then packed bytes are as likely. */
static Status choose_form(const Array pair[2], const Values own[2], const char *option, bool packed[2],
                          Error *err) {
    size_t columns = columns_of(&pair[0].a);
    bool bytes = pair[0].a.type == NPY_U8 && pair[1].a.type == NPY_U8 && columns == columns_of(&pair[1].a);
    for (int k = 0; k < 2; k++) {
        packed[k] = pair[k].a.type == NPY_U8 && (own[k].other || (bytes && own[1 - k].other));
        if (packed[k] && !own[k].other && columns >= CODE_FEWEST_BITS && !all_rows_equal(&pair[k].a))
            return error_set(
                err, STATUS_INPUT,
                "%s: holds 0 and 1 alone, and %s holds packed bytes; codes of one form were expected; "
                "if both are packed, say %s packed",
                pair[k].path, pair[1 - k].path, option);
    }
    if (!bytes || packed[0] ||
        (columns >= CODE_FEWEST_BITS && !(all_rows_equal(&pair[0].a) && all_rows_equal(&pair[1].a))))
        return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "%s: %zu columns of 0 and 1 as uint8 may be %zu packed bits or %zu bits; say which with "
                     "%s packed or %s columns",
                     pair[0].path, columns, 8 * columns, columns, option, option);
}

static Status alloc_codes(AuditCodes *c, const Array *x, int64_t bits, Error *err) {
    if (bits < CODE_FEWEST_BITS || bits > CODE_MAX_BITS)
        return error_set(err, STATUS_INPUT, "%s: codes of %" PRId64 " bits; %d to %d were expected", x->path,
                         bits, (int)CODE_FEWEST_BITS, (int)CODE_MAX_BITS);
    *c = (AuditCodes){.n = (size_t)x->a.dim[0], .bits = (int)bits};
    c->code = mem_calloc(c->n * (size_t)((bits + 7) / 8) + 1, 1);
    return c->code ? STATUS_OK : mem_error(err, x->path);
}

/* Bit 1 where the entry is 1 and, among -1 and +1, also where it is 0, as in hash/code.h. */
static Status fill_codes(AuditCodes *c, const Array *x, bool packed, bool signs, Error *err) {
    size_t columns = columns_of(&x->a), bytes = (columns + 7) / 8;
    TRY(alloc_codes(c, x, packed ? 8 * x->a.dim[1] : x->a.dim[1], err));
    if (packed) {
        memcpy(c->code, x->a.data, c->n * columns);
        return STATUS_OK;
    }
    for (size_t i = 0; i < c->n; i++) {
        size_t zeros = 0;
        for (size_t j = 0; j < columns; j++) {
            double value = npy_number(&x->a, i * columns + j);
            if (value > 0.0 || (signs && value == 0.0))
                c->code[i * bytes + j / 8] |= (uint8_t)(1u << (j % 8));
            zeros += signs && value == 0.0;
        }
        c->zeros += zeros;
        c->zero_rows += zeros > 0;
    }
    return STATUS_OK;
}

static Status check_codes(const Array pair[2], const Values own[2], const bool packed[2], Error *err) {
    for (int k = 0; k < 2; k++) {
        const Array *x = &pair[k];
        if (packed[k] && x->a.type != NPY_U8)
            return error_set(err, STATUS_INPUT, "%s: holds %s; packed codes are uint8 (numpy.packbits)",
                             x->path, npy_type_name(x->a.type));
        if (!packed[k] && own[k].other)
            return bad_entry(
                x, own[k].other_at,
                "codes of -1 and +1, of 0 and 1, or packed uint8 were expected; take the sign first", err);
        if (!packed[0] && !packed[1] && own[1 - k].minus && !own[k].minus && own[k].zero)
            return error_set(err, STATUS_INPUT,
                             "%s: holds 0 and 1, and %s holds -1 and +1; codes of one form were expected",
                             x->path, pair[1 - k].path);
    }
    return STATUS_OK;
}

static Status take_codes(AuditCodes out[2], const Array pair[2], AuditCodesForm form, const char *option,
                         Error *err) {
    Values own[2] = {{0}, {0}};
    bool packed[2] = {form == CODES_PACKED, form == CODES_PACKED};
    for (int k = 0; k < 2; k++) {
        if (pair[k].a.rank != 2) return bad_shape(&pair[k], "(codes, columns)", err);
        add_values(&own[k], &pair[k]);
    }
    if (form == CODES_BY_VALUES) TRY(choose_form(pair, own, option, packed, err));
    TRY(check_codes(pair, own, packed, err));
    for (int k = 0; k < 2; k++) TRY(fill_codes(&out[k], &pair[k], packed[k], own[k].minus, err));
    if (out[0].bits == out[1].bits) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s: codes of %d bits; those of %s have %d", pair[1].path,
                     out[1].bits, pair[0].path, out[0].bits);
}

/* ---- Labels ---- */

/* The form of the labels by the values of both arrays; an input error where two forms are possible. */
static Status labels_by_values(const Array pair[2], const Values *v, AuditLabelsForm *form, Error *err) {
    const char *path = pair[0].path;
    bool one_column = columns_of(&pair[0].a) == 1,
         unclear = false; /* (n) of numbers other than bool are class numbers */
    for (int k = 0; k < 2; k++) unclear |= pair[k].a.rank == 2 || pair[k].a.type == NPY_BOOL;
    if (one_column && v->minus && v->plus && !v->zero && !v->other)
        return error_set(
            err, STATUS_INPUT,
            "%s: one column of -1 and +1 may be one label or two classes; say --labels signs, or number the "
            "classes from 0",
            path);
    if (one_column && !v->minus && !v->other && unclear)
        return error_set(
            err, STATUS_INPUT,
            "%s: one column of 0 and 1 may be one label or class numbers; say --labels onehot or --labels "
            "classes",
            path);
    if (!one_column && v->minus && v->zero && !v->other)
        return error_set(err, STATUS_INPUT,
                         "%s: labels of -1, 0 and 1 may mean absent, unknown or uncertain by 0 or by -1; "
                         "write 0 and 1, or "
                         "say --labels signs, which takes 1 alone as a label",
                         path);
    *form = one_column ? LABELS_CLASSES : v->minus ? LABELS_SIGNS : LABELS_ONEHOT;
    return STATUS_OK;
}

/* The highest class number of both arrays. */
static Status highest_class(const Array pair[2], int64_t *most, Error *err) {
    *most = 0;
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < npy_entries(&pair[k].a); i++) {
            double x = npy_number(&pair[k].a, i);
            if (!(x >= 0.0 && x < LABEL_MAX) || floor(x) != x)
                return bad_entry(&pair[k], i, "class numbers from 0 to 4095, as whole numbers, were expected",
                                 err);
            if ((int64_t)x > *most) *most = (int64_t)x;
        }
    return STATUS_OK;
}

static Status check_labels(const Array pair[2], const Values *v, AuditLabelsForm form, Error *err) {
    if (form == LABELS_CLASSES && columns_of(&pair[0].a) != 1)
        return bad_shape(&pair[0], "for --labels classes (n) or (n, 1)", err);
    if (form != LABELS_CLASSES && v->other)
        return bad_entry(v->other, v->other_at,
                         "labels of 0 and 1, or of -1 and +1, were expected; write 0 where a label is "
                         "absent, and 1 where a "
                         "probability is high enough",
                         err);
    for (int k = 0; k < 2 && form == LABELS_ONEHOT && v->minus; k++)
        for (size_t i = 0; i < npy_entries(&pair[k].a); i++)
            if (npy_number(&pair[k].a, i) < 0)
                return bad_entry(&pair[k], i, "--labels onehot takes 0 and 1 alone", err);
    return STATUS_OK;
}

static Status fill_labels(uint8_t **labels, const Array *x, size_t n, int classes, AuditLabelsForm form,
                          Error *err) {
    if ((size_t)x->a.dim[0] != n)
        return error_set(err, STATUS_INPUT,
                         "%s: %" PRId64 " rows of labels for %zu codes; one for each was expected", x->path,
                         x->a.dim[0], n);
    *labels = mem_calloc(n, (size_t)classes);
    if (!*labels) return mem_error(err, x->path);
    for (size_t i = 0; i < npy_entries(&x->a); i++)
        if (form == LABELS_CLASSES)
            (*labels)[i * (size_t)classes + (size_t)npy_number(&x->a, i)] = 1;
        else
            (*labels)[i] = npy_number(&x->a, i) == 1.0;
    return STATUS_OK;
}

static Status take_labels(AuditData *d, const Array pair[2], AuditLabelsForm form, Error *err) {
    Values v = {0};
    int64_t most = (int64_t)columns_of(&pair[0].a) - 1;
    if (columns_of(&pair[1].a) != columns_of(&pair[0].a))
        return bad_shape(&pair[1], "as many columns as the labels of the queries have", err);
    for (int k = 0; k < 2; k++) add_values(&v, &pair[k]);
    if (form == LABELS_BY_VALUES) TRY(labels_by_values(pair, &v, &form, err));
    TRY(check_labels(pair, &v, form, err));
    if (form == LABELS_CLASSES) TRY(highest_class(pair, &most, err));
    if (most >= LABEL_MAX) return bad_shape(&pair[0], "at most 4096 columns of labels", err);
    d->classes = 1 + (int)most;
    TRY(fill_labels(&d->query_labels, &pair[0], d->query.n, d->classes, form, err));
    return fill_labels(&d->database_labels, &pair[1], d->database.n, d->classes, form, err);
}

Status audit_read_codes(AuditCodes out[2], const char *const path[2], AuditCodesForm form, const char *option,
                        Error *err) {
    Array pair[2] = {{0}, {0}};
    memset(out, 0, 2 * sizeof *out);
    Status s = read_pair(pair, path[0], path[1], "(codes, columns) with at least one code", err);
    if (s == STATUS_OK) s = take_codes(out, pair, form, option, err);
    for (int k = 0; k < 2; k++) npy_free(&pair[k].a);
    return s;
}

void audit_warn_zeros(const Log *log, const char *path, const AuditCodes *codes) {
    if (codes->zeros)
        log_warn(log, "%s: entries of 0 among -1 and +1: %zu, in rows: %zu; each counts as +1", path,
                 codes->zeros, codes->zero_rows);
}

static Status read_labels(AuditData *d, const AuditSource *from, Error *err) {
    Array pair[2] = {{0}, {0}};
    Status s = read_pair(pair, from->query_labels, from->database_labels,
                         "(n, classes), or (n) class numbers,", err);
    if (s == STATUS_OK) s = take_labels(d, pair, from->labels, err);
    for (int k = 0; k < 2; k++) npy_free(&pair[k].a);
    return s;
}

/* ---- Names ---- */

/* Bytes of the UTF-8 character at p; 0 where there is none. */
static size_t character_at(const unsigned char *p) {
    size_t n = p[0] < 0x80                   ? 1
               : p[0] >= 0xC2 && p[0] < 0xE0 ? 2
               : (p[0] & 0xF0) == 0xE0       ? 3
               : p[0] >= 0xF0 && p[0] < 0xF5 ? 4
                                             : 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80) return 0; /* the text ends in 0, so that nothing behind it is read */
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] >= 0xA0)) return 0;
    if ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] >= 0x90)) return 0;
    return n;
}

/* Names are compared byte by byte, so that both files must be of one encoding. */
static Status check_text(const char *text, size_t size, const char *path, Error *err) {
    size_t line = 1;
    for (size_t i = 0, n; i < size; i += n) {
        n = character_at((const unsigned char *)text + i);
        if (n == 0 || text[i] == 0)
            return error_set(err, STATUS_INPUT, "%s:%zu: is not UTF-8 text%s; save the file as UTF-8", path,
                             line, text[i] == 0 || (unsigned char)text[i] >= 0xFE ? " (UTF-16?)" : "");
        line += text[i] == '\n';
    }
    return STATUS_OK;
}

static Status index_lines(AuditNames *names, char *at, size_t size, const char *path, Error *err) {
    size_t lines = 0;
    for (size_t i = 0; i < size; i++) lines += at[i] == '\n';
    lines += size > 0 && at[size - 1] != '\n';
    names->line = mem_calloc(lines + 1, sizeof *names->line);
    if (!names->line) return mem_error(err, path);
    for (; names->n < lines; names->n++) {
        char *end = at + strcspn(at, "\n"), *next = end + 1;
        if (end > at && end[-1] == '\r') end--;
        *end = 0;
        if (!*at)
            return error_set(err, STATUS_INPUT,
                             "%s:%zu: is empty; a name was expected, of its own where it is unknown", path,
                             names->n + 1);
        names->line[names->n] = at;
        at = next;
    }
    return STATUS_OK;
}

/* Entries of a .npy file, one a line. */
static Status print_entries(Buffer *b, const char *path, Error *err) {
    Array x = {.path = path};
    Status s = npy_read(&x.a, path, MAX_BYTES, err);
    if (s == STATUS_OK && (x.a.rank > 2 || (x.a.rank == 2 && x.a.dim[1] != 1)))
        s = bad_shape(&x, "(n) or (n, 1)", err);
    for (size_t i = 0; s == STATUS_OK && i < npy_entries(&x.a); i++) {
        if (x.a.type == NPY_TEXT) {
            buffer_printf(b, "%s\n", (const char *)x.a.data + i * x.a.width);
            continue;
        }
        double value = npy_number(&x.a, i);
        if (!(fabs(value) <= 0x1p53) || floor(value) != value)
            s = bad_entry(&x, i, "whole numbers or strings were expected", err);
        buffer_printf(b, "%.0f\n", value);
    }
    npy_free(&x.a);
    buffer_add(b, "", 1);
    return s == STATUS_OK && b->failed ? mem_error(err, path) : s;
}

Status audit_read_names(AuditNames *names, const char *path, size_t n, Error *err) {
    *names = (AuditNames){0};
    if (!path) return STATUS_OK;
    size_t length = strlen(path), size, mark = 0, archive;
    if (npz_is_member(path, &archive) || (length > 4 && strcmp(path + length - 4, ".npy") == 0)) {
        Buffer b = {0};
        Status status = print_entries(&b, path, err);
        names->text = (char *)b.data;
        TRY(status);
        size = b.size - 1;
    } else {
        unsigned char *data;
        TRY(file_read(path, MAX_BYTES, &data, &size, err));
        names->text = (char *)data;
        mark = utf8_mark(data, size);
    }
    TRY(check_text(names->text, size, path, err));
    TRY(index_lines(names, names->text + mark, size - mark, path, err));
    if (names->n != n)
        return error_set(err, STATUS_INPUT,
                         "%s: %zu lines for %zu codes or labels; one for each was expected", path, names->n,
                         n);
    return STATUS_OK;
}

void audit_free_names(AuditNames *names) {
    mem_free(names->line);
    mem_free(names->text);
    *names = (AuditNames){0};
}

/* ---- All of it ---- */

Status audit_read(AuditData *d, const AuditSource *from, Error *err) {
    *d = (AuditData){0};
    NN_REQUIRE(!from->query_groups == !from->database_groups && !from->query_ids == !from->database_ids,
               "one name file of a pair");
    const char *const codes[2] = {from->query_codes, from->database_codes};
    AuditCodes pair[2];
    Status s =
        audit_read_codes(pair, codes, from->codes, from->codes_option ? from->codes_option : "--codes", err);
    d->query = pair[0];
    d->database = pair[1];
    TRY(s);
    TRY(read_labels(d, from, err));
    TRY(audit_read_names(&d->query_groups, from->query_groups, d->query.n, err));
    TRY(audit_read_names(&d->database_groups, from->database_groups, d->database.n, err));
    TRY(audit_read_names(&d->query_ids, from->query_ids, d->query.n, err));
    return audit_read_names(&d->database_ids, from->database_ids, d->database.n, err);
}

void audit_free(AuditData *d) {
    mem_free(d->query.code);
    mem_free(d->database.code);
    mem_free(d->query_labels);
    mem_free(d->database_labels);
    audit_free_names(&d->query_groups);
    audit_free_names(&d->database_groups);
    audit_free_names(&d->query_ids);
    audit_free_names(&d->database_ids);
    *d = (AuditData){0};
}

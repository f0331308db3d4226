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

enum { MIN_BITS = 8, MIN_UNPACKED = 16 };
static const size_t MAX_BYTES = (size_t)1 << 31;

static double entry(const Npy *a, size_t i) {
    switch (a->type) {
    case NPY_U8:
        return ((const uint8_t *)a->data)[i];
    case NPY_I8:
        return ((const int8_t *)a->data)[i];
    case NPY_I32:
        return ((const int32_t *)a->data)[i];
    case NPY_I64:
        return (double)((const int64_t *)a->data)[i];
    default:
        return (double)((const float *)a->data)[i];
    }
}

static Status bad_shape(const char *path, const char *expected, Error *err) {
    return error_set(err, STATUS_INPUT, "%s: has another shape; expected %s", path, expected);
}

/* ---- Codes ---- */

typedef struct {
    int minus, zero, plus, other;
    size_t other_at;
} Values;

static Values look_at_values(const Npy *a, size_t n) {
    Values v = {0, 0, 0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        double x = entry(a, i);
        if (x == -1.0)
            v.minus = 1;
        else if (x == 0.0)
            v.zero = 1;
        else if (x == 1.0)
            v.plus = 1;
        else if (!v.other) {
            v.other = 1;
            v.other_at = i;
        }
    }
    return v;
}

static Status alloc_codes(AuditCodes *c, size_t n, int64_t bits, const char *path, Error *err) {
    if (bits < MIN_BITS || bits > CODE_MAX_BITS)
        return error_set(err, STATUS_INPUT, "%s: codes of %" PRId64 " bits; expected %d to %d", path, bits,
                         (int)MIN_BITS, (int)CODE_MAX_BITS);
    *c = (AuditCodes){.n = n, .bits = (int)bits};
    c->code = mem_calloc(n * (size_t)((bits + 7) / 8) + 1, 1);
    return c->code ? STATUS_OK : mem_error(err, path);
}

/* Bit 1 where the entry is 1 or, among -1 and +1, where it is 0: as hash/code.h decides. */
static void fill_codes(AuditCodes *c, const Npy *a, int signs) {
    size_t columns = (size_t)a->dim[1], bytes = (columns + 7) / 8;
    for (size_t i = 0; i < c->n; i++) {
        size_t zeros = 0;
        for (size_t j = 0; j < columns; j++) {
            double x = entry(a, i * columns + j);
            if (x > 0.0 || (signs && x == 0.0)) c->code[i * bytes + j / 8] |= (uint8_t)(1u << (j % 8));
            zeros += signs && x == 0.0;
        }
        c->zeros += zeros;
        c->zero_rows += zeros > 0;
    }
}

static Status take_codes(AuditCodes *c, const Npy *a, const char *path, Error *err) {
    if (a->rank != 2 || a->dim[0] < 1) return bad_shape(path, "(codes, columns) with at least one code", err);
    size_t n = (size_t)a->dim[0], entries = n * (size_t)a->dim[1];
    Values v = look_at_values(a, entries);
    if (a->type == NPY_U8 && (v.other || a->dim[1] < MIN_UNPACKED)) {
        TRY(alloc_codes(c, n, 8 * a->dim[1], path, err));
        memcpy(c->code, a->data, entries);
        return STATUS_OK;
    }
    if (v.other)
        return error_set(
            err, STATUS_INPUT,
            "%s: row %zu, column %zu is %g; expected codes of -1 and +1, 0 and 1, or packed uint8; "
            "take the sign first",
            path, v.other_at / (size_t)a->dim[1], v.other_at % (size_t)a->dim[1], entry(a, v.other_at));
    TRY(alloc_codes(c, n, a->dim[1], path, err));
    fill_codes(c, a, v.minus);
    return STATUS_OK;
}

static Status read_codes(AuditCodes *c, const char *path, Error *err) {
    Npy a;
    TRY(npy_read(&a, path, MAX_BYTES, err));
    Status status = take_codes(c, &a, path, err);
    npy_free(&a);
    return status;
}

/* ---- Labels ---- */

/* Class numbers 0.. of a list; -1 where it is none. */
static int64_t highest_class(const Npy *a) {
    int64_t most = -1;
    for (size_t i = 0; i < (size_t)a->dim[0]; i++) {
        double x = entry(a, i);
        if (!(x >= 0.0 && x < LABEL_MAX) || floor(x) != x) return -1;
        if ((int64_t)x > most) most = (int64_t)x;
    }
    return most;
}

static Status fill_labels(uint8_t **labels, const Npy *a, size_t n, int classes, const char *path,
                          Error *err) {
    if ((size_t)a->dim[0] != n)
        return error_set(err, STATUS_INPUT,
                         "%s: %" PRId64 " rows of labels for %zu codes; expected one for each", path,
                         a->dim[0], n);
    *labels = mem_calloc(n, (size_t)classes);
    if (!*labels) return mem_error(err, path);
    for (size_t i = 0; i < n; i++) {
        uint8_t *row = *labels + i * (size_t)classes;
        if (a->rank == 1) row[(size_t)entry(a, i)] = 1;
        for (size_t c = 0; a->rank == 2 && c < (size_t)classes; c++)
            row[c] = entry(a, i * (size_t)classes + c) != 0.0;
    }
    return STATUS_OK;
}

static Status count_classes(int *classes, const Npy *q, const Npy *d, const AuditPaths *p, Error *err) {
    if (q->rank > 2) return bad_shape(p->query_labels, "(n, classes), or (n) class numbers", err);
    if (d->rank != q->rank || (q->rank == 2 && d->dim[1] != q->dim[1]))
        return bad_shape(p->database_labels, "the columns of the labels of the queries", err);
    int64_t most_q = q->rank == 1 ? highest_class(q) : q->dim[1] - 1;
    int64_t most_d = q->rank == 1 ? highest_class(d) : q->dim[1] - 1;
    if (most_q < 0 || most_d < 0 || most_q >= LABEL_MAX)
        return error_set(err, STATUS_INPUT, "%s: expected class numbers from 0, or columns, below %d",
                         most_q < 0 || most_q >= LABEL_MAX ? p->query_labels : p->database_labels,
                         (int)LABEL_MAX);
    *classes = 1 + (int)(most_q > most_d ? most_q : most_d);
    return STATUS_OK;
}

static Status read_labels(AuditData *d, const AuditPaths *p, Error *err) {
    Npy query, database = {0};
    TRY(npy_read(&query, p->query_labels, MAX_BYTES, err));
    Status status = npy_read(&database, p->database_labels, MAX_BYTES, err);
    if (status == STATUS_OK) status = count_classes(&d->classes, &query, &database, p, err);
    if (status == STATUS_OK)
        status = fill_labels(&d->query_labels, &query, d->query.n, d->classes, p->query_labels, err);
    if (status == STATUS_OK)
        status =
            fill_labels(&d->database_labels, &database, d->database.n, d->classes, p->database_labels, err);
    npy_free(&query);
    npy_free(&database);
    return status;
}

/* ---- Names ---- */

static Status index_lines(AuditNames *names, size_t size, const char *path, Error *err) {
    size_t lines = 0;
    for (size_t i = 0; i < size; i++) lines += names->text[i] == '\n';
    lines += size > 0 && names->text[size - 1] != '\n';
    names->line = mem_calloc(lines + 1, sizeof *names->line);
    if (!names->line) return mem_error(err, path);
    char *at = names->text;
    for (; names->n < lines; names->n++) {
        char *end = at + strcspn(at, "\n"), *next = end + 1;
        if (end > at && end[-1] == '\r') end--;
        *end = 0;
        names->line[names->n] = at;
        at = next;
    }
    return STATUS_OK;
}

/* One whole number a line. */
static Status print_numbers(Buffer *b, const char *path, Error *err) {
    Npy a;
    TRY(npy_read(&a, path, MAX_BYTES, err));
    Status status = a.rank == 1 ? STATUS_OK : bad_shape(path, "(n)", err);
    for (size_t i = 0; status == STATUS_OK && i < (size_t)a.dim[0]; i++)
        buffer_printf(b, "%.0f\n", entry(&a, i));
    npy_free(&a);
    buffer_add(b, "", 1);
    if (status == STATUS_OK && b->failed) status = mem_error(err, path);
    return status;
}

static Status read_names(AuditNames *names, const char *path, size_t n, Error *err) {
    if (!path) return STATUS_OK;
    size_t length = strlen(path), size;
    if (length > 4 && strcmp(path + length - 4, ".npy") == 0) {
        Buffer b = {0};
        Status status = print_numbers(&b, path, err);
        names->text = (char *)b.data;
        TRY(status);
        size = b.size - 1;
    } else {
        unsigned char *data;
        TRY(file_read(path, MAX_BYTES, &data, &size, err));
        names->text = (char *)data;
        size_t mark = utf8_mark(data, size);
        size -= mark;
        memmove(data, data + mark, size + 1);
    }
    TRY(index_lines(names, size, path, err));
    if (names->n != n)
        return error_set(err, STATUS_INPUT, "%s: %zu lines for %zu codes; expected one for each", path,
                         names->n, n);
    return STATUS_OK;
}

static void free_names(AuditNames *names) {
    mem_free(names->line);
    mem_free(names->text);
}

/* ---- All of it ---- */

Status audit_read(AuditData *d, const AuditPaths *p, Error *err) {
    *d = (AuditData){0};
    NN_REQUIRE(!p->query_groups == !p->database_groups && !p->query_ids == !p->database_ids,
               "one name file of a pair");
    TRY(read_codes(&d->query, p->query_codes, err));
    TRY(read_codes(&d->database, p->database_codes, err));
    if (d->query.bits != d->database.bits)
        return error_set(err, STATUS_INPUT, "%s: codes of %d bits; those of %s have %d", p->database_codes,
                         d->database.bits, p->query_codes, d->query.bits);
    TRY(read_labels(d, p, err));
    TRY(read_names(&d->query_groups, p->query_groups, d->query.n, err));
    TRY(read_names(&d->database_groups, p->database_groups, d->database.n, err));
    TRY(read_names(&d->query_ids, p->query_ids, d->query.n, err));
    return read_names(&d->database_ids, p->database_ids, d->database.n, err);
}

void audit_free(AuditData *d) {
    mem_free(d->query.code);
    mem_free(d->database.code);
    mem_free(d->query_labels);
    mem_free(d->database_labels);
    free_names(&d->query_groups);
    free_names(&d->database_groups);
    free_names(&d->query_ids);
    free_names(&d->database_ids);
    *d = (AuditData){0};
}

/* A cell's file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "train/table/table_plan.h"

static const char FORMAT[] = "msach table cell 3";
enum { MAX_FILE = 1 << 28, SCORES = 2 * MODALITIES };

void table_cell_free(TableCell *c) {
    mem_free(c->group.value);
    for (int i = 0; i < CELL_ROWS * SCORES; i++) {
        TableScore *s = &c->row[i / SCORES].score[i % SCORES / MODALITIES][i % MODALITIES];
        mem_free(s->ap.value);
        mem_free(s->recall.value);
        mem_free(s->precision.value);
    }
    *c = (TableCell){0};
}

/* ---- Writing ---- */

static void put_numbers(Buffer *b, const char *name, const double *value, size_t n) {
    buffer_printf(b, "%s", name);
    for (size_t i = 0; i < n; i++) buffer_printf(b, "\t%.17g", value[i]);
    buffer_printf(b, "\n");
}

static void put_row(Buffer *b, const TableRow *r) {
    buffer_printf(b, "row\t%s\t%s\t%s\t%d\t%.17g\t%s\n", r->method, r->features, r->ablation, r->bits,
                  r->validation, r->note);
    for (int i = 0; i < SCORES; i++) {
        const TableScore *s = &r->score[i / MODALITIES][i % MODALITIES];
        put_numbers(b, "map", s->map, MAP_NUMBERS);
        put_numbers(b, "ap", s->ap.value, s->ap.n);
        put_numbers(b, "recall", s->recall.value, s->recall.n);
        put_numbers(b, "precision", s->precision.value, s->precision.n);
    }
    for (Modality m = 0; m < MODALITIES; m++) put_numbers(b, "health", r->health[m], HEALTH_NUMBERS);
}

Status table_cell_write(const TableCell *c, const char *key, const char *path, Error *err) {
    Buffer lines = {0}, file = {0};
    double hash = c->split_hash;
    buffer_printf(&lines, "key\t");
    buffer_add(&lines, key, strlen(key));
    buffer_printf(&lines, "\n");
    put_numbers(&lines, "split", &hash, 1);
    put_numbers(&lines, "group", c->group.value, c->group.n);
    for (int i = 0; i < c->rows; i++) put_row(&lines, &c->row[i]);
    if (!lines.failed) {
        buffer_printf(&file, "%s\t%08x\n", FORMAT, (unsigned)crc32_update(0, lines.data, lines.size));
        buffer_add(&file, lines.data, lines.size);
    }
    Status s = lines.failed || file.failed ? mem_error(err, "a cell of the table")
                                           : file_write(path, file.data, file.size, err);
    buffer_free(&lines);
    buffer_free(&file);
    return s;
}

/* ---- Reading ---- */

typedef struct {
    char *at; /* the next line */
    const char *path;
    Error *err;
} Reader;

static Status damaged(const Reader *r, const char *line) {
    return error_set(r->err, STATUS_CHECK, "%s: is damaged: its line '%s' is missing or wrong", r->path,
                     line);
}

/* The fields of the next line behind its name, each behind a tab; NULL where the line has another name. */
static char *take_line(Reader *r, const char *name) {
    size_t n = strlen(name);
    char *line = r->at, *end = strchr(line, '\n');
    if (!end || strncmp(line, name, n) != 0 || (line[n] != '\t' && line[n] != '\n')) return NULL;
    *end = 0;
    r->at = end + 1;
    return line + n;
}

/* Exactly n numbers. */
static bool parse_numbers(const char *fields, double *value, size_t n) {
    char *end = NULL;
    for (size_t i = 0; i < n; i++, fields = end) {
        if (*fields != '\t') return false;
        value[i] = strtod(fields + 1, &end);
        if (end == fields + 1) return false;
    }
    return *fields == 0;
}

static Status take_numbers(Reader *r, const char *name, double *value, size_t n) {
    const char *fields = take_line(r, name);
    return fields && parse_numbers(fields, value, n) ? STATUS_OK : damaged(r, name);
}

/* As many numbers as the line has. */
static Status take_list(Reader *r, const char *name, Numbers *out) {
    const char *fields = take_line(r, name);
    if (!fields) return damaged(r, name);
    for (const char *s = fields; *s; s++) out->n += *s == '\t';
    out->value = mem_calloc(out->n + 1, sizeof *out->value);
    if (!out->value) return mem_error(r->err, "a cell of the table");
    return parse_numbers(fields, out->value, out->n) ? STATUS_OK : damaged(r, name);
}

static Status take_row(Reader *r, TableRow *row, size_t queries) {
    const char *fields = take_line(r, "row");
    int end = 0;
    if (!fields ||
        sscanf(fields, "\t%23[^\t]\t%23[^\t]\t%23[^\t]\t%d\t%lf\t%119[^\t]%n", row->method, row->features,
               row->ablation, &row->bits, &row->validation, row->note, &end) != 6 ||
        fields[end] != 0)
        return damaged(r, "row");
    for (int i = 0; i < SCORES; i++) {
        TableScore *s = &row->score[i / MODALITIES][i % MODALITIES];
        TRY(take_numbers(r, "map", s->map, MAP_NUMBERS));
        TRY(take_list(r, "ap", &s->ap));
        TRY(take_list(r, "recall", &s->recall));
        TRY(take_list(r, "precision", &s->precision));
        if (s->ap.n != queries || s->recall.n != s->precision.n) return damaged(r, "ap");
    }
    for (Modality m = 0; m < MODALITIES; m++) TRY(take_numbers(r, "health", row->health[m], HEALTH_NUMBERS));
    return STATUS_OK;
}

/* Checksum, key and fields of the file's text, which is changed in place. */
static Status read_cell(Reader *r, size_t size, TableCell *c, const char *key) {
    char *start = r->at, *fields = take_line(r, FORMAT);
    double hash;
    unsigned crc = 0;
    if (!fields || sscanf(fields, "\t%8x", &crc) != 1 ||
        crc != crc32_update(0, r->at, size - (size_t)(r->at - start)))
        return error_set(r->err, STATUS_CHECK, "%s: is damaged: its checksum is wrong", r->path);
    fields = take_line(r, "key");
    if (!fields || strcmp(fields + (*fields == '\t'), key) != 0)
        return error_set(r->err, STATUS_CHECK, "%s: is a cell of another table", r->path);
    TRY(take_numbers(r, "split", &hash, 1));
    if (!(hash >= 0 && hash <= UINT32_MAX)) return damaged(r, "split");
    c->split_hash = (uint32_t)hash;
    TRY(take_list(r, "group", &c->group));
    for (; *r->at && c->rows < CELL_ROWS; c->rows++) TRY(take_row(r, &c->row[c->rows], c->group.n));
    return c->rows > 0 && *r->at == 0 ? STATUS_OK : damaged(r, "row");
}

Status table_cell_read(TableCell *c, const char *key, const char *path, Error *err) {
    unsigned char *data;
    size_t size;
    *c = (TableCell){0};
    TRY(file_read(path, MAX_FILE, &data, &size, err));
    Reader r = {.at = (char *)data, .path = path, .err = err};
    Status s = read_cell(&r, size, c, key);
    mem_free(data);
    return s;
}

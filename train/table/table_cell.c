#include "train/table/table_cell.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"

static const char MAGIC[] = "msach table cell 1\n";
enum { MAX_FILE = 1 << 28, MAX_COUNT = 1 << 24 };

/* Writing and reading are one walk over the fields: out set writes, else reads. bad turns true for good. */
typedef struct {
    Buffer *out;
    char *in;
    bool bad;
} Codec;

static void real_field(Codec *c, double *v) {
    if (c->out) {
        buffer_printf(c->out, "%.17g ", *v);
        return;
    }
    char *end;
    *v = strtod(c->in, &end);
    c->bad = c->bad || end == c->in || *end != ' ';
    c->in = c->bad ? c->in : end + 1;
}

static void int_field(Codec *c, int *v) {
    double x = *v;
    real_field(c, &x);
    c->bad = c->bad || x < -1 || x > MAX_COUNT;
    if (!c->bad) *v = (int)x;
}

/* "length:text " */
static void text_field(Codec *c, char *text, size_t size) {
    if (c->out) {
        buffer_printf(c->out, "%zu:%s ", strlen(text), text);
        return;
    }
    char *end;
    unsigned long n = strtoul(c->in, &end, 10);
    c->bad = c->bad || end == c->in || *end != ':' || n >= size || strlen(end + 1) < n + 1;
    if (c->bad) return;
    memcpy(text, end + 1, n);
    text[n] = 0;
    c->in = end + 1 + n + 1;
}

static void line_end(Codec *c) {
    if (c->out)
        buffer_printf(c->out, "\n");
    else if (!c->bad && *c->in == '\n')
        c->in++;
    else
        c->bad = true;
}

/* Room for an array that is read. */
static void *room(Codec *c, int n, size_t size) {
    void *p = c->bad || n < 0 ? NULL : mem_calloc((size_t)n + 1, size);
    c->bad = c->bad || !p;
    return p;
}

static void score_fields(Codec *c, TableScore *s) {
    int_field(c, &s->queries);
    int_field(c, &s->database);
    int_field(c, &s->without_relevant);
    int_field(c, &s->radii);
    double *const reals[] = {&s->map.pessimistic, &s->map.expected, &s->map.optimistic, &s->low,   &s->high,
                             &s->p_at_10,         &s->ndcg,         &s->mean_tie,       &s->random};
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) real_field(c, reals[i]);
    line_end(c);
    if (!c->out) s->ap = room(c, s->queries, sizeof *s->ap);
    for (int q = 0; !c->bad && q < s->queries; q++) real_field(c, &s->ap[q]);
    line_end(c);
    if (!c->out) s->curve = room(c, s->radii, sizeof *s->curve);
    for (int r = 0; !c->bad && r < s->radii; r++) {
        real_field(c, &s->curve[r].precision);
        real_field(c, &s->curve[r].recall);
        real_field(c, &s->curve[r].share);
    }
    line_end(c);
}

static void health_fields(Codec *c, TableHealth *h) {
    int_field(c, &h->codes);
    int_field(c, &h->distinct);
    int_field(c, &h->constant_bits);
    double *const reals[] = {&h->bit_mean, &h->bit_mean_low, &h->bit_mean_high,
                             &h->entropy,  &h->correlation,  &h->mean_tie};
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) real_field(c, reals[i]);
    line_end(c);
}

static void row_fields(Codec *c, TableRow *r) {
    text_field(c, r->method, sizeof r->method);
    text_field(c, r->features, sizeof r->features);
    text_field(c, r->ablation, sizeof r->ablation);
    text_field(c, r->note, sizeof r->note);
    int_field(c, &r->bits);
    real_field(c, &r->validation);
    line_end(c);
    for (int k = 0; k < 4 && !c->bad; k++) score_fields(c, &r->score[k / 2][k % 2]);
    for (int k = 0; k < 2 && !c->bad; k++) health_fields(c, &r->health[k]);
}

static void cell_fields(Codec *c, TableCell *cell) {
    double hash = cell->split_hash;
    real_field(c, &hash);
    cell->split_hash = hash >= 0 && hash <= UINT32_MAX ? (uint32_t)hash : 0;
    int_field(c, &cell->queries);
    int_field(c, &cell->rows);
    line_end(c);
    if (!c->out) cell->group = room(c, cell->queries, sizeof *cell->group);
    for (int q = 0; !c->bad && q < cell->queries; q++) int_field(c, &cell->group[q]);
    line_end(c);
    c->bad = c->bad || cell->rows < 1 || cell->rows > TABLE_ROWS;
    for (int i = 0; !c->bad && i < cell->rows; i++) row_fields(c, &cell->row[i]);
}

void table_cell_free(TableCell *c) {
    mem_free(c->group);
    for (int i = 0; i < TABLE_ROWS; i++)
        for (int k = 0; k < 4; k++) {
            mem_free(c->row[i].score[k / 2][k % 2].ap);
            mem_free(c->row[i].score[k / 2][k % 2].curve);
        }
    memset(c, 0, sizeof *c);
}

Status table_cell_write(const TableCell *c, const char *key, const char *path, Error *err) {
    Buffer b = {0};
    TableCell copy = *c; /* only read: the walk takes pointers that reading writes through */
    buffer_printf(&b, "%s", MAGIC);
    buffer_add(&b, key, strlen(key));
    buffer_printf(&b, "\n");
    Codec codec = {.out = &b};
    cell_fields(&codec, &copy);
    if (!b.failed) buffer_printf(&b, "crc32 %08x\n", (unsigned)crc32_update(0, b.data, b.size));
    Status s = b.failed ? mem_error(err, "a cell of the table") : file_write(path, b.data, b.size, err);
    buffer_free(&b);
    return s;
}

static bool checksum_holds(const char *data, size_t size) {
    enum { TAIL = 15 }; /* "crc32 xxxxxxxx\n" */
    char wanted[32];
    if (size < TAIL) return false;
    snprintf(wanted, sizeof wanted, "crc32 %08x\n", (unsigned)crc32_update(0, data, size - TAIL));
    return memcmp(data + size - TAIL, wanted, TAIL) == 0;
}

Status table_cell_read(TableCell *c, const char *key, const char *path, Error *err) {
    unsigned char *data;
    size_t size, magic = sizeof MAGIC - 1, length = strlen(key);
    memset(c, 0, sizeof *c);
    TRY(file_read(path, MAX_FILE, &data, &size, err));
    char *text = (char *)data;
    Status s = STATUS_OK;
    if (!checksum_holds(text, size))
        s = error_set(err, STATUS_CHECK, "%s: is damaged: its checksum is wrong", path);
    else if (size < magic + length + 1 || memcmp(text, MAGIC, magic) != 0 ||
             memcmp(text + magic, key, length) != 0 || text[magic + length] != '\n')
        s = error_set(err, STATUS_CHECK, "%s: is a cell of another table", path);
    if (s == STATUS_OK) {
        Codec codec = {.in = text + magic + length + 1};
        cell_fields(&codec, c);
        if (codec.bad) s = error_set(err, STATUS_CHECK, "%s: is damaged: a field is missing", path);
    }
    mem_free(data);
    return s;
}

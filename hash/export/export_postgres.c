/* PostgreSQL's COPY BINARY (its manual, "COPY", Binary Format): big-endian, and a bit string's first bit is the highest of its
 * first byte. */
#include <stdio.h>
#include <string.h>

#include "hash/export/export_formats.h"

static void put_big(unsigned char *to, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++) to[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
}

static unsigned char reversed(unsigned char byte) {
    unsigned char r = 0;
    for (int i = 0; i < 8; i++) r = (unsigned char)(r | (byte >> i & 1) << (7 - i));
    return r;
}

/* Two fields: 8 bytes of id; 4 bytes of length in bits and the bits. */
static void put_row(FileWriter *w, const CodeSet *c, size_t row) {
    unsigned char head[22], code[1024 / 8];
    put_big(head, 2, 2);
    put_big(head + 2, 8, 4);
    put_big(head + 6, (uint64_t)c->number[row], 8);
    put_big(head + 14, 4 + c->bytes, 4);
    put_big(head + 18, (uint64_t)c->bits, 4);
    for (size_t i = 0; i < c->bytes; i++) code[i] = reversed(c->codes[row * c->bytes + i]);
    file_put(w, head, sizeof head);
    file_put(w, code, c->bytes);
}

/* Its 0, then flags and length of an extension, both 0. */
static const char SIGNATURE[19] = "PGCOPY\n\377\r\n";
static const unsigned char END[2] = {0xFF, 0xFF};

Status export_pgcopy(const CodeSet *c, const char *folder, Error *err) {
    FileWriter w;
    TRY(export_begin_codes(&w, c, folder, "_codes.pgcopy", err));
    file_put(&w, SIGNATURE, sizeof SIGNATURE);
    for (size_t row = 0; row < c->n; row++) put_row(&w, c, row);
    file_put(&w, END, sizeof END);
    return file_commit(&w, err);
}

/* ---- Cases ---- */

static void put_number(FileWriter *w, uint64_t v, int bytes) {
    unsigned char big[8];
    put_big(big, v, bytes);
    file_put(w, big, (size_t)bytes);
}

/* A text field; NULL: no value (length -1). */
static void put_text(FileWriter *w, const char *text) {
    put_number(w, text ? strlen(text) : UINT32_MAX, 4);
    if (text) file_put(w, text, strlen(text));
}

/* A field text[]: dimensions, whether any element is NULL, the element's type; length and lower bound; the elements. */
static void put_texts(FileWriter *w, const char *const *text, int n) {
    enum { TYPE_TEXT = 25 };
    size_t bytes = n ? 20 : 12;
    for (int i = 0; i < n; i++) bytes += 4 + strlen(text[i]);
    put_number(w, bytes, 4);
    put_number(w, n > 0, 4);
    put_number(w, 0, 4);
    put_number(w, TYPE_TEXT, 4);
    if (n) put_number(w, (uint64_t)n, 4);
    if (n) put_number(w, 1, 4);
    for (int i = 0; i < n; i++) put_text(w, text[i]);
}

static void put_case(FileWriter *w, uint64_t number, const IndexCase *c, unsigned without) {
    enum { FIELDS = 6 };
    bool text = c->text && *c->text && !(without & 1u << EXPORT_TEXT),
         image = c->image && *c->image && !(without & 1u << EXPORT_IMAGE);
    put_number(w, FIELDS, 2);
    put_number(w, 8, 4);
    put_number(w, number, 8);
    put_text(w, c->id);
    put_texts(w, c->labels, without & 1u << EXPORT_LABELS ? 0 : c->n_labels);
    put_text(w, without & 1u << EXPORT_GROUP ? NULL : c->group);
    put_text(w, text ? c->text : NULL);
    put_text(w, image ? c->image : NULL);
}

Status cases_pgcopy(const Index *x, unsigned without, ExportPlace *at, int64_t end, const char *folder,
                    Error *err) {
    FileWriter w;
    Status s = STATUS_OK;
    TRY(export_begin(&w, folder, "cases.pgcopy", err));
    file_put(&w, SIGNATURE, sizeof SIGNATURE);
    for (; s == STATUS_OK && at->row < index_count(x) && at->number < end; at->row++) {
        IndexCase c;
        if (index_deleted(x, at->row)) continue;
        s = index_case(x, at->row, &c, err);
        if (s == STATUS_OK) put_case(&w, (uint64_t)at->number++, &c, without);
    }
    if (s != STATUS_OK) {
        file_abort(&w);
        return s;
    }
    file_put(&w, END, sizeof END);
    return file_commit(&w, err);
}

void commands_pgcopy(FileWriter *w, int bits) {
    file_printf(
        w,
        "-- Codes of %d bits. PostgreSQL 14 or later (bit_count). In this folder: psql -f load.sql\n"
        "CREATE TABLE cases (id bigint PRIMARY KEY, name text NOT NULL UNIQUE, labels text[] NOT NULL,\n"
        "  patient text, report text, picture text);\n"
        "CREATE TABLE image_codes (id bigint PRIMARY KEY, code bit(%d) NOT NULL);\n"
        "CREATE TABLE text_codes (id bigint PRIMARY KEY, code bit(%d) NOT NULL);\n"
        "\\copy cases FROM 'cases.pgcopy' WITH (FORMAT binary)\n"
        "\\copy image_codes FROM 'image_codes.pgcopy' WITH (FORMAT binary)\n"
        "\\copy text_codes FROM 'text_codes.pgcopy' WITH (FORMAT binary)\n"
        "CREATE INDEX ON cases USING gin (labels);\n"
        "ANALYZE;\n\n",
        bits, bits, bits);
    file_printf(
        w, "-- The ten nearest images of a text code, exactly, ties by id:\n"
           "SELECT c.id, name, bit_count(c.code # q.code) AS d FROM image_codes c JOIN cases USING (id),\n"
           "  (SELECT code FROM text_codes ORDER BY id LIMIT 1) q ORDER BY d, c.id LIMIT 10;\n\n"
           "-- Filtered: only cases with a label, with a word in the report, of other patients than one:\n"
           "-- SELECT c.id, name, labels, picture, bit_count(code # B'...') AS d FROM image_codes c JOIN "
           "cases USING (id)\n"
           "--   WHERE labels @> ARRAY['cyst'] AND report ILIKE '%%anechoic%%' AND patient IS DISTINCT FROM "
           "'p7'\n"
           "--   ORDER BY d, c.id LIMIT 10;\n\n");
    file_printf(w, "-- With pgvector 0.7 or later, the same exact answer: SELECT id, code <~> B'...' AS d "
                   "FROM image_codes\n"
                   "-- ORDER BY d, id LIMIT 10; An HNSW index over bits is faster and not exact: it may miss "
                   "the nearest\n"
                   "-- altogether (pgvector issue 972).\n");
}

/* Ranges of ids, so that every case is in exactly one shard; both ends are open. */
void commands_shards(FileWriter *w, int bits, int64_t n, int shards) {
    static const char *const table[] = {"cases", "image_codes", "text_codes"};
    file_printf(
        w,
        "-- %lld cases in %d shards. First, on the server of each shard, in its folder: psql -f load.sql\n"
        "-- Then here, with the host and database of each, and the user of all:\n"
        "--   psql -v host0=... -v db0=... -v host1=... -v db1=... -v user=... -f secret.sql -f load.sql\n"
        "-- where secret.sql holds the line: \\set password '...'\n"
        "CREATE EXTENSION IF NOT EXISTS postgres_fdw;\n"
        "CREATE TABLE cases (id bigint, name text, labels text[], patient text, report text, picture text)\n"
        "  PARTITION BY RANGE (id);\n"
        "CREATE TABLE image_codes (id bigint, code bit(%d)) PARTITION BY RANGE (id);\n"
        "CREATE TABLE text_codes (id bigint, code bit(%d)) PARTITION BY RANGE (id);\n\n",
        (long long)n, shards, bits, bits);
    for (int i = 0; i < shards; i++) {
        char from[32] = "MINVALUE", to[32] = "MAXVALUE";
        if (i > 0) snprintf(from, sizeof from, "%lld", (long long)export_shard_first(n, shards, i));
        if (i + 1 < shards) snprintf(to, sizeof to, "%lld", (long long)export_shard_first(n, shards, i + 1));
        file_printf(w,
                    "CREATE SERVER shard%d FOREIGN DATA WRAPPER postgres_fdw\n"
                    "  OPTIONS (host :'host%d', dbname :'db%d', async_capable 'true');\n"
                    "CREATE USER MAPPING FOR CURRENT_USER SERVER shard%d OPTIONS (user :'user', password "
                    ":'password');\n",
                    i, i, i, i);
        for (int k = 0; k < 3; k++)
            file_printf(w,
                        "CREATE FOREIGN TABLE %s_%d PARTITION OF %s FOR VALUES FROM (%s) TO (%s)\n"
                        "  SERVER shard%d OPTIONS (table_name '%s');\n",
                        table[k], i, table[k], from, to, i, table[k]);
    }
    file_printf(w, "\n-- The ten nearest images of a code, exactly, ties by id; each shard sorts its own:\n"
                   "-- SELECT id, bit_count(code # B'...') AS d FROM image_codes ORDER BY d, id LIMIT 10;\n");
}

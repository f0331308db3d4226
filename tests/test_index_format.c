/* The tables of offsets in hash/search/index_format.h against the bytes of an index: every row is read from the header's
 * comment and compared with what was written, by loops of this file's own. */
#include "hash/search/index_change.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/index_cases.h"

/* One row of a table: size 0 where it is "-". */
typedef struct {
    const char *table;
    unsigned offset, size;
    char field[24];
} Row;

typedef struct {
    unsigned char *data;
    size_t size, second; /* second: where the second segment begins */
} File;

static const char HEADER[] = "hash/search/index_format.h";
static const char *const TABLES[] = {"Slot", "Segment", "CRC table"};
enum { SLOT_TABLE, SEGMENT_TABLE, CRC_TABLE, N_TABLES, MOST_ROWS = 40, CASES = 10 };

static int read_rows(Row row[MOST_ROWS]) {
    FILE *f = fopen(HEADER, "r");
    char line[256], size[16];
    const char *table = NULL;
    int n = 0;
    cr_assert_not_null(f);
    while (fgets(line, sizeof line, f)) {
        for (int t = 0; t < N_TABLES; t++)
            if (strncmp(line + 3, TABLES[t], strlen(TABLES[t])) == 0 && line[0] == ' ') table = TABLES[t];
        Row *r = &row[n];
        if (sscanf(line, " * %u %15[0-9-] %23[a-z0-9 ]", &r->offset, size, r->field) != 3) continue;
        char *end = strstr(r->field, "  ");
        if (end) *end = 0;
        r->size = size[0] == '-' ? 0 : (unsigned)atoi(size);
        r->table = table;
        cr_assert_not_null(table);
        cr_assert_lt(++n, MOST_ROWS);
    }
    fclose(f);
    return n;
}

/* CRC-32 of IEEE 802.3, bit by bit. */
static uint32_t plain_crc(const unsigned char *data, size_t size) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

static uint64_t number_at(const unsigned char *p, unsigned size) {
    uint64_t x = 0;
    for (unsigned i = 0; i < size; i++) x |= (uint64_t)p[i] << (8 * i);
    return x;
}

/* Ten cases, then a deletion of case-3: generation 3 in slot 1, and two segments. */
static File make_file(const char *path) {
    const char *ids[] = {"case-3"};
    File f;
    write_cases(path, 0, CASES);
    cr_assert_eq(index_delete(path, ids, 1, NULL), STATUS_OK);
    cr_assert_eq(file_read(path, 1 << 20, &f.data, &f.size, NULL), STATUS_OK);
    for (f.second = 1024 + 64; memcmp(f.data + f.second, "MSACHSEG", 8) != 0; f.second += 64)
        cr_assert_lt(f.second + 64, f.size);
    return f;
}

/* What a number field holds; -1 where the row is no number. segment: 0 or 1. */
static int64_t wanted_number(const Row *r, const File *f, int segment) {
    const size_t end[2] = {f->second, f->size}, start[2] = {1024, f->second};
    const struct {
        int table;
        const char *field;
        size_t value;
    } wanted[] = {
        {SLOT_TABLE, "version", 3},
        {SLOT_TABLE, "bits", BITS},
        {SLOT_TABLE, "generation", 3},
        {SLOT_TABLE, "length", f->size},
        {SLOT_TABLE, "rows", CASES},
        {SLOT_TABLE, "segments", 2},
        {SLOT_TABLE, "slot crc", plain_crc(f->data + 512, 508)},
        {SEGMENT_TABLE, "kind", segment ? 2 : 1},
        {SEGMENT_TABLE, "rows", segment ? 1 : CASES},
        {SEGMENT_TABLE, "first row", segment ? CASES : 0},
        {SEGMENT_TABLE, "length", end[segment] - start[segment]},
        {SEGMENT_TABLE, "names", segment ? 0 : 5},
        {SEGMENT_TABLE, "table", end[segment] - start[segment] - 64}, /* one block: 8 bytes, padded */
        {SEGMENT_TABLE, "header crc", plain_crc(f->data + start[segment], 508)},
        {CRC_TABLE, "table crc", plain_crc(f->data + end[segment] - 60, 60)},
        {CRC_TABLE, "block crcs",
         plain_crc(f->data + start[segment] + 512, end[segment] - start[segment] - 512 - 64)}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (TABLES[wanted[i].table] == r->table && strcmp(wanted[i].field, r->field) == 0)
            return (int64_t)wanted[i].value;
    return -1;
}

/* Text, zeros, or the places of the parts. False where the row is none of them. */
static bool holds_bytes(const Row *r, const unsigned char *p, int segment) {
    unsigned char text[512] = {0};
    if (strcmp(r->field, "magic") == 0)
        memcpy(text, r->table == TABLES[SLOT_TABLE] ? "MSACHIDX" : "MSACHSEG", 8);
    else if (strcmp(r->field, "model") == 0)
        memcpy(text, "0badcafe", 8);
    else if (strcmp(r->field, "parts") ==
             0) { /* image codes first; a deletion's rows in part 15; groups and words behind */
        uint64_t first = number_at(p, 8), last = number_at(p + 8 * 30, 8),
                 last_size = number_at(p + 8 * 31, 8);
        return first == 512 && number_at(p + 8, 8) == (segment ? 0 : CASES * BYTES) &&
               last_size == (segment ? 8u : 0u) && last % 64 == 0 && r->size == 24 * 16 &&
               number_at(p + 8 * 33, 8) == (segment ? 0 : 4 * CASES) &&   /* groups */
               number_at(p + 8 * 39, 8) == (segment ? 0 : 8 * (1 + 8)) && /* words: w0 to w6, report */
               number_at(p + 8 * 45, 8) == 0 && number_at(p + 8 * 47, 8) == (segment ? 0 : CASES * (2 + 3));
        /* an occurrence of report: row and place; two of w0: row, place, place */
    } else if (strcmp(r->field, "bytes") == 0) { /* the first part begins here */
        Made m;
        make_case(&m, 1);
        return segment || memcmp(p + BYTES, m.code[0], BYTES) == 0;
    } else if (strcmp(r->field, "zero") != 0)
        return false;
    return memcmp(p, text, r->size) == 0;
}

static void check_row(const Row *r, const File *f, int segment) {
    size_t start = segment ? f->second : 1024, end = segment ? f->size : f->second;
    size_t base = r->table == TABLES[SLOT_TABLE] ? 512 : r->table == TABLES[CRC_TABLE] ? end - 64 : start;
    const unsigned char *p = f->data + base + r->offset;
    int64_t wanted = wanted_number(r, f, segment);
    if (wanted < 0)
        cr_assert(holds_bytes(r, p, segment), "%s: %s of segment %d", r->table, r->field, segment);
    else
        cr_assert_eq(number_at(p, r->size ? r->size : 4), (uint64_t)wanted, "%s: %s of segment %d", r->table,
                     r->field, segment);
}

Test(index, the_offset_tables_of_the_header_are_those_of_the_bytes) {
    Row row[MOST_ROWS];
    char name[64];
    const char *path = path_of(name);
    int n = read_rows(row), count[N_TABLES] = {0};
    File f = make_file(path);
    for (int i = 0; i < n; i++) {
        bool follows = i > 0 && row[i].table == row[i - 1].table;
        cr_assert_eq(row[i].offset, follows ? row[i - 1].offset + row[i - 1].size : 0, "%s", row[i].field);
        for (int t = 0; t < N_TABLES; t++) count[t] += row[i].table == TABLES[t];
        for (int segment = 0; segment < 2; segment++) check_row(&row[i], &f, segment);
    }
    cr_assert(count[SLOT_TABLE] == 10 && count[SEGMENT_TABLE] == 11 && count[CRC_TABLE] == 2, "%d %d %d",
              count[0], count[1], count[2]);
    mem_free(f.data);
    remove_all(path);
}

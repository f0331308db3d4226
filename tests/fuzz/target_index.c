/* An index with its segments. Tried as it is and with its checksums made right, so that what lies behind them is reached. Whatever
 * opens is read through every function; what verifies takes an append, a deletion and a compaction and keeps its cases. */
#include <string.h>

#include "hash/code.h"
#include "hash/search/index.h"
#include "hash/search/index_change.h"
#include "hash/search/index_filter.h"
#include "hash/search/index_format.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/targets.h"

enum { MOST_ROWS = 1 << 12, AT_LENGTH = 32, AT_TABLE = 48 /* in a segment's header */, NEAREST = 3 };

/* ---- Checksums made right ---- */

static void seal(uint8_t *bytes, size_t size) {
    put_u32(bytes + size - 4, crc32_update(0, bytes, size - 4));
}

static void repair_blocks(uint8_t *segment, uint64_t length, uint64_t table) {
    if (table < SEGMENT_HEADER_BYTES || table > length || length - table < segment_table_bytes(table)) return;
    for (uint64_t b = 0; b < segment_blocks(table); b++) {
        uint64_t at = SEGMENT_HEADER_BYTES + b * CRC_BLOCK_BYTES, size = table - at;
        if (size > CRC_BLOCK_BYTES) size = CRC_BLOCK_BYTES;
        put_u32(segment + table + 4 + 4 * b, crc32_update(0, segment + at, (size_t)size));
    }
    put_u32(segment + table, crc32_update(0, segment + table + 4, (size_t)(length - table) - 4));
}

static void repair(uint8_t *data, size_t size) {
    for (size_t slot = 0; slot < 2 && (slot + 1) * SLOT_BYTES <= size; slot++)
        seal(data + slot * SLOT_BYTES, SLOT_BYTES);
    for (size_t at = SLOTS_BYTES; at < size && size - at >= SEGMENT_HEADER_BYTES;) {
        uint64_t length = get_u64(data + at + AT_LENGTH), table = get_u64(data + at + AT_TABLE);
        seal(data + at, SEGMENT_HEADER_BYTES);
        if (length < SEGMENT_HEADER_BYTES || length > size - at) break;
        repair_blocks(data + at, length, table);
        at += (size_t)length;
    }
}

/* ---- What opens ---- */

static void read_cases(const Index *x) {
    Error err;
    for (int64_t row = 0; row < index_count(x); row++) {
        IndexCase c;
        Status s = index_case(x, row, &c, &err);
        FUZZ_CHECK(s == STATUS_OK || s == STATUS_INPUT);
        if (s != STATUS_OK) continue;
        index_find(x, c.id);
        size_t all = strlen(c.id) + (c.text ? strlen(c.text) : 0) + (c.image ? strlen(c.image) : 0);
        for (int i = 0; i < c.n_labels; i++) all += strlen(c.labels[i]);
        FUZZ_CHECK(all < SIZE_MAX / 2);
        for (int m = 0; m < 2; m++)
            if (c.code[m]) FUZZ_CHECK(code_distance(c.code[m], c.code[m], index_bits(x)) == 0);
    }
    FUZZ_CHECK(index_find(x, "no such case") < index_count(x));
}

/* By the tables where the file holds some; damaged ones may answer wrongly, but with rows that are there. */
static void search(const Index *x) {
    uint8_t query[CODE_MAX_BITS / 8] = {0x55, 0xAA, 1};
    size_t rows = (size_t)index_count(x);
    uint8_t *allowed = malloc(rows + 1);
    FUZZ_CHECK(allowed != NULL);
    for (int m = 0; m < 2; m++) {
        Hit hit[NEAREST];
        size_t found = 0;
        Status s = index_search(x, (Modality)m, query, 1, NEAREST, -1, NULL, hit, &found, NULL, NULL, NULL);
        FUZZ_CHECK(s == STATUS_OK && found <= NEAREST);
        for (size_t i = 0; i < found; i++) FUZZ_CHECK(hit[i].row >= 0 && hit[i].row < (int64_t)rows);
        if (rows) memcpy(allowed, index_allowed(x, (Modality)m), rows);
        s = index_keep_label(x, "cyst", allowed, NULL);
        FUZZ_CHECK(s == STATUS_OK || s == STATUS_INPUT);
        s = index_mark_words(x, (const char *const[]){"simple", "cyst"}, 2, allowed, NULL);
        FUZZ_CHECK(s == STATUS_OK || s == STATUS_INPUT);
        FUZZ_CHECK(index_within(x, (Modality)m, query, NEAREST, NULL) <= index_count(x));
    }
    free(allowed);
}

static void read_groups(const Index *x) {
    IndexGroups g;
    Status s = index_groups(x, &g, NULL);
    FUZZ_CHECK(s == STATUS_OK || s == STATUS_INPUT);
    for (int64_t row = 0; s == STATUS_OK && row < index_count(x); row++)
        FUZZ_CHECK(g.of[row] == INDEX_NO_GROUP ||
                   (g.of[row] < g.n && strlen(g.name[g.of[row]]) < SIZE_MAX / 2));
    index_groups_free(&g);
}

/* Whether it opens. */
static bool look_at(const char *path) {
    Index *x;
    Error err = {0};
    Status s = index_open(&x, path, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && err.message[0]));
    if (s != STATUS_OK) return false;
    if (index_count(x) <= MOST_ROWS) {
        read_cases(x);
        search(x);
        read_groups(x);
    }
    index_close(x);
    return true;
}

/* ---- What verifies ---- */

static void expect_same_cases(const Index *a, const Index *b) {
    int64_t to = 0;
    FUZZ_CHECK(index_live(a) == index_live(b) && index_count(b) == index_live(b));
    for (int64_t row = 0; row < index_count(a); row++) {
        IndexCase x, y;
        if (index_deleted(a, row)) continue;
        FUZZ_CHECK(index_case(a, row, &x, NULL) == STATUS_OK && index_case(b, to++, &y, NULL) == STATUS_OK);
        FUZZ_CHECK(strcmp(x.id, y.id) == 0 && x.n_labels == y.n_labels);
        FUZZ_CHECK(!x.text == !y.text && (!x.text || strcmp(x.text, y.text) == 0));
        FUZZ_CHECK(!x.image == !y.image && (!x.image || strcmp(x.image, y.image) == 0));
        FUZZ_CHECK(!x.group == !y.group && (!x.group || strcmp(x.group, y.group) == 0));
        for (int i = 0; i < x.n_labels; i++) FUZZ_CHECK(strcmp(x.labels[i], y.labels[i]) == 0);
        for (int m = 0; m < 2; m++) {
            FUZZ_CHECK(!x.code[m] == !y.code[m]);
            if (x.code[m]) FUZZ_CHECK(code_distance(x.code[m], y.code[m], index_bits(a)) == 0);
        }
    }
}

/* A case of our own comes and goes. */
static void append_and_delete(const char *path, const Index *x) {
    static const char *const ids[] = {"appended by the target"};
    const uint8_t code[CODE_MAX_BITS / 8] = {7};
    const IndexCase c = {.id = ids[0], .text = "a text", .code = {NULL, code}};
    IndexBuilder *b;
    FUZZ_CHECK(index_builder_create(&b, index_bits(x), index_model_hash(x), NULL) == STATUS_OK);
    FUZZ_CHECK(index_builder_add(b, &c, NULL) == STATUS_OK);
    Status s = index_append(b, path, NULL);
    index_builder_free(b);
    if (index_find(x, ids[0]) >= 0) {
        FUZZ_CHECK(s == STATUS_INPUT);
        return;
    }
    FUZZ_CHECK(s == STATUS_OK && index_verify(path, NULL) == STATUS_OK);
    FUZZ_CHECK(index_delete(path, ids, 1, NULL) == STATUS_OK && index_verify(path, NULL) == STATUS_OK);
}

static void change(const char *path) {
    Index *x, *y;
    FUZZ_CHECK(index_open(&x, path, NULL) == STATUS_OK);
    append_and_delete(path, x);
    Status s = index_compact(path, NULL);
    FUZZ_CHECK(s == STATUS_OK || s == STATUS_INPUT); /* the same id twice passes the checksums */
    if (s == STATUS_OK) {
        FUZZ_CHECK(index_verify(path, NULL) == STATUS_OK);
        FUZZ_CHECK(index_open(&y, path, NULL) == STATUS_OK);
        if (index_find(x, "appended by the target") < 0) expect_same_cases(x, y);
        index_close(y);
    }
    index_close(x);
}

static void try_file(const uint8_t *data, size_t size) {
    const char *path = harness_file("input.idx", data, size);
    bool opens = look_at(path);
    if (!opens && harness_choice(data, size, 8))
        return; /* a file is opened four times before it is refused */
    Status s = index_verify(path, NULL);
    FUZZ_CHECK(s == STATUS_CHECK || (s == STATUS_OK && opens));
    if (s == STATUS_OK && harness_choice(data, size, 4) == 0) change(path);
}

void fuzz_index(const uint8_t *data, size_t size) {
    uint8_t *copy = harness_copy(data, size);
    if (harness_choice(data, size, 8)) repair(copy, size);
    try_file(copy, size);
    free(copy);
}

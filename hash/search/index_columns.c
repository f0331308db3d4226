#include "hash/search/index_columns.h"

#include <string.h>

#include "hash/code.h"
#include "hash/search/name_table.h"
#include "nn/base/alloc.h"

uint64_t columns_entries(const Columns *c, PartName offsets) {
    uint64_t n = c->part[offsets].size / 8;
    return n ? n - 1 : 0;
}

bool columns_span(const Columns *c, PartName offsets, uint64_t i, uint64_t size, uint64_t *first,
                  uint64_t *end) {
    if (i >= columns_entries(c, offsets)) return false;
    *first = get_u64(c->part[offsets].data + 8 * i);
    *end = get_u64(c->part[offsets].data + 8 * i + 8);
    return *first <= *end && *end <= size;
}

const char *columns_string(const Columns *c, PartName offsets, uint64_t i) {
    const Part *strings = &c->part[offsets + 1];
    uint64_t first, end;
    if (!columns_span(c, offsets, i, strings->size, &first, &end) || first == end ||
        strings->data[end - 1] != 0)
        return NULL;
    return (const char *)strings->data + first;
}

const char *columns_id(const void *columns, uint32_t row) {
    return columns_string(columns, PART_ID_OFFSET, row);
}

int64_t columns_find(const Columns *c, const char *id) {
    const Part *table = &c->part[PART_ID_TABLE];
    return name_table_find(table->data, table->size / 4, id, columns_id, c);
}

int64_t columns_group(const Columns *c, uint64_t row) {
    return c->part[PART_GROUP].size ? (int64_t)get_u32(c->part[PART_GROUP].data + 4 * row) - 1 : -1;
}

bool columns_labels(const Columns *c, uint64_t row, const unsigned char **numbers, size_t *n) {
    uint64_t first, end;
    if (!columns_span(c, PART_LABEL_OFFSET, row, c->part[PART_LABELS].size / 4, &first, &end)) return false;
    *n = (size_t)(end - first);
    *numbers = *n ? c->part[PART_LABELS].data + 4 * first : NULL; /* the part may be empty */
    return *n <= INT32_MAX;
}

static bool case_labels(const Columns *c, uint64_t row, IndexCase *out, StringArray *labels) {
    const unsigned char *numbers;
    size_t n;
    if (!columns_labels(c, row, &numbers, &n)) return false;
    for (size_t i = 0; i < n; i++) {
        labels->item[i] = columns_string(c, PART_NAME_OFFSET, get_u32(numbers + 4 * i));
        if (!labels->item[i]) return false;
    }
    out->labels = labels->item;
    out->n_labels = (int)n;
    return true;
}

/* Byte 1: has an image path, 2: has a text; then both strings. */
bool columns_texts(const Columns *c, uint64_t row, IndexCase *out) {
    uint64_t first, end;
    if (!columns_span(c, PART_TEXT_OFFSET, row, c->part[PART_TEXTS].size, &first, &end) || end - first < 3)
        return false;
    const char *record = (const char *)c->part[PART_TEXTS].data + first;
    size_t size = (size_t)(end - first), image = strnlen(record + 1, size - 1) + 1;
    if (record[size - 1] != 0 || image + 1 >= size) return false;
    out->image = record[0] & 1 ? record + 1 : NULL;
    out->text = record[0] & 2 ? record + 1 + image : NULL;
    return true;
}

Status columns_case(const Columns *c, uint64_t row, IndexCase *out, StringArray *labels, Error *err) {
    const unsigned char *numbers;
    size_t n = 0, bytes = code_bytes(c->bits);
    columns_labels(c, row, &numbers, &n);
    if (!mem_grow(&labels->item, &labels->capacity, n, sizeof *labels->item))
        return mem_error(err, "the labels of a case");
    out->id = columns_string(c, PART_ID_OFFSET, row);
    int64_t group = columns_group(c, row);
    out->group = group < 0 ? NULL : columns_string(c, PART_GROUP_OFFSET, (uint64_t)group);
    if (!out->id || (group >= 0 && !out->group) || !columns_texts(c, row, out) ||
        !case_labels(c, row, out, labels))
        return error_set(err, STATUS_INPUT, "the case in row %llu is damaged", (unsigned long long)row + 1);
    for (int m = 0; m < 2; m++)
        out->code[m] = c->part[PART_HAS + m].data[row] ? c->part[PART_CODES + m].data + row * bytes : NULL;
    return STATUS_OK;
}

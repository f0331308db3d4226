/* Groups of all segments, numbered together. */
#include <string.h>

#include "hash/search/index_file.h"
#include "hash/search/name_table.h"
#include "nn/base/alloc.h"

static const char *name_of(const void *groups, uint32_t number) {
    return ((const IndexGroups *)groups)->name[number];
}

/* The number of a name among those of all segments; false where memory ran out. */
static bool number_name(IndexGroups *g, Buffer *table, const char *name, uint32_t *number) {
    int64_t there = name_table_find(table->data, table->size / 4, name, name_of, g);
    *number = there < 0 ? (uint32_t)g->n : (uint32_t)there;
    if (there >= 0) return true;
    if (!mem_grow(&g->name, &g->capacity, g->n + 1, sizeof *g->name)) return false;
    g->name[g->n] = name;
    name_table_add(table, (uint32_t)g->n, (uint32_t)g->n, name_of, g);
    g->n++;
    return !table->failed;
}

static Status number_segment(IndexGroups *g, Buffer *table, const Segment *s, Error *err) {
    const Columns *c = &s->columns;
    uint64_t n = columns_entries(c, PART_GROUP_OFFSET);
    uint32_t *number = mem_calloc((size_t)n + 1, sizeof *number);
    Status status = number ? STATUS_OK : mem_error(err, "the groups");
    for (uint64_t i = 0; status == STATUS_OK && i < n; i++) {
        const char *name = columns_string(c, PART_GROUP_OFFSET, i);
        if (!name)
            status = error_set(err, STATUS_INPUT,
                               "the groups of the index are damaged; build it again or copy it anew");
        else if (!number_name(g, table, name, &number[i]))
            status = mem_error(err, "the groups");
    }
    for (uint64_t row = 0; status == STATUS_OK && row < c->rows; row++) {
        int64_t group = columns_group(c, row);
        if (group >= (int64_t)n)
            status = error_set(err, STATUS_INPUT,
                               "the groups of the index are damaged; build it again or copy it anew");
        else if (group >= 0)
            g->of[s->header.first_row + row] = number[group];
    }
    mem_free(number);
    return status;
}

/* first and row, from of. */
static Status list_rows(IndexGroups *g, size_t count, Error *err) {
    g->first = mem_calloc(g->n + 2, sizeof *g->first);
    g->row = mem_calloc(count + 1, sizeof *g->row);
    if (!g->first || !g->row) return mem_error(err, "the groups");
    for (size_t row = 0; row < count; row++)
        if (g->of[row] != INDEX_NO_GROUP) g->first[g->of[row] + 2]++;
    for (size_t i = 2; i < g->n + 2; i++) g->first[i] += g->first[i - 1];
    for (size_t row = 0; row < count; row++)
        if (g->of[row] != INDEX_NO_GROUP) g->row[g->first[g->of[row] + 1]++] = (uint32_t)row;
    return STATUS_OK;
}

Status index_groups(const Index *x, IndexGroups *g, Error *err) {
    size_t count = (size_t)x->slot.rows;
    Buffer table = {0};
    *g = (IndexGroups){.of = mem_alloc((count + 1) * sizeof *g->of)};
    Status s = g->of ? STATUS_OK : mem_error(err, "the groups");
    for (size_t row = 0; s == STATUS_OK && row < count; row++) g->of[row] = INDEX_NO_GROUP;
    for (size_t i = 0; s == STATUS_OK && i < x->n_segments; i++)
        if (x->segment[i].header.kind == SEGMENT_CASES) s = number_segment(g, &table, &x->segment[i], err);
    if (s == STATUS_OK) s = list_rows(g, count, err);
    buffer_free(&table);
    return s;
}

size_t index_groups_live(const Index *x, const IndexGroups *g) {
    size_t live = 0;
    for (size_t i = 0; i < g->n; i++) {
        uint32_t k = g->first[i];
        while (k < g->first[i + 1] && index_deleted(x, g->row[k])) k++;
        live += k < g->first[i + 1];
    }
    return live;
}

void index_groups_free(IndexGroups *g) {
    mem_free(g->of);
    mem_free(g->first);
    mem_free(g->row);
    mem_free(g->name);
    *g = (IndexGroups){0};
}

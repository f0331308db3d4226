#include "hash/search/index_build.h"

#include <string.h>

#include "hash/code.h"
#include "hash/search/name_table.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"

static void add_u64(Buffer *b, uint64_t v) {
    unsigned char bytes[8];
    put_u64(bytes, v);
    buffer_add(b, bytes, sizeof bytes);
}

static bool add_failed(const IndexBuilder *b) {
    bool failed = b->name_table.failed || b->group_table.failed || b->failed;
    for (int i = 0; i < N_PARTS; i++) failed |= b->part[i].failed;
    return failed;
}

Status index_builder_create(IndexBuilder **out, int bits, const char *model_hash, Error *err) {
    NN_REQUIRE(bits >= CODE_MIN_BITS && bits <= CODE_MAX_BITS && bits % 8 == 0, "bits %d", bits);
    *out = NULL;
    if (strlen(model_hash) >= MODEL_HASH_BYTES)
        return error_set(err, STATUS_INPUT, "a model's hash of %zu characters; at most %d were expected",
                         strlen(model_hash), MODEL_HASH_BYTES - 1);
    IndexBuilder *b = mem_calloc(1, sizeof *b);
    if (!b) return mem_error(err, "an index");
    b->bits = bits;
    memcpy(b->model_hash, model_hash, strlen(model_hash) + 1);
    const unsigned char empty_table[16] = {0};
    buffer_add(&b->part[PART_ID_TABLE], empty_table, sizeof empty_table);
    add_u64(&b->part[PART_ID_OFFSET], 0);
    add_u64(&b->part[PART_TEXT_OFFSET], 0);
    add_u64(&b->part[PART_LABEL_OFFSET], 0);
    add_u64(&b->part[PART_NAME_OFFSET], 0);
    add_u64(&b->part[PART_GROUP_OFFSET], 0);
    add_u64(&b->part[PART_WORD_OFFSET], 0);
    if (add_failed(b)) {
        index_builder_free(b);
        return mem_error(err, "an index");
    }
    *out = b;
    return STATUS_OK;
}

void index_builder_free(IndexBuilder *b) {
    if (!b) return;
    for (int i = 0; i < N_PARTS; i++) buffer_free(&b->part[i]);
    for (uint32_t i = 0; i < b->words; i++) buffer_free(&b->posting[i].rows);
    mem_free(b->posting);
    buffer_free(&b->name_table);
    buffer_free(&b->group_table);
    buffer_free(&b->word_table);
    mem_free(b);
}

void index_builder_set_tables(IndexBuilder *b, int m, Pool *pool) {
    b->tables = m;
    b->pool = pool;
}

/* A NameOf for each offset part of names; ctx: IndexBuilder. */
static const char *label_name(const void *builder, uint32_t number) {
    Columns c;
    index_builder_columns(builder, &c);
    return columns_string(&c, PART_NAME_OFFSET, number);
}
static const char *group_name(const void *builder, uint32_t number) {
    Columns c;
    index_builder_columns(builder, &c);
    return columns_string(&c, PART_GROUP_OFFSET, number);
}

static void add_string(IndexBuilder *b, PartName offsets, const char *s) {
    buffer_add(&b->part[offsets + 1], s, strlen(s) + 1);
    add_u64(&b->part[offsets], b->part[offsets + 1].size);
}

/* The number of a name, which is added where it is new; *count: names so far. */
static uint32_t number_of(IndexBuilder *b, const char *name, PartName offsets, Buffer *table, uint32_t *count,
                          NameOf *name_of) {
    int64_t number = name_table_find(table->data, table->size / 4, name, name_of, b);
    if (number >= 0) return (uint32_t)number;
    add_string(b, offsets, name);
    if (add_failed(b)) return 0;
    name_table_add(table, *count, *count, name_of, b);
    return (*count)++;
}

static void add_u32(Buffer *b, uint32_t v) {
    unsigned char bytes[4];
    put_u32(bytes, v);
    buffer_add(b, bytes, sizeof bytes);
}

static void add_label(IndexBuilder *b, const char *name) {
    add_u32(&b->part[PART_LABELS],
            number_of(b, name, PART_NAME_OFFSET, &b->name_table, &b->names, label_name));
}

static void add_group(IndexBuilder *b, const char *name) {
    add_u32(&b->part[PART_GROUP],
            name ? 1 + number_of(b, name, PART_GROUP_OFFSET, &b->group_table, &b->groups, group_name) : 0);
}

static void add_code(IndexBuilder *b, Modality modality, const uint8_t *code) {
    static const uint8_t zeros[CODE_MAX_BITS / 8];
    unsigned char has = code != NULL;
    buffer_add(&b->part[PART_CODES + modality], code ? code : zeros, code_bytes(b->bits));
    buffer_add(&b->part[PART_HAS + modality], &has, 1);
}

static void add_texts(IndexBuilder *b, const IndexCase *c) {
    Buffer *texts = &b->part[PART_TEXTS];
    unsigned char flags = (unsigned char)((c->image ? 1 : 0) | (c->text ? 2 : 0));
    buffer_add(texts, &flags, 1);
    buffer_add(texts, c->image ? c->image : "", c->image ? strlen(c->image) + 1 : 1);
    buffer_add(texts, c->text ? c->text : "", c->text ? strlen(c->text) + 1 : 1);
    add_u64(&b->part[PART_TEXT_OFFSET], texts->size);
}

Status index_builder_add(IndexBuilder *b, const IndexCase *c, Error *err) {
    if (b->failed) return mem_error(err, "an index");
    if (c->id[0] == 0)
        return error_set(err, STATUS_INPUT, "case %llu has an empty id", (unsigned long long)b->rows + 1);
    Columns columns;
    index_builder_columns(b, &columns);
    if (columns_find(&columns, c->id) >= 0)
        return error_set(err, STATUS_INPUT, "id %s comes twice; an index holds every id once", c->id);
    if (b->rows >= INDEX_MAX_ROWS)
        return error_set(err, STATUS_INPUT, "an index holds at most %llu cases",
                         (unsigned long long)INDEX_MAX_ROWS);
    add_string(b, PART_ID_OFFSET, c->id);
    for (Modality m = 0; m < MODALITIES; m++) add_code(b, m, c->code[m]);
    add_texts(b, c);
    add_group(b, c->group);
    for (int i = 0; i < c->n_labels; i++) add_label(b, c->labels[i]);
    add_u64(&b->part[PART_LABEL_OFFSET], b->part[PART_LABELS].size / 4);
    index_builder_columns(b, &columns);
    if (!add_failed(b))
        name_table_add(&b->part[PART_ID_TABLE], (uint32_t)b->rows, (uint32_t)b->rows, columns_id, &columns);
    b->failed = add_failed(b);
    if (b->failed) return mem_error(err, "an index");
    b->rows++;
    return STATUS_OK;
}

Status index_builder_finish(const IndexBuilder *b, Columns *c, Buffer parts[WORD_PARTS], Error *err) {
    index_builder_columns(b, c);
    if (b->groups == 0) c->part[PART_GROUP] = c->part[PART_GROUP_OFFSET] = (Part){NULL, 0};
    for (int i = 0; i < WORD_PARTS; i++) c->part[PART_WORD_OFFSET + i] = (Part){NULL, 0};
    return PART_FILTER && b->worded == b->rows ? index_builder_sort_words(b, c, parts, err) : STATUS_OK;
}

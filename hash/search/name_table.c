#include "hash/search/name_table.h"

#include <string.h>

#include "nn/base/alloc.h"

enum { SMALLEST = 4 };

/* FNV-1a of 64 bits, its halves folded. */
static uint64_t hash_of(const char *s) {
    uint64_t h = fnv1a(FNV1A_START, s, strlen(s));
    return h ^ h >> 32;
}

int64_t name_table_find(const unsigned char *table, uint64_t slots, const char *name, NameOf *name_of,
                        const void *ctx) {
    uint64_t at = hash_of(name);
    for (uint64_t tried = 0; tried < slots; tried++, at++) {
        uint32_t entry = get_u32(table + 4 * (at & (slots - 1)));
        if (entry == 0) return -1;
        const char *there = name_of(ctx, entry - 1);
        if (there && strcmp(there, name) == 0) return entry - 1;
    }
    return -1;
}

static void insert(unsigned char *table, uint64_t slots, uint32_t number, const char *name) {
    uint64_t at = hash_of(name) & (slots - 1);
    while (get_u32(table + 4 * at) != 0) at = (at + 1) & (slots - 1);
    put_u32(table + 4 * at, number + 1);
}

static void grow(Buffer *table, uint64_t slots, NameOf *name_of, const void *ctx) {
    unsigned char *larger = slots > SIZE_MAX / 4 ? NULL : mem_calloc((size_t)slots, 4);
    if (!larger) {
        table->failed = 1;
        return;
    }
    for (size_t i = 0; i < table->size; i += 4) {
        uint32_t entry = get_u32(table->data + i);
        if (entry) insert(larger, slots, entry - 1, name_of(ctx, entry - 1));
    }
    mem_free(table->data);
    table->data = larger;
    table->size = table->capacity = (size_t)slots * 4;
}

void name_table_add(Buffer *table, uint32_t count, uint32_t number, NameOf *name_of, const void *ctx) {
    if (table->failed) return;
    uint64_t slots = table->size / 4;
    if (slots < SMALLEST || ((uint64_t)count + 1) * 3 > slots * 2)
        grow(table, slots < SMALLEST ? SMALLEST : 2 * slots, name_of, ctx);
    if (!table->failed) insert(table->data, table->size / 4, number, name_of(ctx, number));
}

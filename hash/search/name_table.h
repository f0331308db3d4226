/* A hash table from a name to its number that is the same in memory and in a file: u32 little-endian slots, a
 * power of two of them, 0 = empty, else number + 1; a name is looked for from its hash's slot on. The names
 * lie elsewhere. */
#ifndef HASH_NAME_TABLE_H
#define HASH_NAME_TABLE_H

#include <stdint.h>

#include "nn/base/bytes.h"

/* The name of a number, or NULL where there is none (a damaged file). */
typedef const char *NameOf(const void *ctx, uint32_t number);

/* The number of a name, or -1. slots: a power of two. */
int64_t name_table_find(const unsigned char *table, uint64_t slots, const char *name, NameOf *name_of,
                        const void *ctx);

/* Adds number, whose name (by name_of) is not in the table. The table grows to stay at most two thirds full. Sets table->failed
 * where memory ran out. count: names in it before. */
void name_table_add(Buffer *table, uint32_t count, uint32_t number, NameOf *name_of, const void *ctx);

#endif

#include "nn/base/arena.h"

#include <stdint.h>
#include <string.h>

#include "nn/base/alloc.h"

enum { ALIGN = ARENA_ALIGN, SMALLEST_BLOCK = 1 << 20, LARGEST_SPARE = 1 << 26 };

struct ArenaBlock {
    ArenaBlock *next;
    size_t size; /* of the data, which begins ALIGN bytes after the block */
};

static char *block_data(ArenaBlock *b) {
    return (char *)b + ALIGN;
}

void arena_init(Arena *a) {
    memset(a, 0, sizeof *a);
}

void arena_free(Arena *a) {
    for (ArenaBlock *b = a->first; b;) {
        ArenaBlock *next = b->next;
        mem_free(b);
        b = next;
    }
    arena_init(a);
}

static void out_of_memory(Arena *a) {
    NN_REQUIRE(a->guarded, "out of memory in an arena without a guard");
    longjmp(a->guard, 1);
}

/* A block as large as all blocks so far, within limits, so that there are few blocks. Untouched pages cost no memory. */
static ArenaBlock *new_block(const Arena *a, size_t size) {
    size_t data = SMALLEST_BLOCK;
    for (const ArenaBlock *b = a->first; b; b = b->next) data += b->size;
    if (data > LARGEST_SPARE) data = LARGEST_SPARE;
    if (data < size) data = size;
    ArenaBlock *b = data > SIZE_MAX - ALIGN ? NULL : mem_aligned(data + ALIGN);
    if (b) b->size = data;
    return b;
}

/* Moves on to the next block if it is large enough, else to a new one inserted after the current. */
static void next_block(Arena *a, size_t size) {
    ArenaBlock *after = a->current ? a->current->next : a->first;
    if (after && after->size >= size) {
        a->current = after;
        a->used = 0;
        return;
    }
    ArenaBlock *b = new_block(a, size);
    if (!b) out_of_memory(a);
    b->next = after;
    if (a->current)
        a->current->next = b;
    else
        a->first = b;
    a->current = b;
    a->used = 0;
}

void *arena_alloc(Arena *a, size_t size) {
    if (size > SIZE_MAX - ALIGN) out_of_memory(a);
    size_t rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (!a->current || a->current->size - a->used < rounded) next_block(a, rounded);
    void *p = block_data(a->current) + a->used;
    a->used += rounded;
    a->total += rounded;
    if (a->total > a->peak) a->peak = a->total;
    return p;
}

void *arena_calloc(Arena *a, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) out_of_memory(a);
    void *p = arena_alloc(a, count * size);
    memset(p, 0, count * size);
    return p;
}

int arena_holds(const Arena *a, const void *p) {
    uintptr_t at = (uintptr_t)p;
    for (ArenaBlock *b = a->first; b; b = b->next)
        if (at >= (uintptr_t)block_data(b) && at < (uintptr_t)block_data(b) + b->size) return 1;
    return 0;
}

ArenaMark arena_mark(const Arena *a) {
    ArenaMark m = {a->current, a->used, a->total};
    return m;
}

void arena_release(Arena *a, ArenaMark mark) {
    a->current = mark.block;
    a->used = mark.used;
    a->total = mark.total;
}

void arena_reset(Arena *a) {
    a->current = NULL;
    a->used = 0;
    a->total = 0;
}

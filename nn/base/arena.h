/* A growable arena: memory that a step allocates piece by piece and frees at once.
 * Ops return tensors, not Status. Where memory runs out, arena_alloc jumps to the guard that every step, encoding and search sets:
 *     if (ARENA_GUARD(arena)) return mem_error(err, "a training step");
 * Between the guard and the jump, only the arena may own memory. Not thread-safe: one arena per thread. */
#ifndef NN_BASE_ARENA_H
#define NN_BASE_ARENA_H

#include <setjmp.h>
#include <stddef.h>

enum { ARENA_ALIGN = 64 }; /* of every piece, and its size is rounded up to it */

typedef struct ArenaBlock ArenaBlock;

typedef struct Arena {
    ArenaBlock *first, *current;
    size_t used;        /* bytes in use in the current block */
    size_t peak, total; /* most bytes ever in use; bytes in use now */
    int guarded;
    jmp_buf guard;
} Arena;

typedef struct {
    ArenaBlock *block;
    size_t used, total;
} ArenaMark;

#define ARENA_GUARD(arena) ((arena)->guarded = 1, setjmp((arena)->guard))

void arena_init(Arena *a);
void arena_free(Arena *a);

/* `size` bytes, aligned to ARENA_ALIGN, not cleared. Never NULL: where memory runs out, jumps to the guard, or aborts where no
 * guard is set. Valid until the arena is released to an earlier mark, reset or freed. */
void *arena_alloc(Arena *a, size_t size);
void *arena_calloc(Arena *a, size_t count, size_t size);

int arena_holds(const Arena *a, const void *p); /* p points into memory of this arena */

ArenaMark arena_mark(const Arena *a);
void arena_release(Arena *a, ArenaMark mark); /* frees all allocated since the mark; blocks stay for reuse */
void arena_reset(Arena *a);                   /* frees all allocated; blocks stay for reuse */

#endif

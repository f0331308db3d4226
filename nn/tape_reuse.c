/* Reused memory of a tape: recycled outputs, and values that ops derive from weights. Without this file (PLAIN=1) every gradient has its
 * own memory, and a debugger can read all values. */
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/error.h"
#include "nn/tape_reuse.h"

/* Recycled memory of the arena: a list in order of rising addresses, held in the first bytes of each span; adjacent spans are joined.
 * Recycling keeps the peak of memory near the size of the activations, and buffers in the processor's cache. */
enum { REUSED_BYTES = 1 << 16 }; /* smaller values stay: losses, logits */
struct FreeSpan {
    size_t bytes; /* a multiple of ARENA_ALIGN */
    struct FreeSpan *next;
};

static size_t span_bytes(size_t reals) {
    return (reals * sizeof(real) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

real *tape_take(Tape *t, size_t reals) {
    size_t bytes = span_bytes(reals);
    struct FreeSpan **best = NULL;
    for (struct FreeSpan **s = &t->free_spans; *s; s = &(*s)->next)
        if ((*s)->bytes >= bytes && (!best || (*s)->bytes < (*best)->bytes)) best = s;
    if (!best) return arena_alloc(&t->arena, bytes);
    struct FreeSpan *span = *best, *next = span->next;
    if (span->bytes > bytes) {
        struct FreeSpan *rest = (struct FreeSpan *)(void *)((char *)span + bytes);
        *rest = (struct FreeSpan){span->bytes - bytes, next};
        next = rest;
    }
    *best = next;
    return (real *)(void *)span;
}

static struct FreeSpan *join_with_next(struct FreeSpan *s) {
    if (s->next && (char *)s + s->bytes == (char *)s->next) {
        s->bytes += s->next->bytes;
        s->next = s->next->next;
    }
    return s;
}

static void give_span(Tape *t, real *data, size_t reals) {
    struct FreeSpan *span = (struct FreeSpan *)(void *)data, **at = &t->free_spans, *before = NULL;
    for (; *at && *at < span; at = &(*at)->next) before = *at;
    *span = (struct FreeSpan){span_bytes(reals), *at};
    *at = span;
    join_with_next(span);
    if (before) join_with_next(before);
}

void tape_recycle(Tape *t, Tensor *x) {
    if (x->grad) give_span(t, x->grad, tensor_size(x)); /* NULL after tape_grad_pass */
    x->grad = NULL;
    if (!t->reuse || span_bytes(tensor_size(x)) < REUSED_BYTES) return;
    give_span(t, x->data, tensor_size(x));
    x->data = NULL;
}

bool tape_grad_pass(Tape *t, const Node *node, Tensor *x) {
    (void)t;
    if (!x || !x->needs_grad || x->grad || tensor_size(x) != tensor_size(node->out)) return false;
    x->grad = node->out->grad;
    node->out->grad = NULL;
    return true;
}

/* ---- Values derived from weights ---- */

struct Cached {
    const real *weights;
    size_t reals;
    real *values;
};

void tape_free_cache(Tape *t) {
    for (size_t i = 0; i < t->n_cached; i++) mem_free(t->cached[i].values);
    mem_free(t->cached);
}

/* Where memory runs out, the values are scratch of the arena. */
real *tape_cache(Tape *t, const real *w, size_t reals, bool *ready) {
    *ready = false;
    for (size_t i = 0; i < t->n_cached; i++)
        if (t->cached[i].weights == w && t->cached[i].reals == reals) {
            *ready = true;
            return t->cached[i].values;
        }
    real *values = NULL;
    if (t->cache_weights && !arena_holds(&t->arena, w) &&
        mem_grow(&t->cached, &t->cache_capacity, t->n_cached + 1, sizeof *t->cached))
        values = mem_aligned(reals * sizeof *values);
    if (!values) return arena_alloc(&t->arena, reals * sizeof *values);
    t->cached[t->n_cached++] = (struct Cached){w, reals, values};
    return values;
}

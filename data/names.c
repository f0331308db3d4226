#include "data/names.h"

#include <limits.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

const char *names_at(const Names *t, int i) {
    return t->text + t->start[i];
}

/* The slot that holds s, or the free one where it belongs. There is always a free one. */
static size_t slot_of(const Names *t, const char *s, size_t length) {
    size_t slot = fnv1a_32(s, length) & (t->n_slots - 1);
    for (; t->slots[slot]; slot = (slot + 1) & (t->n_slots - 1)) {
        const char *name = names_at(t, t->slots[slot] - 1);
        if (strncmp(name, s, length) == 0 && name[length] == 0) break;
    }
    return slot;
}

/* Keeps the table at most half full. */
static int grow_slots(Names *t) {
    if ((size_t)t->n * 2 < t->n_slots) return 1;
    size_t n_slots = t->n_slots ? t->n_slots * 2 : 64;
    int *slots = mem_calloc(n_slots, sizeof *slots);
    if (!slots) return 0;
    mem_free(t->slots);
    t->slots = slots;
    t->n_slots = n_slots;
    for (int i = 0; i < t->n; i++) {
        const char *name = names_at(t, i);
        slots[slot_of(t, name, strlen(name))] = i + 1;
    }
    return 1;
}

int names_find(const Names *t, const char *s, size_t length) {
    return t->n_slots ? t->slots[slot_of(t, s, length)] - 1 : -1;
}

int names_add(Names *t, const char *s, size_t length) {
    if (!grow_slots(t)) return -1;
    size_t slot = slot_of(t, s, length);
    if (t->slots[slot]) return t->slots[slot] - 1;
    if (t->n == INT_MAX - 1) return -1;
    if (!mem_grow(&t->start, &t->start_capacity, (size_t)t->n + 1, sizeof *t->start)) return -1;
    if (!mem_grow(&t->text, &t->text_capacity, t->text_size + length + 1, 1)) return -1;
    memcpy(t->text + t->text_size, s, length);
    t->text[t->text_size + length] = 0;
    t->start[t->n] = t->text_size;
    t->text_size += length + 1;
    t->slots[slot] = ++t->n;
    return t->n - 1;
}

char **names_list(Names *t) {
    char **list = mem_alloc((size_t)t->n * sizeof *list);
    for (int i = 0; list && i < t->n; i++) list[i] = t->text + t->start[i];
    return list;
}

void names_free(Names *t) {
    mem_free(t->text);
    mem_free(t->start);
    mem_free(t->slots);
    memset(t, 0, sizeof *t);
}

/* A set of strings, numbered 0, 1, 2, ... in the order of insertion: ids, labels, groups, words. */
#ifndef DATA_NAMES_H
#define DATA_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* Starts as all zeros; owned, names_free. */
typedef struct {
    int n;
    char *text; /* the names one after another, each followed by a 0 */
    size_t text_size, text_capacity;
    size_t *start; /* (n) of each name in text */
    size_t start_capacity;
    int *slots; /* (n_slots) numbers + 1, 0 = free: open addressing, n_slots a power of two */
    size_t n_slots;
} Names;

/* s: `length` bytes without a 0. The number of the name, or -1 where it is not in the set. */
int names_find(const Names *t, const char *s, size_t length);

/* The number of the name; a new name gets the number t->n - 1. -1 where memory ran out. */
int names_add(Names *t, const char *s, size_t length);

/* Name i, ended by a 0; valid until the next names_add. */
const char *names_at(const Names *t, int i);

/* The names as an array (n) of pointers into the set, which names_add invalidates. The caller frees the array with mem_free; NULL where
 * memory ran out. */
char **names_list(Names *t);

void names_free(Names *t);

#endif

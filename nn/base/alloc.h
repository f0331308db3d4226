/* The only calls that allocate memory, so that tests can make the n-th request fail. */
#ifndef NN_BASE_ALLOC_H
#define NN_BASE_ALLOC_H

#include <stddef.h>

#include "nn/base/error.h"

/* As malloc, calloc, realloc, free and strdup; NULL where memory ran out or count * size overflows. The caller owns the result. */
void *mem_alloc(size_t size);
void *mem_calloc(size_t count, size_t size);
void *mem_realloc(void *old, size_t count, size_t size);
void *mem_aligned(size_t size); /* 64-byte aligned; freed with mem_free */
char *mem_strdup(const char *s);
void mem_free(void *p);

/* Whether `size` bytes can be allocated now. jansson and expat may report out-of-memory as a syntax error; the caller retries the parse
 * once where this returns true, to tell the two apart. */
int mem_probe(size_t size);

/* Fills err with "out of memory" and what the memory was for. Returns STATUS_IO. */
Status mem_error(Error *err, const char *what);
#ifdef __clang_analyzer__ /* as in error.h */
#define mem_error(err, what) ((mem_error)(err, what), STATUS_IO)
#endif

/* items_pointer: address of a pointer to *capacity items of `size` bytes. Doubles the capacity until `need` items fit. Returns 0,
 * with the items unchanged, where memory ran out. */
int mem_grow(void *items_pointer, size_t *capacity, size_t need, size_t size);

/* For tests: the n-th request from now on fails (0: none); with for_good all later ones fail too. */
void mem_fail_at(long n, int for_good);
long mem_fail_left(void); /* requests until the next one fails; 0: none will */

#endif

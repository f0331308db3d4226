/* The one seam through which all memory is asked for, so that tests can make the n-th request fail. */
#ifndef NN_BASE_ALLOC_H
#define NN_BASE_ALLOC_H

#include <stddef.h>

#include "nn/base/error.h"

/* As malloc, calloc, realloc, free and strdup; NULL where memory ran out. The caller owns the result.
 * count * size that overflows is treated as memory that ran out. */
void *mem_alloc(size_t size);
void *mem_calloc(size_t count, size_t size);
void *mem_realloc(void *old, size_t count, size_t size);
void *mem_aligned(size_t size); /* 64-byte aligned; freed with mem_free */
char *mem_strdup(const char *s);
void mem_free(void *p);

/* Whether `size` bytes can be had just now. For parsers that call memory which ran out a syntax error: where there is memory,
 * asking them once more tells which it was. */
int mem_probe(size_t size);

/* Fills err with "out of memory" and what the memory was for. Returns STATUS_IO. */
Status mem_error(Error *err, const char *what);
#ifdef __clang_analyzer__ /* as in error.h */
#define mem_error(err, what) ((mem_error)(err, what), STATUS_IO)
#endif

/* Doubles *items (of `size` bytes each) until `need` fit; false, with *items untouched, where memory ran out.
 */
int mem_grow(void *items_pointer, size_t *capacity, size_t need, size_t size);

/* Test seam: the n-th request from now on fails (0: none). `for_good`: so do all after it. */
void mem_fail_at(long n, int for_good);
long mem_fail_left(void); /* requests until the next one fails; 0: none will */

#endif

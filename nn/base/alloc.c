#include "nn/base/faults.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* From HUGE_FROM bytes on, large pages are requested (madvise): a few page faults instead of a thousand. */
enum { HUGE_PAGE = 2 << 20, HUGE_FROM = 2 * HUGE_PAGE };

static void *aligned(size_t alignment, size_t size) {
    void *p = NULL;
    if (size >= HUGE_FROM) alignment = HUGE_PAGE;
    if (posix_memalign(&p, alignment, size ? size : 1) != 0) return NULL;
#ifdef MADV_HUGEPAGE
    int kept = errno;
    if (size >= HUGE_FROM) madvise(p, size, MADV_HUGEPAGE);
    errno = kept; /* large pages are optional */
#endif
    return p;
}

void *mem_alloc(size_t size) {
    if (PART_FAULTS && mem_fault()) return NULL;
    return size >= HUGE_FROM ? aligned(HUGE_PAGE, size) : malloc(size ? size : 1);
}

void *mem_calloc(size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    return (PART_FAULTS && mem_fault()) ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *mem_realloc(void *old, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    if (PART_FAULTS && mem_fault()) return NULL;
    size_t bytes = count * size;
    return realloc(old, bytes ? bytes : 1);
}

void *mem_aligned(size_t size) {
    return (PART_FAULTS && mem_fault()) ? NULL : aligned(64, size);
}

char *mem_strdup(const char *s) {
    size_t n = strlen(s) + 1;
    char *copy = mem_alloc(n);
    if (copy) memcpy(copy, s, n);
    return copy;
}

void mem_free(void *p) {
    free(p);
}

int mem_probe(size_t size) {
    void *p = mem_alloc(size);
    mem_free(p);
    return p != NULL;
}

#undef mem_error
Status mem_error(Error *err, const char *what) {
    return error_set(err, STATUS_IO, "out of memory for %s; close other programs or use smaller settings",
                     what);
}

int mem_grow(void *items_pointer, size_t *capacity, size_t need, size_t size) {
    if (need <= *capacity) return 1;
    size_t wanted = *capacity ? *capacity : 16;
    while (wanted < need) {
        if (wanted > SIZE_MAX / 2) return 0;
        wanted *= 2;
    }
    void *items;
    memcpy(&items, items_pointer, sizeof items);
    items = mem_realloc(items, wanted, size);
    if (!items) return 0;
    memcpy(items_pointer, &items, sizeof items);
    *capacity = wanted;
    return 1;
}

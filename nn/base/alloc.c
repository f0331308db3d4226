#include "nn/base/alloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef NN_LIBRARY
/* The installed library has no state of its own. */
static int must_fail(void) {
    return 0;
}
#else
/* Fault injection is process-wide on purpose. Only tests use it. */
static atomic_long fail_countdown;
static atomic_int fail_for_good;

void mem_fail_at(long n, int for_good) {
    atomic_store(&fail_for_good, for_good);
    atomic_store(&fail_countdown, n);
}

long mem_fail_left(void) {
    return atomic_load(&fail_countdown);
}

static int must_fail(void) {
    if (atomic_load_explicit(&fail_countdown, memory_order_relaxed) == 0) return 0;
    long left = atomic_fetch_sub(&fail_countdown, 1);
    if (left > 1) return 0;
    atomic_store(&fail_countdown, atomic_load(&fail_for_good) ? 1 : 0);
    errno = ENOMEM;
    return 1;
}
#endif

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
    if (must_fail()) return NULL;
    return size >= HUGE_FROM ? aligned(HUGE_PAGE, size) : malloc(size ? size : 1);
}

void *mem_calloc(size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    return must_fail() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *mem_realloc(void *old, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    if (must_fail()) return NULL;
    size_t bytes = count * size;
    return realloc(old, bytes ? bytes : 1);
}

void *mem_aligned(size_t size) {
    return must_fail() ? NULL : aligned(64, size);
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

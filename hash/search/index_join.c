/* An index of several segments: cases that were appended, and rows that were deleted. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hash/code.h"
#include "hash/search/index_file.h"
#include "nn/base/alloc.h"
#include "nn/base/sys.h"

static Status read_deletion(Index *x, const Segment *s, const char *path, Error *err) {
    if (!x->deleted && !(x->deleted = mem_calloc((size_t)(x->slot.rows / 8 + 1), 1)))
        return mem_error(err, path);
    for (uint64_t i = 0; i < s->header.rows; i++) {
        uint64_t row = get_u64(s->columns.part[PART_DELETED].data + 8 * i);
        if (row >= s->header.first_row) return index_damaged(err, path, "a deletion is damaged");
        x->n_deleted += !(x->deleted[row / 8] >> (row % 8) & 1);
        x->deleted[row / 8] |= (uint8_t)(1u << (row % 8));
    }
    return STATUS_OK;
}

static Status read_deletions(Index *x, const char *path, Error *err) {
    for (size_t i = 0; i < x->n_segments; i++)
        if (x->segment[i].header.kind == SEGMENT_DELETED) TRY(read_deletion(x, &x->segment[i], path, err));
    return STATUS_OK;
}

/* A part of `unit` bytes a row over all segments. The first segment's bytes are mapped in place. The bytes of later segments are
 * copied behind them, into private pages of the same mapping: the file continues there, so that the mapping is long enough.
 * Only appended rows cost memory. */
static Status join_part(const Index *x, Joined *j, PartName name, size_t unit, bool writable, int fd,
                        const char *path, Error *err) {
    const Segment *first = &x->segment[0];
    uint64_t at = first->at + first->header.part[name].offset, size = x->slot.rows * unit;
    j->data = x->map + at;
    if (first->header.rows == x->slot.rows && !writable) return STATUS_OK;
    if (size == 0) return STATUS_OK;
    if (size > x->slot.length - at) return index_damaged(err, path, "its segments do not add up");
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), skip = at % page;
    void *p =
        sys_mmap(NULL, (size_t)(skip + size), PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, (off_t)(at - skip));
    if (p == MAP_FAILED) return error_from_errno(err, path, "map");
    j->mapping = p;
    j->mapped = (size_t)(skip + size);
    unsigned char *data = (unsigned char *)p + skip;
    for (size_t i = 1; i < x->n_segments; i++) {
        const Segment *s = &x->segment[i];
        if (s->header.kind == SEGMENT_CASES)
            memcpy(data + s->header.first_row * unit, s->columns.part[name].data,
                   (size_t)s->columns.part[name].size);
    }
    j->data = data;
    return STATUS_OK;
}

static void clear_deleted(const Index *x, Joined *allowed) {
    unsigned char *has = (unsigned char *)allowed->mapping + (allowed->mapped - x->slot.rows);
    for (uint64_t byte = 0; byte <= x->slot.rows / 8; byte++)
        for (unsigned bit = 0; x->deleted[byte] >> bit; bit++)
            if (x->deleted[byte] >> bit & 1) has[8 * byte + bit] = 0;
}

static Status join_all(Index *x, int fd, const char *path, Error *err) {
    for (int m = 0; m < 2; m++) {
        TRY(join_part(x, &x->codes[m], (PartName)(PART_CODES + m), code_bytes(x->slot.bits), false, fd, path,
                      err));
        TRY(join_part(x, &x->allowed[m], (PartName)(PART_HAS + m), 1, x->n_deleted > 0, fd, path, err));
        if (x->n_deleted) clear_deleted(x, &x->allowed[m]);
    }
    return STATUS_OK;
}

Status index_join(Index *x, int fd, const char *path, Error *err) {
    TRY(read_deletions(x, path, err));
    return join_all(x, fd, path, err);
}

const Segment *index_segment_of(const Index *x, uint64_t row) {
    size_t low = 0, high = x->n_segments;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (x->segment[middle].header.first_row <= row)
            low = middle;
        else
            high = middle;
    }
    return &x->segment[low];
}

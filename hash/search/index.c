/* Opening and reading an index. */
#include "hash/search/index.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hash/code.h"
#include "hash/search/index_file.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"
#include "nn/base/sys.h"

/* A writer may be writing a slot, or may have committed since the size was read: read again before reporting damage. */
enum { OPEN_TRIES = 4 };

/* ---- The file ---- */

static Status open_file(const char *path, int *fd, size_t *size, Error *err) {
    TRY(file_open(path, fd, size, err));
    if (*size >= SLOTS_BYTES) return STATUS_OK;
    sys_close(*fd);
    return index_damaged(err, path, "is too short to be an index");
}

static Status read_slots(Index *x, const char *path, Error *err) {
    Slot pair[2];
    if (!slot_begins(x->map) && !slot_begins(x->map + SLOT_BYTES))
        return index_damaged(err, path, "is no index");
    uint32_t version = slot_version(x->map);
    if (version > INDEX_VERSION)
        return error_set(
            err, STATUS_INPUT,
            "%s: an index of version %u; this msach reads versions up to %d: use a newer one, or build "
            "the index again",
            path, (unsigned)version, INDEX_VERSION);
    for (int i = 0; i < 2; i++)
        if (!slot_decode(&pair[i], x->map + i * SLOT_BYTES))
            return index_damaged(err, path, "the header is damaged");
    const Slot *newer = slot_newer(pair);
    if (!newer) return index_damaged(err, path, "the two halves of the header do not belong together");
    if (newer->length > x->mapped) return index_damaged(err, path, "is cut off");
    x->slot = *newer;
    return STATUS_OK;
}

/* Maps the file and finds its state; x->map is NULL where that failed. */
static Status map_file(Index *x, int fd, size_t size, const char *path, Error *err) {
    void *p = sys_mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) return error_from_errno(err, path, "map");
    x->map = p;
    x->mapped = size;
    Status s = read_slots(x, path, err);
    if (s == STATUS_OK) return s;
    munmap(p, size);
    x->map = NULL;
    return s;
}

static Status open_state(Index *x, int *fd, const char *path, Error *err) {
    for (int tried = 1;; tried++) {
        size_t size = 0;
        TRY(open_file(path, fd, &size, err));
        Status s = map_file(x, *fd, size, path, err);
        if (s == STATUS_OK) return s;
        sys_close(*fd);
        if (s != STATUS_INPUT || tried == OPEN_TRIES) return s;
        sched_yield();
    }
}

/* ---- Its segments ---- */

static Status add_segment(Index *x, uint64_t at, uint64_t rows, const char *path, Error *err) {
    if (!mem_grow(&x->segment, &x->capacity, x->n_segments + 1, sizeof *x->segment))
        return mem_error(err, path);
    Segment *s = &x->segment[x->n_segments];
    memset(s, 0, sizeof *s);
    s->at = at;
    if (x->slot.length - at < SEGMENT_HEADER_BYTES ||
        !segment_decode(&s->header, x->map + at, x->slot.bits) || s->header.length > x->slot.length - at ||
        s->header.first_row != rows || (at == SLOTS_BYTES && s->header.kind != SEGMENT_CASES))
        return index_damaged(err, path, "a segment's header is damaged");
    s->columns = (Columns){.bits = x->slot.bits, .rows = s->header.rows, .names = s->header.names};
    for (int i = 0; i < N_PARTS; i++)
        if (s->header.part[i].size)
            s->columns.part[i] = (Part){x->map + at + s->header.part[i].offset, s->header.part[i].size};
    x->n_segments++;
    return STATUS_OK;
}

static Status read_segments(Index *x, const char *path, Error *err) {
    uint64_t at = SLOTS_BYTES, rows = 0;
    for (uint64_t i = 0; i < x->slot.segments; i++) {
        TRY(add_segment(x, at, rows, path, err));
        const SegmentHeader *h = &x->segment[i].header;
        if (h->kind == SEGMENT_CASES) rows += h->rows;
        if (rows > x->slot.rows) break;
        at += h->length;
    }
    if (at != x->slot.length || rows != x->slot.rows || x->n_segments == 0)
        return index_damaged(err, path, "its segments do not add up");
    return STATUS_OK;
}

/* Codes and flags of the first segment, in the file's mapping. */
static void take_first(Index *x) {
    const Segment *first = &x->segment[0];
    for (int m = 0; m < 2; m++) {
        x->codes[m].data = x->map + first->at + first->header.part[PART_CODES + m].offset;
        x->allowed[m].data = x->map + first->at + first->header.part[PART_HAS + m].offset;
    }
}

/* The segments of appended cases and of deletions. */
static Status join_others(Index *x, int fd, const char *path, Error *err) {
    if (x->n_segments == 1) return STATUS_OK;
    if (PART_EDIT) return index_join(x, fd, path, err);
    return error_set(err, STATUS_INPUT, "%s: was changed after it was written; " PART_ABSENT("edit"), path);
}

Status index_open(Index **out, const char *path, Error *err) {
    *out = NULL;
    Index *x = mem_calloc(1, sizeof *x);
    if (!x || !(x->labels = mem_calloc(1, sizeof *x->labels))) {
        mem_free(x);
        return mem_error(err, path);
    }
    int fd;
    Status s = open_state(x, &fd, path, err);
    if (s == STATUS_OK) {
        s = read_segments(x, path, err);
        if (PART_VERIFY && s == STATUS_OK) s = index_check_small(x, path, err);
        if (s == STATUS_OK) {
            take_first(x);
            s = join_others(x, fd, path, err);
        }
        if (PART_SUBSTRINGS && s == STATUS_OK) s = index_open_tables(x, path, err);
        sys_close(fd);
    }
    if (s != STATUS_OK) {
        index_close(x);
        return s;
    }
    *out = x;
    return STATUS_OK;
}

void index_close(Index *x) {
    if (!x) return;
    for (int m = 0; m < 2; m++) {
        if (PART_SUBSTRINGS) mih_free(x->tables[m]);
        if (x->codes[m].mapping) munmap(x->codes[m].mapping, x->codes[m].mapped);
        if (x->allowed[m].mapping) munmap(x->allowed[m].mapping, x->allowed[m].mapped);
    }
    if (x->map) munmap((void *)(uintptr_t)x->map, x->mapped);
    mem_free(x->deleted);
    mem_free(x->segment);
    mem_free(x->labels->item);
    mem_free(x->labels);
    mem_free(x);
}

/* ---- Reading ---- */

int index_bits(const Index *x) {
    return x->slot.bits;
}
int64_t index_count(const Index *x) {
    return (int64_t)x->slot.rows;
}
int64_t index_live(const Index *x) {
    return (int64_t)(x->slot.rows - x->n_deleted);
}
const char *index_model_hash(const Index *x) {
    return x->slot.model_hash;
}
const uint8_t *index_codes(const Index *x, Modality m) {
    return x->codes[m].data;
}
const uint8_t *index_allowed(const Index *x, Modality m) {
    return x->allowed[m].data;
}

bool index_deleted(const Index *x, int64_t row) {
    return x->deleted && x->deleted[row / 8] >> (row % 8) & 1;
}

static const Segment *segment_of(const Index *x, uint64_t row) {
    return PART_EDIT ? index_segment_of(x, row) : &x->segment[0];
}

Status index_case(const Index *x, int64_t row, IndexCase *c, Error *err) {
    NN_REQUIRE(row >= 0 && (uint64_t)row < x->slot.rows, "row %lld of %llu", (long long)row,
               (unsigned long long)x->slot.rows);
    const Segment *s = segment_of(x, (uint64_t)row);
    return columns_case(&s->columns, (uint64_t)row - s->header.first_row, c, x->labels, err);
}

const char *index_id(const Index *x, int64_t row) {
    const Segment *s = segment_of(x, (uint64_t)row);
    return columns_string(&s->columns, PART_ID_OFFSET, (uint64_t)row - s->header.first_row);
}

int64_t index_find(const Index *x, const char *id) {
    for (size_t i = x->n_segments; i-- > 0;) {
        const Segment *s = &x->segment[i];
        if (s->header.kind != SEGMENT_CASES) continue;
        int64_t row = columns_find(&s->columns, id);
        if (row < 0 || (uint64_t)row >= s->header.rows) continue;
        row += (int64_t)s->header.first_row;
        if (!index_deleted(x, row)) return row;
    }
    return -1;
}

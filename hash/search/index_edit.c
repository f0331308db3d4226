/* Appending, deleting, compacting. The order of the writes: index_format.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash/search/index_build.h"
#include "hash/search/index_change.h"
#include "hash/search/index_file.h"
#include "hash/search/index_filter.h"
#include "nn/base/alloc.h"
#include "nn/base/lock.h"
#include "nn/base/sys.h"

/* ---- One writer ---- */

/* The lock is on a file of its own, because closing any descriptor of a file drops the process's locks on it. */
static Status lock(const char *path, Lock *l, Error *err) {
    char busy[512], *file = path_target(path); /* one lock for a file and its links */
    snprintf(busy, sizeof busy, "%.400s: another process is changing this index; try again when it is done",
             path);
    Status s = file ? lock_take(l, file, ".lock", busy, err) : error_from_errno(err, path, "open");
    mem_free(file);
    return s;
}

/* ---- A segment behind the others ---- */

typedef struct {
    int fd, code; /* errno of the first failure */
    uint64_t at;
} Tail;

static void put_tail(void *ctx, const void *data, size_t size) {
    Tail *t = ctx;
    const unsigned char *p = data;
    while (size && !t->code) {
        ssize_t n = sys_pwrite(t->fd, p, size, (off_t)t->at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            t->code = errno;
            return;
        }
        t->at += (uint64_t)n;
        p += n;
        size -= (size_t)n;
    }
}

static void sync_tail(Tail *t) {
    while (!t->code && sys_fsync(t->fd) != 0)
        if (errno != EINTR) t->code = errno;
}

/* True where any byte of the slot reached the file: from then on the segment is owned. */
static bool put_slot(Tail *t, const Slot *slot) {
    unsigned char bytes[SLOT_BYTES];
    uint64_t at = slot->generation % 2 * SLOT_BYTES;
    slot_encode(slot, bytes);
    t->at = at;
    put_tail(t, bytes, sizeof bytes);
    sync_tail(t);
    return t->at != at;
}

/* Where this fails too, the bytes behind `length` belong to nobody. */
static void drop_tail(int fd, uint64_t length) {
    while (ftruncate(fd, (off_t)length) != 0 && errno == EINTR) continue;
}

/* Syncs the segment before it writes the slot that owns it. */
static Status commit_segment(const Index *x, const SegmentHeader *h, const Columns *c, const char *path,
                             Error *err) {
    Slot slot = x->slot;
    slot.generation++;
    slot.segments++;
    slot.length += h->length;
    if (h->kind == SEGMENT_CASES) slot.rows += h->rows;
    Tail t = {.fd = sys_open(path, O_WRONLY, 0), .at = x->slot.length};
    if (t.fd < 0) return error_from_errno(err, path, "write");
    bool whole = segment_write(h, c, put_tail, &t);
    sync_tail(&t);
    bool owned = whole && !t.code && put_slot(&t, &slot);
    if (!owned) drop_tail(t.fd, x->slot.length);
    if (sys_close(t.fd) != 0 && !t.code && errno != EINTR) t.code = errno;
    if (!whole) return mem_error(err, path);
    errno = t.code;
    return t.code ? error_from_errno(err, path, "write") : STATUS_OK;
}

/* ---- Append ---- */

static Status check_append(const Index *x, const IndexBuilder *b, const Columns *c, const char *path,
                           Error *err) {
    if (x->slot.bits != b->bits)
        return error_set(err, STATUS_INPUT, "%s: holds codes of %d bits; the new ones have %d", path,
                         x->slot.bits, b->bits);
    if (strcmp(x->slot.model_hash, b->model_hash) != 0)
        return error_set(
            err, STATUS_INPUT,
            "%s: was made with model %s; the new codes are of model %s; encode them with that one", path,
            x->slot.model_hash, b->model_hash);
    if (b->rows > INDEX_MAX_ROWS - x->slot.rows)
        return error_set(err, STATUS_INPUT, "%s: an index holds at most %llu cases", path,
                         (unsigned long long)INDEX_MAX_ROWS);
    for (uint32_t row = 0; row < b->rows; row++)
        if (index_find(x, columns_id(c, row)) >= 0)
            return error_set(err, STATUS_INPUT, "%s: id %s is there already; delete it first or leave it out",
                             path, columns_id(c, row));
    return STATUS_OK;
}

static Status append_locked(const IndexBuilder *b, const char *path, Error *err) {
    Index *x;
    TRY(index_open(&x, path, err));
    Columns c;
    Buffer words[WORD_PARTS] = {{0}};
    Status s = index_builder_finish(b, &c, words, err);
    if (s == STATUS_OK) s = check_append(x, b, &c, path, err);
    if (s == STATUS_OK && b->rows) {
        SegmentHeader h;
        segment_plan(&h, SEGMENT_CASES, &c, x->slot.rows);
        s = commit_segment(x, &h, &c, path, err);
    }
    for (int i = 0; i < WORD_PARTS; i++) buffer_free(&words[i]);
    index_close(x);
    return s;
}

Status index_append(const IndexBuilder *b, const char *path, Error *err) {
    if (b->failed) return mem_error(err, "an index");
    Lock l;
    TRY(lock(path, &l, err));
    Status s = append_locked(b, path, err);
    lock_release(&l);
    return s;
}

/* ---- Delete ---- */

static int compare_rows(const void *a, const void *b) {
    uint64_t x = get_u64(a), y = get_u64(b);
    return x < y ? -1 : x > y;
}

static Status rows_of_ids(const Index *x, const char *path, const char *const *ids, size_t n_ids,
                          Buffer *rows, Error *err) {
    size_t missing = 0, first = 0;
    for (size_t i = 0; i < n_ids; i++) {
        int64_t row = index_find(x, ids[i]);
        if (row < 0 && missing++ == 0) first = i;
        unsigned char bytes[8];
        put_u64(bytes, (uint64_t)row);
        buffer_add(rows, bytes, sizeof bytes);
    }
    if (missing > 1)
        return error_set(err, STATUS_INPUT,
                         "%s: id %s and %zu more are not in the index; nothing was deleted; leave them out",
                         path, ids[first], missing - 1);
    if (missing)
        return error_set(err, STATUS_INPUT,
                         "%s: id %s is not in the index; nothing was deleted; leave it out", path,
                         ids[first]);
    return rows->failed ? mem_error(err, path) : STATUS_OK;
}

static Status delete_locked(const char *path, const char *const *ids, size_t n_ids, Error *err) {
    Index *x;
    TRY(index_open(&x, path, err));
    Buffer rows = {0};
    Status s = rows_of_ids(x, path, ids, n_ids, &rows, err);
    if (s == STATUS_OK && n_ids) {
        qsort(rows.data, n_ids, 8, compare_rows);
        Columns c = {.bits = x->slot.bits, .rows = n_ids};
        c.part[PART_DELETED] = (Part){rows.data, rows.size};
        SegmentHeader h;
        segment_plan(&h, SEGMENT_DELETED, &c, x->slot.rows);
        s = commit_segment(x, &h, &c, path, err);
    }
    buffer_free(&rows);
    index_close(x);
    return s;
}

Status index_delete(const char *path, const char *const *ids, size_t n_ids, Error *err) {
    Lock l;
    TRY(lock(path, &l, err));
    Status s = delete_locked(path, ids, n_ids, err);
    lock_release(&l);
    return s;
}

/* ---- Compact ---- */

static Status add_live(const Index *x, IndexBuilder *b, Error *err) {
    uint32_t *moved = mem_calloc((size_t)index_count(x) + 1, sizeof *moved);
    Status s = moved ? STATUS_OK : mem_error(err, "an index");
    for (int64_t row = 0; s == STATUS_OK && row < index_count(x); row++) {
        IndexCase c;
        moved[row] = index_deleted(x, row) ? UINT32_MAX : (uint32_t)b->rows;
        if (index_deleted(x, row)) continue;
        s = index_case(x, row, &c, err);
        if (s == STATUS_OK) s = index_builder_add(b, &c, err);
    }
    if (s == STATUS_OK && index_has_words(x)) s = index_builder_copy_words(b, x, moved, err);
    mem_free(moved);
    return s;
}

static Status compact_locked(const char *path, Error *err) {
    TRY(index_verify(path, err));
    Index *x;
    IndexBuilder *b = NULL;
    TRY(index_open(&x, path, err));
    Status s = index_builder_create(&b, x->slot.bits, x->slot.model_hash, err);
    if (s == STATUS_OK)
        index_builder_set_tables(
            b, x->tables[0] && x->slot.rows < INDEX_TABLES_FROM ? mih_m(x->tables[0]) : 0, NULL);
    if (s == STATUS_OK) s = add_live(x, b, err);
    if (s == STATUS_OK) s = index_builder_write(b, path, err);
    index_builder_free(b);
    index_close(x);
    return s;
}

Status index_compact(const char *path, Error *err) {
    Lock l;
    TRY(lock(path, &l, err));
    Status s = compact_locked(path, err);
    lock_release(&l);
    return s;
}

#include <string.h>

#include "hash/search/index_file.h"

static Status damaged(Error *err, const char *path, uint64_t at, const char *what) {
    return error_set(err, STATUS_CHECK, "%s: %s at byte %llu; build the index again or copy it anew", path,
                     what, (unsigned long long)at);
}

Status index_check_blocks(const Index *x, const Segment *s, const char *path, Error *err) {
    const unsigned char *segment = x->map + s->at, *table = segment + s->header.table;
    uint64_t table_bytes = s->header.length - s->header.table;
    if (crc32_update(0, table + 4, (size_t)table_bytes - 4) != get_u32(table))
        return damaged(err, path, s->at + s->header.table, "a table of checksums is damaged");
    for (uint64_t block = 0; block < segment_blocks(s->header.table); block++) {
        uint64_t at = SEGMENT_HEADER_BYTES + block * CRC_BLOCK_BYTES, size = s->header.table - at;
        if (size > CRC_BLOCK_BYTES) size = CRC_BLOCK_BYTES;
        if (crc32_update(0, segment + at, (size_t)size) != get_u32(table + 4 + 4 * block))
            return damaged(err, path, s->at + at, "the checksum is wrong for the block");
    }
    return STATUS_OK;
}

static Status verify_cases(const Index *x, const Segment *s, const char *path, Error *err) {
    for (uint64_t row = 0; row < s->header.rows; row++) {
        IndexCase c;
        Status read = columns_case(&s->columns, row, &c, x->labels, err);
        if (read == STATUS_INPUT) return damaged(err, path, s->at, "a case is damaged in the segment");
        if (read != STATUS_OK) return read;
        if (columns_find(&s->columns, c.id) != (int64_t)row)
            return damaged(err, path, s->at, "an id is not found where it lies, in the segment");
    }
    return STATUS_OK;
}

Status index_verify(const char *path, Error *err) {
    Index *x;
    Status s = index_open(&x, path, err);
    if (s == STATUS_INPUT && path_exists(path) && !path_is_dir(path)) {
        if (err) err->status = STATUS_CHECK;
        return STATUS_CHECK;
    }
    if (s != STATUS_OK) return s;
    for (size_t i = 0; i < x->n_segments && s == STATUS_OK; i++) {
        s = index_check_blocks(x, &x->segment[i], path, err);
        if (s == STATUS_OK && x->segment[i].header.kind == SEGMENT_CASES)
            s = verify_cases(x, &x->segment[i], path, err);
    }
    index_close(x);
    return s;
}

#include "hash/search/index_file.h"

Status index_damaged_at(Error *err, const char *path, uint64_t at, const char *what) {
    return error_set(err, STATUS_CHECK, "%s: %s at byte %llu; build the index again or copy it anew", path,
                     what, (unsigned long long)at);
}

Status index_check_blocks(const Index *x, const Segment *s, const char *path, Error *err) {
    const unsigned char *segment = x->map + s->at, *table = segment + s->header.table;
    uint64_t table_bytes = s->header.length - s->header.table;
    if (crc32_update(0, table + 4, (size_t)table_bytes - 4) != get_u32(table))
        return index_damaged_at(err, path, s->at + s->header.table, "a table of checksums is damaged");
    for (uint64_t block = 0; block < segment_blocks(s->header.table); block++) {
        uint64_t at = SEGMENT_HEADER_BYTES + block * CRC_BLOCK_BYTES, size = s->header.table - at;
        if (size > CRC_BLOCK_BYTES) size = CRC_BLOCK_BYTES;
        if (crc32_update(0, segment + at, (size_t)size) != get_u32(table + 4 + 4 * block))
            return index_damaged_at(err, path, s->at + at, "the checksum is wrong for the block");
    }
    return STATUS_OK;
}

Status index_check_small(const Index *x, const char *path, Error *err) {
    Status s = STATUS_OK;
    if (x->slot.length > INDEX_CHECK_BYTES) return STATUS_OK;
    for (size_t i = 0; s == STATUS_OK && i < x->n_segments; i++)
        s = index_check_blocks(x, &x->segment[i], path, err);
    if (s == STATUS_CHECK && err) err->status = STATUS_INPUT;
    return s == STATUS_OK ? STATUS_OK : STATUS_INPUT;
}

/* One segment: written as header, parts at multiples of 64 bytes, and CRC table; its checksums compared. */
#include <string.h>

#include "hash/search/index_build.h"
#include "hash/search/index_file.h"

void segment_plan(SegmentHeader *h, SegmentKind kind, const Columns *c, uint64_t first_row) {
    memset(h, 0, sizeof *h);
    h->kind = kind;
    h->rows = c->rows;
    h->first_row = first_row;
    h->names = c->names;
    uint64_t at = SEGMENT_HEADER_BYTES;
    for (int i = 0; i < N_PARTS; i++) {
        h->part[i] = (PartPlace){at, c->part[i].size};
        at = (at + c->part[i].size + 63) / 64 * 64;
    }
    h->table = at;
    h->length = at + segment_table_bytes(at);
}

typedef struct {
    SegmentPut *put;
    void *ctx;
    uint64_t done; /* bytes of the segment behind its header */
    uint32_t crc;  /* of the current block */
    Buffer table;
} Output;

static void end_block(Output *o) {
    unsigned char bytes[4];
    put_u32(bytes, o->crc);
    buffer_add(&o->table, bytes, sizeof bytes);
    o->crc = 0;
}

static void output(Output *o, const void *data, uint64_t size) {
    const unsigned char *p = data;
    while (size) {
        uint64_t room = CRC_BLOCK_BYTES - o->done % CRC_BLOCK_BYTES, n = size < room ? size : room;
        o->crc = crc32_update(o->crc, p, (size_t)n);
        o->put(o->ctx, p, (size_t)n);
        o->done += n;
        p += n;
        size -= n;
        if (o->done % CRC_BLOCK_BYTES == 0) end_block(o);
    }
}

/* The table's own CRC, the blocks', zeros up to 64 bytes. */
static bool output_table(Output *o, const SegmentHeader *h) {
    static const unsigned char zeros[64];
    if (o->done % CRC_BLOCK_BYTES) end_block(o);
    buffer_add(&o->table, zeros, (size_t)(segment_table_bytes(h->table) - 4 - 4 * segment_blocks(h->table)));
    if (o->table.failed) return false;
    unsigned char crc[4];
    put_u32(crc, crc32_update(0, o->table.data, o->table.size));
    o->put(o->ctx, crc, sizeof crc);
    o->put(o->ctx, o->table.data, o->table.size);
    return true;
}

bool segment_write(const SegmentHeader *h, const Columns *c, SegmentPut *put, void *ctx) {
    static const unsigned char zeros[64];
    Output o = {.put = put, .ctx = ctx};
    unsigned char header[SEGMENT_HEADER_BYTES];
    segment_encode(h, header);
    put(ctx, header, sizeof header);
    for (int i = 0; i < N_PARTS; i++) {
        output(&o, c->part[i].data, c->part[i].size);
        output(&o, zeros, (64 - c->part[i].size % 64) % 64);
    }
    bool whole = output_table(&o, h);
    buffer_free(&o.table);
    return whole;
}

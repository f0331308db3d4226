#include "hash/search/index_format.h"

#include <string.h>

#include "hash/code.h"

static const char slot_magic[8] = {'M', 'S', 'A', 'C', 'H', 'I', 'D', 'X'};
static const char segment_magic[8] = {'M', 'S', 'A', 'C', 'H', 'S', 'E', 'G'};

enum {
    SLOT_HASH_AT = 48,
    SLOT_USED = SLOT_HASH_AT + MODEL_HASH_BYTES,
    PARTS_AT = 56,
    PARTS_END = PARTS_AT + 16 * N_PARTS
};

static void seal(unsigned char *bytes, size_t size) {
    put_u32(bytes + size - 4, crc32_update(0, bytes, size - 4));
}

static bool sealed(const unsigned char *bytes, size_t size) {
    return get_u32(bytes + size - 4) == crc32_update(0, bytes, size - 4);
}

void slot_encode(const Slot *s, unsigned char bytes[SLOT_BYTES]) {
    memset(bytes, 0, SLOT_BYTES);
    memcpy(bytes, slot_magic, 8);
    put_u32(bytes + 8, INDEX_VERSION);
    put_u32(bytes + 12, (uint32_t)s->bits);
    put_u64(bytes + 16, s->generation);
    put_u64(bytes + 24, s->length);
    put_u64(bytes + 32, s->rows);
    put_u64(bytes + 40, s->segments);
    memcpy(bytes + SLOT_HASH_AT, s->model_hash, MODEL_HASH_BYTES);
    seal(bytes, SLOT_BYTES);
}

bool slot_begins(const unsigned char bytes[SLOT_BYTES]) {
    return memcmp(bytes, slot_magic, sizeof slot_magic) == 0;
}

uint32_t slot_version(const unsigned char bytes[SLOT_BYTES]) {
    return slot_begins(bytes) && sealed(bytes, SLOT_BYTES) ? get_u32(bytes + 8) : 0;
}

bool slot_decode(Slot *s, const unsigned char bytes[SLOT_BYTES]) {
    uint32_t version = slot_version(bytes);
    if (version < 1 || version > INDEX_VERSION) return false;
    uint32_t bits = get_u32(bytes + 12);
    s->bits = bits <= CODE_MAX_BITS ? (int)bits : 0;
    s->generation = get_u64(bytes + 16);
    s->length = get_u64(bytes + 24);
    s->rows = get_u64(bytes + 32);
    s->segments = get_u64(bytes + 40);
    memcpy(s->model_hash, bytes + SLOT_HASH_AT, MODEL_HASH_BYTES);
    return s->bits >= CODE_MIN_BITS && s->bits % 8 == 0 && s->length >= SLOTS_BYTES &&
           s->rows <= INDEX_MAX_ROWS && s->segments <= (s->length - SLOTS_BYTES) / SEGMENT_HEADER_BYTES &&
           s->model_hash[MODEL_HASH_BYTES - 1] == 0;
}

const Slot *slot_newer(const Slot pair[2]) {
    const Slot *newer = pair[0].generation > pair[1].generation ? &pair[0] : &pair[1];
    const Slot *older = newer == &pair[0] ? &pair[1] : &pair[0];
    bool same = newer->generation - older->generation == 1 && newer->bits == older->bits &&
                memcmp(newer->model_hash, older->model_hash, MODEL_HASH_BYTES) == 0;
    return same ? newer : NULL;
}

void segment_encode(const SegmentHeader *h, unsigned char bytes[SEGMENT_HEADER_BYTES]) {
    memset(bytes, 0, SEGMENT_HEADER_BYTES);
    memcpy(bytes, segment_magic, 8);
    put_u64(bytes + 8, (uint64_t)h->kind);
    put_u64(bytes + 16, h->rows);
    put_u64(bytes + 24, h->first_row);
    put_u64(bytes + 32, h->length);
    put_u64(bytes + 40, h->names);
    put_u64(bytes + 48, h->table);
    for (int i = 0; i < N_PARTS; i++) {
        put_u64(bytes + PARTS_AT + 16 * i, h->part[i].offset);
        put_u64(bytes + PARTS_AT + 16 * i + 8, h->part[i].size);
    }
    seal(bytes, SEGMENT_HEADER_BYTES);
}

uint64_t segment_blocks(uint64_t table) {
    return (table - SEGMENT_HEADER_BYTES + CRC_BLOCK_BYTES - 1) / CRC_BLOCK_BYTES;
}

uint64_t segment_table_bytes(uint64_t table) {
    return (4 + 4 * segment_blocks(table) + 63) / 64 * 64;
}

/* rows <= 2^32 and a code has at most 128 bytes, so no product overflows. */
static bool sizes_fit(const SegmentHeader *h, int bits) {
    const PartPlace *p = h->part;
    if (h->kind == SEGMENT_DELETED) return p[PART_DELETED].size == 8 * h->rows;
    uint64_t slots = p[PART_ID_TABLE].size / 4;
    for (int m = 0; m < 2; m++)
        if (p[PART_CODES + m].size != h->rows * code_bytes(bits) || p[PART_HAS + m].size != h->rows)
            return false;
    return p[PART_ID_OFFSET].size == 8 * (h->rows + 1) && p[PART_TEXT_OFFSET].size == 8 * (h->rows + 1) &&
           p[PART_LABEL_OFFSET].size == 8 * (h->rows + 1) && p[PART_LABELS].size % 4 == 0 &&
           (p[PART_GROUP].size == 0 || p[PART_GROUP].size == 4 * h->rows) &&
           p[PART_ROW_OFFSET].size == p[PART_WORD_OFFSET].size && p[PART_ID_TABLE].size % 4 == 0 &&
           slots > h->rows && (slots & (slots - 1)) == 0 && h->names <= UINT32_MAX &&
           p[PART_NAME_OFFSET].size == 8 * (h->names + 1);
}

bool segment_decode(SegmentHeader *h, const unsigned char bytes[SEGMENT_HEADER_BYTES], int bits) {
    if (memcmp(bytes, segment_magic, 8) != 0 || !sealed(bytes, SEGMENT_HEADER_BYTES)) return false;
    uint64_t kind = get_u64(bytes + 8);
    if (kind != SEGMENT_CASES && kind != SEGMENT_DELETED) return false;
    h->kind = (SegmentKind)kind;
    h->rows = get_u64(bytes + 16);
    h->first_row = get_u64(bytes + 24);
    h->length = get_u64(bytes + 32);
    h->names = get_u64(bytes + 40);
    h->table = get_u64(bytes + 48);
    if (h->rows > INDEX_MAX_ROWS || h->length % 64 != 0 || h->table % 64 != 0 ||
        h->table < SEGMENT_HEADER_BYTES || h->table > h->length ||
        segment_table_bytes(h->table) != h->length - h->table)
        return false;
    for (int i = 0; i < N_PARTS; i++) {
        PartPlace *p = &h->part[i];
        p->offset = get_u64(bytes + PARTS_AT + 16 * i);
        p->size = get_u64(bytes + PARTS_AT + 16 * i + 8);
        if (p->offset > h->table || p->size > h->table - p->offset ||
            (p->size && (p->offset % 64 != 0 || p->offset < SEGMENT_HEADER_BYTES)))
            return false;
    }
    return sizes_fit(h, bits);
}

Status index_damaged(Error *err, const char *path, const char *what) {
    return error_set(err, STATUS_INPUT,
                     "%s: %s; a whole index of version %d was expected; build it again or copy it anew", path,
                     what, INDEX_VERSION);
}

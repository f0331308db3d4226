/* The bytes of an index file, and how it changes safely.
 *
 *   slot 0 (512 bytes) | slot 1 (512 bytes) | segment | segment | ...
 *
 * A segment holds cases, column by column, or the rows that a deletion removed. Its bytes never change once
 * committed: an append or a deletion writes a new segment behind the committed length, syncs, and then writes
 * the older of the two slots with the next generation and the new length, and syncs. A slot lies in one disk
 * sector. So a kill at any moment leaves the old slot (bytes behind its length belong to nobody, and the next
 * append overwrites them) or the new one; a reader's mapping, which ends at the length that it read, never
 * changes under it. Compaction writes a new file and renames it. Why not one rename for every append: an
 * archive of gigabytes would be copied to add a case. Why in one file: an index is copied, sent and removed
 * as one thing. Why slots: without a committed length, a file cut between two segments would look whole.
 *
 * Every byte below the committed length is under a CRC: slots and segment headers have one in their last four
 * bytes, the rest of a segment one a MiB, in a table at its end that starts with the CRC of the table itself.
 * Little-endian. */
#ifndef HASH_INDEX_FORMAT_H
#define HASH_INDEX_FORMAT_H

#include <stdint.h>

#include "nn/base/bytes.h"
#include "nn/base/error.h"

enum {
    INDEX_VERSION = 1,
    SLOT_BYTES = 512,
    SLOTS_BYTES = 2 * SLOT_BYTES,
    SEGMENT_HEADER_BYTES = 512,
    CRC_BLOCK_BYTES = 1 << 20,
    MODEL_HASH_BYTES = 128 /* with its end 0 */
};
/* Row numbers of tables have 32 bits, 0 meaning none. */
#define INDEX_MAX_ROWS ((uint64_t)UINT32_MAX - 1)

typedef struct {
    int bits;
    uint64_t generation, length, rows, segments;
    char model_hash[MODEL_HASH_BYTES];
} Slot;

typedef enum { SEGMENT_CASES = 1, SEGMENT_DELETED = 2 } SegmentKind;

/* n: rows of the segment. Offsets are u64 (n + 1) into the part after them; strings end in 0. */
typedef enum {
    PART_CODES,   /* two parts, by Modality: (n, bits/8), zeros where the case lacks it */
    PART_HAS = 2, /* two parts, by Modality: (n), 1 where the case has it */
    PART_ID_OFFSET = 4,
    PART_IDS,
    PART_ID_TABLE, /* u32 (a power of two > n): name_table.h */
    PART_TEXT_OFFSET,
    PART_TEXTS,        /* per case: a byte (1: has an image path, 2: has a text), image path, text */
    PART_LABEL_OFFSET, /* in labels */
    PART_LABELS,       /* u32 numbers of label names */
    PART_NAME_OFFSET,  /* (label names + 1) */
    PART_NAMES,
    PART_MIH,          /* two parts, by Modality: mih.h; may be empty */
    PART_DELETED = 15, /* u64 rows of the whole index, ascending */
    N_PARTS = 16
} PartName;

typedef struct {
    uint64_t offset, size; /* offset from the segment's start, a multiple of 64 */
} PartPlace;

typedef struct {
    SegmentKind kind;
    uint64_t rows, first_row; /* cases: rows of the index; deleted: how many, and 0 */
    uint64_t length;          /* of the segment, a multiple of 64 */
    uint64_t names;           /* label names */
    uint64_t table;           /* offset of the CRC table; the segment's parts lie before it */
    PartPlace part[N_PARTS];
} SegmentHeader;

void slot_encode(const Slot *s, unsigned char bytes[SLOT_BYTES]);
void segment_encode(const SegmentHeader *h, unsigned char bytes[SEGMENT_HEADER_BYTES]);
/* Whether the bytes begin as a slot does; a file of which neither slot does is no index at all. */
int slot_begins(const unsigned char bytes[SLOT_BYTES]);
/* 0 where the bytes are not a slot (a header) with a right CRC and possible numbers. */
int slot_decode(Slot *s, const unsigned char bytes[SLOT_BYTES]);
int segment_decode(SegmentHeader *h, const unsigned char bytes[SEGMENT_HEADER_BYTES], int bits);

/* The newer of two valid slots that belong together, or NULL. */
const Slot *slot_newer(const Slot pair[2]);

/* Blocks of CRC_BLOCK_BYTES between a segment's header and its table; bytes of the table, padded. */
uint64_t segment_blocks(uint64_t table);
uint64_t segment_table_bytes(uint64_t table);

#endif

/* The bytes of an index file. Integers are little-endian; u32 and u64 have 4 and 8 bytes; CRC is CRC-32 (nn/base/bytes.h).
 * tests/test_index_format.c reads the tables below and compares each row with the bytes of an index.
 *
 *   slot 0 | slot 1 | segment | segment | ...
 *
 * Slot: the state of the file after one change. Generation g lies in slot g % 2; the newer of the two is valid.
 *
 *   offset  size  field        meaning
 *        0     8  magic        "MSACHIDX"
 *        8     4  version      INDEX_VERSION; 2: no word has places; 1: no segment has groups or words
 *       12     4  bits         of a code: a multiple of 8 from 16 to 1,024
 *       16     8  generation   from 1, one more with every change
 *       24     8  length       committed bytes of the file; bytes behind them belong to nobody
 *       32     8  rows         cases of all segments, deleted ones included
 *       40     8  segments     how many
 *       48   128  model        hash of the model that made the codes, text that ends in 0
 *      176   332  zero
 *      508     4  slot crc     CRC of bytes 0 to 507
 *
 * Segment: a header, parts, a CRC table. It holds cases column by column, or the rows that one deletion removed. Parts
 * begin at multiples of 64 bytes from the segment's start, and bytes between parts are 0.
 *
 *   offset  size  field        meaning
 *        0     8  magic        "MSACHSEG"
 *        8     8  kind         1: cases; 2: a deletion
 *       16     8  rows         cases, or deleted rows
 *       24     8  first row    rows of the index before this segment
 *       32     8  length       bytes of the segment, a multiple of 64
 *       40     8  names        different labels of the segment's cases
 *       48     8  table        offset of the CRC table
 *       56   384  parts        24 pairs (offset u64, size u64), by PartName; zeros from pair 16 on where version 1 wrote the segment
 *      440    68  zero
 *      508     4  header crc   CRC of bytes 0 to 507
 *      512     -  bytes        the parts
 *
 * CRC table, at `table`: one CRC for each MiB of the parts (bytes 512 to table), zeros up to a multiple of 64.
 *
 *   offset  size  field        meaning
 *        0     4  table crc    CRC of the table's bytes from 4 to its end
 *        4     -  block crcs   u32 each: CRC of bytes 512 + 2^20 i to 512 + 2^20 (i+1), the last block shorter
 *
 * Changes. Committed bytes never change. An append or a deletion writes a segment behind the committed length, syncs, writes
 * the older slot with the next generation and the new length, and syncs again. A slot lies in one disk sector, so a
 * kill at any moment leaves the old state or the new one, and a reader's mapping does not change under it. Compaction writes a
 * new file and renames it. Renaming a copy for every append would copy gigabytes to add one case. Without a committed
 * length, a file that was cut between two segments would look whole. */
#ifndef HASH_INDEX_FORMAT_H
#define HASH_INDEX_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/base/bytes.h"
#include "nn/base/error.h"

enum {
    INDEX_VERSION = 3,
    SLOT_BYTES = 512,
    SLOTS_BYTES = 2 * SLOT_BYTES,
    SEGMENT_HEADER_BYTES = 512,
    CRC_BLOCK_BYTES = 1 << 20,
    MODEL_HASH_BYTES = 128 /* with the 0 at its end */
};
/* Tables hold row numbers as u32; 0 means none. */
#define INDEX_MAX_ROWS ((uint64_t)UINT32_MAX - 1)

typedef struct {
    int bits;
    uint64_t generation, length, rows, segments;
    char model_hash[MODEL_HASH_BYTES];
} Slot;

typedef enum { SEGMENT_CASES = 1, SEGMENT_DELETED = 2 } SegmentKind;

/* n: rows of the segment. An offset part has n + 1 u64: entry i of the part behind it lies at offset[i] to offset[i+1],
 * in bytes (PART_LABEL_OFFSET: in labels). Strings end in 0. Of a deletion PART_DELETED alone is not empty. */
typedef enum {
    PART_CODES,   /* two parts, by Modality: (n, bits/8), hash/code.h; zeros where the case lacks it */
    PART_HAS = 2, /* two parts, by Modality: (n) bytes, 1 where the case has a code */
    PART_ID_OFFSET = 4,
    PART_IDS,      /* strings */
    PART_ID_TABLE, /* u32 (a power of two > n) from id to row: name_table.h */
    PART_TEXT_OFFSET,
    PART_TEXTS, /* a case: one byte (1: has an image path; 2: has a text; 3: both), image path, text */
    PART_LABEL_OFFSET,
    PART_LABELS,       /* u32 numbers of label names */
    PART_NAME_OFFSET,  /* (label names + 1) */
    PART_NAMES,        /* label names, strings */
    PART_MIH,          /* two parts, by Modality: search tables (mih_tables.h), may be empty */
    PART_DELETED = 15, /* (n) u64 rows of the whole index, ascending */
    PART_GROUP, /* (n) u32: 1 + number of the case's group name, 0: none; empty where no case has a group */
    PART_GROUP_OFFSET, /* (group names + 1) */
    PART_GROUPS,       /* group names, strings */
    PART_WORD_OFFSET, /* (words + 1); empty where the segment holds no words, as PART_WORDS, PART_ROW_OFFSET and PART_ROWS */
    PART_WORDS,      /* the words of all texts, strings, ascending by bytes */
    PART_ROW_OFFSET, /* (words + 1) */
    PART_ROWS_ONLY,  /* rows without places, written by version 2 in place of PART_ROWS; not read */
    PART_ROWS, /* a word: its occurrences, by row, then by place (0, 1, ... of the words of the text). The first in a row: 2 x (rows
                          between this row and the word's row before, or the start) + 1, then the place; each further one in the row: 2 x
                          (difference of places). A number lies in groups of 7 bits, the lowest first; bit 7 of a byte: another follows */
    N_PARTS = 24
} PartName;

typedef struct {
    uint64_t offset, size; /* offset from the segment's start, a multiple of 64 */
} PartPlace;

typedef struct {
    SegmentKind kind;
    uint64_t rows;      /* cases, or deleted rows */
    uint64_t first_row; /* rows of the index before this segment, of a deletion too */
    uint64_t length, names, table;
    PartPlace part[N_PARTS];
} SegmentHeader;

void slot_encode(const Slot *s, unsigned char bytes[SLOT_BYTES]);
void segment_encode(const SegmentHeader *h, unsigned char bytes[SEGMENT_HEADER_BYTES]);
/* Whether the bytes begin with a slot's magic. A file of which neither slot does is no index at all. */
bool slot_begins(const unsigned char bytes[SLOT_BYTES]);
/* The version of a slot whose CRC is right, else 0: that of a newer msach may be above INDEX_VERSION. */
uint32_t slot_version(const unsigned char bytes[SLOT_BYTES]);
/* False where the bytes are no slot (no segment header), where the CRC is wrong, or where a number is impossible. */
bool slot_decode(Slot *s, const unsigned char bytes[SLOT_BYTES]);
bool segment_decode(SegmentHeader *h, const unsigned char bytes[SEGMENT_HEADER_BYTES], int bits);

/* The newer of two valid slots; NULL where their generations, bits or models do not follow one another. */
const Slot *slot_newer(const Slot pair[2]);

/* The input error for a file that is no whole index: path, what is wrong. */
Status index_damaged(Error *err, const char *path, const char *what);

/* table: offset of a segment's CRC table. Number of blocks before the table; bytes of the table, a multiple of 64. */
uint64_t segment_blocks(uint64_t table);
uint64_t segment_table_bytes(uint64_t table);

#endif

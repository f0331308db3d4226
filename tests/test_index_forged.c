/* An index whose checksums are right and whose numbers are not: each is refused, none is followed. */
#include "hash/search/index_change.h"
#include "hash/search/index_format.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/index_cases.h"

typedef struct {
    unsigned char *data;
    size_t size;
} File;

/* Ten cases, then a deletion of case-3: two segments. */
static File begin(const char *path) {
    const char *ids[] = {"case-3"};
    File f;
    write_cases(path, 0, 10);
    cr_assert_eq(index_delete(path, ids, 1, NULL), STATUS_OK);
    cr_assert_eq(file_read(path, 1 << 20, &f.data, &f.size, NULL), STATUS_OK);
    return f;
}

static void end(File *f, const char *path, Status opens, const char *words) {
    Index *x = NULL;
    Error err = {0};
    cr_assert_eq(file_write(path, f->data, f->size, &err), STATUS_OK);
    cr_assert_eq(index_open(&x, path, &err), opens, "%s: %s", words, err.message);
    if (opens == STATUS_OK) index_close(x);
    err = (Error){0};
    cr_assert_eq(index_verify(path, &err), STATUS_CHECK, "%s", words);
    cr_assert_not_null(strstr(err.message, words), "%s: %s", words, err.message);
    mem_free(f->data);
}

/* ---- The two halves of the header ---- */

typedef void ChangeSlot(Slot *s, int newer);

static void forge_slots(const char *path, ChangeSlot *change, const char *words) {
    File f = begin(path);
    Slot pair[2];
    for (int i = 0; i < 2; i++) cr_assert(slot_decode(&pair[i], f.data + i * SLOT_BYTES));
    int newer = pair[1].generation > pair[0].generation;
    for (int i = 0; i < 2; i++) {
        change(&pair[i], i == newer);
        slot_encode(&pair[i], f.data + i * SLOT_BYTES);
    }
    end(&f, path, STATUS_INPUT, words);
}

static void one_row_more(Slot *s, int newer) {
    s->rows += (uint64_t)newer;
}
static void one_row_less(Slot *s, int newer) {
    s->rows -= (uint64_t)newer;
}
static void most_rows(Slot *s, int newer) {
    if (newer) s->rows = INDEX_MAX_ROWS;
}
static void too_many_rows(Slot *s, int newer) {
    if (newer) s->rows = INDEX_MAX_ROWS + 1;
}
static void no_segments(Slot *s, int newer) {
    if (newer) s->segments = 0;
}
static void nothing_at_all(Slot *s, int newer) {
    if (newer) s->segments = s->rows = 0, s->length = SLOTS_BYTES;
}
static void a_segment_less(Slot *s, int newer) {
    s->segments -= (uint64_t)newer;
}
static void a_segment_more(Slot *s, int newer) {
    s->segments += (uint64_t)newer;
}
static void shorter(Slot *s, int newer) {
    s->length -= newer ? 64 : 0;
}
static void much_shorter(Slot *s, int newer) {
    if (newer) s->length = SLOTS_BYTES + 2 * SEGMENT_HEADER_BYTES;
}
static void longer(Slot *s, int newer) {
    s->length += newer ? 64 : 0;
}
static void other_bits(Slot *s, int newer) {
    s->bits += newer ? 8 : 0;
}
static void both_other_bits(Slot *s, int newer) {
    (void)newer;
    s->bits = 128;
}
static void no_bits(Slot *s, int newer) {
    s->bits = newer ? 12 : s->bits;
}
static void other_model(Slot *s, int newer) {
    if (newer) s->model_hash[0] ^= 1;
}
static void endless_model(Slot *s, int newer) {
    if (newer) memset(s->model_hash, 'x', MODEL_HASH_BYTES);
}
static void two_generations_on(Slot *s, int newer) {
    s->generation += (uint64_t)newer;
}

Test(forged, a_header_that_says_what_the_segments_do_not) {
    char name[64];
    const char *path = path_of(name), *damaged = "the header is damaged", *sum = "do not add up",
               *halves = "do not belong together", *segment = "a segment's header is damaged";
    forge_slots(path, one_row_more, sum);
    forge_slots(path, one_row_less, sum);
    forge_slots(path, most_rows, sum);
    forge_slots(path, too_many_rows, damaged);
    forge_slots(path, no_segments, sum);
    forge_slots(path, nothing_at_all, sum);
    forge_slots(path, a_segment_less, sum);
    forge_slots(path, a_segment_more, segment);
    forge_slots(path, shorter, segment);
    forge_slots(path, much_shorter, segment);
    forge_slots(path, longer, "is cut off");
    forge_slots(path, other_bits, halves);
    forge_slots(path, both_other_bits, segment);
    forge_slots(path, no_bits, damaged);
    forge_slots(path, other_model, halves);
    forge_slots(path, endless_model, damaged);
    forge_slots(path, two_generations_on, halves);
    remove_all(path);
}

Test(forged, an_index_of_a_newer_version_is_not_called_damaged) {
    char name[64];
    const char *path = path_of(name);
    Index *x;
    Error err = {0};
    File f = begin(path);
    for (int i = 0; i < 2; i++) {
        unsigned char *slot = f.data + i * SLOT_BYTES;
        put_u32(slot + 8, INDEX_VERSION + 1);
        put_u32(slot + SLOT_BYTES - 4, crc32_update(0, slot, SLOT_BYTES - 4));
    }
    cr_assert_eq(file_write(path, f.data, f.size, &err), STATUS_OK);
    cr_assert_eq(index_open(&x, path, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "use a newer one"), "%s", err.message);
    cr_assert_null(strstr(err.message, "damaged"));
    mem_free(f.data);
    remove_all(path);
}

/* ---- A segment ---- */

typedef void ChangeSegment(SegmentHeader *h, unsigned char *segment);

/* Block and table of checksums, and the header, as they must be for these bytes; the segment is shorter than a block. */
static void seal(const SegmentHeader *h, unsigned char *segment) {
    unsigned char *table = segment + h->table;
    segment_encode(h, segment);
    put_u32(table + 4, crc32_update(0, segment + SEGMENT_HEADER_BYTES, h->table - SEGMENT_HEADER_BYTES));
    put_u32(table, crc32_update(0, table + 4, (size_t)(h->length - h->table) - 4));
}

/* which: 0 the cases, 1 the deletion. */
static void forge_segment(const char *path, int which, ChangeSegment *change, Status opens,
                          const char *words) {
    File f = begin(path);
    SegmentHeader h;
    unsigned char *segment = f.data + SLOTS_BYTES;
    for (int i = 0; i <= which; i++) {
        if (i) segment += h.length;
        cr_assert(segment_decode(&h, segment, BITS));
    }
    SegmentHeader was = h;
    change(&h, segment);
    if (h.table == was.table && h.length == was.length)
        seal(&h, segment);
    else
        segment_encode(&h, segment);
    end(&f, path, opens, words);
}

static void deletes_first(SegmentHeader *h, unsigned char *segment) {
    (void)segment;
    h->kind = SEGMENT_DELETED;
    h->part[PART_DELETED] = h->part[PART_ID_TABLE];
    h->rows = h->part[PART_ID_TABLE].size / 8;
}
static void begins_late(SegmentHeader *h, unsigned char *segment) {
    (void)segment;
    h->first_row++;
}
static void longer_than_the_file(SegmentHeader *h, unsigned char *segment) {
    (void)segment;
    h->table += (uint64_t)1 << 40, h->length = h->table + segment_table_bytes(h->table);
}
static void odd_labels(SegmentHeader *h, unsigned char *segment) {
    (void)segment;
    h->part[PART_LABELS].size--;
}
static void odd_id_table(SegmentHeader *h, unsigned char *segment) {
    (void)segment;
    h->part[PART_ID_TABLE].size--;
}
static void id_table_no_power_of_two(SegmentHeader *h, unsigned char *segment) {
    (void)segment;
    h->part[PART_ID_TABLE].size -= 4;
}
static void id_table_too_small(SegmentHeader *h, unsigned char *segment) {
    (void)segment;
    h->part[PART_ID_TABLE].size = 4 * 8;
}
static void too_few_label_offsets(SegmentHeader *h, unsigned char *segment) {
    (void)segment;
    h->part[PART_LABEL_OFFSET].size -= 8;
}
static void deletes_what_is_not_there(SegmentHeader *h, unsigned char *segment) {
    put_u64(segment + h->part[PART_DELETED].offset, 10);
}
static void id_ends_before_it_begins(SegmentHeader *h, unsigned char *segment) {
    put_u64(segment + h->part[PART_ID_OFFSET].offset + 8, UINT64_MAX);
}
static void id_beyond_its_part(SegmentHeader *h, unsigned char *segment) {
    put_u64(segment + h->part[PART_ID_OFFSET].offset + 80, h->part[PART_IDS].size + 1);
}
static void id_without_end(SegmentHeader *h, unsigned char *segment) {
    segment[h->part[PART_IDS].offset + 6] = 'x';
}
static void text_without_end(SegmentHeader *h, unsigned char *segment) {
    segment[h->part[PART_TEXTS].offset + h->part[PART_TEXTS].size - 1] = 'x';
}
static void image_without_end(SegmentHeader *h, unsigned char *segment) {
    unsigned char *texts = segment + h->part[PART_TEXTS].offset;
    size_t size = (size_t)get_u64(segment + h->part[PART_TEXT_OFFSET].offset + 8);
    for (size_t i = 1; i + 1 < size; i++)
        if (!texts[i]) texts[i] = 'x';
}
static void label_without_name(SegmentHeader *h, unsigned char *segment) {
    put_u32(segment + h->part[PART_LABELS].offset, (uint32_t)h->names);
}
static void label_far_away(SegmentHeader *h, unsigned char *segment) {
    put_u32(segment + h->part[PART_LABELS].offset, UINT32_MAX);
}
static void group_without_name(SegmentHeader *h, unsigned char *segment) {
    put_u32(segment + h->part[PART_GROUP].offset + 4, UINT32_MAX);
}
static void too_few_groups(SegmentHeader *h, unsigned char *segment) {
    (void)segment;
    h->part[PART_GROUP].size -= 4;
}
static void words_without_rows(SegmentHeader *h, unsigned char *segment) {
    (void)segment;
    h->part[PART_ROW_OFFSET].size -= 8;
}
/* Pointers to it, and a mapping from it once rows are appended, would lie beyond the file. */
static void empty_part_far_away(SegmentHeader *h, unsigned char *segment) {
    (void)segment;
    h->part[PART_CODES].offset = UINT64_MAX / 2 / 64 * 64;
}
static void words_out_of_order(SegmentHeader *h, unsigned char *segment) {
    segment[h->part[PART_WORDS].offset] = 'z';
}
/* The first word is "report", in every row: bytes (1, 1) a row. The last is w6: (2 x 6 + 1, 0, 4) for case 6. */
static void word_in_a_row_too_far(SegmentHeader *h, unsigned char *segment) {
    segment[h->part[PART_ROWS].offset] = 2 * 9 + 1;
}
static void place_too_far(SegmentHeader *h, unsigned char *segment) {
    memset(segment + h->part[PART_ROWS].offset + 1, 255, 4);
    segment[h->part[PART_ROWS].offset + 5] = 7;
}
static void place_without_row(SegmentHeader *h, unsigned char *segment) {
    segment[h->part[PART_ROWS].offset] = 2;
}
static void row_without_place(SegmentHeader *h, unsigned char *segment) {
    segment[h->part[PART_ROWS].offset + h->part[PART_ROWS].size - 1] = 1;
}
static void number_without_end(SegmentHeader *h, unsigned char *segment) {
    segment[h->part[PART_ROWS].offset + h->part[PART_ROWS].size - 1] = 128;
}
static void number_too_long(SegmentHeader *h, unsigned char *segment) {
    memset(segment + h->part[PART_ROWS].offset, 128, 5);
}
static void other_id(SegmentHeader *h, unsigned char *segment) {
    segment[h->part[PART_IDS].offset]++;
}

Test(forged, a_segment_whose_checksums_are_right_and_whose_numbers_are_not) {
    char name[64];
    const char *path = path_of(name), *header = "a segment's header is damaged",
               *a_case = "a case is damaged";
    forge_segment(path, 0, deletes_first, STATUS_INPUT, header);
    forge_segment(path, 0, begins_late, STATUS_INPUT, header);
    forge_segment(path, 0, longer_than_the_file, STATUS_INPUT, header);
    forge_segment(path, 0, odd_labels, STATUS_INPUT, header);
    forge_segment(path, 0, odd_id_table, STATUS_INPUT, header);
    forge_segment(path, 0, id_table_no_power_of_two, STATUS_INPUT, header);
    forge_segment(path, 0, id_table_too_small, STATUS_INPUT, header);
    forge_segment(path, 0, too_few_label_offsets, STATUS_INPUT, header);
    forge_segment(path, 0, too_few_groups, STATUS_INPUT, header);
    forge_segment(path, 0, words_without_rows, STATUS_INPUT, header);
    forge_segment(path, 1, empty_part_far_away, STATUS_INPUT, header);
    forge_segment(path, 1, begins_late, STATUS_INPUT, header);
    forge_segment(path, 1, deletes_what_is_not_there, STATUS_INPUT, "a deletion is damaged");
    forge_segment(path, 0, id_ends_before_it_begins, STATUS_OK, a_case);
    forge_segment(path, 0, id_beyond_its_part, STATUS_OK, a_case);
    forge_segment(path, 0, id_without_end, STATUS_OK, a_case);
    forge_segment(path, 0, text_without_end, STATUS_OK, a_case);
    forge_segment(path, 0, image_without_end, STATUS_OK, a_case);
    forge_segment(path, 0, label_without_name, STATUS_OK, a_case);
    forge_segment(path, 0, label_far_away, STATUS_OK, a_case);
    forge_segment(path, 0, group_without_name, STATUS_OK, a_case);
    forge_segment(path, 0, words_out_of_order, STATUS_OK, "the words are damaged");
    forge_segment(path, 0, word_in_a_row_too_far, STATUS_OK, "the words are damaged");
    forge_segment(path, 0, place_too_far, STATUS_OK, "the words are damaged");
    forge_segment(path, 0, place_without_row, STATUS_OK, "the words are damaged");
    forge_segment(path, 0, row_without_place, STATUS_OK, "the words are damaged");
    forge_segment(path, 0, number_without_end, STATUS_OK, "the words are damaged");
    forge_segment(path, 0, number_too_long, STATUS_OK, "the words are damaged");
    forge_segment(path, 0, other_id, STATUS_OK, "an id is not found where it lies");
    remove_all(path);
}

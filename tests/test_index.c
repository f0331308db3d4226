#include "hash/search/index.h"
#include "hash/search/index_change.h"
#include "hash/search/index_filter.h"

#include <fcntl.h>

#include "hash/search/index_format.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/index_cases.h"

Test(index, gives_back_every_case_that_was_written) {
    char name[64];
    const char *path = path_of(name);
    const int sizes[] = {0, 1, 2, 100, 1000};
    for (int i = 0; i < 5; i++) {
        write_cases(path, 5, sizes[i]);
        Index *x = opened(path);
        cr_assert_eq(index_bits(x), BITS);
        cr_assert_eq(index_count(x), sizes[i]);
        cr_assert_eq(index_live(x), sizes[i]);
        cr_assert_str_eq(index_model_hash(x), "0badcafe");
        cr_assert_eq((uintptr_t)index_codes(x, MODALITY_IMAGE) % 64, 0);
        cr_assert_eq((uintptr_t)index_codes(x, MODALITY_TEXT) % 64, 0);
        check_rows(x, 0, sizes[i], 5);
        cr_assert_eq(index_find(x, "case-4"), -1);
        cr_assert_eq(index_find(x, ""), -1);
        index_close(x);
        cr_assert_eq(index_verify(path, NULL), STATUS_OK);
    }
    remove_all(path);
}

Test(index, refuses_ids_that_are_empty_or_come_twice_and_too_long_hashes) {
    IndexBuilder *b = builder_of(0, 3);
    Error err;
    IndexCase twice = {.id = "case-1"}, empty = {.id = ""};
    cr_assert_eq(index_builder_add(b, &twice, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "case-1"));
    cr_assert_eq(index_builder_add(b, &empty, &err), STATUS_INPUT);
    index_builder_free(b);
    char hash[200];
    memset(hash, 'a', 199), hash[199] = 0;
    cr_assert_eq(index_builder_create(&b, BITS, hash, &err), STATUS_INPUT);
}

Test(index, keeps_the_rows_that_have_a_label) {
    char name[64];
    const char *path = path_of(name);
    Error err;
    write_cases(path, 0, 50);
    cr_assert_eq(append_cases(path, 50, 30, &err), STATUS_OK);
    Index *x = opened(path);
    uint8_t allowed[80];
    memset(allowed, 1, sizeof allowed);
    allowed[11] = 0;
    cr_assert_eq(index_keep_label(x, "label1", allowed, &err), STATUS_OK);
    for (int i = 0; i < 80; i++) {
        Made m;
        make_case(&m, i);
        int has = 0;
        for (int j = 0; j < m.c.n_labels; j++) has |= strcmp(m.c.labels[j], "label1") == 0;
        cr_assert_eq(allowed[i], has && i != 11, "row %d", i);
    }
    cr_assert_eq(index_keep_label(x, "no such label", allowed, &err), STATUS_OK);
    for (int i = 0; i < 80; i++) cr_assert_eq(allowed[i], 0);
    index_close(x);
    remove_all(path);
}

/* ---- Search ---- */

/* index_search returns the hits of the scan over the index's own codes. */
static void check_search(const Index *x, const uint8_t *allowed, size_t k, int radius, Pool *pool) {
    enum { QUERIES = 9 };
    uint8_t queries[QUERIES * BYTES];
    size_t n = (size_t)index_count(x), found[QUERIES], wanted[QUERIES];
    Hit *hits = malloc(QUERIES * k * sizeof *hits), *expected = malloc(QUERIES * k * sizeof *hits);
    Rng rng = rng_stream(5, RNG_TEST, 0);
    Error err;
    for (int m = 0; m < 2; m++) {
        for (size_t i = 0; i < QUERIES; i++)
            memcpy(queries + i * BYTES,
                   index_codes(x, (Modality)m) + rng_below(&rng, (uint32_t)n) * (size_t)BYTES, BYTES);
        const uint8_t *rows = allowed ? allowed : index_allowed(x, (Modality)m);
        cr_assert_eq(
            index_search(x, (Modality)m, queries, QUERIES, k, radius, allowed, hits, found, NULL, pool, &err),
            STATUS_OK);
        scan_search(queries, QUERIES, index_codes(x, (Modality)m), n, BITS, k, radius, rows, expected, wanted,
                    NULL, NULL);
        for (size_t q = 0; q < QUERIES; q++) {
            cr_assert_eq(found[q], wanted[q]);
            for (size_t i = 0; i < found[q]; i++)
                cr_assert(hits[q * k + i].row == expected[q * k + i].row &&
                          hits[q * k + i].distance == expected[q * k + i].distance);
        }
    }
    free(hits), free(expected);
}

Test(index, searches_written_appended_and_deleted_cases_as_the_scan_does) {
    char name[64];
    const char *path = path_of(name), *ids[] = {"case-3", "case-90", "case-110"};
    Error err;
    for (int tables = -1; tables <= 4; tables += 5) {
        IndexBuilder *b = builder_of(0, 100);
        index_builder_set_tables(b, tables, NULL);
        cr_assert_eq(index_builder_write(b, path, &err), STATUS_OK, "%s", err.message);
        index_builder_free(b);
        for (int step = 0; step < 4; step++) {
            if (step == 1) cr_assert_eq(append_cases(path, 100, 30, &err), STATUS_OK, "%s", err.message);
            if (step == 2) cr_assert_eq(index_delete(path, ids, 3, &err), STATUS_OK, "%s", err.message);
            if (step == 3) cr_assert_eq(index_compact(path, &err), STATUS_OK, "%s", err.message);
            cr_assert_eq(index_verify(path, &err), STATUS_OK, "%s", err.message);
            Index *x = opened(path);
            cr_assert_eq(index_tables(x, MODALITY_TEXT) != NULL, tables > 0);
            cr_assert_eq(index_table_rows(x), tables < 0 ? 0 : step == 3 ? 127 : 100);
            check_search(x, NULL, 10, -1, NULL);
            check_search(x, NULL, 200, 20, NULL);
            index_close(x);
        }
    }
    remove_all(path);
}

Test(index, a_large_archive_has_search_tables_and_they_are_used) {
    enum { N = INDEX_TABLES_FROM };
    char name[64], id[16];
    const char *path = path_of(name);
    IndexBuilder *b;
    Error err;
    Rng rng = rng_stream(5, RNG_TEST, 1);
    cr_assert_eq(index_builder_create(&b, BITS, "", &err), STATUS_OK);
    for (int i = 0; i < N; i++) {
        uint64_t code = rng_u64(&rng);
        snprintf(id, sizeof id, "%d", i);
        IndexCase c = {.id = id, .code = {(uint8_t *)&code, i % 2 ? (uint8_t *)&code : NULL}};
        cr_assert_eq(index_builder_add(b, &c, &err), STATUS_OK);
    }
    cr_assert_eq(index_builder_write(b, path, &err), STATUS_OK, "%s", err.message);
    index_builder_free(b);
    Index *x = opened(path);
    MihStats stats = {0};
    Hit hits[8];
    size_t found[8];
    const uint8_t *codes = index_codes(x, MODALITY_IMAGE);
    cr_assert_eq(index_search(x, MODALITY_IMAGE, codes, 8, 1, 0, NULL, hits, found, &stats, NULL, &err),
                 STATUS_OK);
    for (int i = 0; i < 8; i++) cr_assert(found[i] == 1 && hits[i].row == i && hits[i].distance == 0);
    cr_assert(stats.queries == 8 && stats.scanned == 0 && stats.candidates < 100);
    check_search(x, NULL, 10, -1, NULL);
    index_close(x);
    cr_assert_eq(append_cases(path, N, 3, &err), STATUS_INPUT);
    remove_all(path);
}

/* ---- Damage ---- */

static void check_damaged(const char *path, const char *what, size_t at) {
    cr_assert_eq(index_verify(path, NULL), STATUS_CHECK, "%s %zu", what, at);
    Index *x;
    cr_assert_eq(index_open(&x, path, NULL), STATUS_INPUT, "%s %zu", what, at);
}

static void three_segments(const char *path) {
    Error err;
    const char *ids[] = {"case-1"};
    write_cases(path, 0, 3);
    cr_assert_eq(append_cases(path, 3, 2, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(index_delete(path, ids, 1, &err), STATUS_OK, "%s", err.message);
}

/* All bits of the two slots are tried in memory, some in the file: there a reader looks again, as a writer may be at work. */
Test(index, finds_every_flipped_bit_of_three_segments) {
    char name[64];
    const char *path = path_of(name);
    unsigned char *bytes;
    size_t size;
    three_segments(path);
    cr_assert_eq(file_read(path, 1 << 20, &bytes, &size, NULL), STATUS_OK);
    int fd = open(path, O_WRONLY);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        unsigned char kept = bytes[bit / 8], flipped = (unsigned char)(kept ^ 1 << bit % 8);
        if (bit < 8 * SLOTS_BYTES) {
            Slot slot;
            bytes[bit / 8] = flipped;
            cr_assert_not(slot_decode(&slot, bytes + bit / 8 / SLOT_BYTES * SLOT_BYTES), "bit %zu", bit);
            bytes[bit / 8] = kept;
            if (bit % 509) continue;
        }
        cr_assert_eq(pwrite(fd, &flipped, 1, (off_t)(bit / 8)), 1);
        cr_assert_eq(index_verify(path, NULL), STATUS_CHECK, "bit %zu", bit);
        if (bit % 73 == 0) check_damaged(path, "bit", bit);
        cr_assert_eq(pwrite(fd, &kept, 1, (off_t)(bit / 8)), 1);
    }
    cr_assert_eq(index_verify(path, NULL), STATUS_OK);
    close(fd);
    mem_free(bytes);
    remove_all(path);
}

Test(index, finds_every_truncation) {
    char name[64];
    const char *path = path_of(name);
    unsigned char *bytes;
    size_t size;
    three_segments(path);
    cr_assert_eq(file_read(path, 1 << 20, &bytes, &size, NULL), STATUS_OK);
    mem_free(bytes);
    while (size-- > 0) {
        cr_assert_eq(truncate(path, (off_t)size), 0);
        check_damaged(path, "cut at", size);
    }
    remove_all(path);
}

Test(index, a_missing_file_and_a_directory_are_input_errors) {
    Index *x;
    cr_assert_eq(index_open(&x, "/tmp/msach-no-such-index", NULL), STATUS_INPUT);
    cr_assert_eq(index_verify("/tmp/msach-no-such-index", NULL), STATUS_INPUT);
    cr_assert_eq(index_open(&x, "/tmp", NULL), STATUS_INPUT);
    cr_assert_eq(index_verify("/tmp", NULL), STATUS_INPUT);
}

/* ---- Changes ---- */

Test(index, appended_cases_follow_in_one_piece) {
    char name[64];
    const char *path = path_of(name);
    Error err;
    write_cases(path, 0, 70);
    Index *before = opened(path);
    int at = 70;
    for (int n = 1; n < 40; n += 7, at += n - 7) {
        cr_assert_eq(append_cases(path, at, n, &err), STATUS_OK, "%s", err.message);
        Index *x = opened(path);
        cr_assert_eq(index_count(x), at + n);
        check_rows(x, 0, at + n, 0);
        cr_assert_eq((uintptr_t)index_codes(x, MODALITY_TEXT) % 64, 0);
        index_close(x);
        cr_assert_eq(index_verify(path, &err), STATUS_OK, "%s", err.message);
    }
    cr_assert_eq(index_count(before), 70);
    check_rows(before, 0, 70, 0);
    index_close(before);
    remove_all(path);
}

Test(index, append_refuses_another_width_another_model_and_an_id_that_is_there) {
    char name[64];
    const char *path = path_of(name);
    Error err;
    IndexBuilder *b;
    write_cases(path, 0, 5);
    cr_assert_eq(append_cases(path, 4, 1, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "case-4"));
    cr_assert_eq(index_builder_create(&b, 32, "0badcafe", &err), STATUS_OK);
    cr_assert_eq(index_append(b, path, &err), STATUS_INPUT);
    index_builder_free(b);
    cr_assert_eq(index_builder_create(&b, BITS, "another", &err), STATUS_OK);
    cr_assert_eq(index_append(b, path, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "another"));
    index_builder_free(b);
    Index *x = opened(path);
    cr_assert_eq(index_count(x), 5);
    index_close(x);
    remove_all(path);
}

Test(index, a_deleted_case_is_found_no_more_and_its_id_may_come_again) {
    char name[64];
    const char *path = path_of(name);
    Error err;
    const char *some[] = {"case-7", "case-2"}, *wrong[] = {"case-3", "case-99"};
    write_cases(path, 0, 10);
    cr_assert_eq(index_delete(path, wrong, 2, &err), STATUS_INPUT);
    cr_assert_eq(index_delete(path, some, 2, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(index_delete(path, some, 1, &err), STATUS_INPUT);
    Index *x = opened(path);
    cr_assert_eq(index_live(x), 8);
    cr_assert(index_deleted(x, 7) && index_deleted(x, 2) && !index_deleted(x, 3));
    check_rows(x, 0, 10, 0);
    index_close(x);
    cr_assert_eq(append_cases(path, 7, 1, &err), STATUS_OK, "%s", err.message);
    x = opened(path);
    cr_assert_eq(index_count(x), 11);
    cr_assert_eq(index_find(x, "case-7"), 10);
    cr_assert_eq(index_allowed(x, MODALITY_IMAGE)[10], 1);
    index_close(x);
    cr_assert_eq(index_verify(path, &err), STATUS_OK, "%s", err.message);
    remove_all(path);
}

Test(index, compaction_drops_the_deleted_and_equals_building_anew_byte_for_byte) {
    char name[64], other[80];
    const char *path = path_of(name);
    Error err;
    const char *ids[] = {"case-0", "case-1", "case-2", "case-3"};
    unsigned char *a, *b;
    size_t na, nb;
    snprintf(other, sizeof other, "%s.new", path);
    write_cases(path, 0, 20);
    cr_assert_eq(append_cases(path, 20, 11, &err), STATUS_OK);
    cr_assert_eq(index_delete(path, ids, 4, &err), STATUS_OK);
    cr_assert_eq(index_compact(path, &err), STATUS_OK, "%s", err.message);
    write_cases(other, 4, 27);
    cr_assert_eq(file_read(path, 1 << 24, &a, &na, &err), STATUS_OK);
    cr_assert_eq(file_read(other, 1 << 24, &b, &nb, &err), STATUS_OK);
    cr_assert(na == nb && memcmp(a, b, na) == 0);
    mem_free(a), mem_free(b);
    remove_all(other);
    remove_all(path);
}

/* Groups and words of an index: after an append, a deletion and a compaction, and in files of version 1 and 2. */
#include "hash/search/index_change.h"
#include "hash/search/index_filter.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/index_cases.h"

enum { FIRST = 40, MORE = 25, ALL = FIRST + MORE };

/* Row r of the index is case number of[r]. */
static void check_groups(const Index *x, const int *of, int n) {
    IndexGroups g;
    Error err;
    uint32_t grouped = 0;
    cr_assert_eq(index_groups(x, &g, &err), STATUS_OK, "%s", err.message);
    for (int row = 0; row < n; row++) {
        Made m;
        make_case(&m, of[row]);
        if (!m.c.group) {
            cr_assert_eq(g.of[row], INDEX_NO_GROUP, "row %d", row);
            continue;
        }
        grouped++;
        cr_assert_lt(g.of[row], g.n);
        cr_assert_str_eq(g.name[g.of[row]], m.group);
        bool listed = false;
        for (uint32_t i = g.first[g.of[row]]; i < g.first[g.of[row] + 1]; i++)
            listed |= g.row[i] == (uint32_t)row;
        cr_assert(listed, "row %d", row);
    }
    cr_assert_eq(g.first[g.n], grouped, "each is listed once");
    index_groups_free(&g);
}

static void check_words(const Index *x, const int *of, int n) {
    Error err;
    cr_assert(index_has_words(x));
    for (int w = 0; w < 9; w++) {
        char word[8];
        uint8_t mark[ALL] = {0};
        snprintf(word, sizeof word, "w%d", w); /* w7 and w8: no text has them */
        cr_assert_eq(index_mark_words(x, (const char *[]){word}, 1, mark, &err), STATUS_OK, "%s",
                     err.message);
        for (int row = 0; row < n; row++)
            cr_assert_eq(mark[row], of[row] % 7 == w, "%s in row %d", word, row);
    }
    /* Each text is "wN report wN". */
    static const struct {
        const char *words[4];
        int n, number; /* which N passes; -1: any, -2: none */
    } phrase[] = {{{"report"}, 1, -1},
                  {{"w3", "report"}, 2, 3},
                  {{"report", "w3"}, 2, 3},
                  {{"w3", "report", "w3"}, 3, 3},
                  {{"report", "w3", "report"}, 3, -2},
                  {{"w3", "report", "w4"}, 3, -2},
                  {{"w3", "w3"}, 2, -2},
                  {{"report", "report"}, 2, -2},
                  {{"w3", "report", "w3", "report"}, 4, -2},
                  {{"report", "absent"}, 2, -2}};
    for (size_t i = 0; i < sizeof phrase / sizeof *phrase; i++) {
        uint8_t mark[ALL] = {0};
        cr_assert_eq(index_mark_words(x, phrase[i].words, phrase[i].n, mark, &err), STATUS_OK);
        for (int row = 0; row < n; row++)
            cr_assert_eq(mark[row], phrase[i].number == -1 || phrase[i].number == of[row] % 7,
                         "phrase %zu in row %d", i, row);
    }
}

Test(index, groups_and_words_stay_with_their_cases_through_append_delete_and_compaction) {
    static const char *const gone[] = {"case-0",  "case-39", "case-41", "case-42",
                                       "case-63", "case-7",  "case-14"};
    enum { GONE = 7 };
    char name[64];
    const char *path = path_of(name);
    Error err = {0};
    int of[ALL], live[ALL], n = 0;
    for (int i = 0; i < ALL; i++) of[i] = i;
    write_cases(path, 0, FIRST);
    cr_assert_eq(append_cases(path, FIRST, MORE, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(index_delete(path, gone, GONE, &err), STATUS_OK, "%s", err.message);
    Index *x = opened(path);
    check_groups(x, of, ALL);
    check_words(x, of, ALL);
    for (int row = 0; row < ALL; row++)
        if (!index_deleted(x, row)) live[n++] = row;
    index_close(x);
    cr_assert_eq(index_compact(path, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(index_verify(path, &err), STATUS_OK, "%s", err.message);
    x = opened(path);
    cr_assert_eq(index_count(x), n);
    check_groups(x, live, n);
    check_words(x, live, n);
    index_close(x);
    remove_all(path);
}

/* Reads, deletes from and compacts a file of an older version; its cases stay, its words without places do not count. */
static void change_old(const char *golden, uint32_t version, const char *gone, const char *stays,
                       bool groups) {
    char name[64];
    unsigned char *data;
    size_t size;
    const char *path = path_of(name);
    Error err = {0};
    IndexGroups g;
    IndexCase c;
    cr_assert_eq(file_read(golden, 1 << 20, &data, &size, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(get_u32(data + 8), version);
    cr_assert_eq(file_write(path, data, size, &err), STATUS_OK);
    mem_free(data);
    cr_assert_eq(index_verify(path, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(index_delete(path, &gone, 1, &err), STATUS_OK, "%s", err.message);
    for (int compacted = 0; compacted < 2; compacted++) {
        Index *x = opened(path);
        cr_assert_eq(index_live(x), 2);
        cr_assert_eq(index_groups(x, &g, &err), STATUS_OK);
        cr_assert_eq(g.n > 0, groups);
        cr_assert_not(index_has_words(x));
        cr_assert_eq(index_case(x, index_find(x, stays), &c, &err), STATUS_OK);
        cr_assert_str_eq(c.text, "free fluid");
        cr_assert_eq(c.group != NULL, groups);
        index_groups_free(&g);
        index_close(x);
        if (!compacted) cr_assert_eq(index_compact(path, &err), STATUS_OK, "%s", err.message);
    }
    cr_assert_eq(index_verify(path, &err), STATUS_OK, "%s", err.message);
    remove_all(path);
}

Test(index, a_file_of_version_1_is_read_changed_and_has_neither_groups_nor_words) {
    change_old("tests/golden/index1.idx", 1, "old3", "old4", false);
}

Test(index, a_file_of_version_2_is_read_changed_and_its_words_lack_places) {
    change_old("tests/golden/index2.idx", 2, "c", "a", true);
}

/* Splits: disjoint by group, even by label, fixed by their seed. */
#include "data/split.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/fixtures.h"

static const double share[SET_COUNT] = {0.55, 0.10, 0.15, 0.20};

static Manifest manifest(const char *text) {
    Manifest m;
    Error err = {0};
    ManifestOptions o = {0};
    cr_assert_eq(manifest_read(&m, fixture_text("m.tsv", text), &o, NULL, &err), STATUS_OK, "%s",
                 err.message);
    return m;
}

/* Groups of 1 to `largest` cases; each group has one of the labels, some a second one. */
static Manifest random_manifest(int groups, int largest, int labels, uint32_t stream) {
    Buffer b = {0};
    Rng r = rng_stream(5, RNG_TEST, stream);
    buffer_printf(&b, "id\ttext\tlabels\tgroup\n");
    for (int g = 0, n = 0; g < groups; g++) {
        int size = 1 + (int)rng_below(&r, (uint32_t)largest), l = (int)rng_below(&r, (uint32_t)labels);
        for (int k = 0; k < size; k++) {
            buffer_printf(&b, "c%d\tt\tl%d", n++, l);
            if (rng_below(&r, 3) == 0) buffer_printf(&b, "|l%d", (l + 1) % labels);
            buffer_printf(&b, "\tg%d\n", g);
        }
    }
    buffer_add(&b, "", 1);
    Manifest m = manifest((const char *)b.data);
    buffer_free(&b);
    return m;
}

/* Number of groups with a label in a set (label -1: all groups). */
static int groups_in(const Manifest *m, const Split *s, int label, Set set) {
    int count = 0;
    uint8_t *seen = calloc((size_t)m->n_groups, 1);
    for (int i = 0; i < m->n; i++)
        if (s->set[i] == set && (label < 0 || m->labels[i * m->n_labels + label]))
            seen[m->cases[i].group] = 1;
    for (int g = 0; g < m->n_groups; g++) count += seen[g];
    free(seen);
    return count;
}

static void check_groups_are_whole(const Manifest *m, const Split *s) {
    for (int i = 0; i < m->n; i++)
        for (int j = 0; j < i; j++)
            if (m->cases[i].group == m->cases[j].group && s->set[i] != SET_NONE && s->set[j] != SET_NONE)
                cr_assert_eq(s->set[i], s->set[j]);
}

Test(split, sets_are_disjoint_by_group_and_near_their_shares) {
    Manifest m = random_manifest(200, 4, 5, 0);
    for (uint64_t seed = 1; seed <= 10; seed++) {
        Split s;
        cr_assert_eq(split_make(&s, &m, seed, NULL, NULL), STATUS_OK);
        check_groups_are_whole(&m, &s);
        int sum = 0;
        for (int k = 0; k < SET_COUNT; k++) {
            cr_assert_lt(fabs((double)s.count[k] / m.n - share[k]), 0.02);
            sum += s.count[k];
        }
        cr_assert_eq(sum, m.n);
        split_free(&s);
    }
    manifest_free(&m);
}

Test(split, every_label_of_enough_groups_is_in_every_set_and_twice_in_validation) {
    for (uint32_t stream = 0; stream < 20; stream++) {
        Manifest m = random_manifest(60, 40, 6, stream);
        Split s;
        cr_assert_eq(split_make(&s, &m, stream, NULL, NULL), STATUS_OK);
        for (int l = 0; l < m.n_labels; l++) {
            int all = 0;
            for (int k = 0; k < SET_COUNT; k++) all += groups_in(&m, &s, l, (Set)k);
            if (all < 8) continue;
            for (int k = 0; k < SET_COUNT; k++)
                cr_assert_gt(groups_in(&m, &s, l, (Set)k), k == SET_VAL ? 1 : 0,
                             "manifest %u, label %d, set %d", stream, l, k);
        }
        split_free(&s);
        manifest_free(&m);
    }
}

Test(split, four_groups_of_a_label_go_to_four_sets) {
    Manifest m = manifest(
        "id\ttext\tlabels\na\tt\tx\nb\tt\tx\nc\tt\tx\nd\tt\tx\ne\tt\ty\nf\tt\ty\ng\tt\ty\nh\tt\ty\n");
    for (uint64_t seed = 1; seed <= 20; seed++) {
        Split s;
        cr_assert_eq(split_make(&s, &m, seed, NULL, NULL), STATUS_OK);
        for (int k = 0; k < SET_COUNT; k++) cr_assert_eq(s.count[k], 2);
        split_free(&s);
    }
    manifest_free(&m);
}

Test(split, the_seed_alone_fixes_it) {
    Manifest m = random_manifest(80, 3, 4, 1);
    Split a, b, c;
    cr_assert_eq(split_make(&a, &m, 1, NULL, NULL), STATUS_OK);
    cr_assert_eq(split_make(&b, &m, 1, NULL, NULL), STATUS_OK);
    cr_assert_eq(split_make(&c, &m, 2, NULL, NULL), STATUS_OK);
    cr_assert_eq(memcmp(a.set, b.set, (size_t)m.n * sizeof *a.set), 0);
    cr_assert_eq(a.hash, b.hash);
    cr_assert(a.hash != c.hash);
    split_free(&a);
    split_free(&b);
    split_free(&c);
    manifest_free(&m);
}

Test(split, thinning_takes_whole_groups_from_training_alone_and_nests) {
    Manifest m = random_manifest(200, 3, 4, 1);
    Split all, some, few;
    cr_assert_eq(split_make(&all, &m, 1, NULL, NULL), STATUS_OK);
    cr_assert_eq(split_make(&some, &m, 1, NULL, NULL), STATUS_OK);
    cr_assert_eq(split_make(&few, &m, 1, NULL, NULL), STATUS_OK);
    cr_assert_eq(split_thin(&some, &m, 60, 1, NULL), STATUS_OK);
    cr_assert_eq(split_thin(&few, &m, 20, 1, NULL), STATUS_OK);
    cr_assert(some.count[SET_TRAIN] >= 60 && some.count[SET_TRAIN] < all.count[SET_TRAIN]);
    cr_assert(few.count[SET_TRAIN] >= 20 && few.count[SET_TRAIN] < 40);
    for (int i = 0; i < m.n; i++) {
        if (all.set[i] != SET_TRAIN) cr_assert_eq(some.set[i], all.set[i]);
        if (few.set[i] == SET_TRAIN) cr_assert_eq(some.set[i], SET_TRAIN);
        for (int j = 0; j < i && all.set[i] == SET_TRAIN; j++)
            if (m.cases[i].group == m.cases[j].group) cr_assert_eq(few.set[i], few.set[j]);
    }
    uint32_t hash = all.hash;
    cr_assert_eq(split_thin(&all, &m, 0, 1, NULL), STATUS_OK);
    cr_assert_eq(split_thin(&all, &m, 100000, 1, NULL), STATUS_OK);
    cr_assert(all.hash == hash && few.hash != hash);
    split_free(&all);
    split_free(&some);
    split_free(&few);
    manifest_free(&m);
}

Test(split, too_few_groups_for_a_label_are_warned_of_and_for_a_set_refused) {
    Manifest m = manifest("id\ttext\tlabels\na\tt\tx\nb\tt\tx\nc\tt\tx\nd\tt\tx\ne\tt\trare\n");
    Split s;
    FixtureLog log;
    Error err = {0};
    fixture_log(&log);
    cr_assert_eq(split_make(&s, &m, 1, &log.log, &err), STATUS_OK);
    cr_assert_eq(log.warnings, 1);
    cr_assert_not_null(strstr(log.text, "label \"rare\" is missing in "));
    split_free(&s);
    manifest_free(&m);
    m = manifest("id\ttext\tgroup\na\tt\tg\nb\tt\tg\nc\tt\tg\nd\tt\th\n");
    cr_assert_eq(split_make(&s, &m, 1, NULL, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "would be empty: 4 cases in 2 groups"));
    split_free(&s);
    manifest_free(&m);
}

/* ---- From the column ---- */

Test(split, a_split_column_is_taken_as_it_is) {
    Manifest m = manifest("id\ttext\tsplit\na\tt\ttrain\nb\tt\tval\nc\tt\tquery\nd\tt\tdatabase\n");
    Split s;
    cr_assert_eq(split_make(&s, &m, 1, NULL, NULL), STATUS_OK);
    for (int i = 0; i < 4; i++) cr_assert_eq(s.set[i], (Set)i);
    const char *lines = "a\ttrain\nb\tval\nc\tquery\nd\tdatabase\n";
    cr_assert_eq(s.hash, crc32_update(0, lines, strlen(lines)));
    split_free(&s);
    manifest_free(&m);
}

Test(split, a_split_column_with_holes_or_empty_sets_is_refused) {
    Manifest m = manifest("id\ttext\tsplit\na\tt\ttrain\nb\tt\t\n");
    Split s;
    Error err = {0};
    cr_assert_eq(split_make(&s, &m, 1, NULL, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "m.tsv:3: case \"b\" has no split"));
    split_free(&s);
    manifest_free(&m);
    m = manifest("id\ttext\tsplit\na\tt\tquery\nb\tt\tdatabase\n");
    cr_assert_eq(split_make(&s, &m, 1, NULL, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "the set train would be empty"));
    split_free(&s);
    manifest_free(&m);
}

Test(split, a_split_column_that_tears_a_group_is_warned_of) {
    Manifest m =
        manifest("id\ttext\tsplit\tgroup\na\tt\ttrain\tp\nb\tt\tval\t\nc\tt\tquery\tp\nd\tt\tdatabase\t\n");
    Split s;
    FixtureLog log;
    fixture_log(&log);
    cr_assert_eq(split_make(&s, &m, 1, &log.log, NULL), STATUS_OK);
    cr_assert_not_null(strstr(log.text, "m.tsv:4: the split column puts group \"p\" into several sets"));
    split_free(&s);
    manifest_free(&m);
}

/* ---- Unseen labels ---- */

Test(split, unseen_labels_are_never_trained_on_and_groups_stay_whole) {
    Manifest m = random_manifest(150, 3, 5, 3);
    const uint8_t unseen[5] = {0, 1, 0, 1, 0};
    Split s;
    cr_assert_eq(split_make_unseen(&s, &m, 1, unseen, NULL, NULL), STATUS_OK);
    check_groups_are_whole(&m, &s);
    int hidden_cases = 0;
    for (int i = 0; i < m.n; i++) {
        int hidden = m.labels[i * 5 + 1] || m.labels[i * 5 + 3];
        hidden_cases += hidden;
        if (hidden)
            cr_assert(s.set[i] == SET_QUERY || s.set[i] == SET_DATABASE);
        else
            cr_assert(s.set[i] == SET_TRAIN || s.set[i] == SET_VAL || s.set[i] == SET_NONE);
    }
    cr_assert_eq(s.count[SET_QUERY] + s.count[SET_DATABASE], hidden_cases);
    cr_assert_lt(fabs((double)s.count[SET_QUERY] / hidden_cases - 3.0 / 7), 0.03);
    for (int i = 0; i < m.n; i++) { /* left out: only beside an unseen label of the same group */
        int beside = 0;
        for (int j = 0; j < m.n; j++)
            beside |= m.cases[j].group == m.cases[i].group && (m.labels[j * 5 + 1] || m.labels[j * 5 + 3]);
        if (s.set[i] == SET_NONE) cr_assert(beside);
    }
    split_free(&s);
    manifest_free(&m);
}

Test(split, written_split_names_id_set_and_group) {
    Manifest m =
        manifest("id\ttext\tsplit\tgroup\na\tt\ttrain\tp\nb\tt\tval\t\nc\tt\tquery\tq\nd\tt\tdatabase\tq2\n");
    Split s;
    const char *path = fixture_path("split.tsv");
    unsigned char *data;
    size_t size;
    cr_assert_eq(split_make(&s, &m, 1, NULL, NULL), STATUS_OK);
    cr_assert_eq(split_write(&s, &m, path, NULL), STATUS_OK);
    cr_assert_eq(file_read(path, 1000, &data, &size, NULL), STATUS_OK);
    cr_assert_str_eq((char *)data, "id\tset\tgroup\na\ttrain\tp\nb\tval\tb\nc\tquery\tq\nd\tdatabase\tq2\n");
    mem_free(data);
    split_free(&s);
    manifest_free(&m);
}

Test(split, memory_that_runs_out_is_told_and_nothing_leaks) {
    Manifest m = random_manifest(40, 2, 3, 4);
    const uint8_t unseen[3] = {1, 0, 0};
    Status status = STATUS_IO;
    for (long n = 1; status != STATUS_OK; n++) {
        Split s, u = {0};
        cr_assert_lt(n, 200);
        mem_fail_at(n, 1);
        status = split_make(&s, &m, 1, NULL, NULL);
        if (status == STATUS_OK) status = split_make_unseen(&u, &m, 1, unseen, NULL, NULL);
        mem_fail_at(0, 0);
        cr_assert(status == STATUS_OK || status == STATUS_IO);
        split_free(&s);
        split_free(&u);
    }
    manifest_free(&m);
}

Test(split, real_sets_have_every_label_in_every_set) {
    const char *data = getenv("MSACH_DATA");
    if (!data || !*data) cr_skip("MSACH_DATA is not set");
    static const char *const names[] = {"vqamed2019", "pocus_lung_us"};
    for (int k = 0; k < 2; k++) {
        char path[1024];
        Manifest m;
        ManifestOptions o = {.need_labels = true};
        snprintf(path, sizeof path, "%s/data/%s/manifest.tsv", data, names[k]);
        cr_assert_eq(manifest_read(&m, path, &o, NULL, NULL), STATUS_OK);
        for (uint64_t seed = 1; seed <= 20; seed++) {
            Split s;
            cr_assert_eq(split_make(&s, &m, seed, NULL, NULL), STATUS_OK);
            for (int l = 0; l < m.n_labels; l++)
                for (int set = 0; set < SET_COUNT; set++) cr_assert_gt(groups_in(&m, &s, l, (Set)set), 0);
            for (int set = 0; set < SET_COUNT; set++)
                cr_assert_lt(fabs((double)s.count[set] / m.n - share[set]), 0.04);
            split_free(&s);
        }
        manifest_free(&m);
    }
}

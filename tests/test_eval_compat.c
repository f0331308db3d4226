/* Formulas of public codebases on cases computed by hand, and scikit-learn's results on the files of a dump. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/compat.h"
#include "eval/dump.h"
#include "eval/trec.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/base/rng.h"
#include "tests/case_sets.h"
#include "tests/check.h"
#include "tests/tempdir.h"

/* Distances of query 0: 0 1 1 2 3; relevant: items 0, 2 and 4, at ranks 1, 3 and 5 in database order. Query 1
 * has no relevant item. */
static const uint8_t QUERY[2 * 2] = {0, 0, 0, 0}, ITEMS[5 * 2] = {0, 0, 1, 0, 2, 0, 3, 0, 7, 0};
static const uint8_t QUERY_LABELS[2 * 3] = {1, 0, 0, 0, 0, 1};
static const uint8_t ITEM_LABELS[5 * 3] = {1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0};

static CaseSet small_query(void) {
    return case_set(2, 16, QUERY, 3, QUERY_LABELS);
}
static CaseSet small_items(void) {
    return case_set(5, 16, ITEMS, 3, ITEM_LABELS);
}

static double map_of(Compat c, size_t k) {
    CaseSet q = small_query(), d = small_items();
    RetrievalTask t = {&q, &d, MODALITY_IMAGE, false};
    double map = -1.0;
    cr_assert_eq(compat_map(c, &t, k, &map, NULL, NULL), STATUS_OK);
    return map;
}

Test(eval_compat, each_formula_gives_the_value_worked_by_hand) {
    double whole = (1.0 + 2.0 / 3 + 3.0 / 5) / 3;
    cr_assert_float_eq(map_of(COMPAT_DCMH, 0), whole / 2, 1e-15);
    cr_assert_float_eq(map_of(COMPAT_TORCHCMH, 0), whole / 2, 1e-15);
    cr_assert_float_eq(map_of(COMPAT_TORCHCMH, 2), (1.0 + 2.0 / 3) / 2 / 2, 1e-15);
    cr_assert_float_eq(map_of(COMPAT_DJSRH, 0), whole / 2, 1e-15);
    cr_assert_float_eq(map_of(COMPAT_DJSRH, 2), 1.0 / 2, 1e-15); /* one hit at rank 1, none at 2: scores 1 */
    cr_assert_float_eq(map_of(COMPAT_DJSRH, 3), (1.0 + 2.0 / 3) / 2 / 2, 1e-15);
    cr_assert_float_eq(map_of(COMPAT_UCCH, 0), whole,
                       1e-15); /* the query without relevant item is left out */
    cr_assert_float_eq(map_of(COMPAT_UCCH, 2), 1.0, 1e-15);
}

Test(eval_compat, names_find_their_codebase) {
    for (int c = 0; c < COMPAT_COUNT; c++) cr_assert_eq(compat_find(compat_name((Compat)c)), c);
    cr_assert_eq(compat_find("trec"), -1);
}

Test(eval_compat, items_of_the_own_group_are_not_ranked) {
    CaseSet q = small_query(), d = small_items();
    RetrievalTask t = {&q, &d, MODALITY_IMAGE, true};
    const int query_group[2] = {7, 8}, item_group[5] = {7, 1, 2, 3, 4};
    q.group = query_group;
    d.group = item_group;
    double map;
    cr_assert_eq(compat_map(COMPAT_UCCH, &t, 0, &map, NULL, NULL), STATUS_OK);
    cr_assert_float_eq(map, (1.0 / 2 + 2.0 / 4) / 2, 1e-15);
}

/* ---- Dumps ---- */

enum { QUERIES = 40, DATABASE = 150, BITS = 16, CLASSES = 6 };

typedef struct {
    uint8_t image[DATABASE * BITS / 8], text[DATABASE * BITS / 8], labels[DATABASE * CLASSES];
    char name[DATABASE][32];
    const char *id[DATABASE];
} Side;

static void fill_side(Side *s, int n, uint32_t stream, const char *prefix) {
    Rng r = rng_stream(5, RNG_TEST, stream);
    memset(s, 0, sizeof *s);
    for (int i = 0; i < n; i++) {
        uint32_t kind = rng_below(&r, CLASSES);
        s->labels[i * CLASSES + (int)kind] = stream == 1 && i == 0 ? 0 : 1;
        if (i % 3 == 0 && i > 0) s->labels[i * CLASSES + (int)((kind + 1) % CLASSES)] = 1;
        for (int b = 0; b < BITS / 8; b++) {
            s->image[i * 2 + b] = (uint8_t)((kind * 37 + (uint32_t)b * 11) ^ (rng_u32(&r) & rng_u32(&r)));
            s->text[i * 2 + b] = (uint8_t)((kind * 37 + (uint32_t)b * 11) ^ (rng_u32(&r) & rng_u32(&r)));
        }
        snprintf(s->name[i], sizeof s->name[i], "%s %03d%%", prefix, i);
        s->id[i] = s->name[i];
    }
}

static Side query_side, database_side;
static CaseSet query_set, database_set;

static CaseSet set_of(const Side *s, size_t n) {
    CaseSet c = case_set(n, BITS, s->image, CLASSES, s->labels);
    c.code[MODALITY_TEXT] = s->text;
    c.id = s->id;
    return c;
}

static RetrievalTask task_of(Modality from) {
    return (RetrievalTask){&query_set, &database_set, from, false};
}

static Dump make_dump(Retrieval direction[MODALITIES]) {
    fill_side(&query_side, QUERIES, 1, "query");
    fill_side(&database_side, DATABASE, 2, "item");
    query_set = set_of(&query_side, QUERIES);
    database_set = set_of(&database_side, DATABASE);
    for (Modality k = 0; k < MODALITIES; k++) {
        RetrievalTask t = task_of(k);
        cr_assert_eq(evaluate_codes(&direction[k], &t, NULL, NULL), STATUS_OK);
    }
    return (Dump){.query = &query_set, .database = &database_set, .direction = direction};
}

static void free_directions(Retrieval direction[MODALITIES]) {
    for (int k = 0; k < MODALITIES; k++) retrieval_free(&direction[k]);
}

Test(eval_dump, files_hold_what_was_measured) {
    Retrieval r[MODALITIES];
    Dump d = make_dump(r);
    char path[128], line[256];
    TempDir folder = temp_make();
    cr_assert_eq(dump_write(folder.path, &d, NULL), STATUS_OK);
    snprintf(path, sizeof path, "%s/per_query.tsv", folder.path);
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f);
    cr_assert_not_null(fgets(line, sizeof line, f));
    double sum = 0.0, ap;
    int rows = 0;
    while (fgets(line, sizeof line, f)) {
        char id[40], direction[20];
        unsigned ranked, relevant;
        double low, high;
        cr_assert_eq(sscanf(line, "%39[^\t]\t%19s\t%u\t%u\t%lf\t%lf\t%lf", id, direction, &ranked, &relevant,
                            &low, &ap, &high),
                     7);
        cr_assert(low <= ap + 1e-11 && ap <= high + 1e-11 && ranked == DATABASE);
        sum += rows < QUERIES ? ap : 0.0;
        rows++;
    }
    fclose(f);
    cr_assert_eq(rows, 2 * QUERIES);
    cr_assert_float_eq(sum / QUERIES, r[MODALITY_IMAGE].map.expected, 1e-10);
    temp_remove(&folder);
    free_directions(r);
}

Test(eval_dump, ids_in_runs_have_no_white_space) {
    Retrieval r[MODALITIES];
    Dump d = make_dump(r);
    char path[128], line[256];
    TempDir folder = temp_make();
    d.run_depth = 3;
    cr_assert_eq(dump_write(folder.path, &d, NULL), STATUS_OK);
    snprintf(path, sizeof path, "%s/run_text_to_image.txt", folder.path);
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f);
    int rows = 0, rank, score;
    for (; fgets(line, sizeof line, f); rows++) {
        char query[40], item[40], end[40];
        cr_assert_eq(sscanf(line, "%39s Q0 %39s %d %d %39s", query, item, &rank, &score, end), 5);
        cr_assert(rank == rows % 3 + 1 && score == -rank);
        cr_assert_not_null(strstr(item, "item%20"));
        cr_assert_str_eq(item + strlen(item) - 3, "%25");
    }
    fclose(f);
    cr_assert_eq(rows, 3 * QUERIES);
    temp_remove(&folder);
    free_directions(r);
}

Test(eval_dump, folder_that_cannot_be_made_is_an_error) {
    Retrieval r[MODALITIES];
    Dump d = make_dump(r);
    Error err = {0};
    cr_assert(dump_write("/dev/null/dump", &d, &err) != STATUS_OK);
    cr_assert_not_null(strstr(err.message, "/dev/null"));
    free_directions(r);
}

/* The first Python with the modules of the script; NULL where there is none. */
static const char *peer_python(void) {
    static const char *const candidate[] = {"python3", "/usr/bin/python3"};
    char command[120];
    for (size_t i = 0; i < sizeof candidate / sizeof *candidate; i++) {
        snprintf(command, sizeof command, "%s -c 'import numpy, sklearn' >/dev/null 2>&1", candidate[i]);
        if (system(command) == 0) return candidate[i];
    }
    return NULL;
}

/* The dumped arrays of the database, in the order of the files. The caller frees array[3] with npy_free. */
static CaseSet read_database(const char *folder, Npy array[3]) {
    static const char *const name[3] = {"image_codes_database.npy", "text_codes_database.npy",
                                        "labels_database.npy"};
    for (int i = 0; i < 3; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", folder, name[i]);
        cr_assert_eq(npy_read(&array[i], path, 1 << 20, NULL), STATUS_OK);
    }
    CaseSet c = case_set(DATABASE, BITS, array[0].data, CLASSES, array[2].data);
    c.code[MODALITY_TEXT] = array[1].data;
    return c;
}

/* The TREC run has no ties and keeps the order of the files: scikit-learn's value equals dcmh's and lies between the bounds. */
static void compare_with_peer(const char *python, const char *folder, const Dump *d) {
    char command[200], name[20];
    snprintf(command, sizeof command, "%s tests/peers/average_precision.py '%s'", python, folder);
    Npy array[3];
    CaseSet dumped = read_database(folder, array);
    FILE *f = popen(command, "r");
    cr_assert_not_null(f);
    for (Modality from = 0; from < MODALITIES; from++) {
        double peer, low, high, own;
        int follows;
        const Retrieval *r = &d->direction[from];
        RetrievalTask t = {&query_set, &dumped, from, false};
        cr_assert_eq(fscanf(f, "%19s %lf %lf %lf %d", name, &peer, &low, &high, &follows), 5);
        cr_assert_eq(compat_map(COMPAT_DCMH, &t, 0, &own, NULL, NULL), STATUS_OK);
        cr_assert_float_eq(own, peer, 1e-12);
        cr_assert_float_eq(r->map.pessimistic, low, 1e-12);
        cr_assert_float_eq(r->map.optimistic, high, 1e-12);
        cr_assert_eq(follows, 1);
        cr_assert(low < peer && peer < high);
    }
    cr_assert_eq(pclose(f), 0);
    for (int i = 0; i < 3; i++) npy_free(&array[i]);
}

Test(eval_dump, scikit_learn_agrees_from_the_files_alone) {
    const char *python = peer_python();
    if (!python) cr_skip("python3 with numpy and scikit-learn is missing: the comparison is left out");
    Retrieval r[MODALITIES];
    Dump d = make_dump(r);
    TempDir folder = temp_make();
    cr_assert_eq(dump_write(folder.path, &d, NULL), STATUS_OK);
    compare_with_peer(python, folder.path, &d);
    temp_remove(&folder);
    free_directions(r);
}

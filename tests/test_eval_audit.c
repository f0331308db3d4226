/* The audit: no finding on clean data, each planted defect, and files that are not codes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/audit/audit.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/tempdir.h"

enum { QUERIES = 60, ITEMS = 300, BITS = 32, CLASSES = 5, NAME = 24 };

/* Signs -1 and +1 with the sign of the class's word, each flipped with probability 1/8; every fifth case has
 * two labels. */
typedef struct {
    int8_t query[QUERIES][BITS], item[ITEMS][BITS];
    uint8_t query_label[QUERIES][CLASSES], item_label[ITEMS][CLASSES];
    char query_group[QUERIES][NAME], item_group[ITEMS][NAME];
    size_t n_items;
} Planted;

static void plant_case(Rng *r, int8_t *sign, uint8_t *label, int i) {
    uint32_t kind = rng_below(r, CLASSES);
    Rng word = rng_stream(1, RNG_TEST, 100 + kind);
    for (int j = 0; j < BITS; j++) {
        int flip = rng_below(r, 8) == 0;
        sign[j] = (rng_u32(&word) & 1u) == (uint32_t)flip ? -1 : 1;
    }
    memset(label, 0, CLASSES);
    label[kind] = 1;
    if (i % 5 == 0) label[(kind + 1) % CLASSES] = 1;
}

static Planted *plant_clean(void) {
    static Planted p;
    Rng r = rng_stream(11, RNG_TEST, 1);
    memset(&p, 0, sizeof p);
    p.n_items = ITEMS;
    for (int i = 0; i < QUERIES; i++) {
        plant_case(&r, p.query[i], p.query_label[i], i);
        snprintf(p.query_group[i], sizeof p.query_group[i], "patient %d", i / 3);
    }
    for (int i = 0; i < ITEMS; i++) {
        plant_case(&r, p.item[i], p.item_label[i], i);
        snprintf(p.item_group[i], sizeof p.item_group[i], "patient %d", 1000 + i / 3);
    }
    return &p;
}

/* ---- Files ---- */

/* name (n, NAME). */
static void write_names(const char *path, const char *name, size_t n) {
    Buffer b = {0};
    for (size_t i = 0; i < n; i++) buffer_printf(&b, "%s\n", name + i * NAME);
    raw_write(path, b.data, b.size);
    buffer_free(&b);
}

/* signs: int8; else packed uint8. */
static void write_codes(const char *path, const int8_t (*sign)[BITS], size_t n, int signs) {
    if (signs) {
        const int64_t dim[2] = {(int64_t)n, BITS};
        cr_assert_eq(npy_write(path, NPY_I8, 2, dim, sign, NULL), STATUS_OK);
        return;
    }
    uint8_t *packed = calloc(n, BITS / 8);
    for (size_t i = 0; i < n * BITS; i++)
        if (sign[i / BITS][i % BITS] > 0) packed[i / 8] = (uint8_t)(packed[i / 8] | 1u << (i % 8));
    const int64_t dim[2] = {(int64_t)n, BITS / 8};
    cr_assert_eq(npy_write(path, NPY_U8, 2, dim, packed, NULL), STATUS_OK);
    free(packed);
}

static char path_of[6][320];

static AuditSource write_files(TempDir *d, const Planted *p, int signs, int groups) {
    static const char *const name[6] = {"q.npy", "d.npy", "lq.npy", "ld.npy", "gq.txt", "gd.txt"};
    for (int i = 0; i < 6; i++) snprintf(path_of[i], sizeof path_of[i], "%s", temp_path(d, name[i]));
    write_codes(path_of[0], p->query, QUERIES, signs);
    write_codes(path_of[1], p->item, p->n_items, signs);
    const int64_t dim_q[2] = {QUERIES, CLASSES}, dim_d[2] = {(int64_t)p->n_items, CLASSES};
    cr_assert_eq(npy_write(path_of[2], NPY_U8, 2, dim_q, p->query_label, NULL), STATUS_OK);
    cr_assert_eq(npy_write(path_of[3], NPY_U8, 2, dim_d, p->item_label, NULL), STATUS_OK);
    write_names(path_of[4], p->query_group[0], QUERIES);
    write_names(path_of[5], p->item_group[0], p->n_items);
    return (AuditSource){path_of[0],
                         path_of[1],
                         path_of[2],
                         path_of[3],
                         groups ? path_of[4] : NULL,
                         groups ? path_of[5] : NULL,
                         NULL,
                         NULL,
                         CODES_BY_VALUES,
                         LABELS_BY_VALUES,
                         NULL};
}

static AuditReport audit(const Planted *p, int signs) {
    TempDir d = temp_make();
    AuditSource paths = write_files(&d, p, signs, 1);
    AuditData data;
    AuditReport r;
    Error err = {0};
    cr_assert_eq(audit_read(&data, &paths, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(audit_run(&r, &data, NULL, &err), STATUS_OK, "%s", err.message);
    audit_free(&data);
    temp_remove(&d);
    return r;
}

static const AuditFinding *finding_of(const AuditReport *r, AuditKind kind) {
    for (int i = 0; i < r->n; i++)
        if (r->finding[i].kind == kind) return &r->finding[i];
    return NULL;
}

/* Only the planted defect is found. */
static void expect_only(const AuditReport *r, AuditKind kind, size_t count) {
    const AuditFinding *f = finding_of(r, kind);
    cr_assert_not_null(f, "%s was not found", audit_kind_name(kind));
    cr_assert_eq(r->n, 1, "besides: %s", audit_kind_name(r->finding[r->n - 1].kind));
    cr_assert_eq(f->count, count, "%s: %zu", audit_kind_name(kind), f->count);
    cr_assert_gt(strlen(f->message), 60);
}

/* ---- Findings ---- */

Test(eval_audit, clean_data_gives_no_finding) {
    Planted *p = plant_clean();
    for (int signs = 0; signs < 2; signs++) {
        AuditReport r = audit(p, signs);
        cr_assert_eq(r.n, 0, "%s", r.n ? r.finding[0].message : "");
        cr_assert(r.bits == BITS && r.queries == QUERIES && r.database == ITEMS && r.without_relevant == 0);
        cr_assert_gt(r.map.expected, 2 * r.map_random);
    }
}

Test(eval_audit, class_codes_alone_are_no_self_retrieval) {
    Planted *p = plant_clean();
    for (int i = 0; i < QUERIES; i++) memcpy(p->query[i], p->item[i % CLASSES], BITS);
    for (int i = CLASSES; i < ITEMS; i++) memcpy(p->item[i], p->item[i % CLASSES], BITS);
    AuditReport r = audit(p, 1);
    cr_assert_null(finding_of(&r, AUDIT_SELF_RETRIEVAL));
}

Test(eval_audit, queries_in_the_database_are_found_wherever_they_stand) {
    Planted *p = plant_clean();
    for (int i = 0; i < QUERIES; i++) {
        memcpy(p->item[(7 * i) % ITEMS], p->query[i], BITS);
        memcpy(p->item_label[(7 * i) % ITEMS], p->query_label[i], CLASSES);
    }
    AuditReport r = audit(p, 0);
    expect_only(&r, AUDIT_SELF_RETRIEVAL, QUERIES);
}

Test(eval_audit, some_queries_in_the_database_are_found) {
    Planted *p = plant_clean();
    for (int i = 0; i < QUERIES; i += 6) {
        memcpy(p->item[4 * i], p->query[i], BITS);
        memcpy(p->item_label[4 * i], p->query_label[i], CLASSES);
    }
    AuditReport r = audit(p, 0);
    expect_only(&r, AUDIT_SELF_RETRIEVAL, QUERIES / 6);
}

Test(eval_audit, queries_whose_other_half_is_in_the_database_are_found_by_their_labels) {
    Planted *p = plant_clean();
    memcpy(p->item_label[100], p->query_label, sizeof p->query_label);
    AuditReport r = audit(p, 0);
    const AuditFinding *f = finding_of(&r, AUDIT_SELF_RETRIEVAL);
    cr_assert_not_null(f);
    cr_assert_not_null(strstr(f->message, "rows 101 to 160"));
}

Test(eval_audit, ids_on_both_sides_are_self_retrieval) {
    Planted *p = plant_clean();
    TempDir d = temp_make();
    AuditSource paths = write_files(&d, p, 0, 0);
    snprintf(p->item_group[17], sizeof p->item_group[17], "patient 4");
    write_names(path_of[5], p->item_group[0], ITEMS);
    paths.query_ids = path_of[4];
    paths.database_ids = path_of[5];
    AuditData data;
    AuditReport r;
    cr_assert_eq(audit_read(&data, &paths, NULL), STATUS_OK);
    cr_assert_eq(audit_run(&r, &data, NULL, NULL), STATUS_OK);
    expect_only(&r, AUDIT_SELF_RETRIEVAL, 3);
    audit_free(&data);
    temp_remove(&d);
}

Test(eval_audit, patient_on_both_sides_is_found) {
    Planted *p = plant_clean();
    memcpy(p->item_group[5], "patient 2", 10);
    memcpy(p->item_group[250], "patient 19", 11);
    AuditReport r = audit(p, 0);
    expect_only(&r, AUDIT_SHARED_GROUP, 2);
}

static int by_label(const void *a, const void *b) {
    return memcmp((const int8_t *)b + BITS, (const int8_t *)a + BITS, CLASSES);
}

static void sort_database(Planted *p) {
    static int8_t row[ITEMS][BITS + CLASSES];
    for (int i = 0; i < ITEMS; i++) {
        memcpy(row[i], p->item[i], BITS);
        memcpy(row[i] + BITS, p->item_label[i], CLASSES);
    }
    qsort(row, ITEMS, sizeof row[0], by_label);
    for (int i = 0; i < ITEMS; i++) {
        memcpy(p->item[i], row[i], BITS);
        memcpy(p->item_label[i], row[i] + BITS, CLASSES);
    }
}

Test(eval_audit, database_sorted_by_class_is_found) {
    Planted *p = plant_clean();
    sort_database(p);
    AuditReport r = audit(p, 0);
    expect_only(&r, AUDIT_SORTED_DATABASE, 9); /* five classes, each once more with a second label */
    cr_assert_gt(r.map_constant, r.map_random + 0.05);
}

Test(eval_audit, constant_codes_in_a_sorted_database_of_two_classes_score_far_above_chance) {
    Planted *p = plant_clean();
    for (int i = 0; i < ITEMS; i++) {
        memset(p->item_label[i], 0, CLASSES);
        p->item_label[i][i >= ITEMS / 2] = 1;
    }
    for (int i = 0; i < QUERIES; i++) {
        memset(p->query_label[i], 0, CLASSES);
        p->query_label[i][i % 2] = 1;
    }
    AuditReport r = audit(p, 0);
    cr_assert_not_null(finding_of(&r, AUDIT_SORTED_DATABASE));
    cr_assert_float_eq(r.map_random, 0.51, 0.01);
    cr_assert_float_eq(r.map_constant, (1.0 + 0.307) / 2, 0.005); /* 1 and 1 - ln 2 */
}

Test(eval_audit, zeros_among_signs_are_found) {
    Planted *p = plant_clean();
    p->query[3][0] = p->query[3][9] = p->item[200][31] = 0;
    AuditReport r = audit(p, 1);
    expect_only(&r, AUDIT_SIGN_ZERO, 3);
    cr_assert_not_null(strstr(finding_of(&r, AUDIT_SIGN_ZERO)->message, "of 2 codes"));
}

Test(eval_audit, constant_bits_are_found) {
    Planted *p = plant_clean();
    for (int i = 0; i < ITEMS; i++) p->item[i][6] = p->item[i][30] = -1;
    AuditReport r = audit(p, 0);
    expect_only(&r, AUDIT_CONSTANT_BITS, 2);
    cr_assert_not_null(strstr(finding_of(&r, AUDIT_CONSTANT_BITS)->message, "bit 6"));
}

Test(eval_audit, duplicated_and_inverted_bits_are_found) {
    Planted *p = plant_clean();
    for (int i = 0; i < ITEMS; i++) {
        p->item[i][20] = p->item[i][3];
        p->item[i][21] = (int8_t)-p->item[i][4];
    }
    for (int i = 0; i < QUERIES; i++) {
        p->query[i][20] = p->query[i][3];
        p->query[i][21] = (int8_t)-p->query[i][4];
    }
    AuditReport r = audit(p, 0);
    expect_only(&r, AUDIT_DUPLICATE_BITS, 2);
}

Test(eval_audit, queries_without_relevant_item_show_that_divisors_differ) {
    Planted *p = plant_clean();
    memset(p->query_label[8], 0, CLASSES);
    memset(p->query_label[9], 0, CLASSES);
    AuditReport r = audit(p, 0);
    expect_only(&r, AUDIT_DIVISORS, 2);
    cr_assert_float_eq(r.map_relevant * (QUERIES - 2), r.map.expected * QUERIES, 1e-9);
    cr_assert_float_eq(r.compat[COMPAT_UCCH] * (QUERIES - 2), r.compat[COMPAT_DCMH] * QUERIES, 1e-9);
}

/* ---- Files ---- */

Test(eval_audit, codes_mean_the_same_in_every_type_of_file) {
    Planted *p = plant_clean();
    static float real[ITEMS][BITS];
    static uint8_t bit[ITEMS][BITS];
    for (int i = 0; i < ITEMS * BITS; i++) {
        real[i / BITS][i % BITS] = p->item[i / BITS][i % BITS];
        bit[i / BITS][i % BITS] = p->item[i / BITS][i % BITS] > 0;
    }
    TempDir d = temp_make();
    const int64_t dim[2] = {ITEMS, BITS};
    AuditData one, other;
    AuditSource paths = write_files(&d, p, 0, 0);
    cr_assert_eq(audit_read(&one, &paths, NULL), STATUS_OK);
    for (int kind = 0; kind < 3; kind++) {
        const void *data = kind == 0   ? (const void *)p->item
                           : kind == 1 ? (const void *)real
                                       : (const void *)bit;
        npy_write(path_of[1], kind == 0 ? NPY_I8 : kind == 1 ? NPY_F32 : NPY_U8, 2, dim, data, NULL);
        cr_assert_eq(audit_read(&other, &paths, NULL), STATUS_OK);
        cr_assert_eq(memcmp(one.database.code, other.database.code, ITEMS * BITS / 8), 0);
        audit_free(&other);
    }
    audit_free(&one);
    temp_remove(&d);
}

Test(eval_audit, class_numbers_serve_as_labels) {
    Planted *p = plant_clean();
    int64_t query[QUERIES], item[ITEMS];
    for (int i = 0; i < QUERIES; i++) query[i] = i % 4;
    for (int i = 0; i < ITEMS; i++) item[i] = i % CLASSES;
    TempDir d = temp_make();
    AuditSource paths = write_files(&d, p, 0, 0);
    npy_write(path_of[2], NPY_I64, 1, (const int64_t[]){QUERIES}, query, NULL);
    npy_write(path_of[3], NPY_I64, 1, (const int64_t[]){ITEMS}, item, NULL);
    AuditData data;
    cr_assert_eq(audit_read(&data, &paths, NULL), STATUS_OK);
    cr_assert_eq(data.classes, CLASSES);
    cr_assert(data.query_labels[CLASSES + 1] == 1 && data.query_labels[CLASSES] == 0);
    audit_free(&data);
    query[3] = -1;
    npy_write(path_of[2], NPY_I64, 1, (const int64_t[]){QUERIES}, query, NULL);
    cr_assert_eq(audit_read(&data, &paths, NULL), STATUS_INPUT);
    audit_free(&data);
    temp_remove(&d);
}

static void expect_refusal(const AuditSource *paths, const char *reason) {
    AuditData data;
    Error err = {0};
    cr_assert_eq(audit_read(&data, paths, &err), STATUS_INPUT, "%s", reason);
    cr_assert_not_null(strstr(err.message, reason), "%s", err.message);
    audit_free(&data);
}

Test(eval_audit, files_that_do_not_fit_are_input_errors) {
    Planted *p = plant_clean();
    TempDir d = temp_make();
    AuditSource paths = write_files(&d, p, 1, 1);
    const float scores[2][BITS] = {{1, -1, 0.25f}};
    npy_write(path_of[0], NPY_F32, 2, (const int64_t[]){2, BITS}, scores, NULL);
    expect_refusal(&paths, "row 1, column 3 is 0.25");
    npy_write(path_of[0], NPY_I8, 2, (const int64_t[]){QUERIES, BITS / 2}, p->query, NULL);
    expect_refusal(&paths, "codes of 32 bits");
    npy_write(path_of[0], NPY_I8, 1, (const int64_t[]){QUERIES}, p->query, NULL);
    expect_refusal(&paths, "another shape");
    paths = write_files(&d, p, 1, 1);
    npy_write(path_of[3], NPY_U8, 2, (const int64_t[]){ITEMS - 1, CLASSES}, p->item_label, NULL);
    expect_refusal(&paths, "299 rows of labels");
    npy_write(path_of[3], NPY_U8, 2, (const int64_t[]){ITEMS, CLASSES - 1}, p->item_label, NULL);
    expect_refusal(&paths, "another shape");
    paths = write_files(&d, p, 1, 1);
    write_names(path_of[4], p->query_group[0], QUERIES - 1);
    expect_refusal(&paths, "59 lines for 60 codes");
    temp_remove(&d);
}

/* The audit through the real binary: each defect planted in files as anyone's program would write them. */
#include <stdio.h>
#include <string.h>

#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

enum { QUERIES = 40, ITEMS = 160, BITS = 16, CLASSES = 4 };

/* Signs near the word of their class, each flipped with probability 1/8. Patients of two cases, none on both
 * sides. */
typedef struct {
    int8_t query[QUERIES][BITS], item[ITEMS][BITS];
    uint8_t query_label[QUERIES][CLASSES], item_label[ITEMS][CLASSES];
    int query_patient[QUERIES], item_patient[ITEMS];
} Files;

static void clean_case(Rng *r, int8_t *sign, uint8_t *label) {
    uint32_t kind = rng_below(r, CLASSES);
    Rng word = rng_stream(3, RNG_TEST, kind);
    for (int j = 0; j < BITS; j++) {
        uint32_t flip = rng_below(r, 8) == 0;
        sign[j] = (rng_u32(&word) & 1u) == flip ? -1 : 1;
    }
    label[kind] = 1;
}

static Files clean(void) {
    Files f;
    memset(&f, 0, sizeof f);
    Rng r = rng_stream(5, RNG_TEST, 50);
    for (int i = 0; i < QUERIES; i++) {
        clean_case(&r, f.query[i], f.query_label[i]);
        f.query_patient[i] = i / 2;
    }
    for (int i = 0; i < ITEMS; i++) {
        clean_case(&r, f.item[i], f.item_label[i]);
        f.item_patient[i] = 100 + i / 2;
    }
    return f;
}

static void write_array(const char *name, NpyType type, int64_t rows, int64_t columns, const void *data) {
    char path[512];
    snprintf(path, sizeof path, "%s", fixture_path(name));
    cr_assert_eq(npy_write(path, type, 2, (const int64_t[]){rows, columns}, data, NULL), STATUS_OK);
}

/* The file of the queries starts with a byte order mark, as editors on Windows write it. */
static void write_patients(const char *name, const int *patient, int n) {
    Buffer b = {0};
    if (strcmp(name, "gq.txt") == 0) buffer_printf(&b, "\xEF\xBB\xBF");
    for (int i = 0; i < n; i++) buffer_printf(&b, "patient %d\n", patient[i]);
    fixture_file(name, b.data, b.size);
    buffer_free(&b);
}

static Ran audit(const Files *f, const char *more) {
    const char *dir = fixture_dir();
    write_array("q.npy", NPY_I8, QUERIES, BITS, f->query);
    write_array("d.npy", NPY_I8, ITEMS, BITS, f->item);
    write_array("lq.npy", NPY_U8, QUERIES, CLASSES, f->query_label);
    write_array("ld.npy", NPY_U8, ITEMS, CLASSES, f->item_label);
    write_patients("gq.txt", f->query_patient, QUERIES);
    write_patients("gd.txt", f->item_patient, ITEMS);
    return run_msach("audit --query-codes %s/q.npy --database-codes %s/d.npy --query-labels %s/lq.npy "
                     "--database-labels %s/ld.npy --query-groups %s/gq.txt --database-groups %s/gd.txt %s",
                     dir, dir, dir, dir, dir, dir, more);
}

/* Exit 1, and this defect alone. */
static void expect_defect(const Files *f, const char *defect) {
    Ran r = audit(f, "--json");
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\"findings\":[{\"defect\":\"%s\"", defect);
    cr_assert_eq(r.code, 1, "%s%s", r.out, r.err);
    const char *found = strstr(r.out, wanted);
    cr_assert(found && !strstr(found + strlen(wanted), "\"defect\""), "not %s alone: %s", defect, r.out);
    ran_free(&r);
}

Test(cli_audit, clean_codes_exit_0_with_every_check_named) {
    Files f = clean();
    Ran r = audit(&f, "");
    cr_assert_eq(r.code, 0, "%s%s", r.out, r.err);
    cr_assert_not_null(strstr(r.out, "ok       shared-group\n"));
    cr_assert_null(strstr(r.out, "FOUND"));
    ran_free(&r);
    r = audit(&f, "--json");
    cr_assert_not_null(strstr(r.out, "\"findings\":[],\"not_checked\":[]"), "%s", r.out);
    ran_free(&r);
}

Test(cli_audit, finds_queries_in_the_database) {
    Files f = clean();
    for (int i = 0; i < QUERIES; i++) {
        memcpy(f.item[3 * i], f.query[i], BITS);
        memcpy(f.item_label[3 * i], f.query_label[i], CLASSES);
    }
    expect_defect(&f, "self-retrieval");
}

Test(cli_audit, finds_a_patient_on_both_sides) {
    Files f = clean();
    f.item_patient[7] = 3;
    expect_defect(&f, "shared-group");
    f.item_patient[7] = f.query_patient[0]; /* whose name stands behind the byte order mark */
    expect_defect(&f, "shared-group");
}

/* Patients as whole numbers in .npy, 32 bits here and 64 there. */
Test(cli_audit, patients_may_be_arrays_of_numbers) {
    Files f = clean();
    const char *dir = fixture_dir();
    static int32_t query[QUERIES];
    static int64_t item[ITEMS];
    f.item_patient[7] = 3;
    for (int i = 0; i < QUERIES; i++) query[i] = f.query_patient[i];
    for (int i = 0; i < ITEMS; i++) item[i] = f.item_patient[i];
    Ran r = audit(&f, "");
    ran_free(&r);
    cr_assert_eq(npy_write(fixture_path("gq.npy"), NPY_I32, 1, (const int64_t[]){QUERIES}, query, NULL),
                 STATUS_OK);
    cr_assert_eq(npy_write(fixture_path("gd.npy"), NPY_I64, 1, (const int64_t[]){ITEMS}, item, NULL),
                 STATUS_OK);
    const char *words = "audit --query-codes %s/q.npy --database-codes %s/d.npy --query-labels %s/lq.npy "
                        "--database-labels %s/ld.npy --query-groups %s/%s --database-groups %s/gd.npy";
    r = run_msach(words, dir, dir, dir, dir, dir, "gq.npy", dir);
    cr_assert_eq(r.code, 1, "%s%s", r.out, r.err);
    cr_assert_not_null(strstr(r.out, "FOUND    shared-group"), "%s", r.out);
    ran_free(&r);
    r = run_msach(words, dir, dir, dir, dir, dir, "lq.npy", dir);
    cr_assert(r.code == 3 && strstr(r.err, "lq.npy"), "%d %s", r.code, r.err);
    ran_free(&r);
}

Test(cli_audit, finds_a_database_sorted_by_class) {
    Files f = clean(), sorted = f;
    int n = 0;
    for (int c = 0; c < CLASSES; c++)
        for (int i = 0; i < ITEMS; i++) {
            if (!f.item_label[i][c]) continue;
            memcpy(sorted.item[n], f.item[i], BITS);
            memcpy(sorted.item_label[n++], f.item_label[i], CLASSES);
        }
    cr_assert_eq(n, ITEMS);
    expect_defect(&sorted, "sorted-database");
}

Test(cli_audit, finds_the_sign_of_zero) {
    Files f = clean();
    f.query[11][4] = 0;
    expect_defect(&f, "sign-zero");
}

Test(cli_audit, finds_constant_bits) {
    Files f = clean();
    for (int i = 0; i < ITEMS; i++) f.item[i][9] = 1;
    expect_defect(&f, "constant-bits");
}

Test(cli_audit, finds_duplicated_bits) {
    Files f = clean();
    for (int i = 0; i < QUERIES; i++) f.query[i][2] = f.query[i][12];
    for (int i = 0; i < ITEMS; i++) f.item[i][2] = f.item[i][12];
    expect_defect(&f, "duplicate-bits");
}

Test(cli_audit, finds_divisors_that_differ) {
    Files f = clean();
    memset(f.query_label[0], 0, CLASSES);
    expect_defect(&f, "divisors");
}

Test(cli_audit, a_check_without_its_input_is_named) {
    Files f = clean();
    const char *dir = fixture_dir();
    Ran r = audit(&f, "");
    ran_free(&r);
    expect_msach(0, "needs --query-groups and --database-groups",
                 "audit --query-codes %s/q.npy --database-codes %s/d.npy --query-labels %s/lq.npy "
                 "--database-labels %s/ld.npy",
                 dir, dir, dir, dir);
}

Test(cli_audit, wrong_files_and_half_pairs_are_told) {
    Files f = clean();
    const char *dir = fixture_dir();
    Ran r = audit(&f, "--query-ids x");
    cr_assert(r.code == 2 && strstr(r.err, "go together"), "%d %s", r.code, r.err);
    ran_free(&r);
    expect_msach(3, "missing.npy",
                 "audit --query-codes %s/missing.npy --database-codes %s/d.npy --query-labels %s/lq.npy "
                 "--database-labels %s/ld.npy",
                 dir, dir, dir, dir);
    expect_msach(2, "--database-codes D.npy is needed", "audit --query-codes q.npy");
}

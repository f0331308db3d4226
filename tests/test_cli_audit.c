/* The audit through the real binary: each defect is planted in files in the forms of other programs. */
#include <math.h>
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

/* Exit 1, and only this defect. */
static void expect_defect(const Files *f, const char *defect) {
    Ran r = audit(f, "--json");
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\"findings\":[{\"defect\":\"%s\"", defect);
    cr_assert_eq(r.code, 1, "%s%s", r.out, r.err);
    const char *found = strstr(r.out, wanted);
    cr_assert(found && !strstr(found + strlen(wanted), "\"defect\""), "not %s alone: %s", defect, r.out);
    ran_free(&r);
}

/* Exit 0, no defect, and only this note. */
static void expect_note(const Files *f, const char *note) {
    Ran r = audit(f, "--json");
    char wanted[96];
    snprintf(wanted, sizeof wanted, "\"findings\":[],\"notes\":[{\"note\":\"%s\"", note);
    cr_assert_eq(r.code, 0, "%s%s", r.out, r.err);
    const char *found = strstr(r.out, wanted);
    cr_assert(found && !strstr(found + strlen(wanted), "\"note\""), "not %s alone: %s", note, r.out);
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
    cr_assert_not_null(strstr(r.out, "\"findings\":[],\"notes\":[],\"not_checked\":[]"), "%s", r.out);
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
    expect_note(&f, "constant-bits");
}

Test(cli_audit, finds_duplicated_bits) {
    Files f = clean();
    for (int i = 0; i < QUERIES; i++) f.query[i][2] = f.query[i][12];
    for (int i = 0; i < ITEMS; i++) f.item[i][2] = f.item[i][12];
    expect_note(&f, "duplicate-bits");
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

/* ---- What the values of other programs mean ---- */

static const char FOUR[] = "audit --query-codes %s/q.npy --database-codes %s/d.npy --query-labels %s/lq.npy "
                           "--database-labels %s/ld.npy %s";

/* Exit code and a part of the output for the current four arrays. */
static void expect_audit(int code, const char *part, const char *more) {
    const char *dir = fixture_dir();
    expect_msach(code, part, FOUR, dir, dir, dir, dir, more);
}

/* The MAP line of the four arrays. */
static void map_line(char line[256]) {
    const char *dir = fixture_dir();
    Ran r = run_msach(FOUR, dir, dir, dir, dir, "");
    const char *map = strstr(r.out, "\nMAP");
    cr_assert(r.code == 0 && map, "%s%s", r.out, r.err);
    snprintf(line, 256, "%.*s", (int)strcspn(map + 1, "\n"), map + 1);
    ran_free(&r);
}

/* Labels of both sides as float32: +1 becomes `yes`, 0 becomes `no`. */
static void write_float_labels(const Files *f, float yes, float no) {
    static float q[QUERIES * CLASSES], d[ITEMS * CLASSES];
    for (int i = 0; i < QUERIES * CLASSES; i++) q[i] = f->query_label[i / CLASSES][i % CLASSES] ? yes : no;
    for (int i = 0; i < ITEMS * CLASSES; i++) d[i] = f->item_label[i / CLASSES][i % CLASSES] ? yes : no;
    write_array("lq.npy", NPY_F32, QUERIES, CLASSES, q);
    write_array("ld.npy", NPY_F32, ITEMS, CLASSES, d);
}

/* Class numbers of both sides, of shape (n) or (n, 1), plus `add`. */
static void write_class_numbers(const Files *f, int rank, int add) {
    static int64_t q[QUERIES], d[ITEMS];
    for (int i = 0; i < QUERIES * CLASSES; i++)
        if (f->query_label[i / CLASSES][i % CLASSES]) q[i / CLASSES] = i % CLASSES + add;
    for (int i = 0; i < ITEMS * CLASSES; i++)
        if (f->item_label[i / CLASSES][i % CLASSES]) d[i / CLASSES] = i % CLASSES + add;
    cr_assert_eq(npy_write(fixture_path("lq.npy"), NPY_I64, rank, (const int64_t[]){QUERIES, 1}, q, NULL),
                 STATUS_OK);
    cr_assert_eq(npy_write(fixture_path("ld.npy"), NPY_I64, rank, (const int64_t[]){ITEMS, 1}, d, NULL),
                 STATUS_OK);
}

Test(cli_audit, labels_of_every_unambiguous_form_give_one_map) {
    Files f = clean();
    char wanted[256], line[256];
    Ran r = audit(&f, "");
    ran_free(&r);
    map_line(wanted);
    write_float_labels(&f, 1, -1);
    map_line(line);
    cr_assert_str_eq(line, wanted);
    for (int rank = 1; rank <= 2; rank++) {
        write_class_numbers(&f, rank, 0);
        map_line(line);
        cr_assert_str_eq(line, wanted);
    }
    write_class_numbers(&f, 1, 1); /* numbered from 1: class 0 has no case */
    map_line(line);
    cr_assert_str_eq(line, wanted);
    write_array("lq.npy", NPY_BOOL, QUERIES, CLASSES, f.query_label);
    write_array("ld.npy", NPY_BOOL, ITEMS, CLASSES, f.item_label);
    map_line(line);
    cr_assert_str_eq(line, wanted);
}

Test(cli_audit, labels_that_mean_nothing_or_two_things_are_refused_with_the_option) {
    Files f = clean();
    Ran r = audit(&f, "");
    ran_free(&r);
    write_float_labels(&f, 1, (float)NAN);
    expect_audit(3, "lq.npy: row 1, column", "");
    expect_audit(3, "is nan; labels of 0 and 1", "");
    write_float_labels(&f, 0.75f, 0.25f);
    expect_audit(3, "column 1 is 0.25; labels of 0 and 1", "--labels onehot");
    write_float_labels(&f, 1, -1);
    expect_audit(3, "--labels onehot takes 0 and 1", "--labels onehot");
    expect_audit(3, "(n) or (n, 1)", "--labels classes");
    static float three[QUERIES * CLASSES];
    for (int i = 0; i < QUERIES * CLASSES; i++) three[i] = (float)(i % 3 - 1);
    write_array("lq.npy", NPY_F32, QUERIES, CLASSES, three);
    expect_audit(3, "--labels signs", "");
    expect_audit(0, "4 classes", "--labels signs");
    static uint8_t one[ITEMS];
    for (int i = 0; i < ITEMS; i++) one[i] = (uint8_t)(i % 2);
    write_array("lq.npy", NPY_U8, QUERIES, 1, one);
    write_array("ld.npy", NPY_U8, ITEMS, 1, one);
    expect_audit(3, "--labels onehot or --labels classes", "");
    expect_audit(0, "2 classes", "--labels classes");
    expect_audit(1, "1 classes", "--labels onehot"); /* half of the queries have no label: divisors */
    static int64_t numbers[ITEMS];
    numbers[7] = -2;
    cr_assert_eq(npy_write(fixture_path("lq.npy"), NPY_I64, 1, (const int64_t[]){QUERIES}, numbers, NULL),
                 STATUS_OK);
    cr_assert_eq(npy_write(fixture_path("ld.npy"), NPY_I64, 1, (const int64_t[]){ITEMS}, numbers, NULL),
                 STATUS_OK);
    expect_audit(3, "row 8, column 1 is -2; class numbers", "");
    for (int i = 0; i < ITEMS; i++) numbers[i] = i % 2 ? 1 : -1;
    cr_assert_eq(npy_write(fixture_path("lq.npy"), NPY_I64, 1, (const int64_t[]){QUERIES}, numbers, NULL),
                 STATUS_OK);
    cr_assert_eq(npy_write(fixture_path("ld.npy"), NPY_I64, 1, (const int64_t[]){ITEMS}, numbers, NULL),
                 STATUS_OK);
    expect_audit(3, "say --labels signs, or number the classes", "");
}

/* The first `bits` columns of the codes as 0 and 1. */
static void write_bits(const Files *f, NpyType type, int bits) {
    static uint8_t byte[ITEMS * BITS];
    static float real[ITEMS * BITS];
    const struct {
        const char *name;
        const int8_t *sign;
        int n;
    } side[2] = {{"q.npy", f->query[0], QUERIES}, {"d.npy", f->item[0], ITEMS}};
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < side[k].n * bits; i++) {
            byte[i] = side[k].sign[i / bits * BITS + i % bits] > 0;
            real[i] = byte[i];
        }
        write_array(side[k].name, type, side[k].n, bits,
                    type == NPY_F32 ? (const void *)real : (const void *)byte);
    }
}

Test(cli_audit, short_codes_of_0_and_1_are_columns_in_every_type) {
    static const NpyType types[] = {NPY_F32, NPY_BOOL, NPY_U8, NPY_I8};
    Files f = clean();
    char wanted[256], line[256];
    Ran r = audit(&f, "");
    ran_free(&r);
    for (int t = 0; t < 4; t++) {
        write_bits(&f, types[t], 12);
        expect_audit(0, "12 bits", "");
        map_line(t ? line : wanted);
        if (t) cr_assert_str_eq(line, wanted);
    }
}

Test(cli_audit, codes_that_mean_two_things_are_refused_with_the_option) {
    Files f = clean();
    Ran r = audit(&f, "");
    ran_free(&r);
    write_bits(&f, NPY_U8, 2);
    expect_audit(3, "--codes packed or --codes columns", "");
    expect_audit(0, "16 bits", "--codes packed");
    expect_audit(3, "codes of 2 bits; 8 to 1024", "--codes columns");
    write_bits(&f, NPY_F32, 12);
    expect_audit(3, "packed codes are uint8", "--codes packed");
    for (int i = 0; i < ITEMS; i++) memset(f.item[i], -1, BITS);
    for (int i = 0; i < QUERIES; i++) memset(f.query[i], -1, BITS);
    write_bits(&f, NPY_U8, 16); /* all zeros: constant codes of 16 bits or of 128 */
    expect_audit(3, "16 columns of 0 and 1 as uint8 may be 128 packed bits or 16 bits", "");
    expect_audit(0, "128 bits", "--codes packed");
    f = clean();
    write_bits(&f, NPY_F32, BITS);
    write_array("q.npy", NPY_I8, QUERIES, BITS, f.query);
    expect_audit(3, "codes of one form were expected", "");
    expect_audit(2, "packed, columns", "--codes bits");
    static float scores[QUERIES * BITS];
    scores[BITS + 3] = (float)NAN;
    write_array("q.npy", NPY_F32, QUERIES, BITS, scores);
    expect_audit(3, "row 2, column 4 is nan", "");
}

/* Patients of both sides in these bytes or arrays; `part` in the output. */
static void expect_groups(int code, const char *part, const char *query, const char *database) {
    const char *dir = fixture_dir();
    char more[400];
    snprintf(more, sizeof more, "--query-groups %s/%s --database-groups %s/%s", dir, query, dir, database);
    expect_audit(code, part, more);
}

Test(cli_audit, names_are_compared_whatever_file_holds_them_and_other_encodings_are_refused) {
    Files f = clean();
    f.item_patient[7] = 0; /* the patient of the first query */
    Ran r = audit(&f, "");
    cr_assert_eq(r.code, 1);
    ran_free(&r);
    Buffer marked = {0};
    buffer_add(&marked, "\xEF\xBB\xBF", 3);
    for (int i = 0; i < QUERIES; i++) buffer_printf(&marked, "patient %d\r\n", i == 0 ? 0 : 999);
    fixture_file("gm.txt", marked.data, marked.size);
    expect_groups(1, "1 groups (e.g. \"patient 0\")", "gm.txt", "gd.txt");
    buffer_free(&marked);
    static int64_t q[QUERIES], d[ITEMS];
    for (int i = 0; i < QUERIES; i++) q[i] = f.query_patient[i];
    for (int i = 0; i < ITEMS; i++) d[i] = f.item_patient[i];
    write_array("gq.npy", NPY_I64, QUERIES, 1, q);
    write_array("gd.npy", NPY_I64, ITEMS, 1, d);
    expect_groups(1, "FOUND    shared-group", "gq.npy", "gd.npy");
    static float half[QUERIES];
    half[5] = 0.5f;
    write_array("gh.npy", NPY_F32, QUERIES, 1, half);
    expect_groups(3, "gh.npy: row 6, column 1 is 0.5; whole numbers or strings", "gh.npy", "gd.npy");
    fixture_file("utf16.txt", "\xFF\xFEp\0a\0t\0\n\0", 10);
    expect_groups(3, "utf16.txt:1: is not UTF-8 text (UTF-16?)", "utf16.txt", "gd.txt");
    fixture_file("latin1.txt", "patient 1\nM\xFCller\n", 17);
    expect_groups(3, "latin1.txt:2: is not UTF-8 text; save", "latin1.txt", "gd.txt");
    fixture_file("empty.txt", "patient 1\n\npatient 2\n", 21);
    expect_groups(3, "empty.txt:2: is empty", "empty.txt", "gd.txt");
}

/* numpy.save of an array of strings '<U3': "p0", "p1", ... */
static void write_strings(const char *name, int n, int first) {
    char header[129] = "", number[8];
    Buffer b = {0};
    int used =
        snprintf(header, sizeof header, "{'descr': '<U3', 'fortran_order': False, 'shape': (%d,), }", n);
    memset(header + used, ' ', (size_t)(117 - used));
    header[117] = '\n';
    buffer_add(&b, "\x93NUMPY\1\0\x76\0", 10);
    buffer_add(&b, header, 118);
    for (int i = 0; i < n; i++) {
        unsigned char text[12] = {0};
        int digits = snprintf(number, sizeof number, "p%d", (first + i) % 100);
        for (int k = 0; k < digits; k++) text[4 * k] = (unsigned char)number[k];
        buffer_add(&b, text, sizeof text);
    }
    fixture_file(name, b.data, b.size);
    buffer_free(&b);
}

Test(cli_audit, names_may_be_arrays_of_strings) {
    Files f = clean();
    Ran r = audit(&f, "");
    ran_free(&r);
    write_strings("gq.npy", QUERIES, 0);
    write_strings("gd.npy", ITEMS, 39); /* p39 is on both sides, and so are p0, p1, ... from row 61 on */
    expect_groups(1, "40 groups", "gq.npy", "gd.npy");
}

Test(cli_audit, the_dump_of_an_evaluation_has_no_defect) {
    TinyRun t = tiny_run("tiny");
    static const char *const half[2][2] = {{"image", "text"}, {"text", "image"}};
    const char *dir = fixture_dir();
    expect_msach(0, NULL, "eval --run %s --dump %s/dump", t.run, dir);
    for (int k = 0; k < 2; k++)
        expect_msach(
            0, "ok       sorted-database",
            "audit --query-codes %s/dump/%s_codes_query.npy --database-codes %s/dump/%s_codes_database.npy "
            "--query-labels %s/dump/labels_query.npy --database-labels %s/dump/labels_database.npy "
            "--query-groups %s/dump/groups_query.txt --database-groups %s/dump/groups_database.txt "
            "--query-ids %s/dump/ids_query.txt --database-ids %s/dump/ids_database.txt",
            dir, half[k][0], dir, half[k][1], dir, dir, dir, dir, dir, dir);
}

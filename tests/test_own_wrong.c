/* Wrong files of features and codes, one a row, through the real binary: exit 3, and a message with file, place and way out. */
#include <stdio.h>
#include <string.h>

#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

/* ---- Arrays as bytes ---- */

/* Both orders and every version of NumPy's header; `value` numbers, each written as descr says; "|O" gets a pickle's first bytes. */
typedef struct {
    const char *descr, *shape;
    double value[24];
    int n, version;
    bool fortran;
    size_t cut; /* bytes left out at the end */
} Array;

static void put_value(Buffer *b, const char *descr, double v) {
    unsigned char le[8] = {0};
    const float f = (float)v;
    const int64_t i = (int64_t)v;
    size_t size = (size_t)(descr[2] - '0');
    uint64_t word = 0;
    if (descr[1] == 'f' && size == 4)
        memcpy(&word, &f, 4);
    else if (descr[1] == 'f')
        memcpy(&word, &v, 8);
    else
        word = (uint64_t)i;
    if (descr[1] == 'f' && size == 4 && get_u32((const unsigned char *)&f) != (uint32_t)word) word >>= 32;
    for (size_t k = 0; k < size; k++) le[descr[0] == '>' ? size - 1 - k : k] = (unsigned char)(word >> 8 * k);
    buffer_add(b, le, size);
}

static const char *save(const char *name, const Array *a) {
    Buffer b = {0};
    char header[200];
    int version = a->version ? a->version : 1, length = version == 1 ? 118 : 116;
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", a->descr,
             a->fortran ? "True" : "False", a->shape);
    buffer_add(&b, "\x93NUMPY", 6);
    buffer_add(&b, (unsigned char[]){(unsigned char)version, 0, (unsigned char)length, 0, 0, 0},
               version == 1 ? 4 : 6);
    buffer_printf(&b, "%-*s\n", length - 1, header);
    for (int i = 0; i < a->n; i++) {
        if (strcmp(a->descr, "|O") == 0)
            buffer_add(&b, "\x80\4", 2);
        else
            put_value(&b, a->descr, a->value[i]);
    }
    cr_assert(!b.failed && b.size > a->cut);
    const char *path = fixture_file(name, b.data, b.size - a->cut);
    buffer_free(&b);
    return path;
}

static const char *manifest(void) {
    return fixture_text("three.tsv", "id\ttext\tlabels\nc1\tone\ta\nc2\ttwo\ta\nc3\tthree\tb\n");
}

/* ---- Features: train reads them before anything else ---- */

static const struct {
    const char *what, *message; /* of train --text-features F.npy, after the path where it begins with ":" */
    Array a;
    const char *ids; /* F.ids.txt; NULL: none */
} FEATURES[] = {
    {"a value that is no number",
     ": row 2, column 2 is nan; finite numbers",
     {.descr = "<f4", .shape = "(3, 2)", .value = {1, 2, 3, 0. / 0., 5, 6}, .n = 6},
     NULL},
    {"an infinite value",
     ": row 3, column 1 is -inf; finite numbers",
     {.descr = "<f8", .shape = "(3, 2)", .value = {1, 2, 3, 4, -1. / 0., 6}, .n = 6},
     NULL},
    {"a value beyond float32",
     ": row 1, column 2 is 1e+300; finite numbers within float32",
     {.descr = "<f8", .shape = "(3, 2)", .value = {1, 1e300, 3, 4, 5, 6}, .n = 6},
     NULL},
    {"big-endian infinity in Fortran order",
     ": row 2, column 1 is inf",
     {.descr = ">f4",
      .shape = "(3, 2)",
      .value = {1, 1. / 0., 3, 4, 5, 6},
      .n = 6,
      .version = 2,
      .fortran = true},
     NULL},
    {"a row too few",
     ": 2 rows for the 3 cases of ",
     {.descr = "<f4", .shape = "(2, 2)", .value = {1, 2, 3, 4}, .n = 4},
     NULL},
    {"a row too many",
     ": 4 rows for the 3 cases of ",
     {.descr = "<f4", .shape = "(4, 2)", .value = {1, 2, 3, 4, 5, 6, 7, 8}, .n = 8},
     NULL},
    {"no row",
     ": features of shape (n,width)",
     {.descr = "<f4", .shape = "(0, 2)", .value = {0}, .n = 0},
     NULL},
    {"no column",
     ": features of shape (n,width)",
     {.descr = "<f4", .shape = "(3, 0)", .value = {0}, .n = 0},
     NULL},
    {"one dimension",
     ": features of shape (n,width), (n,tokens,width) or (n,views,tokens,width)",
     {.descr = "<f4", .shape = "(3,)", .value = {1, 2, 3}, .n = 3},
     NULL},
    {"no dimension",
     ": has no or over four dimensions",
     {.descr = "<f4", .shape = "()", .value = {1}, .n = 1},
     NULL},
    {"five dimensions",
     ": has no or over four dimensions",
     {.descr = "<f4", .shape = "(3, 1, 1, 1, 1)", .value = {1, 2, 3}, .n = 3},
     NULL},
    {"strings",
     ": features of shape",
     {.descr = "|S1", .shape = "(3, 1)", .value = {65, 66, 67}, .n = 3},
     NULL},
    {"pickled objects",
     ": holds type |O; bool, integers, float16, float32, float64 or strings were expected; convert it",
     {.descr = "|O", .shape = "(3, 1)", .value = {0}, .n = 3},
     NULL},
    {"complex numbers",
     ": holds complex64; ",
     {.descr = "<c8", .shape = "(3, 1)", .value = {1, 2, 3}, .n = 3},
     NULL},
    {"dates",
     ": holds type <M8[ns]; ",
     {.descr = "<M8[ns]", .shape = "(3, 1)", .value = {1, 2, 3}, .n = 3},
     NULL},
    {"a file cut off in its data",
     ": holds 23 bytes of data; its shape needs 24; copy it again",
     {.descr = "<f4", .shape = "(3, 2)", .value = {1, 2, 3, 4, 5, 6}, .n = 6, .cut = 1},
     NULL},
    {"a file cut off in its header",
     ": ends within its header",
     {.descr = "<f4", .shape = "(3, 2)", .value = {0}, .n = 0, .cut = 60},
     NULL},
    {"a version of tomorrow",
     ": is .npy of version 4.0; 1.0 to 3.0 was expected",
     {.descr = "<f4", .shape = "(3, 2)", .value = {1, 2, 3, 4, 5, 6}, .n = 6, .version = 4},
     NULL},
    {"an id twice",
     ".ids.txt:3: id \"c1\" is that of line 1; each id once",
     {.descr = "<f4", .shape = "(3, 1)", .value = {1, 2, 3}, .n = 3},
     "c1\nc2\nc1\n"},
    {"an id that is no case",
     ".ids.txt:2: id \"c9\" is no case of ",
     {.descr = "<f4", .shape = "(3, 1)", .value = {1, 2, 3}, .n = 3},
     "c1\nc9\nc3\n"},
    {"a row without an id",
     ".ids.txt: 2 ids for 3 rows",
     {.descr = "<f4", .shape = "(3, 1)", .value = {1, 2, 3}, .n = 3},
     "c1\nc2\n"},
    {"an id without a row",
     ": has no row for case \"c2\" (",
     {.descr = "<f4", .shape = "(2, 1)", .value = {1, 2}, .n = 2},
     "c1\nc3\n"},
    {"an id too many",
     ".ids.txt: 3 ids for 2 rows",
     {.descr = "<f4", .shape = "(2, 1)", .value = {1, 2}, .n = 2},
     "c1\nc2\nc3\n"},
};

static void expect_refused(const Ran *r, const char *what, const char *message) {
    cr_assert_eq(r->code, 3, "%s: exit %d\n%s", what, r->code, r->err);
    cr_assert_not_null(strstr(r->err, "F"), "%s: names no file: %s", what, r->err);
    cr_assert_not_null(strstr(r->err, message), "%s: %s", what, r->err);
}

Test(own_wrong, features_are_refused_with_file_row_and_column) {
    const char *cases = manifest();
    for (size_t i = 0; i < sizeof FEATURES / sizeof *FEATURES; i++) {
        const char *path = save("F.npy", &FEATURES[i].a);
        remove(fixture_path("F.ids.txt"));
        if (FEATURES[i].ids) fixture_text("F.ids.txt", FEATURES[i].ids);
        Ran r = run_msach("train -q --data %s --out %s/run --text-features %s", cases, fixture_dir(), path);
        char message[900];
        snprintf(message, sizeof message, "F%s%s", FEATURES[i].message[0] == ':' ? ".npy" : "",
                 FEATURES[i].message);
        expect_refused(&r, FEATURES[i].what, message);
        ran_free(&r);
        cr_assert(!path_exists(fixture_path("run/config.txt")), "%s: left a run behind", FEATURES[i].what);
    }
}

/* ---- Codes: index ---- */

static const struct {
    const char *what, *message;
    Array a;
} CODES[] = {
    {"a value that is no sign",
     ": row 2, column 3 is 0.5",
     {.descr = "<f4", .shape = "(3, 4)", .value = {1, -1, 1, -1, 1, -1, .5, 1, 1, 1, 1, 1}, .n = 12}},
    {"a value that is no number",
     ": row 1, column 4 is nan",
     {.descr = "<f4", .shape = "(3, 4)", .value = {1, -1, 1, 0. / 0., 1, -1, 1, 1, 1, 1, 1, 1}, .n = 12}},
    {"one dimension", "F.npy: ", {.descr = "|u1", .shape = "(3,)", .value = {17, 18, 19}, .n = 3}},
    {"pickled objects", ".npy: holds type |O", {.descr = "|O", .shape = "(3, 4)", .value = {0}, .n = 12}},
    {"strings",
     "F.npy: ",
     {.descr = "|S1", .shape = "(3, 4)", .value = {65, 66, 67, 65, 66, 67, 65, 66, 67, 65, 66, 67}, .n = 12}},
    {"a row too few",
     ".npy: 2 rows for the 3 cases of ",
     {.descr = "|u1", .shape = "(2, 2)", .value = {17, 18, 19, 20}, .n = 4}},
    {"a file cut off",
     ".npy: holds 5 bytes of data; its shape needs 6",
     {.descr = "|u1", .shape = "(3, 2)", .value = {17, 18, 19, 20, 21, 22}, .n = 6, .cut = 1}},
};

Test(own_wrong, codes_are_refused_with_file_row_and_column) {
    const char *cases = manifest();
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++) {
        const char *path = save("F.npy", &CODES[i].a);
        Ran r = run_msach("index -q --data %s --text-codes %s --out %s/x.idx", cases, path, fixture_dir());
        expect_refused(&r, CODES[i].what, CODES[i].message);
        ran_free(&r);
        cr_assert(!path_exists(fixture_path("x.idx")), "%s: left an index behind", CODES[i].what);
    }
}

Test(own_wrong, packed_codes_beside_columns_of_as_many_are_refused) {
    const Array packed = {.descr = "|u1",
                          .shape = "(2, 8)",
                          .value = {17, 18, 19, 20, 21, 22, 23, 24, 1, 0, 3, 4, 5, 6, 7, 8},
                          .n = 16},
                columns = {.descr = "|u1",
                           .shape = "(2, 8)",
                           .value = {1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0},
                           .n = 16};
    char first[600];
    snprintf(first, sizeof first, "%s", save("P.npy", &packed));
    const char *second = save("C.npy", &columns);
    expect_msach(3, "holds 0 and 1 alone",
                 "index -q --data %s --image-codes %s --text-codes %s --out %s/x.idx", manifest(), first,
                 second, fixture_dir());
    expect_msach(3, "--form packed", "index -q --data %s --image-codes %s --text-codes %s --out %s/x.idx",
                 manifest(), second, first, fixture_dir());
    cr_assert(!path_exists(fixture_path("x.idx")));
}

Test(own_wrong, zeros_among_signs_are_counted_aloud) {
    const Array signs = {
        .descr = "<f4",
        .shape = "(3, 8)",
        .value = {1, -1, 0, 1, 1, 1, 1, -1, 0, 0, -1, 1, 1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1},
        .n = 24};
    expect_msach(0, "entries of 0 among -1 and +1: 3, in rows: 2",
                 "index -q --data %s --text-codes %s --out %s/x.idx", manifest(), save("F.npy", &signs),
                 fixture_dir());
}

/* Writes a folder of codes as eval --codes takes it, two queries and three database cases c1, c2, c3. */
static void save_folder(const Array *codes, const Array *query_labels) {
    static const char *const stem[] = {"image_codes_query.npy", "text_codes_query.npy",
                                       "image_codes_database.npy", "text_codes_database.npy"};
    static const double signs[] = {1, -1, -1, 1, 1,  1,  1,  -1, 1, 1, -1, 1,
                                   1, 1,  1,  1, -1, -1, -1, -1, 1, 1, 1,  1};
    for (int k = 0; k < 4; k++) {
        Array a = {.descr = "<f4", .shape = k < 2 ? "(2, 8)" : "(3, 8)", .n = k < 2 ? 16 : 24};
        memcpy(a.value, signs, sizeof signs);
        save(stem[k], k == 3 ? codes : &a);
    }
    save("labels_query.npy", query_labels);
    save("labels_database.npy",
         &(Array){.descr = "|u1", .shape = "(3, 2)", .value = {1, 0, 1, 0, 1, 0}, .n = 6});
}

Test(own_wrong, a_folder_with_zeros_among_signs_says_so_as_index_does) {
    const Array zeros = {
        .descr = "<f4",
        .shape = "(3, 8)",
        .value = {1, -1, 0, 1, 1, 1, 1, -1, 0, 0, -1, 1, 1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1},
        .n = 24};
    save_folder(&zeros, &(Array){.descr = "|u1", .shape = "(2, 2)", .value = {1, 0, 0, 1}, .n = 4});
    expect_msach(0, "text_codes_database.npy: entries of 0 among -1 and +1: 3, in rows: 2",
                 "eval -q --codes %s", fixture_dir());
    fixture_text("ids_query.txt", "c1\nc2\n");
    fixture_text("ids_database.txt", "c1\nc2\nc3\n");
    expect_msach(3, "text_codes_database.npy: entries of 0 among -1 and +1: 3, in rows: 2",
                 "table --data %s --out %s/t --codes X=%s", manifest(), fixture_dir(), fixture_dir());
    cr_assert(!path_exists(fixture_path("t")));
}

Test(own_wrong, queries_without_any_relevant_case_are_refused) {
    const Array codes = {
        .descr = "<f4",
        .shape = "(3, 8)",
        .value = {1, -1, -1, 1, 1, 1, 1, -1, 1, 1, -1, 1, 1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1},
        .n = 24};
    save_folder(&codes, &(Array){.descr = "|u1", .shape = "(2, 2)", .value = {0, 1, 0, 1}, .n = 4});
    expect_msach(3, "no query of 2 shares a label with a database case",
                 "eval --codes %s --dump %s/d --json --html %s/h.html --curves %s/c", fixture_dir(),
                 fixture_dir(), fixture_dir(), fixture_dir());
    cr_assert(!path_exists(fixture_path("d")) && !path_exists(fixture_path("h.html")) &&
              !path_exists(fixture_path("c")));
}

/* ---- What is right in another form ---- */

/* Codes 0x1111, 0x2222, 0x3333 of c1, c2, c3 in this form answer as those of the first form. */
static void expect_answers(const char *path, const char *ids) {
    remove(fixture_path("F.ids.txt"));
    if (ids) fixture_text("F.ids.txt", ids);
    expect_msach(0, NULL, "index -q --data %s --text-codes %s --out %s/x.idx", manifest(), path,
                 fixture_dir());
    static const char *const code[] = {"1111", "2222", "3333"};
    for (int i = 0; i < 3; i++) {
        char id[20];
        snprintf(id, sizeof id, "\t0\tc%d", i + 1);
        expect_msach(0, id, "search --index %s/x.idx --code %s --find text -k 1 --tsv", fixture_dir(),
                     code[i]);
    }
}

Test(own_wrong, an_ids_file_of_another_order_moves_the_rows) {
    const Array
        in_order = {.descr = "|u1", .shape = "(3, 2)", .value = {0x11, 0x11, 0x22, 0x22, 0x33, 0x33}, .n = 6},
        turned = {.descr = "|u1", .shape = "(3, 2)", .value = {0x33, 0x33, 0x11, 0x11, 0x22, 0x22}, .n = 6},
        fortran = {.descr = "|u1",
                   .shape = "(3, 2)",
                   .value = {0x11, 0x22, 0x33, 0x11, 0x22, 0x33},
                   .n = 6,
                   .version = 3,
                   .fortran = true};
    expect_answers(save("F.npy", &in_order), NULL);
    expect_answers(save("F.npy", &in_order), "c1\nc2\nc3");
    expect_answers(save("F.npy", &turned), "c3\r\nc1\r\nc2\r\n");
    expect_answers(save("F.npy", &fortran), NULL);
}

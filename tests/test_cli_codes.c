/* Codes of other programs through the real binary: a folder of them evaluated, an index of them searched. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

/* ---- eval --codes ---- */

/* The evaluation as JSON, from "queries" to "codes": what a folder of codes and a run both have. */
static char *figures(const char *source) {
    Ran r = run_msach("eval -q %s --json", source);
    cr_assert_eq(r.code, 0, "%s", r.err);
    const char *from = strstr(r.out, "\"queries\"");
    cr_assert_not_null(from);
    char *copy = mem_strdup(from), *more = strstr(copy, ",\"asymmetric\"");
    if (more) strcpy(more, "}\n");
    ran_free(&r);
    return copy;
}

static void expect_same(const char *a, const char *b) {
    char *x = figures(a), *y = figures(b);
    cr_assert_str_eq(x, y);
    mem_free(x);
    mem_free(y);
}

/* Rewrites packed codes as columns of -1 and +1 (float32), the first `bits` of them. */
static void as_signs(const char *path, int bits) {
    Npy a;
    cr_assert_eq(npy_read(&a, path, 1 << 20, NULL), STATUS_OK);
    size_t n = (size_t)a.dim[0], bytes = (size_t)a.dim[1];
    float *all = mem_calloc(n * 8 * bytes, sizeof *all), *x = mem_calloc(n * (size_t)bits, sizeof *x);
    code_unpack(a.data, n, 8 * (int)bytes, all);
    for (size_t i = 0; i < n; i++)
        memcpy(x + i * (size_t)bits, all + i * 8 * bytes, (size_t)bits * sizeof *x);
    cr_assert_eq(npy_write(path, NPY_F32, 2, (const int64_t[]){a.dim[0], bits}, x, NULL), STATUS_OK);
    mem_free(all);
    mem_free(x);
    npy_free(&a);
}

static const char *const CODE_FILES[] = {"image_codes_query", "text_codes_query", "image_codes_database",
                                         "text_codes_database"};

static void signs_in(const char *folder, int bits) {
    for (int i = 0; i < 4; i++) {
        char path[640];
        snprintf(path, sizeof path, "%s/%s.npy", folder, CODE_FILES[i]);
        as_signs(path, bits);
    }
}

Test(cli_codes, a_dump_evaluates_as_its_run_in_every_form) {
    TinyRun t = tiny_run("codes");
    char run[600], codes[600], folder[560];
    snprintf(folder, sizeof folder, "%s/d", fixture_dir());
    expect_msach(0, NULL, "eval -q --run %s --dump %s", t.run, folder);
    snprintf(run, sizeof run, "--run %s", t.run);
    snprintf(codes, sizeof codes, "--codes %s", folder);
    expect_same(run, codes);
    expect_msach(0, "by the formula of djsrh", "eval -q --codes %s --compat djsrh --html %s.html", folder,
                 folder);
    expect_msach(0, NULL, "eval -q --codes %s --dump %s2", folder, folder);
    snprintf(run, sizeof run, "--codes %s2", folder);
    expect_same(run, codes);
    signs_in(folder, 64);
    expect_same(run, codes);
}

Test(cli_codes, twelve_bits_are_twelve_bits) {
    TinyRun t = tiny_run("codes");
    char folder[560];
    snprintf(folder, sizeof folder, "%s/d", fixture_dir());
    expect_msach(0, NULL, "eval -q --run %s --dump %s", t.run, folder);
    for (int i = 0; i < 4; i++) { /* columns of alternating bits: none is constant */
        char path[640];
        Npy a;
        snprintf(path, sizeof path, "%s/%s.npy", folder, CODE_FILES[i]);
        cr_assert_eq(npy_read(&a, path, 1 << 20, NULL), STATUS_OK);
        int64_t dim[2] = {a.dim[0], 12};
        uint8_t *x = mem_calloc((size_t)dim[0], 12);
        for (size_t k = 0; k < 12 * (size_t)dim[0]; k++) x[k] = (uint8_t)(k % 5 % 2);
        cr_assert_eq(npy_write(path, NPY_U8, 2, dim, x, NULL), STATUS_OK);
        mem_free(x);
        npy_free(&a);
    }
    expect_msach(0, ": 12 bits, ", "eval -q --codes %s", folder);
    expect_msach(0, "\"constant_bits\":0", "eval -q --codes %s --json", folder);
}

Test(cli_codes, a_folder_that_is_wrong_is_refused_with_the_file) {
    TinyRun t = tiny_run("codes");
    char folder[560], path[640];
    snprintf(folder, sizeof folder, "%s/d", fixture_dir());
    expect_msach(2, "one of --run or --codes", "eval");
    expect_msach(2, "--form goes with --codes", "eval --run %s --form packed", t.run);
    expect_msach(2, "--data goes with --run", "eval --codes %s --data %s", folder, t.manifest);
    expect_msach(3, "is no folder", "eval --codes %s/none", fixture_dir());
    expect_msach(3, "image_codes_query.npy: no such file", "eval --codes %s", t.images);
    expect_msach(0, NULL, "eval -q --run %s --dump %s", t.run, folder);
    snprintf(path, sizeof path, "%s/text_codes_query.npy", folder);
    as_signs(path, 24);
    expect_msach(3, "text_codes_query.npy", "eval --codes %s", folder);
    expect_msach(0, NULL, "eval -q --run %s --dump %s", t.run, folder);
    snprintf(path, sizeof path, "%s/ids_query.txt", folder);
    remove(path);
    expect_msach(3, "ids_database without ids_query", "eval --codes %s", folder);
    snprintf(path, sizeof path, "%s/ids_database.txt", folder);
    remove(path);
    expect_msach(0, NULL, "eval -q --codes %s", folder);
    expect_msach(2, "--dump needs ids_query.txt", "eval -q --codes %s --dump %s2", folder, folder);
}

/* ---- index --image-codes ---- */

static void encode_both(const TinyRun *t, const char *dir) {
    expect_msach(0, NULL, "encode -q --model %s --data %s --as image --out %s/I.npy", t->run, t->manifest,
                 dir);
    expect_msach(0, NULL, "encode -q --model %s --data %s --as text --out %s/T.npy", t->run, t->manifest,
                 dir);
}

/* What `search` prints. */
static char *answer(const char *index, const char *question) {
    Ran r = run_msach("search --index %s %s --tsv", index, question);
    cr_assert_eq(r.code, 0, "%s", r.err);
    char *copy = mem_strdup(r.out);
    ran_free(&r);
    return copy;
}

static void expect_same_answer(const char *a, const char *question_a, const char *b, const char *question_b) {
    char *x = answer(a, question_a), *y = answer(b, question_b);
    cr_assert_str_eq(x, y);
    mem_free(x);
    mem_free(y);
}

Test(cli_codes, an_index_of_own_codes_answers_as_one_of_its_model) {
    TinyRun t = tiny_run("codes");
    const char *dir = fixture_dir();
    char a[560], b[560], path[600], question[300] = "--find image --code ";
    snprintf(a, sizeof a, "%s/a.idx", dir);
    snprintf(b, sizeof b, "%s/b.idx", dir);
    encode_both(&t, dir);
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", t.run, t.manifest, a);
    expect_msach(0, NULL, "index -q --image-codes %s/I.npy --text-codes %s/T.npy --data %s --out %s", dir,
                 dir, t.manifest, b);
    expect_same_answer(a, "--id case0003", b, "--id case0003");
    expect_msach(2, "need --model", "search --index %s --text cyst", b);
    expect_msach(3, "codes of another program", "search --index %s --text cyst --model %s", b, t.run);
    Npy codes;
    snprintf(path, sizeof path, "%s/T.npy", dir);
    cr_assert_eq(npy_read(&codes, path, 1 << 20, NULL), STATUS_OK);
    for (int i = 0; i < codes.dim[1]; i++)
        snprintf(question + strlen(question), 3, "%02X", ((const uint8_t *)codes.data)[i]);
    npy_free(&codes);
    expect_same_answer(a, question, b, question);
    expect_msach(2, "16 hex digits were expected", "search --index %s --find image --code 0g", b);
    expect_msach(2, "a code needs --find", "search --index %s --code 0011223344556677", b);
    as_signs(path, 64);
    memcpy(question, "--find text ", 12); /* as long as "--find image": the index below has no image codes */
    expect_msach(0, NULL, "index -q --text-codes %s --data %s --out %s", path, t.manifest, b);
    expect_same_answer(a, question, b, question);
}

Test(cli_codes, rows_of_own_codes_are_matched_by_their_ids) {
    TinyRun t = tiny_run("codes");
    const char *dir = fixture_dir();
    char path[600];
    encode_both(&t, dir);
    snprintf(path, sizeof path, "%s/I.ids.txt", dir);
    FILE *f = fopen(path, "a");
    fputs("stranger\n", f);
    fclose(f);
    expect_msach(3, "id \"stranger\" is no case", "index -q --image-codes %s/I.npy --data %s --out %s/b.idx",
                 dir, t.manifest, dir);
    f = fopen(path, "w");
    fputs("case0001\ncase0002\ncase0001\n", f);
    fclose(f);
    expect_msach(3, "I.ids.txt:3: id \"case0001\" is that of line 1",
                 "index -q --image-codes %s/I.npy --data %s --out %s/b.idx", dir, t.manifest, dir);
    f = fopen(path, "w");
    fputs("case0001\ncase0002\n", f);
    fclose(f);
    expect_msach(3, "2 ids for", "index -q --image-codes %s/I.npy --data %s --out %s/b.idx", dir, t.manifest,
                 dir);
    const uint8_t two[2][8] = {{1}, {2}};
    snprintf(path, sizeof path, "%s/I.npy", dir);
    cr_assert_eq(npy_write(path, NPY_U8, 2, (const int64_t[]){2, 8}, two, NULL), STATUS_OK);
    expect_msach(3, "has no row for case", "index -q --image-codes %s/I.npy --data %s --out %s/b.idx", dir,
                 t.manifest, dir);
    snprintf(path, sizeof path, "%s/I.ids.txt", dir);
    remove(path);
    expect_msach(3, "2 rows for the", "index -q --image-codes %s/I.npy --data %s --out %s/b.idx", dir,
                 t.manifest, dir);
}

Test(cli_codes, encode_prints_a_code_in_every_form) {
    TinyRun t = tiny_run("codes");
    Ran r = run_msach("encode -q --model %s --text cyst --code", t.run);
    cr_assert_eq(r.code, 0, "%s", r.err);
    const char *hex = strstr(r.out, "hex     "), *bits = strstr(r.out, "bits    "),
               *bytes = strstr(r.out, "bytes   [");
    cr_assert(hex && bits && bytes && strstr(r.out, "signed  ["), "%s", r.out);
    unsigned first = 0, value = 0;
    sscanf(hex + 8, "%2x", &first);
    cr_assert_eq(strtol(bytes + 9, NULL, 10), (long)first);
    for (int j = 0; j < 8; j++) value |= (bits[8 + j] == '1' ? 1u : 0u) << j;
    cr_assert_eq(value, first);
    ran_free(&r);
    expect_msach(3, "text 2: the model knows no word of 'zzgrommet qqblorf'",
                 "encode --model %s --text cyst 'zzgrommet qqblorf' --code", t.run);
    expect_msach(2, "leave out --out", "encode --model %s --text cyst --code --out x.npy", t.run);
    expect_msach(2, "--out FILE.npy or --code is needed", "encode --model %s --text cyst", t.run);
}

Test(cli_codes, ids_stand_as_given) {
    TinyRun t = tiny_run("codes");
    char path[600];
    unsigned char *text;
    size_t size;
    const char *manifest = fixture_text("back.tsv", "id\ttext\na\\\\b\tcyst\n");
    snprintf(path, sizeof path, "%s/back.ids.txt", fixture_dir());
    expect_msach(0, NULL, "encode -q --model %s --data %s --as text --out %s/back.npy", t.run, manifest,
                 fixture_dir());
    cr_assert_eq(file_read(path, 100, &text, &size, NULL), STATUS_OK);
    cr_assert_str_eq((char *)text, "a\\b\n");
    mem_free(text);
}

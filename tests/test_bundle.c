/* The audit bundle: MAP by an independent computation, SHA-256, and every flipped byte is detected. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/audit/recompute.h"
#include "eval/retrieval.h"
#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "nn/base/sha256.h"
#include "tests/case_sets.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"
#include "tests/tree.h"

static const char *sum_of(const char *text, size_t times) {
    static char sum[SHA256_TEXT];
    Sha256 h;
    sha256_begin(&h);
    for (size_t i = 0; i < times; i++) sha256_add(&h, text, strlen(text));
    sha256_end(&h, sum);
    return sum;
}

/* The examples of FIPS 180-4 and of NIST's example values. */
Test(bundle, sha256_gives_the_published_values) {
    cr_assert_str_eq(sum_of("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cr_assert_str_eq(sum_of("abc", 1), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cr_assert_str_eq(sum_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1),
                     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    cr_assert_str_eq(sum_of("aaaaaaaaaa", 100000),
                     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

Test(bundle, both_ways_to_map_agree_with_many_ties_and_none) {
    enum { QUERIES = 7, ITEMS = 90, CLASSES = 3 };
    Rng rng = rng_stream(4, RNG_TEST, 7);
    for (int round = 0; round < 30; round++) {
        uint8_t codes[QUERIES + ITEMS][8], labels[QUERIES + ITEMS][CLASSES];
        uint32_t ones = round % 3 ? 256 : 3; /* few different codes: many ties */
        for (int i = 0; i < QUERIES + ITEMS; i++) {
            for (int k = 0; k < 8; k++) codes[i][k] = (uint8_t)rng_below(&rng, ones);
            for (int k = 0; k < CLASSES; k++) labels[i][k] = rng_below(&rng, 4) == 0;
        }
        CaseSet query = case_set(QUERIES, 64, codes[0], CLASSES, labels[0]),
                database = case_set(ITEMS, 64, codes[QUERIES], CLASSES, labels[QUERIES]);
        for (Modality from = 0; from < MODALITIES; from++) {
            Retrieval r;
            Recomputed again;
            cr_assert_eq(evaluate_codes(&r, &(RetrievalTask){&query, &database, from, false}, NULL, NULL),
                         STATUS_OK);
            cr_assert_eq(recompute_map(&again, &query, &database, from, NULL), STATUS_OK);
            cr_assert_float_eq(again.expected, r.map.expected, 1e-12);
            cr_assert_float_eq(again.pessimistic, r.map.pessimistic, 1e-12);
            cr_assert_float_eq(again.optimistic, r.map.optimistic, 1e-12);
            retrieval_free(&r);
        }
    }
}

static void write_back(const char *folder, const char *name, const unsigned char *data, size_t size) {
    char path[800];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(file_write_plain(path, data, size, NULL), STATUS_OK);
}

Test(bundle, every_file_is_sealed_and_a_flipped_byte_is_found) {
    TinyRun t = tiny_run("bundled");
    char folder[600];
    const char *gradients = fixture_text("gradients.txt", "op error\n");
    snprintf(folder, sizeof folder, "%s/bundle", fixture_dir());
    expect_msach(0, "from the stored codes", "bundle --run %s --out %s --gradients %s", t.run, folder,
                 gradients);
    expect_msach(0, ": bundle of ", "verify %s", folder);
    expect_msach(3, "holds a bundle already", "bundle --run %s --out %s", t.run, folder);
    Tree tree = tree_read(folder);
    const TreeFile *sums = tree_find(&tree, "SHA256SUMS");
    int files = 0;
    cr_assert_not_null(sums);
    cr_assert_not_null(strstr((char *)tree_find(&tree, "build.txt")->data, "commit\t"));
    for (int i = 0; i < tree.n; i++) {
        TreeFile *f = &tree.file[i];
        if (f->is_folder || f == sums) continue;
        char said[900];
        files++;
        cr_assert(f->size > 0, "%s", f->name);
        f->data[f->size / 2] ^= 1;
        write_back(folder, f->name, f->data, f->size);
        snprintf(said, sizeof said, "%s: does not have the bytes of the bundle", f->name);
        expect_msach(1, said, "verify %s", folder);
        f->data[f->size / 2] ^= 1;
        write_back(folder, f->name, f->data, f->size);
    }
    expect_msach(0, "ok", "verify %s", folder);
    cr_assert_geq(files, 22);
    /* a flipped byte in any line of the list is detected too */
    for (size_t i = 0; i < sums->size; i += 97) {
        sums->data[i] ^= 1;
        write_back(folder, "SHA256SUMS", sums->data, sums->size);
        expect_msach(1, "damaged", "verify %s", folder);
        sums->data[i] ^= 1;
    }
    write_back(folder, "SHA256SUMS", sums->data, sums->size - 1);
    expect_msach(1, "its last line is not whole", "verify %s", folder);
    write_back(folder, "SHA256SUMS", sums->data, sums->size);
    char path[700];
    snprintf(path, sizeof path, "%s/split.tsv", folder);
    cr_assert_eq(remove(path), 0);
    expect_msach(1, "split.tsv: is missing from the bundle", "verify %s", folder);
    tree_free(&tree);
}

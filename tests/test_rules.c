/* The small equations around the networks against their oracles: pixels, labels, pairs, n-grams, beta, bits. */
#include <math.h>
#include <string.h>

#include "hash/code.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/oracle/oracle_rules.h"
#include "tests/tiny_set.h"
#include "train/stage2.h"

static void open_tiny(Session *s, const Config *c, const char *name, int many) {
    Error err = {0};
    ManifestOptions o = {0};
    cr_assert_eq(session_open(s, c, tiny_set(name, many), &o, NULL, NULL, &err), STATUS_OK, "%s",
                 err.message);
}

static void check_pixels(const Session *s) {
    Batch b;
    Error err = {0};
    const BatchOptions o = {.mean = s->mean, .deviation = s->deviation};
    const int index[2] = {7, 3};
    size_t area = (size_t)s->config.image_size * (size_t)s->config.image_size;
    cr_assert_eq(batch_init(&b, &s->data, 2, NULL, &err), STATUS_OK);
    cr_assert_eq(batch_fill(&b, &s->data, index, 2, &o, NULL, &err), STATUS_OK, "%s", err.message);
    for (size_t i = 0; i < 2 * area; i++)
        cr_assert_float_eq(b.image[i],
                           oracle_input(s->data.picture[index[i / area]][i % area], s->mean, s->deviation),
                           1e-5);
    batch_free(&b);
}

Test(rules, pixels_and_labels_are_the_oracles) {
    Config c = tiny_config();
    for (int many = 0; many < 2; many++) {
        Session s;
        double unit[TINY_CASES * TINY_LABELS];
        open_tiny(&s, &c, many ? "rules_many" : "rules_one", many);
        cr_assert_eq(oracle_labels(s.manifest.labels, TINY_CASES, TINY_LABELS, unit), s.single);
        cr_assert_eq(s.single, !many);
        for (int i = 0; i < TINY_CASES * TINY_LABELS; i++)
            cr_assert_float_eq(s.unit_labels[i], unit[i], 1e-7);
        check_pixels(&s);
        session_close(&s);
    }
}

Test(rules, positives_and_negatives_are_the_oracles) {
    enum { B = TINY_CASES };
    Config c = tiny_config();
    Session s;
    Tape t;
    int index[B], group[B], text[B], kinds[3] = {0};
    uint8_t wanted[B * B];
    open_tiny(&s, &c, "rules_pairs", 1);
    for (int i = 0; i < B; i++) {
        index[i] = i;
        s.manifest.cases[i].group = group[i] = i / 4;
        s.text_key[i] = (uint64_t)(text[i] = i % 7);
    }
    tape_init(&t, NULL);
    oracle_pairs(s.manifest.labels, group, text, B, TINY_LABELS, wanted);
    const uint8_t *relation = term_relations(&s, &t, index, B);
    for (int i = 0; i < B * B; i++) {
        cr_assert_eq(relation[i], wanted[i], "row %d, column %d", i / B, i % B);
        kinds[wanted[i]]++;
    }
    cr_assert(kinds[0] > 0 && kinds[1] > B && kinds[2] > 0);
    tape_free(&t);
    session_close(&s);
}

Test(rules, ngrams_are_the_oracles) {
    static const char *const words[] = {"a", "of", "cyst", "hypoechoic", "pneumoperitoneography"};
    for (int i = 0; i < 5; i++) {
        int32_t gram[TOKEN_NGRAMS], wanted[TOKEN_NGRAMS];
        int n = oracle_ngrams(words[i], 997, TOKEN_NGRAMS, wanted);
        cr_assert_eq(token_ngrams(words[i], 997, gram), n);
        cr_assert_eq(memcmp(gram, wanted, (size_t)n * sizeof *gram), 0, "%s", words[i]);
    }
}

Test(rules, beta_is_the_oracles) {
    Config c = tiny_config();
    c.beta_start = 1.5, c.beta_end = 4;
    for (c.stage2_epochs = 1; c.stage2_epochs < 8; c.stage2_epochs++)
        for (int epoch = 0; epoch < c.stage2_epochs; epoch++)
            cr_assert_float_eq(stage2_beta(&c, epoch), oracle_beta(1.5, 4, epoch, c.stage2_epochs), 1e-12);
}

Test(rules, bits_are_the_oracles) {
    enum { Q = 32 };
    Rng rng = rng_stream(1, RNG_TEST, 7);
    for (int round = 0; round < 50; round++) {
        float s[Q];
        uint8_t code[Q / 8];
        int bit[Q];
        for (int j = 0; j < Q; j++) s[j] = rng_below(&rng, 4) ? (float)rng_normal(&rng) : 0;
        oracle_code(s, Q, bit);
        code_pack(s, 1, Q, code);
        for (int j = 0; j < Q; j++) cr_assert_eq(code[j / 8] >> (j % 8) & 1, bit[j]);
    }
}

Test(rules, asymmetric_scores_are_the_oracles_and_of_a_code_count_its_distance) {
    enum { Q = 32 };
    Rng rng = rng_stream(1, RNG_TEST, 8);
    for (int round = 0; round < 50; round++) {
        float s[Q], sign[Q];
        uint8_t code[2][Q / 8];
        int bit[2][Q];
        for (int side = 0; side < 2; side++) {
            for (int j = 0; j < Q; j++) s[j] = (float)rng_normal(&rng);
            code_pack(s, 1, Q, code[side]);
            for (int j = 0; j < Q; j++) bit[side][j] = code[side][j / 8] >> (j % 8) & 1;
        }
        cr_assert_float_eq(code_score(s, code[0], Q), oracle_asymmetric(s, bit[0], Q), 1e-9);
        cr_assert_eq(code_distance(code[0], code[1], Q), oracle_hamming(bit[0], bit[1], Q));
        code_unpack(code[1], 1, Q, sign);
        cr_assert_eq(code_score(sign, code[0], Q), Q - 2 * code_distance(code[0], code[1], Q));
    }
}

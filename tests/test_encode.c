/* From a case to its code: the hard rule, through the library. */
#include <math.h>
#include <string.h>

#include "nn/ops.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/tiny_set.h"
#include "train/encode.h"
#include "train/terms.h"

/* The code of a case depends only on the case and the model. */
Test(encode, a_case_has_one_code_alone_or_in_any_batch_in_any_order) {
    Config c = tiny_config();
    Error err = {0};
    Session s;
    tiny_open(&s, &c, tiny_set("rule", 0));
    Model m;
    cr_assert_eq(terms_model(&s, &m, &err), STATUS_OK);
    int n = s.manifest.n, order[TINY_CASES];
    Rng rng = rng_stream(3, RNG_TEST, 0);
    for (int i = 0; i < n; i++) order[i] = i;
    rng_shuffle(&rng, order, (size_t)n);
    for (int modality = 0; modality < 2; modality++) {
        float together[TINY_CASES * 16], shuffled[TINY_CASES * 16], alone[16];
        int index[TINY_CASES];
        for (int i = 0; i < n; i++) index[i] = i;
        Encoding out = {.scores = together};
        cr_assert_eq(encode_cases(&m, &s.data, index, n, (Modality)modality, &out, NULL, NULL, &err),
                     STATUS_OK);
        out.scores = shuffled;
        cr_assert_eq(encode_cases(&m, &s.data, order, n, (Modality)modality, &out, NULL, NULL, &err),
                     STATUS_OK);
        out.scores = alone;
        for (int i = 0; i < n; i++) {
            cr_assert(memcmp(shuffled + i * 16, together + order[i] * 16, sizeof alone) == 0, "case %d moved",
                      order[i]);
            cr_assert_eq(encode_cases(&m, &s.data, &i, 1, (Modality)modality, &out, NULL, NULL, &err),
                         STATUS_OK);
            cr_assert(memcmp(alone, together + i * 16, sizeof alone) == 0, "case %d alone", i);
        }
    }
    model_free(&m);
    session_close(&s);
}

/* encode_views: the mean of the contexts of nine pictures, each encoded by itself. */
Test(encode, views_average_the_contexts_of_the_picture_moved_eight_ways) {
    enum { SIDE = 32, STEP = (SIDE + 12) / 24, DIM = 16 };
    Config c = tiny_config();
    c.image_size = SIDE;
    c.landmarks = 0; /* encode_images then needs no descriptors */
    Error err = {0};
    Session s;
    tiny_open(&s, &c, tiny_set("views", 0));
    Model m;
    cr_assert_eq(terms_model(&s, &m, &err), STATUS_OK);
    cr_assert_eq(m.config.dim, DIM);
    float x[SIDE * SIDE], moved[9 * SIDE * SIDE], single[9 * DIM], mean[DIM];
    Rng rng = rng_stream(4, RNG_TEST, 0);
    for (int i = 0; i < SIDE * SIDE; i++) x[i] = (float)rng_normal(&rng);
    static const int move[9][2] = {{0, 0},       {STEP, 0},      {-STEP, 0},    {0, STEP},    {0, -STEP},
                                   {STEP, STEP}, {-STEP, -STEP}, {STEP, -STEP}, {-STEP, STEP}};
    for (int v = 0; v < 9; v++)
        for (int row = 0; row < SIDE; row++)
            for (int column = 0; column < SIDE; column++) {
                int r = row - move[v][1], k = column - move[v][0];
                moved[(v * SIDE + row) * SIDE + column] = r < 0 || k < 0 || r >= SIDE || k >= SIDE
                                                              ? (float)(-m.config.mean / m.config.deviation)
                                                              : x[r * SIDE + k];
            }
    Encoder e;
    encoder_init(&e, &m, NULL);
    cr_assert_eq(encode_images(&e, moved, NULL, 9, &(Encoding){.features = single}, &err), STATUS_OK);
    encoder_free(&e);
    m.config.encode_views = 9;
    encoder_init(&e, &m, NULL);
    cr_assert_eq(encode_images(&e, x, NULL, 1, &(Encoding){.features = mean}, &err), STATUS_OK);
    encoder_free(&e);
    double apart = 0;
    for (int j = 0; j < DIM; j++) {
        double sum = 0;
        for (int v = 0; v < 9; v++) sum += (double)single[v * DIM + j];
        cr_assert_float_eq((double)mean[j], sum / 9, 1e-5);
        apart += fabs((double)single[j] - (double)mean[j]);
    }
    cr_assert_gt(apart, 1e-3, "moving the picture changed nothing");
    model_free(&m);
    session_close(&s);
}

Test(encode, the_length_of_padding_changes_nothing) {
    Config c = tiny_config();
    Error err = {0};
    Session s;
    tiny_open(&s, &c, tiny_set("padding", 0));
    Model m;
    cr_assert_eq(terms_model(&s, &m, &err), STATUS_OK);
    Tape t;
    tape_init(&t, NULL);
    t.recording = t.training = false;
    Batch b;
    BatchOptions o = {.mean = 0, .deviation = 1};
    int first = 0, length = s.data.length[0];
    cr_assert_eq(batch_init(&b, &s.data, 1, NULL, &err), STATUS_OK);
    cr_assert_eq(batch_fill(&b, &s.data, &first, 1, &o, NULL, &err), STATUS_OK);
    cr_assert_lt(length, c.text_length);
    float score[2][16];
    for (int i = 0; i < 2; i++) {
        int n = i ? c.text_length : length;
        Features f = {.z = model_text_tokens(&t, &m, b.word, b.gram, 1, n, TOKEN_NGRAMS, &length),
                      .length = &length};
        f.u = op_mean_tokens(&t, f.z, &length);
        Tensor *scores = model_scores(&t, &m, model_context(&t, &m, NULL, &f, 0, NULL));
        for (int j = 0; j < 16; j++) score[i][j] = (float)scores->data[j];
    }
    cr_assert(memcmp(score[0], score[1], sizeof score[0]) == 0);
    batch_free(&b);
    tape_free(&t);
    model_free(&m);
    session_close(&s);
}

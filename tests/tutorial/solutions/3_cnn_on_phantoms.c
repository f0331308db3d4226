/* Solutions of lesson 3. */
#include "nn/cnn.h"
#include "nn/ops.h"
#include "nn/optim.h"
#include "tests/tutorial/phantoms.h"
#include "tests/tutorial/solutions/check.h"

enum { DIM = 16, BATCH = 16, EPOCHS = 25 };
static Pictures all;

static Tensor *logits(Tape *t, const Cnn *cnn, Tensor *w, Tensor *b, int first, int n) {
    tape_reset(t);
    Tensor *x = tape_input(t, 4, (int[]){n, SIDE, SIDE, 1}, all.x + first * SIDE * SIDE);
    return op_linear(t, op_mean_tokens(t, cnn_forward(t, cnn, x), NULL), w, b);
}

/* Trains on the first `seen` pictures; right[0]: accuracy on them, right[1]: on the pictures from `others`. */
static void train(int seen, int others, double right[2]) {
    Error err;
    Cnn cnn = {0};
    ParamSet p = {0};
    cnn_add(&cnn, &p, SIDE, 8, 1, DIM);
    Tensor *w = params_add(&p, "weight", 2, (int[]){2, DIM}), *b = params_add(&p, "bias", 1, (int[]){2});
    NN_REQUIRE(params_seal(&p, &err) == STATUS_OK, "memory");
    cnn_init(&cnn, &p, 1);
    Adam adam = adam_default(0.01);
    Tape t;
    tape_init(&t, NULL);
    for (int step = 0; step < EPOCHS * seen / BATCH; step++) {
        int first = step * BATCH % seen;
        Tensor *loss = op_cross_entropy_softmax(&t, logits(&t, &cnn, w, b, first, BATCH), all.label + first);
        params_zero_grad(&p);
        tape_backward(&t, loss);
        adam_step(&adam, &p, NULL, 3e-3);
    }
    t.recording = t.training = false;
    const int from[2] = {0, others}, to[2] = {seen, all.n};
    for (int k = 0; k < 2; k++) {
        Tensor *z = logits(&t, &cnn, w, b, from[k], to[k] - from[k]);
        right[k] = 0;
        for (int i = 0; i < to[k] - from[k]; i++)
            right[k] +=
                ((z->data[2 * i + 1] > z->data[2 * i]) == all.label[from[k] + i]) / (double)(to[k] - from[k]);
    }
    tape_free(&t);
    params_free(&p);
}

/* How many tokens of a picture change with one pixel of the top left corner. */
static int tokens_moved(void) {
    Error err;
    Cnn cnn = {0};
    ParamSet p = {0};
    Tape t;
    real z[2][4 * DIM];
    cnn_add(&cnn, &p, SIDE, 8, 1, DIM);
    NN_REQUIRE(params_seal(&p, &err) == STATUS_OK, "memory");
    cnn_init(&cnn, &p, 1);
    tape_init(&t, NULL);
    t.recording = t.training = false;
    for (int k = 0; k < 2; k++, all.x[0] += 1) {
        tape_reset(&t);
        Tensor *tokens = cnn_forward(&t, &cnn, tape_input(&t, 4, (int[]){1, SIDE, SIDE, 1}, all.x));
        memcpy(z[k], tokens->data, sizeof z[k]);
    }
    int moved = 0;
    for (int i = 0; i < 4; i++) moved += memcmp(z[0] + i * DIM, z[1] + i * DIM, sizeof(real) * DIM) != 0;
    tape_free(&t);
    params_free(&p);
    return moved;
}

int main(int argc, char **argv) {
    Arena arena = {0};
    double right[2], few[2], random[2];
    pictures_load(&all, argc > 1 ? argv[1] : NULL, &arena);
    int half = all.n / 2 / BATCH * BATCH;
    train(half, half, right);
    train(BATCH, half, few);
    Rng rng = rng_stream(1, RNG_TEST, 3);
    for (int i = 0; i < half; i++) all.label[i] = (int)rng_below(&rng, 2);
    train(half, half, random);
    printf("exercise 1: random labels: %.2f on pictures seen, learned by heart; %.2f on others, a coin\n",
           random[0], random[1]);
    printf("exercise 2: 16 pictures: %.2f seen, %.2f others; %d pictures: %.2f and %.2f\n", few[0], few[1],
           half, right[0], right[1]);
    int moved = tokens_moved();
    printf("exercise 3: a pixel of the corner moves %d of 4 tokens: the field of a token is wider than its "
           "place\n",
           moved);
    CLAIM(random[0] > 0.85 && random[1] < right[1] - 0.1);
    CLAIM(few[0] > 0.85 && few[1] < right[1] + 0.05);
    CLAIM(moved > 1); /* more than the token at its place */
    arena_free(&arena);
    return 0;
}

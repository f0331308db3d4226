/* 3. A CNN on phantoms: cysts against stones.
 *
 * The same residual network as the product's, at a size for seconds: pictures of 32 x 32 pixels become 4 tokens, their mean is
 * the feature u_v, a linear layer decides. Half of the cases train; the others show whether something was learned. */
#include "nn/cnn.h"
#include "nn/ops.h"
#include "nn/optim.h"
#include "tests/tutorial/phantoms.h"
#include "tests/tutorial/plot.h"

enum { DIM = 16, BATCH = 16, EPOCHS = 12 };

typedef struct {
    Cnn cnn;
    Tensor *w, *b;
    Tape tape;
} Net;

static Tensor *logits(Net *m, const Pictures *p, int first, int n) {
    tape_reset(&m->tape);
    Tensor *x = tape_input(&m->tape, 4, (int[]){n, SIDE, SIDE, 1}, p->x + first * SIDE * SIDE);
    Tensor *u = op_mean_tokens(&m->tape, cnn_forward(&m->tape, &m->cnn, x), NULL); /* (n,DIM) */
    return op_linear(&m->tape, u, m->w, m->b);                                     /* (n,2) */
}

static double accuracy(Net *m, const Pictures *p, int first, int n) {
    m->tape.recording = m->tape.training = false; /* running statistics instead of the batch's */
    Tensor *z = logits(m, p, first, n);
    m->tape.recording = m->tape.training = true;
    int right = 0;
    for (int i = 0; i < n; i++) right += (z->data[2 * i + 1] > z->data[2 * i]) == p->label[first + i];
    return (double)right / n;
}

int main(int argc, char **argv) {
    Error err = {0};
    Arena arena = {0};
    static Pictures all;
    pictures_load(&all, argc > 1 ? argv[1] : NULL, &arena);

    Net m = {0};
    ParamSet p = {0};
    cnn_add(&m.cnn, &p, SIDE, 8, 1, DIM);
    m.w = params_add(&p, "weight", 2, (int[]){2, DIM}), m.b = params_add(&p, "bias", 1, (int[]){2});
    if (params_seal(&p, &err) != STATUS_OK) return 1;
    cnn_init(&m.cnn, &p, 1);

    int half = all.n / 2 / BATCH * BATCH, steps = half / BATCH;
    printf("%d training pictures, %d others; %zu weights\n", half, all.n - half, p.size);
    double epoch[EPOCHS], right[2][EPOCHS];
    Adam adam = adam_default(0.01);
    tape_init(&m.tape, NULL);
    for (int step = 0; step < EPOCHS * steps; step++) {
        int first = step % steps * BATCH, e = step / steps;
        Tensor *loss = op_cross_entropy_softmax(&m.tape, logits(&m, &all, first, BATCH), all.label + first);
        params_zero_grad(&p);
        tape_backward(&m.tape, loss);
        if (step % (4 * steps) == 0) printf("epoch %2d: loss %.4f\n", e, (double)loss->data[0]);
        adam_step(&adam, &p, NULL, schedule_one_cycle(step, EPOCHS * steps, 0.25, 3e-3));
        if (step % steps < steps - 1) continue;
        epoch[e] = e + 1, right[0][e] = accuracy(&m, &all, 0, half);
        right[1][e] = accuracy(&m, &all, half, all.n - half);
    }
    printf("accuracy: %.3f on pictures seen, %.3f on others\n", right[0][EPOCHS - 1], right[1][EPOCHS - 1]);
    Figures to = plot_folder(argc, argv);
    SvgSeries series[] = {{"seen", epoch, right[0], NULL, NULL, EPOCHS},
                          {"others", epoch, right[1], NULL, NULL, EPOCHS}};
    plot_lines(&to, "Accuracy by epoch", "epoch", "share right", series, 2);
    tape_free(&m.tape);
    params_free(&p);
    arena_free(&arena);
    return 0;
}

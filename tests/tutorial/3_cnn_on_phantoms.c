/* 3. A CNN on phantoms: cysts against stones.
 *
 * The same residual network as the product's, at a size for seconds: pictures of 32 x 32 pixels become 4 tokens, their mean is
 * the feature u_v, a linear layer decides. Half of the cases train, the others tell whether something was learned. */
#include <stdio.h>
#include <string.h>

#include "data/dataset.h"
#include "data/phantom/phantom.h"
#include "nn/cnn.h"
#include "nn/ops.h"
#include "nn/optim.h"

enum { SIDE = 32, MOST = 400, DIM = 16, BATCH = 16, EPOCHS = 12 };

typedef struct {
    real *x; /* (n,SIDE,SIDE,1) */
    int label[MOST], n;
} Pictures;

/* Cases with exactly one of the two findings. */
static Status load(Pictures *out, const char *dir, Arena *arena, Error *err) {
    PhantomOptions o = {.cases = MOST, .size = SIDE, .lang = PHANTOM_EN, .seed = 3};
    TRY(phantom_write(dir, &o, NULL, NULL, err));
    char path[512];
    snprintf(path, sizeof path, "%s/manifest.tsv", dir);
    Manifest m;
    Dataset d;
    TRY(manifest_read(&m, path, &(ManifestOptions){.need_labels = true}, NULL, err));
    TRY(dataset_load(&d, &m, NULL, SIDE, 0, NULL, NULL, err));
    out->x = arena_alloc(arena, sizeof *out->x * MOST * SIDE * SIDE);
    for (int i = 0; i < m.n; i++) {
        bool cyst = false, stone = false;
        for (int k = 0; k < m.n_labels; k++) {
            bool has = m.labels[i * m.n_labels + k];
            cyst = cyst || (has && strcmp(m.label_names[k], "cyst") == 0);
            stone = stone || (has && strcmp(m.label_names[k], "stone") == 0);
        }
        if (cyst == stone) continue;
        for (int k = 0; k < SIDE * SIDE; k++)
            out->x[out->n * SIDE * SIDE + k] = ((real)d.picture[i][k] - 64) / 64;
        out->label[out->n++] = stone;
    }
    dataset_free(&d);
    manifest_free(&m);
    return STATUS_OK;
}

static Tensor *logits(Tape *t, const Cnn *cnn, Tensor *w, Tensor *b, const Pictures *p, int first, int n) {
    Tensor *x = tape_input(t, 4, (int[]){n, SIDE, SIDE, 1}, p->x + first * SIDE * SIDE);
    return op_linear(t, op_mean_tokens(t, cnn_forward(t, cnn, x), NULL), w, b); /* (n,2) */
}

static double accuracy(Tape *t, const Cnn *cnn, Tensor *w, Tensor *b, const Pictures *p, int first, int n) {
    tape_reset(t);
    t->recording = t->training = false; /* running statistics instead of the batch's */
    Tensor *z = logits(t, cnn, w, b, p, first, n);
    t->recording = t->training = true;
    int right = 0;
    for (int i = 0; i < n; i++) right += (z->data[2 * i + 1] > z->data[2 * i]) == p->label[first + i];
    return (double)right / n;
}

int main(int argc, char **argv) {
    Error err = {0};
    Arena arena = {0};
    Pictures all = {0};
    if (argc != 2) return fprintf(stderr, "usage: %s FOLDER   (for the phantoms)\n", argv[0]), 2;
    if (load(&all, argv[1], &arena, &err) != STATUS_OK) return fprintf(stderr, "%s\n", err.message), 3;

    Cnn cnn = {0};
    ParamSet p = {0};
    cnn_add(&cnn, &p, SIDE, 8, 1, DIM);
    Tensor *w = params_add(&p, "weight", 2, (int[]){2, DIM}), *b = params_add(&p, "bias", 1, (int[]){2});
    if (params_seal(&p, &err) != STATUS_OK) return 1;
    cnn_init(&cnn, &p, 1);

    int half = all.n / 2 / BATCH * BATCH, steps = half / BATCH;
    printf("%d training pictures, %d others; %zu weights\n", half, all.n - half, p.size);
    Adam adam = adam_default(0.01);
    Tape t;
    tape_init(&t, NULL);
    for (int step = 0; step < EPOCHS * steps; step++) {
        tape_reset(&t);
        int first = step % steps * BATCH;
        Tensor *loss =
            op_cross_entropy_softmax(&t, logits(&t, &cnn, w, b, &all, first, BATCH), all.label + first);
        params_zero_grad(&p);
        tape_backward(&t, loss);
        adam_step(&adam, &p, NULL, schedule_one_cycle(step, EPOCHS * steps, 0.25, 3e-3));
        if (step % (4 * steps) == 0) printf("epoch %2d: loss %.4f\n", step / steps, (double)loss->data[0]);
    }
    double seen = accuracy(&t, &cnn, w, b, &all, 0, half);
    printf("accuracy: %.3f on pictures seen, %.3f on others\n", seen,
           accuracy(&t, &cnn, w, b, &all, half, all.n - half));
    tape_free(&t);
    params_free(&p);
    arena_free(&arena);
    return 0;
}

/* 4. From words to vectors.
 *
 * A word is a row of a table, plus the mean of the rows of its pieces of 3 to 5 letters (subwords). The table is trained so that the
 * mean over a report predicts the labels of its case. A word that no report holds ("microcyst") has a vector from its pieces. */
#include <math.h>

#include "nn/ops.h"
#include "nn/optim.h"
#include "tests/tutorial/phantoms.h"
#include "tests/tutorial/plot.h"

enum { DIM = 16, BATCH = 40, STEPS = 300 };

typedef struct {
    Tensor *word, *subword, *pos, *weight, *bias;
} Net;

static Tensor *embed(Tape *t, const Net *m, const int32_t *id, const int32_t *gram, const int *length, int n,
                     int tokens) {
    return op_embedding(t, m->word, m->subword, m->pos, id, gram, n, tokens, TOKEN_NGRAMS, length);
}

/* The vector (DIM) of one word, of unit length. */
static void word_vector(Tape *t, const Net *m, const Vocab *v, const char *word, double *out) {
    int32_t id[REPORT], gram[REPORT * TOKEN_NGRAMS];
    int n;
    double norm = 0;
    reports_tokens(v, word, id, gram, &n);
    tape_reset(t);
    Tensor *e = embed(t, m, id, gram, &n, 1, 1);
    for (int k = 0; k < DIM; k++) out[k] = (double)e->data[k], norm += out[k] * out[k];
    for (int k = 0; k < DIM; k++) out[k] /= sqrt(norm);
}

int main(int argc, char **argv) {
    static Reports r;
    Error err = {0};
    ParamSet set = {0};
    reports_load(&r, argc > 1 ? argv[1] : NULL);
    Net m = {
        params_add(&set, "word", 2, (int[]){r.of.vocab.n + TOKEN_FIRST_WORD, DIM}),
        params_add(&set, "subword", 2, (int[]){REPORT_BUCKETS, DIM}),
        params_add_buffer(&set, "pos", 2, (int[]){REPORT, DIM}, 0), /* no positions: the order is ignored */
        params_add(&set, "weight", 2, (int[]){r.labels, DIM}),
        params_add(&set, "bias", 1, (int[]){r.labels})};
    if (params_seal(&set, &err) != STATUS_OK) return 1;
    param_init_normal(&set, m.word, 1, 0.1), param_init_normal(&set, m.subword, 1, 0.02);
    Adam adam = adam_default(0);
    Tape t;
    tape_init(&t, NULL);
    for (int step = 0; step <= STEPS; step++) {
        int i = step * BATCH % PHANTOMS;
        tape_reset(&t);
        Tensor *e =
            embed(&t, &m, r.id + i * REPORT, r.gram + i * REPORT * TOKEN_NGRAMS, r.length + i, BATCH, REPORT);
        Tensor *z = op_linear(&t, op_mean_tokens(&t, e, r.length + i), m.weight, m.bias);
        Tensor *loss = op_cross_entropy_sigmoid(&t, z, r.y + i * r.labels);
        params_zero_grad(&set);
        tape_backward(&t, loss);
        adam_step(&adam, &set, NULL, 0.02);
        if (step % 100 == 0) printf("step %3d: loss %.3f\n", step, (double)loss->data[0]);
    }
    static const char *const words[] = {"cyst",     "cystic", "cysst",    "microcyst", "stonelike",
                                        "anechoic", "stone",  "calculus", "spiculated"};
    enum { WORDS = sizeof words / sizeof *words };
    SvgBar bar[WORDS];
    double v[WORDS][DIM];
    for (int i = 0; i < WORDS; i++) {
        double cosine = 0;
        word_vector(&t, &m, &r.of.vocab, words[i], v[i]);
        for (int k = 0; k < DIM; k++) cosine += v[0][k] * v[i][k];
        bar[i] = (SvgBar){words[i], cosine, cosine, cosine, 0};
        bool known = vocab_find(&r.of.vocab, words[i]) != TOKEN_UNKNOWN;
        printf("cosine(cyst, %s) = %.2f%s\n", words[i], cosine, known ? "" : "   (in no report)");
    }
    const Figures to = plot_folder(argc, argv);
    plot_bars(&to, "Similarity to cyst", "cosine", bar, WORDS);
    tape_free(&t), params_free(&set), phantoms_free(&r.of);
    return 0;
}

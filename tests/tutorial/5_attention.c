/* 5. Attention on a report.
 *
 * One learned query looks at every word of a report. Softmax of the products with the words' keys gives weights that sum to 1; the
 * weighted mean of the values decides the labels. After training the weights show which words decide: the shortest report of a cyst as a chart. */
#include "nn/ops.h"
#include "nn/optim.h"
#include "tests/tutorial/phantoms.h"
#include "tests/tutorial/plot.h"

enum { DIM = 16, BATCH = 40, STEPS = 400 };

typedef struct {
    Tensor *word, *pos, *query, *kv, *weight, *bias;
} Net;

/* Logits (n,labels); attention (n,1,tokens) or NULL: the weight of each word. */
static Tensor *logits(Tape *t, const Net *m, const int32_t *id, const int *length, int n, real *attention) {
    static real one[PHANTOMS];
    for (int i = 0; i < n; i++) one[i] = 1;
    tape_reset(t);
    Tensor *e = op_embedding(t, m->word, NULL, m->pos, id, NULL, n, REPORT, 0, length);
    Tensor *q = op_linear(t, tape_input(t, 2, (int[]){n, 1}, one), m->query,
                          NULL); /* the same query for every report */
    Tensor *y = op_attention_first(t, q, op_linear(t, e, m->kv, NULL), 1, length, attention);
    return op_linear(t, y, m->weight, m->bias);
}

int main(int argc, char **argv) {
    static Reports r;
    Error err = {0};
    ParamSet p = {0};
    reports_load(&r, argc > 1 ? argv[1] : NULL);
    Net m = {params_add(&p, "word", 2, (int[]){r.of.vocab.n + TOKEN_FIRST_WORD, DIM}),
             params_add_buffer(&p, "pos", 2, (int[]){REPORT, DIM}, 0),
             params_add(&p, "query", 2, (int[]){DIM, 1}),
             params_add(&p, "kv", 2, (int[]){2 * DIM, DIM}),
             params_add(&p, "weight", 2, (int[]){r.labels, DIM}),
             params_add(&p, "bias", 1, (int[]){r.labels})};
    if (params_seal(&p, &err) != STATUS_OK) return 1;
    param_init_normal(&p, m.word, 1, 0.3);
    param_init_normal(&p, m.query, 1, 0.3), param_init_glorot(&p, m.kv, 1);
    Adam adam = adam_default(0);
    Tape t;
    tape_init(&t, NULL);
    for (int step = 0; step <= STEPS; step++) {
        int i = step * BATCH % PHANTOMS;
        Tensor *z = logits(&t, &m, r.id + i * REPORT, r.length + i, BATCH, NULL);
        Tensor *loss = op_cross_entropy_sigmoid(&t, z, r.y + i * r.labels);
        params_zero_grad(&p);
        tape_backward(&t, loss);
        adam_step(&adam, &p, NULL, 0.01);
        if (step % 100 == 0) printf("step %3d: loss %.3f\n", step, (double)loss->data[0]);
    }
    int shown = 0, best = 0; /* the shortest report of a cyst */
    for (int i = 0; i < PHANTOMS; i++)
        if (phantoms_has(&r.of, i, "cyst") &&
            (!phantoms_has(&r.of, shown, "cyst") || r.length[i] < r.length[shown]))
            shown = i;
    const int32_t *id = r.id + shown * REPORT;
    real attention[REPORT];
    SvgBar bar[REPORT];
    t.recording = false;
    Tensor *z = logits(&t, &m, id, r.length + shown, 1, attention);
    for (int k = 0; k < r.labels; k++) best = z->data[k] > z->data[best] ? k : best;
    printf("%s\nlikeliest label: %s\n", r.of.manifest.cases[shown].text, r.of.manifest.label_names[best]);
    int n = r.length[shown];
    for (int i = 0; i < n; i++) {
        double a = (double)attention[i];
        bar[i] = (SvgBar){id[i] < TOKEN_FIRST_WORD ? "(unknown)" : r.of.vocab.words[id[i] - TOKEN_FIRST_WORD],
                          a, a, a, 0};
        printf("%-10s %.3f\n", bar[i].name, a);
    }
    Figures to = plot_folder(argc, argv);
    plot_bars(&to, "Attention of the query over the words", "weight", bar, (size_t)n);
    tape_free(&t), params_free(&p), phantoms_free(&r.of);
    return 0;
}

/* 9. Honest evaluation: break the protocol and watch MAP jump.
 *
 * No network here: the "method" memorises. A case gets the code of the class of the training case that is nearest to it. A patient has two
 * cases that are close to each other; classes overlap. The same codes are scored five ways; only the first says how the method
 * does on a new patient. */
#include <stdio.h>
#include <string.h>

#include "eval/retrieval.h"
#include "tests/tutorial/patients.h"
#include "tests/tutorial/plot.h"

enum { BITS = 32, BYTES = BITS / 8 };

/* Codes of all cases: of the class of the nearest case with train[j]. A training case is its own nearest. */
static void memorise(const Cases *c, const bool *train, uint8_t *codes) {
    uint8_t code[CLASSES][BYTES];
    Rng rng = rng_stream(1, RNG_TEST, 10);
    for (int k = 0; k < CLASSES * BYTES; k++) code[k / BYTES][k % BYTES] = (uint8_t)rng_below(&rng, 256);
    for (int i = 0; i < N; i++) {
        double least = 1e9;
        for (int j = 0; j < N; j++) {
            double d = 0;
            for (int k = 0; k < DIM; k++) d += (c->x[i][k] - c->x[j][k]) * (c->x[i][k] - c->x[j][k]);
            if (train[j] && d < least) least = d, memcpy(codes + i * BYTES, code[c->label[j]], BYTES);
        }
    }
}

/* Cases from[0]..to[0] ask cases from[1]..to[1]. */
static Bounds score(const Cases *c, uint8_t *codes, const int from[2], const int to[2]) {
    CaseSet set[2];
    Retrieval r;
    Error err = {0};
    for (int k = 0; k < 2; k++)
        set[k] = (CaseSet){.n = (size_t)(to[k] - from[k]),
                           .bits = BITS,
                           .classes = CLASSES,
                           .labels = c->y + from[k] * CLASSES,
                           .code = {codes + from[k] * BYTES, codes + from[k] * BYTES}};
    NN_REQUIRE(evaluate_codes(&r, &(RetrievalTask){&set[0], &set[1], MODALITY_IMAGE, false}, NULL, &err) ==
                   STATUS_OK,
               "%s", err.message);
    Bounds map = r.map;
    retrieval_free(&r);
    return map;
}

int main(int argc, char **argv) {
    static Cases c;
    static uint8_t codes[N * BYTES];
    bool honest[N], leaky[N];
    patients_draw(&c);
    for (int i = 0; i < N; i++)
        honest[i] = i < N / 2, leaky[i] = i % 2 == 0; /* whole patients; one case of each patient */
    const int test[2] = {N / 2, 3 * N / 4}, end[2] = {3 * N / 4, N}, old[2] = {N / 2, 0},
              old_end[2] = {3 * N / 4, N / 2};
    memorise(&c, honest, codes);
    Bounds right = score(&c, codes, test, end), trained = score(&c, codes, old, old_end);
    memorise(&c, leaky, codes);
    Bounds leak = score(&c, codes, test, end);
    memset(codes, 0, sizeof codes);
    Bounds constant = score(&c, codes, test, end);
    SvgBar bar[] = {
        {"honest", right.expected, right.pessimistic, right.optimistic, 0},
        {"database = training set", trained.expected, trained.pessimistic, trained.optimistic, 1},
        {"patients in both sets", leak.expected, leak.pessimistic, leak.optimistic, 2},
        {"constant code", constant.expected, constant.pessimistic, constant.optimistic, 3},
        {"constant code, lucky order", constant.optimistic, constant.optimistic, constant.optimistic, 4}};
    for (int i = 0; i < 5; i++)
        printf("%-27s MAP %.3f  [%.3f, %.3f]\n", bar[i].name, bar[i].value, bar[i].low, bar[i].high);
    const Figures to = plot_folder(argc, argv);
    plot_bars(&to, "The same kind of codes, scored five ways", "MAP; whiskers: worst and best order of ties",
              bar, 5);
    return 0;
}

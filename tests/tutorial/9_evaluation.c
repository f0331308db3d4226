/* 9. Honest evaluation: break the protocol and watch MAP jump.
 *
 * No network here: the "method" memorises. A case gets the code of the class of the training case that is nearest to it. A patient has two
 * cases that are close to each other; classes overlap. The same codes are scored six ways; only the first says how the method
 * does on a new patient. */
#include <stdio.h>
#include <string.h>

#include "eval/retrieval.h"
#include "hash/code.h"
#include "tests/tutorial/patients.h"
#include "tests/tutorial/plot.h"

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

/* The same MAP where ties keep the order of a file that is sorted by class. */
static double score_file(const Cases *c, const uint8_t *codes, const int from[2], const int to[2]) {
    double map = 0;
    for (int q = from[0]; q < to[0]; q++) {
        int rank = 0, found = 0;
        double sum = 0;
        for (int place = 0; place < (BITS + 1) * CLASSES; place++) /* by distance, then by class */
            for (int i = from[1]; i < to[1]; i++) {
                int distance = code_distance(codes + q * BYTES, codes + i * BYTES, BITS);
                if (distance != place / CLASSES || c->label[i] != place % CLASSES) continue;
                rank++;
                if (c->label[i] == c->label[q]) sum += (double)++found / rank;
            }
        map += sum / found / (to[0] - from[0]);
    }
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
    double file = score_file(&c, codes, test, end);
    memorise(&c, leaky, codes);
    Bounds leak = score(&c, codes, test, end);
    memset(codes, 0, sizeof codes);
    Bounds constant = score(&c, codes, test, end);
    double constant_file = score_file(&c, codes, test, end);
    SvgBar bar[] = {{"honest", right.expected, right.pessimistic, right.optimistic, 0},
                    {"database = training set", trained.expected, trained.pessimistic, trained.optimistic, 1},
                    {"patients in both sets", leak.expected, leak.pessimistic, leak.optimistic, 2},
                    {"ties in the order of the file", file, file, file, 3},
                    {"constant code", constant.expected, constant.pessimistic, constant.optimistic, 4},
                    {"constant code, file's order", constant_file, constant_file, constant_file, 5}};
    for (int i = 0; i < 6; i++)
        printf("%-30s MAP %.3f  [%.3f, %.3f]\n", bar[i].name, bar[i].value, bar[i].low, bar[i].high);
    const Figures to = plot_folder(argc, argv);
    plot_bars(&to, "The same kind of codes, scored six ways", "MAP; whiskers: worst and best order of ties",
              bar, 6);
    return 0;
}

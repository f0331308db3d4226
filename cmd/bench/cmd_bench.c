#include <stdlib.h>
#include <string.h>

#include "cmd/bench/bench.h"
#include "cmd/verbs.h"
#include "nn/base/nearest.h"

static const Option OPTIONS[] = {
    {"seconds", 0, "N", "5", "train, encode, eval: time for each row; three calls at least", PLAIN},
    {"n", 'n', "CODES", "10000000", "search, index, eval: codes of the archive", PLAIN},
    {"bits", 'b', "BITS", "64", "search, index: bits of a code", PLAIN},
    {"codes", 'c', "KIND", "random",
     "search: random, or near:FILE.npy (that file's, every bit flipped with 0.05)", PLAIN},
    {"queries", 0, "N", "256", "search, eval: queries of a batch", PLAIN},
    {"method", 0, "NAME", "both", "search: scan, mih or both, in turn", PLAIN},
    {"rounds", 0, "N", "5", "search: measurements of each, of which the median is told", PLAIN},
    {"name", 0, "TEXT", NULL, "search: a name for the codes, told with --json", PLAIN},
    {"dump", 0, "DIR", NULL, "search: write codes.npy and queries.npy, for others to search", PLAIN},
    {"from", 0, "FILE", NULL, "page: lines of `bench search --json`", PLAIN},
    {"html", 0, "FILE", NULL, "page: the page to write", PLAIN},
    {"json", 0, NULL, NULL, "one JSON object a line", PLAIN},
    OPTION_THREADS,
    OPTION_QUIET,
    OPTION_HELP,
    OPTION_END};

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double bench_median(double *v, size_t n) {
    qsort(v, n, sizeof *v, compare_numbers);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static const struct {
    const char *name;
    Status (*run)(Args *a, Error *err);
} BENCHES[] = {{"train", bench_train_steps}, {"encode", bench_encode}, {"eval", bench_eval},
               {"search", bench_search},     {"index", bench_index},   {"page", bench_page}};
enum { N_BENCHES = sizeof BENCHES / sizeof BENCHES[0] };

static Status run(Args *a, Error *err) {
    const char *names[N_BENCHES];
    if (a->n_operands != 1)
        return error_set(err, STATUS_USAGE, "msach bench: one thing to measure is needed, for example:\n  %s",
                         a->verb->example);
    for (int i = 0; i < N_BENCHES; i++) {
        names[i] = BENCHES[i].name;
        if (strcmp(a->operand[0], names[i]) == 0) return BENCHES[i].run(a, err);
    }
    const char *near = nearest_word(a->operand[0], names, N_BENCHES);
    return error_set(err, STATUS_USAGE,
                     "msach bench: '%s' is none of train, encode, eval, search, index and page%s%s%s",
                     a->operand[0], near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

const Verb VERB_BENCH = {
    "bench",
    "how fast it is here: repeated timings, and their median",
    "msach bench search --n 1000000 --bits 64 --json",
    "train|encode|eval|search|index|page",
    OPTIONS,
    run,
    "train   a step of either stage on the canonical work: 128-pixel images, batch 64\n"
    "encode  codes of images, of texts, and of one image alone, by the same model\n"
    "eval    every measure of retrieval; without --queries and --n 5,000 queries in 100,000 codes\n"
    "search  exact k nearest, k = 1, 10, 100: by looking at all codes (scan) and by "
    "multi-index hashing (mih)\n"
    "index   an archive's file of random codes: writing, opening, the first search\n"
    "page    the lines of several searches as one page with charts",
    STOP_ITSELF};

#include "cmd/bench/bench.h"
#include "cmd/verbs.h"
#include "nn/blas.h"

static const Option OPTIONS[] = {
    {"seconds", 0, "N", "5", "train, encode, eval: time for each row, at least three calls; 0: one call",
     PLAIN},
    {"n", 'n', "CODES", "10000000", "search, index, eval: codes of the archive", PLAIN},
    {"bits", 'b', "BITS", "64", "search, index: bits of a code", PLAIN},
    {"codes", 'c', "KIND", "random",
     "search: random, or near:FILE.npy (codes of a file, each bit flipped with probability 0.05)", PLAIN},
    {"queries", 0, "N", "256", "search, eval: queries of a batch", PLAIN},
    {"method", 0, "NAME", "both", "search: scan, mih, or both in turn", PLAIN},
    {"rounds", 0, "N", "5", "search: number of measurements; the median is printed", PLAIN},
    {"name", 0, "TEXT", NULL, "search: a name for the codes in the JSON", PLAIN},
    {"dump", 0, "DIR", NULL, "search: write codes.npy and queries.npy for other programs", WRITES},
    {"data", 'd', "MANIFEST", NULL, "phases: training cases", PLAIN},
    {"out", 'o', "RUN", NULL, "phases: the directory of the run", PLAIN},
    {"config", 0, "FILE", NULL, "phases: settings, for example the config.txt of a run", OF(PART_VARIANTS)},
    {"set", 's', "KEY=VALUE", NULL, "phases: one setting of the training; may be given more than once", MANY},
    {"from", 0, "FILE", NULL, "page: lines of `bench search --json`", PLAIN},
    {"html", 0, "FILE.html", NULL, "page: the page to write", WRITES},
    {"json", 0, NULL, NULL, "print one JSON object a line", PLAIN},
    OPTION_THREADS,
    OPTION_LAST};

static Status run(Args *a, Error *err) {
    static const char *const names[] = {"train", "encode", "eval", "search", "index", "phases", "page", NULL};
    static Status (*const benches[])(Args * a, Error * err) = {
        bench_train_steps, bench_encode, bench_eval, bench_search, bench_index, bench_phases, bench_page};
    int choice;
    if (a->n_operands != 1) return args_incomplete(a, err, "one bench is needed");
    TRY(args_word(a, "the bench", a->operand[0], names, &choice, err));
    if (choice < 6) TRY(args_pool(a, err));
    TRY(blas_reserve(err));
    return benches[choice](a, err);
}

const Verb VERB_BENCH = {
    "bench",
    "measure speed on this machine: medians of repeated timings",
    "msach bench search --n 1000000 --bits 64 --json",
    "train|encode|eval|search|index|phases|page",
    OPTIONS,
    run,
    "train   one step of each stage on fixed work: images of 128 pixels, batch 64\n"
    "encode  codes of images, of texts, and of one image alone, by the same model\n"
    "eval    all measures of retrieval; default: 5,000 queries in 100,000 codes\n"
    "search  the exact k nearest, k = 1, 10, 100: by scanning all codes (scan) and by "
    "multi-index hashing (mih); beside it how fast this machine reads memory, the limit of a scan "
    "(above 1: a cache holds the codes)\n"
    "index   the index file of random codes: writing, opening, the first search\n"
    "phases  a whole training: time and peak of resident memory of each phase\n"
    "page    the lines of several searches as one page with charts",
    STOP_ITSELF};

/* `msach bench phases`: a training from the manifest to the report; time and memory of each phase, read off its messages. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cmd/bench/bench.h"
#include "cmd/bench/bench_report.h"
#include "cmd/verbs.h"
#include "nn/base/sys.h"
#include "train/encode.h"
#include "train/estimate.h"
#include "train/run.h"

enum { OPENING, PICTURES, STAGE1, EXPERTS, FEATURES, GRAPHS, STAGE2, VALIDATION, TEST, PHASES };
static const char *const NAMES[PHASES + 1] = {"opening", "pictures", "stage1",     "experts", "features",
                                              "graphs",  "stage2",   "validation", "test",    "all"};
static const char *const WORDS[PHASES + 1] = {"manifest, split, vocabulary",
                                              "pictures and tokens",
                                              "stage 1 and its validation",
                                              "experts",
                                              "features",
                                              "neighbour graphs",
                                              "stage 2",
                                              "validation of stage 2",
                                              "test, report, model",
                                              "all"};

/* A message with this prefix ends an interval of `phase`. A first report of progress (done <= first) ends one of `before`. */
static const struct {
    const char *prefix;
    long first;
    int before, phase;
} MARKS[] = {{"reading", 256, OPENING, PICTURES},
             {"stage 1", 0, STAGE1, STAGE1},
             {"experts", 0, EXPERTS, EXPERTS},
             {"features, view 1/", ENCODE_TILE, EXPERTS, FEATURES},
             {"features, view", 0, FEATURES, FEATURES},
             {"stage 2 of", 1, GRAPHS, STAGE2},
             {"stage 2, epoch", 0, VALIDATION, VALIDATION},
             {"encoding", 0, TEST, TEST},
             {"test MAP", 0, TEST, TEST}};

typedef struct {
    const Log *log; /* for warnings */
    double last, last_cpu;
    double measure[3][PHASES + 1]; /* s, s of all processors, most bytes in RAM; last: of all phases */
    int cases, trained;            /* in all, training cases */
} Phases;

/* Linux resets the peak of resident memory on request. Elsewhere, and where that fails, a peak is that of all phases so far. */
static void reset_peak(void) {
    int file = sys_open("/proc/self/clear_refs", O_WRONLY, 0);
    if (file < 0) return;
    sys_write(file, "5", 1);
    sys_close(file);
}

static double processor_time(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void end_interval(Phases *p, int phase) {
    double now = log_clock(), cpu = processor_time(), peak = memory_peak();
    for (int k = 0; k < 2; k++) { /* of the phase and of all */
        int at = k ? PHASES : phase;
        p->measure[0][at] += now - p->last;
        p->measure[1][at] += cpu - p->last_cpu;
        if (peak > p->measure[2][at]) p->measure[2][at] = peak;
    }
    p->last = now;
    p->last_cpu = cpu;
    reset_peak();
}

static void see(Phases *p, const char *text, long done) {
    for (size_t i = 0; i < sizeof MARKS / sizeof *MARKS; i++) {
        if (strncmp(text, MARKS[i].prefix, strlen(MARKS[i].prefix)) != 0) continue;
        end_interval(p, done <= MARKS[i].first ? MARKS[i].before : MARKS[i].phase);
        return;
    }
}

static void see_progress(void *ctx, const char *what, long done, long total) {
    (void)total;
    see(ctx, what, done);
}

static void pass_warning(void *ctx, const char *text) {
    log_warn(((Phases *)ctx)->log, "%s", text);
}

static void see_line(void *ctx, const char *text) {
    Phases *p = ctx;
    if (sscanf(text, "%d cases: %d train", &p->cases, &p->trained) == 2) end_interval(p, PICTURES);
    see(p, text, 1);
}

Status bench_phases(Args *a, Error *err) {
    Config c;
    RunEnd end;
    Phases p = {.log = &a->log, .last = log_clock(), .last_cpu = processor_time()};
    Log log = {.ctx = &p, .line = see_line, .warn = pass_warning, .progress = see_progress};
    RunOptions o = {.data = args_get(a, "data"), .out = args_get(a, "out"), .stop = &cmd_stop};
    if (!o.data || !o.out)
        return args_wrong(a, err,
                          "phases needs --data and --out, for example:\n  msach bench phases --data "
                          "phantoms/manifest.tsv --out runs/timed --set stage1_epochs=2 stage2_epochs=4");
    o.manifest = args_manifest(a);
    o.manifest.need_labels = true;
    TRY(args_config(a, &c, (const char *const[]){NULL}, err));
    TRY(config_check(&c, err));
    TRY(run_train(&o, &c, a->pool, &log, &end, err));
    TRY(bench_go_on(err));
    end_interval(&p, TEST);
    BenchReport r = {.bench = "phases"};
    bench_add_number(&r, "cases", "cases", p.cases);
    bench_add_number(&r, "training_cases", "training cases", p.trained);
    char field[3][PHASES + 1][64], words[3][PHASES + 1][64];
    for (int k = 0; k < 3; k++)
        for (int i = 0; i <= PHASES; i++) {
            snprintf(field[k][i], sizeof field[k][i], "%s_%s", NAMES[i],
                     k == 0   ? "s"
                     : k == 1 ? "cpu_s"
                              : "mib");
            snprintf(words[k][i], sizeof words[k][i], "%s, %s", WORDS[i],
                     k == 0   ? "s"
                     : k == 1 ? "cpu s"
                              : "MiB");
            bench_add_number(&r, field[k][i], words[k][i], p.measure[k][i] / (k == 2 ? 1 << 20 : 1));
        }
    bench_print(&r, a->pool, args_has(a, "json"));
    return STATUS_OK;
}

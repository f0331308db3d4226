#include "cmd/train_estimate.h"

#include <stdio.h>

#include "cmd/terminal_progress.h"
#include "nn/base/pool.h"
#include "train/estimate.h"
#include "train/terms.h"

static void print_time(const char *what, double seconds) {
    char text[DURATION];
    if (seconds < 9.95)
        snprintf(text, sizeof text, "%.1f s", seconds);
    else
        duration_text(text, seconds);
    printf("  %-34s %s\n", what, text);
}

static void print_room(const char *what, double bytes) {
    printf("  %-34s %.0f MiB\n", what, bytes / (1 << 20));
}

static void print_estimate(const Estimate *e, int threads, double reading) {
    char stage[2][64];
    for (int i = 0; i < 2; i++)
        snprintf(stage[i], sizeof stage[i], "stage %d, %d epochs", i + 1, e->epochs[i]);
    printf("estimate for %d training cases on %d thread%s, measured on %d of them\n", e->cases, threads,
           threads == 1 ? "" : "s", e->sample);
    print_time("reading", reading);
    if (e->stage[0] > 0) print_time(stage[0], e->stage[0]);
    print_time("experts and features", e->experts);
    print_time(stage[1], e->stage[1]);
    print_time("test", e->test);
    print_time("in all", reading + e->stage[0] + e->experts + e->stage[1] + e->test);
    print_room("memory at most", e->memory);
    print_room("disk", e->disk);
    if (e->features > 0) print_room("more disk during stage 2", e->features);
}

Status train_estimate(Args *a, const Config *c, Error *err) {
    Session s = {0};
    Estimate e;
    ManifestOptions o = args_manifest(a);
    o.need_labels = true;
    if (args_has(a, "stage1") || args_has(a, "resume"))
        return args_wrong(a, err, "--estimate speaks of a whole training; leave out --stage1 and --resume");
    if (!args_has(a, "data")) return args_wrong(a, err, "--estimate needs --data MANIFEST");
    double begun = log_clock();
    TRY(terms_check(c, err));
    Status status = session_open(&s, c, args_get(a, "data"), &o, a->pool, &a->log, err);
    double reading = log_clock() - begun;
    s.stop = &cmd_stop;
    if (status == STATUS_OK) status = estimate_training(&e, &s, err);
    session_close(&s);
    if (status == STATUS_OK) print_estimate(&e, pool_threads(a->pool), reading);
    return status;
}

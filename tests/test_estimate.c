/* `msach train --estimate` against the actual training: time, memory and disk within a factor of 1.5. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "nn/base/log.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"
#include "tests/tree.h"

#define SETTINGS                                                                                             \
    "stage1_epochs=5 stage2_epochs=16 image_size=32 width=4 dim=32 landmarks=32 vocab_groups=1 "             \
    "max_words=100"

/* The number behind a word of the output; a time of at least a minute and a half is in minutes. */
static double number_after(const char *text, const char *word) {
    const char *at = strstr(text, word);
    cr_assert_not_null(at, "no %s in\n%s", word, text);
    return atof(at + strlen(word));
}

static bool within(double a, double b) {
    return a < 1.5 * b && b < 1.5 * a;
}

static double seconds_of(const char *words) {
    double begun = log_clock();
    expect_msach(0, NULL, "%s", words);
    return log_clock() - begun;
}

static double bytes_of(const char *folder) {
    double bytes = 0;
    Tree t = tree_read(folder);
    for (int i = 0; i < t.n; i++) bytes += (double)t.file[i].size;
    tree_free(&t);
    return bytes;
}

Test(estimate, time_memory_and_disk_are_those_of_the_training) {
    char set[600], train[900];
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1); /* a checkpoint an epoch waits for slow disks */
    const char *folder = fixture_path("set"), *run = fixture_path("run");
    struct rusage children;
    snprintf(set, sizeof set, "--threads 1 --data %s/manifest.tsv --set " SETTINGS, folder);
    expect_msach(0, NULL, "phantom -q --out %s --cases 700 --size 32", folder);
    bool near = false;
    for (int round = 0; round < 3 && !near; round++) { /* other work on the machine spoils single rounds */
        snprintf(train, sizeof train, "train -q --out %s%d %s", run, round, set);
        double actual = seconds_of(train);
        if (round == 0) getrusage(RUSAGE_CHILDREN, &children);
        Ran r = run_msach("train --estimate %s", set);
        cr_assert_eq(r.code, 0, "%s", r.err);
        near = within(number_after(r.out, "in all"), actual);
        if (!near) cr_log_warn("%.1f s\n%s", actual, r.out);
        char first[700];
        snprintf(first, sizeof first, "%s0", run);
        double disk = number_after(r.out, "disk") * (1 << 20),
               ram = number_after(r.out, "memory at most") * 1024;
        cr_assert(within(disk, bytes_of(first)), "%g bytes of disk, not %g", bytes_of(first), disk);
#if !SANITIZED && !defined __APPLE__
        cr_assert(within(ram, (double)children.ru_maxrss), "%ld KiB, not %g", children.ru_maxrss, ram);
#else
        (void)ram, near = true; /* sanitizers slow down small work more than large: disk alone is compared */
#endif
        ran_free(&r);
    }
    cr_assert(near);
}

Test(estimate, writes_nothing_and_needs_data) {
    TinyRun t = tiny_run("tiny");
    const char *out = fixture_path("none");
    expect_msach(0, "in all", "train --estimate --data %s --out %s --set %s", t.manifest, out, tiny_settings);
    cr_assert_neq(access(out, F_OK), 0);
    expect_msach(2, "--estimate needs --data", "train --estimate");
    expect_msach(2, "leave out --stage1", "train --estimate --data %s --stage1 %s", t.manifest, t.run);
    Ran r = run_msach("train --estimate --data %s --set %s end_to_end=1", t.manifest, tiny_settings);
    cr_assert(r.code == 0 && strstr(r.out, "stage 2, 2 epochs") && !strstr(r.out, "stage 1"), "%s%s", r.out,
              r.err);
    ran_free(&r);
}

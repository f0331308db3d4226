/* kill -9 at every write, fsync, rename, open and close, and at random moments: a run goes on from its last checkpoint and ends
 * with the bytes of one that nobody killed; an index is the old one or the new one. `make crash` kills at every place. */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/faulty.h"
#include "tests/fixtures.h"

enum { FEW = 5, MOST_MOMENTS = 200, KILLED = 128 + SIGKILL };

static void sleep_for(double seconds) {
    struct timespec t = {.tv_sec = (time_t)seconds,
                         .tv_nsec = (long)(1e9 * (seconds - (double)(time_t)seconds))};
    nanosleep(&t, NULL);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- Kills ---- */

typedef void After(Faulty *f, const char *fault);

static void kill_at_calls(Faulty *f, After *after) {
    char fault[64];
    for (long n = faulty_next(0, f->system, FEW); n <= f->system; n = faulty_next(n, f->system, FEW)) {
        snprintf(fault, sizeof fault, "system %ld -1 once", n);
        Ran r = faulty_run(f, fault);
        if (r.code != KILLED) faulty_wrong(f, fault, "exit %d, not killed", r.code);
        after(f, fault);
        ran_free(&r);
    }
}

static void kill_at_moments(Faulty *f, After *after) {
    int moments = faulty_places(FEW) < MOST_MOMENTS ? faulty_places(FEW) : MOST_MOMENTS, hit = 0;
    Rng rng = rng_stream(3, RNG_TEST, 0);
    tree_restore(&f->before, f->out);
    double begin = now();
    cr_assert_eq(finish_msach(start_msach("%s", f->command)), 0);
    double whole = now() - begin;
    for (int i = 0; i < moments; i++) {
        char fault[64];
        double wait = whole * (double)rng_below(&rng, 1000) / 1000;
        snprintf(fault, sizeof fault, "killed after %.4f s", wait);
        tree_restore(&f->before, f->out);
        pid_t pid = start_msach("%s", f->command);
        sleep_for(wait);
        kill(pid, SIGKILL);
        hit += finish_msach(pid) == KILLED;
        f->runs++;
        after(f, fault);
    }
    cr_assert_gt(hit, 0);
}

/* ---- What must be left ---- */

static void check_bytes(Faulty *f, const char *fault, const char *doing) {
    Tree left = tree_read(f->out);
    const char *name = tree_difference(&f->after, &left);
    if (name) faulty_wrong(f, fault, "%s, %s has other bytes", doing, name);
    tree_free(&left);
}

static void resume(Faulty *f, const char *fault) {
    Ran r = run_msach("%s --resume", f->command);
    if (r.code != 0) faulty_wrong(f, fault, "cannot be resumed: exit %d\n%s", r.code, r.err);
    check_bytes(f, fault, "resumed");
    ran_free(&r);
}

/* A whole index whatever happened; the same append then goes through, unless it did before. */
static void append_again(Faulty *f, const char *fault) {
    Ran verify = run_msach("verify %s/a.idx", f->out), r = run_msach("%s", f->command);
    if (verify.code != 0) faulty_wrong(f, fault, "is damaged: %s", verify.out);
    if (r.code != 0 && !(r.code == 3 && strstr(r.err, "is there already")))
        faulty_wrong(f, fault, "cannot be appended to: exit %d\n%s", r.code, r.err);
    check_bytes(f, fault, "appended");
    ran_free(&verify);
    ran_free(&r);
}

Test(crash, training_killed_at_a_system_call_ends_with_the_bytes_of_an_uninterrupted_run) {
    Faulty f = faulty_begin("train");
    faulty_train_command(&f);
    faulty_measure(&f);
    kill_at_calls(&f, resume);
    faulty_end(&f);
}

Test(crash, training_killed_at_any_moment_ends_with_the_bytes_of_an_uninterrupted_run) {
    Faulty f = faulty_begin("train");
    faulty_train_command(&f);
    faulty_measure(&f);
    kill_at_moments(&f, resume);
    faulty_end(&f);
}

Test(crash, an_append_killed_anywhere_leaves_the_old_index_or_the_new_one) {
    Faulty f = faulty_begin("append");
    faulty_indexed(&f);
    FAULTY_COMMAND(f,
                   "index -q --threads 1 --model %s/run --data %s/more/manifest.tsv --out %s/a.idx --append",
                   f.root, f.root, f.out);
    faulty_measure(&f);
    kill_at_calls(&f, append_again);
    kill_at_moments(&f, append_again);
    faulty_end(&f);
}

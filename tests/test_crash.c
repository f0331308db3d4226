/* kill -9 at every write, fsync, rename, open and close, and at random moments: a run continues from its last checkpoint and ends
 * with the bytes of an uninterrupted one; an index is the old one or the new one. `make crash` kills at every position. */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/faulty.h"
#include "tests/fixtures.h"
#include "tests/serving.h"

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
    for (int run = 0; hit < moments && run < 10 * moments; run++) {
        char fault[64];
        double wait = whole * (hit + rng_uniform(&rng)) / moments; /* one in each part of the run */
        snprintf(fault, sizeof fault, "killed after %.4f s", wait);
        tree_restore(&f->before, f->out);
        pid_t pid = start_msach("%s", f->command);
        sleep_for(wait);
        kill(pid, SIGKILL);
        bool killed = finish_msach(pid) == KILLED;
        hit += killed;
        if (!killed) whole *= 0.8; /* the first run was slower than later ones */
        f->runs++;
        after(f, fault);
    }
    cr_assert_gt(hit, moments / 2);
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

/* The index is always whole; the same append then succeeds, unless it did before. */
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

/* ---- The other verbs: the same command once more completes what a kill left ---- */

/* The temporary file or folder of a killed process: NAME.tmpPID, NAME.partPID; and the folder in which an import continues. */
static bool is_left_over(const char *name) {
    const char *file = strstr(name, ".tmp"), *folder = strstr(name, ".part");
    return (file && isdigit((unsigned char)file[4])) || folder;
}

/* Each file of `left` is equal to that of one of both states. Files of `work` folders may differ. */
static void check_each_whole(Faulty *f, const char *fault) {
    Tree left = tree_read(f->out);
    for (int i = 0; i < left.n; i++) {
        const TreeFile *one = &left.file[i];
        if (one->is_folder || is_left_over(one->name) || strstr(one->name, "work/") ||
            strstr(one->name, ".lock"))
            continue;
        if (!tree_file_same(one, tree_find(&f->before, one->name)) &&
            !tree_file_same(one, tree_find(&f->after, one->name)))
            faulty_wrong(f, fault, "%s is neither the old file nor the new one", one->name);
    }
    tree_free(&left);
}

static void check_end(Faulty *f, const char *fault) {
    Tree left = tree_read(f->out);
    for (int i = 0; i < f->after.n; i++) {
        const TreeFile *one = &f->after.file[i];
        if (!tree_file_same(one, tree_find(&left, one->name)))
            faulty_wrong(f, fault, "run again, %s has other bytes", one->name);
    }
    for (int i = 0; i < left.n; i++)
        if (!is_left_over(left.file[i].name) && !tree_find(&f->after, left.file[i].name))
            faulty_wrong(f, fault, "run again, %s is left over", left.file[i].name);
    tree_free(&left);
}

/* A command that creates a new folder may have done so before it was killed, and then reports that the folder exists. */
static void run_again(Faulty *f, const char *fault) {
    check_each_whole(f, fault);
    Ran r = run_msach("%s", f->command);
    bool there = (r.code == 2 || r.code == 3) && (strstr(r.err, "already") || strstr(r.err, "exists"));
    if (r.code != 0 && !there) faulty_wrong(f, fault, "run again: exit %d\n%s", r.code, r.err);
    check_end(f, fault);
    ran_free(&r);
}

static void kill_everywhere(Faulty *f) {
    faulty_measure(f);
    kill_at_calls(f, run_again);
    kill_at_moments(f, run_again);
    faulty_end(f);
}

Test(crash, an_index_is_the_old_one_or_the_new_one) {
    Faulty f = faulty_begin("index");
    faulty_indexed(&f);
    FAULTY_COMMAND(f, "index -q --threads 1 --model %s/run --data %s/more/manifest.tsv --out %s/a.idx",
                   f.root, f.root, f.out);
    kill_everywhere(&f);
}

Test(crash, an_import_is_whole_or_not_there) {
    Faulty f = faulty_begin("import");
    faulty_import_command(&f);
    kill_everywhere(&f);
}

Test(crash, an_import_goes_on_from_a_journal_whose_first_line_was_not_written_whole) {
    static const char *const begun[] = {"", "folder opt"};
    faulty_import_source();
    for (int i = 0; i < 2; i++) {
        char name[32];
        snprintf(name, sizeof name, "mine%d.part/journal.tsv", i);
        fixture_text(name, begun[i]);
        expect_msach(0, "took 4 cases", "import folder %s/source --out %s/mine%d", fixture_dir(),
                     fixture_dir(), i);
    }
}

Test(crash, an_export_goes_through_the_second_time) {
    Faulty f = faulty_begin("export");
    faulty_indexed(&f);
    FAULTY_COMMAND(f, "export -q --index %s/a.idx --to pgcopy --out %s/pg", f.out, f.out);
    kill_everywhere(&f);
}

Test(crash, a_gallery_is_whole_or_not_there) {
    Faulty f = faulty_begin("browse");
    faulty_browse_command(&f);
    kill_everywhere(&f);
}

Test(crash, a_bundle_is_sealed_when_it_is_whole) {
    Faulty f = faulty_begin("bundle");
    faulty_bundle_command(&f);
    kill_everywhere(&f);
}

Test(crash, codes_and_dumps_are_the_old_ones_or_the_new_ones) {
    Faulty f = faulty_begin("encode");
    faulty_encode_command(&f);
    kill_everywhere(&f);
}

Test(crash, the_page_of_a_search_is_the_old_one_or_the_new_one) {
    Faulty f = faulty_begin("page");
    faulty_page_command(&f);
    kill_everywhere(&f);
}

Test(crash, a_dump_of_an_evaluation_goes_through_the_second_time) {
    Faulty f = faulty_begin("eval");
    faulty_eval_command(&f);
    kill_everywhere(&f);
}

Test(crash, phantoms_are_whole_or_not_there) {
    Faulty f = faulty_begin("phantoms");
    FAULTY_COMMAND(f, "phantom -q --out %s/p --cases 6 --size 32", f.out);
    kill_everywhere(&f);
}

Test(crash, a_table_killed_again_and_again_ends_with_the_same_bytes) {
    Faulty f = faulty_begin("table");
    Rng rng = rng_stream(3, RNG_TEST, 1);
    faulty_table_command(&f);
    faulty_measure(&f);
    int kills = faulty_places(FEW) < MOST_MOMENTS / 2 ? faulty_places(FEW) : MOST_MOMENTS / 2, hit = 0;
    tree_restore(&f.before, f.out);
    for (int i = 0; i < kills; i++) { /* each continues from the files of the one before */
        char fault[64];
        long n = 1 + (long)rng_below(&rng, (uint32_t)f.system / 3);
        snprintf(fault, sizeof fault, "system %ld -1 once", n);
        Ran r = run_faulty("MSACH_FAULT", fault, "%s", f.command);
        hit += r.code == KILLED;
        f.runs++;
        ran_free(&r);
    }
    cr_assert_geq(hit, 2);
    run_again(&f, "killed again and again");
    faulty_end(&f);
}

/* ---- serve ---- */

Test(crash, a_server_killed_while_it_reloads_leaves_the_index_and_starts_again) {
    Serving s = serving_start("");
    unsigned char *before, *now_there;
    size_t size, size_now;
    Rng rng = rng_stream(3, RNG_TEST, 2);
    int rounds = faulty_places(FEW) < MOST_MOMENTS ? faulty_places(FEW) : MOST_MOMENTS;
    cr_assert_eq(file_read(s.index, 1 << 26, &before, &size, NULL), STATUS_OK);
    for (int i = 0; i < rounds; i++) {
        kill(s.pid, SIGHUP);
        Answered a = serving_get(&s, "/");
        cr_assert_eq(a.code, 200);
        answered_free(&a);
        kill(s.pid, SIGHUP);
        sleep_for((double)rng_below(&rng, 1000) / 5e5);
        serving_stop(&s, SIGKILL, KILLED);
        cr_assert_eq(file_read(s.index, 1 << 26, &now_there, &size_now, NULL), STATUS_OK);
        cr_assert(size == size_now && memcmp(before, now_there, size) == 0);
        mem_free(now_there);
        serving_begin(&s, "");
    }
    mem_free(before);
    serving_stop(&s, SIGTERM, 0);
}

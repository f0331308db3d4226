/* Two trainers, readers beside a writer, signals, and pipes that nobody reads. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "hash/search/index_change.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/lock.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/index_cases.h"
#include "tests/run_command.h"

static const char steps_of_some_length[] =
    "image_size=64 width=16 dim=32 heads=2 buckets=256 stage1_epochs=10000 stage1_batch=32 views=1";

static void wait_a_little(void) {
    nanosleep(&(struct timespec){0, 2000000}, NULL);
}

static const char *log_path(void) {
    return fixture_path("long.log");
}

/* Starts a run that takes hours and waits for its first checkpoint; it prints to log_path. */
static pid_t start_long_run(const TinyRun *t, const char *out) {
    char checkpoint[700];
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint.safetensors", out);
    pid_t pid = start_msach_into(log_path(), "train --data %s --out %s --set %s", t->manifest, out,
                                 steps_of_some_length);
    for (int i = 0; i < 20000 && access(checkpoint, R_OK) != 0; i++) wait_a_little();
    if (access(checkpoint, R_OK) != 0) kill(pid, SIGKILL); /* it would go on for hours */
    cr_assert_eq(access(checkpoint, R_OK), 0);
    return pid;
}

Test(races, a_second_trainer_is_told_why_and_the_first_one_goes_on) {
    TinyRun t = tiny_run("two");
    const char *out = fixture_path("two/long");
    pid_t first = start_long_run(&t, out);
    expect_msach(4, "another msach is training into this directory", "train -q --data %s --out %s --set %s",
                 t.manifest, out, steps_of_some_length);
    expect_msach(4, "another msach is training", "train -q --data %s --out %s --set %s --resume", t.manifest,
                 out, steps_of_some_length);
    cr_assert_eq(kill(first, SIGTERM), 0);
    cr_assert_eq(finish_msach(first), 130);
    expect_msach(0, "ok ", "verify %s", out);
}

/* Signals that arrive while one is pending are merged, so many are sent until two arrive. An orderly end reports that the run was
 * saved. */
Test(races, a_second_interrupt_ends_at_once_and_leaves_a_whole_checkpoint) {
    TinyRun t = tiny_run("twice");
    int at_once = 0;
    for (int tries = 0; tries < 5 && !at_once; tries++) {
        char name[32];
        snprintf(name, sizeof name, "twice/long%d", tries);
        const char *out = fixture_path(name);
        pid_t pid = start_long_run(&t, out);
        int status = 0;
        while (waitpid(pid, &status, WNOHANG) == 0) {
            kill(pid, SIGINT);
            nanosleep(&(struct timespec){0, 100000}, NULL);
        }
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGINT);
        unsigned char *said;
        size_t size;
        cr_assert_eq(file_read(log_path(), 1 << 20, &said, &size, NULL), STATUS_OK);
        at_once = strstr((const char *)said, "stopped and saved") == NULL;
        mem_free(said);
        expect_msach(0, "checkpoint", "verify %s", out);
    }
    cr_assert(at_once);
}

Test(races, readers_beside_appends_deletions_and_compactions_see_whole_states) {
    char name[64];
    const char *path = path_of(name);
    const char *stop = fixture_path("stop");
    write_cases(path, 0, 10);
    pid_t reader = fork();
    if (reader == 0) {
        for (int i = 0;; i++) {
            Index *x;
            if (index_open(&x, path, NULL) != STATUS_OK) _exit(1);
            int64_t live = index_live(x);
            IndexCase c;
            if ((live != 10 && live != 12) || index_case(x, 9, &c, NULL) != STATUS_OK ||
                strcmp(c.id, "case-9") != 0)
                _exit(2);
            index_close(x);
            if (i >= 100 && access(stop, R_OK) == 0) _exit(0);
        }
    }
    Error err;
    const char *ids[] = {"case-10", "case-11"};
    for (int i = 0; i < 30; i++) {
        cr_assert_eq(append_cases(path, 10, 2, &err), STATUS_OK, "%s", err.message);
        cr_assert_eq(index_delete(path, ids, 2, &err), STATUS_OK, "%s", err.message);
        cr_assert_eq(index_compact(path, &err), STATUS_OK, "%s", err.message);
    }
    fixture_text("stop", "");
    int status;
    cr_assert_eq(waitpid(reader, &status, 0), reader);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
    remove_all(path);
}

/* The last holder removes the lock's file while the next one waits with the old file open: only one may go on. */
Test(races, a_lock_is_held_by_one_process_at_a_time) {
    const char *path = fixture_path("locked"), *count = fixture_text("count", "0");
    pid_t pid[4];
    for (int p = 0; p < 4; p++) {
        pid[p] = fork();
        if (pid[p] != 0) continue;
        for (int done = 0; done < 200;) {
            Lock l;
            if (lock_take(&l, path, ".lock", "busy", NULL) != STATUS_OK) continue;
            int n = 0;
            FILE *f = fopen(count, "r+");
            if (!f || fscanf(f, "%d", &n) != 1) _exit(1);
            rewind(f);
            fprintf(f, "%d", n + 1);
            fclose(f);
            lock_release(&l);
            done++;
        }
        _exit(0);
    }
    for (int p = 0; p < 4; p++) {
        int status;
        cr_assert(waitpid(pid[p], &status, 0) == pid[p] && status == 0);
    }
    int n = 0;
    FILE *f = fopen(count, "r");
    cr_assert(f && fscanf(f, "%d", &n) == 1);
    fclose(f);
    cr_assert_eq(n, 800);
    cr_assert_neq(access(fixture_path("locked.lock"), F_OK), 0);
}

/* ---- Pipes ---- */

/* The exit code of a search that writes a megabyte of hits into a pipe whose reader reads one line, late, and closes it. */
static int exit_into(const TinyRun *t, const char *index, const char *questions, const char *into) {
    char command[4096];
    const char *code = fixture_path("code");
    int n = 99;
    snprintf(command, sizeof command,
             "{ %s search --model %s --index %s --queries %s --json 2>%s.err; echo $? >%s; } %s",
             getenv("MSACH_BIN"), t->run, index, questions, code, code, into);
    cr_assert_eq(system(command), 0);
    FILE *f = fopen(code, "r");
    cr_assert(f && fscanf(f, "%d", &n) == 1);
    fclose(f);
    return n;
}

Test(races, output_that_nobody_reads_any_more_is_no_error_and_a_full_disk_is_one) {
    TinyRun t = tiny_run("pipe");
    const char *index = fixture_path("pipe/a.idx");
    if (!getenv("MSACH_BIN")) setenv("MSACH_BIN", "build/release/msach", 1);
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", t.run, t.manifest, index);
    Buffer lines = {0};
    for (int i = 0; i < 2000; i++) buffer_printf(&lines, "@id case%04d\n", i % 60 + 1);
    const char *questions = fixture_file("questions.txt", lines.data, lines.size);
    buffer_free(&lines);
    cr_assert_eq(exit_into(&t, index, questions, "| { sleep 0.3; head -n 1 >/dev/null; }"), 0);
    cr_assert_eq(exit_into(&t, index, questions, "| { sleep 0.3; cat >/dev/null; }"), 0);
    cr_assert_eq(exit_into(&t, index, questions, "| true"), 0);
    if (access("/dev/full", W_OK) == 0) cr_assert_eq(exit_into(&t, index, questions, ">/dev/full"), 4);
}

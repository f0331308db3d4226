/* An index under kills, faults, two writers and many readers. */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "hash/search/index.h"
#include "hash/search/index_change.h"
#include "nn/base/alloc.h"
#include "nn/base/sys.h"
#include "tests/index_cases.h"

enum { DO_APPEND, DO_DELETE, DO_COMPACT, DO_WRITE, CHANGES };

static Status change(const char *path, int what, Error *err) {
    const char *ids[] = {"case-3"};
    if (what == DO_APPEND) return append_cases(path, 20, 5, err);
    if (what == DO_DELETE) return index_delete(path, ids, 1, err);
    if (what == DO_COMPACT) return index_compact(path, err);
    IndexBuilder *b = builder_of(0, 25);
    Status s = index_builder_write(b, path, err);
    index_builder_free(b);
    return s;
}

/* 20 cases, number 5 of them deleted. */
static void begin(const char *path) {
    const char *ids[] = {"case-5"};
    Error err;
    write_cases(path, 0, 20);
    cr_assert_eq(index_delete(path, ids, 1, &err), STATUS_OK);
}

/* 0: the state of begin(); 1: that after the change. Anything else fails. */
static int state_of(const char *path, int what) {
    Error err;
    cr_assert_eq(index_verify(path, &err), STATUS_OK, "%s", err.message);
    Index *x = opened(path);
    int64_t count = index_count(x), live = index_live(x);
    int changed = count != 20 || live != 19;
    if (!changed || what == DO_APPEND || what == DO_WRITE) check_rows(x, 0, count, 0);
    index_close(x);
    const int64_t count_after[] = {25, 20, 19, 25}, live_after[] = {24, 18, 19, 25};
    if (changed) cr_assert(count == count_after[what] && live == live_after[what]);
    return changed;
}

/* The change in a process that is killed before its n-th system call; true where it ended by itself before.
 */
static int killed_at(const char *path, int what, long n) {
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        sys_fail_at(n, SYS_KILL, 0);
        _exit(change(path, what, NULL) == STATUS_OK ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    char name[96];
    snprintf(name, sizeof name, "%s.tmp%ld", path, (long)pid);
    remove(name);
    cr_assert(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
    return WIFEXITED(status);
}

Test(index_faults, a_kill_at_any_system_call_leaves_the_old_or_the_new_state) {
    char name[64];
    const char *path = path_of(name);
    for (int what = 0; what < CHANGES; what++) {
        int kills = 0, changed = 0, done = 0;
        for (long n = 1; !done; n++) {
            begin(path);
            done = killed_at(path, what, n);
            int now = state_of(path, what);
            cr_assert(changed <= now); /* once new, never old again */
            changed = now;
            kills += !done;
            Error err;
            if (!done && !now) cr_assert_eq(change(path, what, &err), STATUS_OK, "%s", err.message);
            if (!done) cr_assert_eq(state_of(path, what), 1);
        }
        cr_assert_eq(changed, 1);
        cr_assert_gt(kills, 4);
    }
    remove_all(path);
}

Test(index_faults, a_refused_system_call_leaves_the_old_state_and_a_clear_error_or_the_new_state) {
    char name[64];
    const char *path = path_of(name);
    const int codes[] = {ENOSPC, EIO, EINTR, 0};
    for (int what = 0; what < CHANGES; what++) {
        long calls = 0;
        do begin(path);
        while (!killed_at(path, what, ++calls));
        for (int i = 0; i < 4; i++)
            for (long n = 1; n <= calls; n++) {
                begin(path);
                Error err = {0};
                sys_fail_at(n, codes[i], 0);
                Status s = change(path, what, &err);
                sys_fail_at(0, 0, 0);
                int now = state_of(path, what);
                if (s == STATUS_OK) cr_assert_eq(now, 1);
                if (s != STATUS_OK)
                    cr_assert(err.message[0] != 0 && s == STATUS_IO, "status %d: %s", (int)s, err.message);
                if (codes[i] == 0) cr_assert_eq(s, STATUS_OK, "a short write: %s", err.message);
            }
    }
    remove_all(path);
}

Test(index_faults, memory_that_runs_out_leaves_the_old_state_and_an_error) {
    char name[64];
    const char *path = path_of(name);
    for (int what = 0; what < CHANGES; what++) {
        if (what == DO_WRITE || what == DO_APPEND) continue; /* builder_of asserts; below */
        for (long n = 1; n < 60; n++) {
            begin(path);
            Error err;
            mem_fail_at(n, 0);
            Status s = change(path, what, &err);
            mem_fail_at(0, 0);
            cr_assert(s == STATUS_OK || s == STATUS_IO);
            cr_assert_eq(state_of(path, what), s == STATUS_OK);
        }
    }
    Made m;
    make_case(&m, 1);
    IndexBuilder *b;
    int failures = 0;
    for (long n = 1; n < 60; n++) {
        begin(path);
        mem_fail_at(n, 1);
        Status s = index_builder_create(&b, BITS, "0badcafe", NULL);
        if (s == STATUS_OK) {
            m.c.id = "another";
            s = index_builder_add(b, &m.c, NULL);
            if (s == STATUS_OK) s = index_append(b, path, NULL);
            mem_fail_at(0, 0);
            index_builder_free(b);
        }
        mem_fail_at(0, 0);
        cr_assert(s == STATUS_OK || s == STATUS_IO);
        failures += s == STATUS_IO;
        Index *x = opened(path);
        cr_assert_eq(index_count(x), s == STATUS_OK ? 21 : 20);
        index_close(x);
    }
    cr_assert_gt(failures, 10);
    remove_all(path);
}

Test(index_faults, readers_beside_a_writer_always_see_a_whole_state) {
    char name[64];
    const char *path = path_of(name);
    Error err;
    write_cases(path, 0, 10);
    pid_t readers[2];
    for (int r = 0; r < 2; r++) {
        readers[r] = fork();
        if (readers[r] != 0) continue;
        int64_t seen = 10;
        for (int i = 0; i < 400 || seen < 110; i++) {
            Index *x;
            if (index_open(&x, path, NULL) != STATUS_OK) _exit(1);
            int64_t count = index_count(x);
            IndexCase c;
            if (count < seen || count % 5 != 0 || index_case(x, count - 1, &c, NULL) != STATUS_OK) _exit(2);
            index_close(x);
            if (index_verify(path, NULL) != STATUS_OK) _exit(3);
            seen = count;
        }
        _exit(0);
    }
    for (int i = 0; i < 20; i++)
        cr_assert_eq(append_cases(path, 10 + 5 * i, 5, &err), STATUS_OK, "%s", err.message);
    for (int r = 0; r < 2; r++) {
        int status;
        cr_assert_eq(waitpid(readers[r], &status, 0), readers[r]);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "reader %d: %d", r, status);
    }
    remove_all(path);
}

Test(index_faults, a_second_writer_is_told_so) {
    char name[64];
    const char *path = path_of(name);
    int to_child[2], to_parent[2];
    char byte = 0, lock_name[96];
    write_cases(path, 0, 10);
    snprintf(lock_name, sizeof lock_name, "%s.lock", path);
    cr_assert(pipe(to_child) == 0 && pipe(to_parent) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = sys_open(lock_name, O_RDWR | O_CREAT, 0666);
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fd < 0 || fcntl(fd, F_SETLK, &whole) != 0) _exit(1);
        if (write(to_parent[1], &byte, 1) != 1 || read(to_child[0], &byte, 1) != 1) _exit(2);
        _exit(0);
    }
    cr_assert_eq(read(to_parent[0], &byte, 1), 1);
    Error err;
    cr_assert_eq(append_cases(path, 10, 1, &err), STATUS_IO);
    cr_assert_not_null(strstr(err.message, "another process"));
    cr_assert_eq(write(to_child[1], &byte, 1), 1);
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0);
    cr_assert_eq(append_cases(path, 10, 1, &err), STATUS_OK, "%s", err.message);
    remove_all(path);
}

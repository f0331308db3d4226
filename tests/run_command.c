#include "tests/run_command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/tempdir.h"
#include "tests/tree.h"

enum { WORDS = 96, LINE = 8192 };

const char tiny_settings[] = "image_size=32 width=4 dim=16 heads=2 buckets=256 landmarks=32 stage1_epochs=2 "
                             "stage2_epochs=2 views=2 vocab_groups=1";

static const char *binary(void) {
    static char full[PATH_MAX]; /* a run's settings name whole paths */
    const char *path = getenv("MSACH_BIN");
    if (!path) path = "build/release/msach";
    if (access(path, X_OK) != 0 || !realpath(path, full)) cr_skip("no binary at %s: set MSACH_BIN", path);
    return full;
}

/* The same program with planted faults (tests/faults/plant.c), in the same folder. */
static const char *faulty_binary(void) {
    static char path[4096];
    const char *whole = binary(), *slash = strrchr(whole, '/');
    snprintf(path, sizeof path, "%.*sfaulty", slash ? (int)(slash + 1 - whole) : 0, whole);
    if (access(path, X_OK) != 0) cr_skip("no binary at %s", path);
    return path;
}

/* Splits line in place; words[0] is the program. */
static void part_words(const char *program, char *line, const char **words) {
    int n = 0;
    words[n++] = program;
    for (char *s = line; *s;) {
        while (*s == ' ') s++;
        if (!*s) break;
        char end = ' ';
        if (*s == '\'') {
            end = '\'';
            s++;
        }
        cr_assert_lt(n, WORDS - 1);
        words[n++] = s;
        s += strcspn(s, end == ' ' ? " " : "'");
        if (*s) *s++ = 0;
    }
    words[n] = NULL;
}

/* fd of the child's standard input, output and error. */
static pid_t spawn(const char *program, char *line, int in, int out, int err) {
    const char *words[WORDS];
    part_words(program, line, words);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        signal(SIGINT, SIG_DFL); /* a shell starts tests in the background with SIGINT ignored */
        dup2(in, 0);
        dup2(out, 1);
        dup2(err, 2);
        for (int fd = 3; fd < 64; fd++) close(fd);
        execv(words[0], (char *const *)words);
        _exit(127);
    }
    return pid;
}

static int exit_code(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int finish_msach(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0) cr_assert_eq(errno, EINTR);
    return exit_code(status);
}

bool msach_ended(pid_t pid, int *code) {
    int status;
    bool ended = waitpid(pid, &status, WNOHANG) == pid;
    if (ended) *code = exit_code(status);
    return ended;
}

/* The contents of the file (*size), as text that the caller frees; closes the file. */
static char *slurp(FILE *f, size_t *size) {
    long end = ftell(f);
    char *text = malloc((size_t)end + 1);
    cr_assert_not_null(text);
    rewind(f);
    *size = fread(text, 1, (size_t)end, f);
    text[*size] = 0;
    fclose(f);
    return text;
}

/* Files instead of pipes, so that no amount of output blocks. */
static Ran run_line(const char *program, const char *input, char *line) {
    Ran r = {0};
    size_t err_size;
    FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
    cr_assert(in && out && err);
    if (input) fputs(input, in);
    rewind(in);
    r.code = finish_msach(spawn(program, line, fileno(in), fileno(out), fileno(err)));
    fseek(out, 0, SEEK_END);
    fseek(err, 0, SEEK_END);
    fclose(in);
    r.out = slurp(out, &r.out_size);
    r.err = slurp(err, &err_size);
    return r;
}

#define FORMAT_LINE                                                                                          \
    char line[LINE];                                                                                         \
    va_list args;                                                                                            \
    va_start(args, fmt);                                                                                     \
    int length = vsnprintf(line, sizeof line, fmt, args);                                                    \
    va_end(args);                                                                                            \
    cr_assert(length >= 0 && length < (int)sizeof line)

Ran run_msach(const char *fmt, ...) {
    FORMAT_LINE;
    return run_line(binary(), NULL, line);
}

Ran run_msach_input(const char *input, const char *fmt, ...) {
    FORMAT_LINE;
    return run_line(binary(), input, line);
}

Ran run_faulty(const char *name, const char *value, const char *fmt, ...) {
    FORMAT_LINE;
    setenv(name, value, 1);
    Ran r = run_line(faulty_binary(), NULL, line);
    unsetenv(name);
    return r;
}

void ran_free(Ran *r) {
    free(r->out);
    free(r->err);
    memset(r, 0, sizeof *r);
}

pid_t start_msach(const char *fmt, ...) {
    FORMAT_LINE;
    int null = open("/dev/null", O_RDWR);
    cr_assert_geq(null, 0);
    pid_t pid = spawn(binary(), line, null, null, null);
    close(null);
    return pid;
}

void wait_until_caught(pid_t pid, int signal) {
    char path[64], text[64];
    unsigned long long caught = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    for (int i = 0; i < 10000 && !(caught >> (signal - 1) & 1); i++) {
        usleep(1000);
        FILE *f = fopen(path, "r");
        if (!f) return;
        while (fgets(text, sizeof text, f))
            if (sscanf(text, "SigCgt: %llx", &caught) == 1) break;
        fclose(f);
    }
}

static pid_t spawn_into(const char *path, const char *program, char *line) {
    int null = open("/dev/null", O_RDONLY), out = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600);
    cr_assert(null >= 0 && out >= 0);
    pid_t pid = spawn(program, line, null, out, out);
    close(null);
    close(out);
    return pid;
}

pid_t start_msach_into(const char *path, const char *fmt, ...) {
    FORMAT_LINE;
    return spawn_into(path, binary(), line);
}

pid_t start_faulty_into(const char *path, const char *name, const char *value, const char *fmt, ...) {
    FORMAT_LINE;
    setenv(name, value, 1);
    pid_t pid = spawn_into(path, faulty_binary(), line);
    unsetenv(name);
    return pid;
}

void expect_msach(int code, const char *part, const char *fmt, ...) {
    FORMAT_LINE;
    char shown[LINE];
    snprintf(shown, sizeof shown, "%s", line);
    Ran r = run_line(binary(), NULL, line);
    cr_assert_eq(r.code, code, "msach %s: exit %d, not %d\n%s%s", shown, r.code, code, r.out, r.err);
    if (part)
        cr_assert(strstr(r.out, part) || strstr(r.err, part), "msach %s: says\n%s%s\nand not: %s", shown,
                  r.out, r.err, part);
    ran_free(&r);
}

/* Trains the run of tiny_run in `folder`. */
static void tiny_make(const char *folder) {
    expect_msach(0, "manifest.tsv", "phantom --out %s --cases 60 --size 32", folder);
    expect_msach(0, "run", "train -q --data %s/manifest.tsv --out %s/run --set %s", folder, folder,
                 tiny_settings);
}

/* Trained once for all tests, beside the binary, and again when the binary changes or its folder was copied. false: the folder is not writable. */
static bool tiny_shared(char folder[512]) {
    const char *path = binary(), *slash = strrchr(path, '/');
    char lock[600], stamp[600], made_by[1100] = "", now[1100];
    snprintf(folder, 512, "%.*stiny", slash ? (int)(slash + 1 - path) : 0, path);
    snprintf(lock, sizeof lock, "%s.lock", folder);
    snprintf(stamp, sizeof stamp, "%s/made-by", folder);
    int fd = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) return false;
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    snprintf(now, sizeof now, "%s %lld %lld.%09ld %s", folder, (long long)st.st_size,
             (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, tiny_settings);
    long n = raw_read(stamp, made_by, sizeof made_by - 1);
    if (n < 0 || strcmp(made_by, now) != 0) {
        dir_remove(folder);
        tiny_make(folder);
        raw_write(stamp, now, strlen(now));
    }
    close(fd);
    return true;
}

/* Copies the shared run; its settings name the copy of the data. */
static void tiny_copy(const char *from, const char *folder, const TinyRun *t) {
    Tree tree = tree_read(from);
    tree_restore(&tree, folder);
    tree_free(&tree);
    char path[600], old[600], text[16384] = "";
    snprintf(path, sizeof path, "%s/config.txt", t->run);
    snprintf(old, sizeof old, "data = %s/manifest.tsv\n", from);
    cr_assert_gt(raw_read(path, text, sizeof text - 1), 0);
    const char *line = strstr(text, old);
    cr_assert_not_null(line, "%s does not say: %s", path, old);
    Buffer moved = {0};
    buffer_printf(&moved, "%.*sdata = %s\n%s", (int)(line - text), text, t->manifest, line + strlen(old));
    raw_write(path, moved.data, moved.size);
    buffer_free(&moved);
}

TinyRun tiny_run(const char *name) {
    TinyRun t;
    char shared[512];
    const char *folder = fixture_path(name);
    snprintf(t.manifest, sizeof t.manifest, "%s/manifest.tsv", folder);
    snprintf(t.images, sizeof t.images, "%s/images", folder);
    snprintf(t.run, sizeof t.run, "%s/run", folder);
    if (tiny_shared(shared))
        tiny_copy(shared, folder, &t);
    else
        tiny_make(folder);
    return t;
}

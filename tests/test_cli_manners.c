/* The command on a terminal, in a pipe, when it is interrupted, and with settings of an earlier run. */
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

enum { ESCAPE = 27, LINE = 2000, MOST_SEEN = 1 << 20 };

static const char *binary(void) {
    const char *path = getenv("MSACH_BIN");
    return path ? path : "build/release/msach";
}

/* Appends what can be read at once to text of MOST_SEEN bytes, of which n are used; the new n. */
static size_t read_ready(int fd, char *text, size_t n) {
    for (ssize_t got; n < MOST_SEEN - 1 && (got = read(fd, text + n, MOST_SEEN - 1 - n)) > 0;)
        n += (size_t)got;
    return n;
}

/* What `msach WORDS` writes to a terminal as standard error. It is read meanwhile: a terminal holds 4 KiB, and more stops the writer. */
static char *on_terminal(const char *words) {
    static char text[MOST_SEEN];
    char command[LINE];
    int code, master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) cr_skip("no pseudo-terminal here");
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    cr_assert_geq(slave, 0);
    fcntl(master, F_SETFL, O_NONBLOCK);
    snprintf(command, sizeof command, "exec %s %s >/dev/null 2>'%s'", binary(), words, ptsname(master));
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    cr_assert_gt(pid, 0);
    size_t n = 0;
    while (!msach_ended(pid, &code)) {
        n = read_ready(master, text, n);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    n = read_ready(master, text, n);
    cr_assert_eq(code, 0, "%s", command);
    cr_assert_lt(n, MOST_SEEN - 1);
    text[n] = 0;
    close(slave);
    close(master);
    return text;
}

Test(cli_manners, progress_on_a_terminal_tells_rate_and_time_left_and_quiet_is_quiet) {
    char words[LINE];
    snprintf(words, sizeof words, "phantom --cases 90 --size 96 --threads 1 --out '%s'", fixture_path("a"));
    const char *seen = on_terminal(words);
    cr_assert_not_null(strstr(seen, "/90"), "%s", seen);
    cr_assert_not_null(strstr(seen, "/s, "), "%s", seen);
    cr_assert_not_null(strstr(seen, " left"), "%s", seen);
    snprintf(words, sizeof words, "phantom -q --cases 20 --size 32 --out '%s'", fixture_path("b"));
    cr_assert_str_eq(on_terminal(words), "");
}

/* With NO_COLOR or without it: a terminal gets the command to clear a line (ESC [ K) and no other escape. */
Test(cli_manners, no_colour_is_written_whether_no_color_is_set_or_not) {
    for (int set = 0; set < 2; set++) {
        char words[LINE];
        if (set)
            setenv("NO_COLOR", "1", 1);
        else
            unsetenv("NO_COLOR");
        setenv("TERM", "xterm-256color", 1);
        snprintf(words, sizeof words, "phantom --cases 100 --size 64 --threads 1 --out '%s'",
                 fixture_path(set ? "a" : "b"));
        const char *seen = on_terminal(words);
        cr_assert_not_null(strstr(seen, "/100"), "%s", seen);
        for (const char *at = seen; (at = strchr(at, ESCAPE)); at++)
            cr_assert_eq(strncmp(at + 1, "[K", 2), 0, "%s", seen);
    }
}

/* text holds only warnings, which --quiet does not hide */
static bool warnings_alone(const char *text) {
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        if (strncmp(text, "msach: warning: ", 16) != 0) return false;
    return true;
}

Test(cli_manners, quiet_is_quiet_in_every_verb_of_the_way_from_pictures_to_answers) {
    TinyRun t = tiny_run("tiny");
    char index[600];
    snprintf(index, sizeof index, "%s.idx", t.manifest);
    char words[7][LINE];
    snprintf(words[0], LINE, "train -q --data '%s' --out '%s/../again' --set %s", t.manifest, t.run,
             tiny_settings);
    snprintf(words[1], LINE, "eval -q --run '%s'", t.run);
    snprintf(words[2], LINE, "index -q --model '%s' --data '%s' --out '%s'", t.run, t.manifest, index);
    snprintf(words[3], LINE, "search -q --index '%s' --id case0003", index);
    snprintf(words[4], LINE, "browse -q --index '%s' --out '%s/../gallery'", index, t.run);
    snprintf(words[5], LINE, "inspect -q '%s'", t.run);
    snprintf(words[6], LINE, "verify -q '%s'", index);
    for (int i = 0; i < 7; i++) cr_assert(warnings_alone(on_terminal(words[i])), "%s", words[i]);
}

Test(cli_manners, what_is_no_terminal_gets_neither_escapes_nor_a_progress_line) {
    Ran r = run_msach("phantom --cases 20 --size 32 --out %s", fixture_path("a"));
    cr_assert_eq(r.code, 0);
    cr_assert_null(strchr(r.err, ESCAPE));
    cr_assert_null(strchr(r.err, '\r'));
    cr_assert_null(strchr(r.out, ESCAPE));
    ran_free(&r);
}

Test(cli_manners, a_reader_who_goes_away_is_no_error) {
    char command[2 * LINE], index[600];
    TinyRun t = tiny_run("tiny");
    snprintf(index, sizeof index, "%s.idx", t.manifest);
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", t.run, t.manifest, index);
    const char *folder = fixture_dir();
    snprintf(
        command, sizeof command,
        "cd '%s' && for i in 1 2 3 4 5 6 7 8 9; do cat '%s'; done | sed 's/.*/@id case0001/' >asked && "
        "(%s%s search --index '%s' --queries asked -k 0 --tsv 2>said; echo $? >code) | head -n 1 >first && "
        "test -s first && test ! -s said && test \"$(cat code)\" = 0",
        folder, t.manifest, binary()[0] == '/' ? "" : "$OLDPWD/", binary(), index);
    cr_assert_eq(system(command), 0, "%s", command);
}

Test(cli_manners, an_interrupt_ends_a_long_verb_soon_and_leaves_no_part_of_a_file) {
    char command[LINE];
    const char *folder = fixture_path("many"), *one = fixture_path("many/images/case0003.png");
    pid_t pid = start_msach("phantom --cases 9000 --size 64 --threads 1 --out %s", folder);
    for (int i = 0; i < 2000 && !path_exists(one); i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    kill(pid, SIGINT);
    cr_assert_eq(finish_msach(pid), 130);
    snprintf(command, sizeof command, "test -z \"$(find '%s' -type f ! -name 'case*.png')\"", folder);
    cr_assert_eq(system(command), 0);
}

/* A manifest of so many texts that work on it takes a while; freed by the caller. */
static char *many_texts(void) {
    Buffer b = {0};
    buffer_printf(&b, "id\ttext\n");
    for (int i = 0; i < 40000; i++)
        buffer_printf(&b, "c%d\tsimple anechoic cyst of %d mm, no stone\n", i, i % 90);
    char *path = mem_strdup(fixture_text("many.tsv", buffer_text(&b)));
    buffer_free(&b);
    return path;
}

Test(cli_manners, time_left_in_training_is_that_of_both_stages) {
    char words[LINE];
    long done, both, second;
    TinyRun t = tiny_run("tiny");
    snprintf(words, sizeof words, "train --data '%s' --out '%s/../left' --set %s", t.manifest, t.run,
             tiny_settings);
    const char *seen = on_terminal(words), *one = strstr(seen, "stage 1 of 2, steps of both: "),
               *two = strstr(seen, "stage 2 of 2, steps: ");
    cr_assert(one && two, "%s", seen);
    cr_assert_eq(sscanf(one, "stage 1 of 2, steps of both: %ld/%ld", &done, &both), 2);
    cr_assert_eq(sscanf(two, "stage 2 of 2, steps: %ld/%ld", &done, &second), 2);
    cr_assert(second > 0 && both > second, "%ld %ld", both, second);
}

Test(cli_manners, rates_have_commas) {
    if (UNDER_TSAN) cr_skip("no rate reaches 1,000/s");
    char words[LINE], *manifest = many_texts();
    TinyRun t = tiny_run("tiny");
    regex_t rate;
    cr_assert_eq(regcomp(&rate, "[0-9],[0-9]{3}/s, [0-9]+ (s|min) left", REG_EXTENDED | REG_NOSUB), 0);
    snprintf(words, sizeof words, "index --threads 1 --model '%s' --data '%s' --out '%s/x.idx'", t.run,
             manifest, fixture_dir());
    const char *seen = on_terminal(words);
    cr_assert_eq(regexec(&rate, seen, 0, NULL, 0), 0, "%s", seen);
    regfree(&rate);
    mem_free(manifest);
}

/* The code of a command that gets SIGINT while it works. On a busy machine the signal can come after the end: then again, sooner. */
static int interrupted(const char *words, const char *folder) {
    char command[LINE];
    int code = 0;
    snprintf(command, sizeof command, "cd '%s' && rm -rf left* run2 demo2", folder);
    for (long wait = 60000000; code == 0 && wait > 0; wait /= 4) {
        cr_assert_eq(system(command), 0);
        pid_t pid = start_msach("%s", words);
        if (strncmp(words, "search", 6) != 0)
            wait_until_caught(pid, SIGINT); /* it has no handler: it ends at once */
        nanosleep(&(struct timespec){.tv_nsec = wait}, NULL);
        kill(pid, SIGINT);
        code = finish_msach(pid);
    }
    return code;
}

/* Each command leaves no file. */
Test(cli_manners, an_interrupt_ends_every_verb_with_130) {
    char words[9][LINE], command[LINE], *manifest = many_texts();
    TinyRun t = tiny_run("tiny");
    setenv("TMPDIR", fixture_dir(), 1);
    const char *folder = fixture_dir();
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s/all.idx", t.run, manifest, folder);
    snprintf(command, sizeof command, "sed '1d; s/^/@id /; s/\t.*//' '%s' >'%s/asked'", manifest, folder);
    cr_assert_eq(system(command), 0);
    snprintf(words[0], LINE, "index --threads 1 --model %s --data %s --out %s/left.idx", t.run, manifest,
             folder);
    snprintf(words[1], LINE, "encode --threads 1 --model %s --data %s --as text --out %s/left.npy", t.run,
             manifest, folder);
    snprintf(words[2], LINE, "search --threads 1 --index %s/all.idx --find text --queries %s/asked", folder,
             folder);
    snprintf(words[3], LINE, "browse --threads 1 --index %s/all.idx --out %s/left --yes", folder, folder);
    /* bench ends after what it is at, which under the thread sanitizer takes minutes at its own size. */
    snprintf(words[4], LINE, "bench search --n %d", UNDER_TSAN ? 300000 : 10000000);
    snprintf(words[5], LINE, "bench index --n %d", UNDER_TSAN ? 300000 : 10000000);
    snprintf(words[6], LINE, "bench eval --queries 50 --n 5000");
    snprintf(words[7], LINE, "train --data %s --out %s/run2 --set %s stage1_epochs=900", t.manifest, folder,
             tiny_settings);
    snprintf(words[8], LINE, "demo --out %s/demo2", folder);
    for (int i = 0; i < 9; i++) cr_assert_eq(interrupted(words[i], folder), 130, "%s", words[i]);
    snprintf(command, sizeof command, "ls '%s' | grep -E 'left|msach-bench'", folder);
    cr_assert_neq(system(command), 0);
    mem_free(manifest);
}

Test(cli_manners, config_takes_the_file_of_an_earlier_run_and_trains_the_same_model) {
    TinyRun t = tiny_run("tiny");
    expect_msach(0, "again", "train -q --data %s --out %s/../again --config %s/config.txt", t.manifest, t.run,
                 t.run);
    unsigned char *model[2];
    size_t size[2];
    static const char *const name[] = {"model.safetensors", "../again/model.safetensors"};
    for (int i = 0; i < 2; i++) {
        char *path = path_join(t.run, name[i]);
        cr_assert_eq(file_read(path, 1 << 28, &model[i], &size[i], NULL), STATUS_OK);
        mem_free(path);
    }
    cr_assert_eq(size[0], size[1]);
    cr_assert_arr_eq(model[0], model[1], size[0]);
    for (int i = 0; i < 2; i++) mem_free(model[i]);
}

Test(cli_manners, version_tells_build_products_and_kernels) {
    static const char *const line[] = {
        "\nbuild: ", "\nmatrix products: ", "\nnetwork kernels: ", "\nHamming scan: "};
    Ran r = run_msach("--version");
    cr_assert_eq(r.code, 0);
    for (int i = 0; i < 4; i++) cr_assert_not_null(strstr(r.out, line[i]), "%s", r.out);
    ran_free(&r);
}

Test(cli_manners, a_progress_line_is_gone_before_the_result_is_printed) {
    char command[1500], out[8192];
    const char *binary = getenv("MSACH_BIN");
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) cr_skip("no pseudo terminal");
    int screen = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    cr_assert_geq(screen, 0);
    snprintf(command, sizeof command, "%s phantom --out %s --cases 40 --size 32 >%s 2>&1",
             binary ? binary : "build/release/msach", fixture_path("drawn"), ptsname(terminal));
    cr_assert_eq(system(command), 0);
    struct pollfd more = {.fd = terminal, .events = POLLIN};
    out[0] = 0;
    for (size_t n = 0; !strstr(out, fixture_path("drawn")) && n < sizeof out - 1;) { /* it comes in pieces */
        cr_assert_eq(poll(&more, 1, 10000), 1, "%s", out);
        ssize_t got = read(terminal, out + n, sizeof out - 1 - n);
        cr_assert_gt(got, 0);
        n += (size_t)got;
        out[n] = 0;
    }
    const char *result = strstr(out, fixture_path("drawn"));
    cr_assert_not_null(result, "%s", out);
    cr_assert(result == out || result[-1] == '\n' ||
                  (result - out > 3 && memcmp(result - 3, "\033[K", 3) == 0),
              "%s", out);
    close(screen);
    close(terminal);
}

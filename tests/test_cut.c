/* A file that another program cuts off while msach reads it through memory: an error, never a signal (SIGBUS). */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/serving.h"

/* Waits until a log holds the words. */
static void wait_for_words(const char *log, const char *words) {
    static char text[1 << 16];
    for (int i = 0; i < 400; i++, usleep(25000)) {
        FILE *f = fopen(log, "r");
        size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
        text[n] = 0;
        if (f) fclose(f);
        if (strstr(text, words)) return;
    }
    cr_assert_fail("'%s' is not in: %s", words, text);
}

static void write_in_place(const char *path, const unsigned char *data, size_t size) {
    FILE *f = fopen(path, "r+");
    cr_assert_not_null(f);
    cr_assert_eq(fwrite(data, 1, size, f), size);
    cr_assert_eq(fclose(f), 0);
}

static int code_of(const Serving *s, const char *target) {
    Answered a = serving_get(s, target);
    int code = a.code;
    cr_assert(code == 200 || strstr(a.body, "{\"error\":\""), "%s: %d %s", target, code, a.body);
    answered_free(&a);
    return code;
}

/* Every request is refused while the file is too short, wherever it ends, and answered when it is whole again. */
Test(cut, serve_outlives_an_index_that_is_cut_off, .timeout = 60) {
    static const char *const targets[] = {"/api/search?text=cyst", "/api/search?id=case0007&words=cyst",
                                          "/api/case?id=case0009", "/thumb/5", "/api/search?label=cyst"};
    Serving s = serving_start("--threads 2");
    unsigned char *whole;
    size_t size;
    cr_assert_eq(file_read(s.index, 1 << 26, &whole, &size, NULL), STATUS_OK);
    size_t lengths[] = {0, 4096, size / 3, size / 2, size - 4096, size - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        cr_assert_eq(truncate(s.index, (off_t)lengths[i]), 0);
        for (size_t k = 0; k < sizeof targets / sizeof *targets; k++)
            cr_assert_eq(code_of(&s, targets[k]), 503, "%zu bytes: %s", lengths[i], targets[k]);
        write_in_place(s.index, whole, size);
        for (size_t k = 0; k < sizeof targets / sizeof *targets; k++)
            cr_assert_eq(code_of(&s, targets[k]), 200, "%zu bytes: %s", lengths[i], targets[k]);
    }
    wait_for_words(s.log, "was cut off by another program");
    mem_free(whole);
    serving_stop(&s, SIGTERM, 0);
}

/* As above, but the file is whole again before the server looks at its size: what it read meanwhile is not trusted. */
Test(cut, answers_from_a_page_that_was_gone_are_not_given, .timeout = 60) {
    Serving s = serving_start("--threads 1");
    unsigned char *whole;
    size_t size;
    cr_assert_eq(file_read(s.index, 1 << 26, &whole, &size, NULL), STATUS_OK);
    cr_assert_eq(truncate(s.index, 0), 0);
    cr_assert_eq(truncate(s.index, (off_t)size), 0); /* zeros */
    write_in_place(s.index, whole, size);
    for (int i = 0; i < 3; i++) {
        Answered a = serving_get(&s, "/api/search?text=cyst");
        cr_assert(a.code == 503 || (a.code == 200 && strstr(a.body, "\"cases\":60")), "%s", a.body);
        answered_free(&a);
    }
    cr_assert_eq(code_of(&s, "/api/search?text=cyst"), 200);
    mem_free(whole);
    serving_stop(&s, SIGTERM, 0);
}

Test(cut, search_ends_with_an_error_where_its_index_is_cut_off, .timeout = 60) {
    TinyRun t = tiny_run("tiny");
    char index[600], pipe[600], log[600];
    snprintf(index, sizeof index, "%s.idx", t.manifest);
    snprintf(pipe, sizeof pipe, "%s", fixture_path("questions"));
    snprintf(log, sizeof log, "%s", fixture_path("search.log"));
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", t.run, t.manifest, index);
    cr_assert_eq(mkfifo(pipe, 0600), 0);
    pid_t pid = start_msach_into(log, "search --index %s --queries %s --find image --tsv", index, pipe);
    FILE *questions = fopen(pipe, "w");
    cr_assert_not_null(questions);
    fputs("@id case0003\n", questions);
    fflush(questions);
    wait_for_words(log, "case0003");
    cr_assert_eq(truncate(index, 0), 0);
    fputs("@id case0004\n", questions);
    fclose(questions);
    cr_assert_eq(finish_msach(pid), 3);
    wait_for_words(log, "cut off a file while msach read it");
}

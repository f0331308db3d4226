#include "tests/faulty.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "tests/check.h"
#include "tests/fixtures.h"

#define SETTINGS                                                                                             \
    "image_size=16 width=4 dim=8 heads=2 buckets=64 landmarks=32 stage1_epochs=2 stage2_epochs=2 views=1 "   \
    "text_length=8 "                                                                                         \
    "stage1_batch=8 stage2_batch=8 min_count=1 vocab_groups=1 neighbours=2"
static const char settings[] = SETTINGS " bits=16";

int faulty_places(int few) {
    const char *wish = getenv("MSACH_SWEEP");
    if (!wish) return few;
    return strcmp(wish, "whole") == 0 ? INT_MAX : atoi(wish);
}

long faulty_next(long n, long count, int few) {
    int wanted = faulty_places(few);
    if (wanted == INT_MAX || count <= wanted) return n + (n < 2000 ? 1 : 37);
    long step = count / wanted;
    return n + (n == 0 ? 1 + step / 3 : step);
}

void faulty_wrong(Faulty *f, const char *fault, const char *fmt, ...) {
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (f->wrong++ < 20) cr_log_warn("msach %.40s..., %s: %s", f->command, fault, text);
}

Faulty faulty_begin(const char *name) {
    Faulty f = {.least_memory = 10, .least_system = 3};
    if (access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 1); /* a run has thousands of fsync */
    snprintf(f.root, sizeof f.root, "%s", fixture_dir());
    snprintf(f.out, sizeof f.out, "%s/%s", f.root, name);
    expect_msach(0, NULL, "phantom --out %s/data --cases 20 --size 32", f.root);
    tree_restore(&f.before, f.out);
    return f;
}

void faulty_end(Faulty *f) {
    cr_log_info("%s: %ld requests, %ld calls, %d runs", strrchr(f->out, '/') + 1, f->memory, f->system,
                f->runs);
    cr_assert_eq(f->wrong, 0);
    cr_assert_geq(f->runs, 5);
    tree_free(&f->before);
    tree_free(&f->after);
    ran_free(&f->good);
}

void faulty_trained(const Faulty *f) {
    expect_msach(0, NULL, "train -q --threads 1 --data %s/data/manifest.tsv --out %s/run --set %s", f->root,
                 f->root, settings);
}

void faulty_train_command(Faulty *f) {
    f->again = " --resume";
    FAULTY_COMMAND(*f, "train -q --threads 1 --data %s/data/manifest.tsv --out %s/run --set %s", f->root,
                   f->out, settings);
}

void faulty_indexed(const Faulty *f) {
    unsigned char *text;
    size_t size;
    char from[320];
    faulty_trained(f);
    expect_msach(0, NULL, "index -q --model %s/run --data %s/data/manifest.tsv --out %s/a.idx", f->root,
                 f->root, f->out);
    expect_msach(0, NULL, "phantom --out %s/more --cases 5 --size 32 --seed 2", f->root);
    snprintf(from, sizeof from, "%s/more/manifest.tsv", f->root);
    cr_assert_eq(file_read(from, 1 << 20, &text, &size, NULL), STATUS_OK);
    for (char *at = (char *)text; (at = strstr(at, "\ncase"));) memcpy(at, "\nmore", 5);
    fixture_file("more/manifest.tsv", text, size);
    mem_free(text);
}

void faulty_import_source(void) {
    uint8_t pixel[16 * 16] = {0};
    for (int i = 0; i < 4; i++) {
        char name[64];
        pixel[i] = 200;
        snprintf(name, sizeof name, "source/%s/p%d/case%d.png", i % 2 ? "cyst" : "stone", i, i);
        fixture_png(name, 16, 16, pixel);
        memcpy(strrchr(name, '.'), ".txt", 4);
        fixture_text(name, "Findings: a lesion of 12 mm.\n");
    }
}

void faulty_table_command(Faulty *f) {
    f->again = "";
    FAULTY_COMMAND(*f,
                   "table -q --threads 1 --data %s/data/manifest.tsv --out %s/table --bits 16 --seeds 1 "
                   "--only main --set %s",
                   f->root, f->out, SETTINGS);
}

void faulty_import_command(Faulty *f) {
    faulty_import_source();
    FAULTY_COMMAND(*f, "import folder %s/source --out %s/mine -q", f->root, f->out);
}

void faulty_browse_command(Faulty *f) {
    faulty_indexed(f);
    FAULTY_COMMAND(*f, "browse -q --threads 1 --index %s/a.idx --out %s/gallery", f->out, f->out);
}

void faulty_bundle_command(Faulty *f) {
    faulty_trained(f);
    FAULTY_COMMAND(*f, "bundle -q --threads 1 --run %s/run --out %s/bundle", f->root, f->out);
}

/* A file NAME in out. */
static void old_file(const Faulty *f, const char *name, const char *text) {
    char path[80];
    snprintf(path, sizeof path, "%s/%s", strrchr(f->out, '/') + 1, name);
    fixture_text(path, text);
}

void faulty_encode_command(Faulty *f) {
    faulty_trained(f);
    old_file(f, "codes.npy", "\x93NUMPY of long ago");
    FAULTY_COMMAND(
        *f,
        "encode -q --threads 1 --model %s/run --data %s/data/manifest.tsv --as image --out %s/codes.npy "
        "--dump %s/dump",
        f->root, f->root, f->out, f->out);
}

void faulty_page_command(Faulty *f) {
    faulty_indexed(f);
    old_file(f, "page.html", "<!DOCTYPE html> of long ago");
    FAULTY_COMMAND(*f, "search --threads 1 --model %s/run --index %s/a.idx --text the --html %s/page.html",
                   f->root, f->out, f->out);
}

void faulty_eval_command(Faulty *f) {
    TinyRun t = tiny_run("tiny");
    FAULTY_COMMAND(*f, "eval -q --threads 1 --run %s --dump %s/dump", t.run, f->out);
}

void faulty_measure(Faulty *f) {
    char count[320];
    tree_free(&f->before);
    tree_free(&f->after);
    ran_free(&f->good);
    snprintf(count, sizeof count, "%s/count", f->root);
    f->before = tree_read(f->out);
    f->good = run_faulty("MSACH_FAULT_COUNT", count, "%s", f->command);
    cr_assert_eq(f->good.code, 0, "%s", f->good.err);
    f->after = tree_read(f->out);
    FILE *from = fopen(count, "r");
    cr_assert_not_null(from);
    cr_assert_eq(fscanf(from, "%ld %ld", &f->memory, &f->system), 2);
    fclose(from);
    cr_assert(f->memory > f->least_memory && f->system > f->least_system, "%ld, %ld", f->memory, f->system);
}

Ran faulty_run(Faulty *f, const char *fault) {
    tree_restore(&f->before, f->out);
    f->runs++;
    return run_faulty("MSACH_FAULT", fault, "%s", f->command);
}

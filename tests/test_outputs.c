/* Outputs of the command that name an input, another kind of file, a link or a FIFO; runs that moved or did not finish. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"
#include "train/config.h"

/* A run with an index, an array of codes, a page and a report of an import. */
typedef struct {
    TinyRun t;
    char model[600], index[600], codes[600], page[600], report[600], source[600], archive[600];
} Files;

static void place(char to[600], const char *name) {
    snprintf(to, 600, "%s", fixture_path(name));
}

static Files files_make(void) {
    Files f = {.t = tiny_run("a")};
    snprintf(f.model, sizeof f.model, "%s/model.safetensors", f.t.run);
    place(f.index, "a.idx");
    place(f.codes, "a.npy");
    place(f.page, "a.html");
    place(f.report, "a.json");
    place(f.archive, "made");
    snprintf(f.source, sizeof f.source, "%s",
             fixture_text("t.csv", "id,image,text,labels\na,case0001.png,one,x\n"));
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", f.t.run, f.t.manifest, f.index);
    return f;
}

static char *content(const char *path, size_t *size) {
    unsigned char *data;
    cr_assert_eq(file_read(path, 1 << 28, &data, size, NULL), STATUS_OK, "%s", path);
    return (char *)data;
}

/* The command is refused with this code and message, and the file stays as it was. */
static void refused(const char *file, int code, const char *part, const char *command) {
    size_t before, after;
    char *old = content(file, &before);
    expect_msach(code, part, "%s", command);
    char *now = content(file, &after);
    cr_assert(before == after && memcmp(old, now, before) == 0, "%s changed %s", command, file);
    mem_free(old);
    mem_free(now);
}

#define REFUSED(file, code, part, ...)                                                                       \
    do {                                                                                                     \
        char command_[3000];                                                                                 \
        snprintf(command_, sizeof command_, __VA_ARGS__);                                                    \
        refused(file, code, part, command_);                                                                 \
    } while (0)

Test(outputs, no_verb_replaces_an_input_or_another_kind_of_file) {
    Files f = files_make();
    const char *run = f.t.run, *manifest = f.t.manifest;
    static const char input[] = "would destroy the input of --", kind[] = "exists and is not ";
    REFUSED(manifest, 2, input, "index --model %s --data %s --out %s", run, manifest, manifest);
    REFUSED(f.model, 3, "is not an index, which --out writes", "index --model %s --data %s --out %s", run,
            manifest, f.model);
    REFUSED(f.model, 2, input, "index --model %s --data %s --out %s", f.model, manifest, f.model);
    REFUSED(f.model, 3, kind, "index --delete a --out %s", f.model);
    REFUSED(f.model, 3, "is not a .npy array", "encode --model %s --text a --out %s", run, f.model);
    REFUSED(f.index, 2, "would destroy the input of --index; name another FILE.html",
            "search --index %s --id case0001 --html %s", f.index, f.index);
    REFUSED(f.model, 3, "is not an HTML page", "inspect %s --html %s", run, f.model);
    REFUSED(f.index, 2, "would destroy the input ", "inspect %s --html %s", f.index, f.index);
    REFUSED(f.model, 3, kind, "eval --run %s --html %s", run, f.model);
    REFUSED(f.model, 3, kind, "train --explain --out %s --html %s", run, f.model);
    REFUSED(f.source, 2, "would destroy the input ", "import table %s --out %s --report %s", f.source,
            f.archive, f.source);
    REFUSED(manifest, 3, "is not a JSON file", "import table %s --out %s --report %s", f.source, f.archive,
            manifest);
    REFUSED(f.source, 2, "would destroy the input of --from", "bench page --from %s --html %s", f.source,
            f.source);
    cr_assert(!path_exists(f.archive));
}

Test(outputs, an_input_is_found_under_another_name) {
    Files f = files_make();
    char linked[600], same[600];
    place(linked, "link.idx");
    snprintf(same, sizeof same, "%s/../a/manifest.tsv", fixture_path("a"));
    cr_assert_eq(link(f.t.manifest, linked), 0);
    REFUSED(f.t.manifest, 2, "would destroy", "index --model %s --data %s --out %s", f.t.run, f.t.manifest,
            linked);
    REFUSED(f.t.manifest, 2, "would destroy", "index --model %s --data %s --out %s", f.t.run, f.t.manifest,
            same);
}

Test(outputs, arrays_are_not_replaced_in_the_folder_of_a_dump) {
    Files f = files_make();
    char dump[600], features[700];
    place(dump, "d");
    snprintf(features, sizeof features, "%s/image_codes_query.npy", dump);
    expect_msach(0, NULL, "eval -q --run %s --dump %s", f.t.run, dump);
    REFUSED(features, 2, "would destroy the input of --codes", "eval --codes %s --dump %s/.", dump, dump);
    REFUSED(features, 2, "would destroy the input of --image-features",
            "encode --model %s --image-features %s --out %s --dump %s", f.t.run, features, f.codes, dump);
    REFUSED(features, 2, "would destroy the input of --image-features",
            "encode --model %s --image-features %s --out %s", f.t.run, features, features);
    expect_msach(0, NULL, "eval -q --run %s --dump %s", f.t.run, dump);
}

Test(outputs, a_file_of_the_same_kind_or_without_content_is_replaced) {
    Files f = files_make();
    for (int twice = 0; twice < 2; twice++) {
        expect_msach(0, NULL, "encode -q --model %s --text a --out %s", f.t.run, f.codes);
        expect_msach(0, NULL, "search --index %s --id case0001 --html %s", f.index, f.page);
        expect_msach(
            0, NULL,
            "import table %s %s -n --columns id=id,image=image,text=text,labels=labels --out %s --report %s",
            f.source, f.t.images, f.archive, f.report);
        cr_assert(path_exists(f.report));
    }
    fixture_text("empty.npy", "");
    expect_msach(0, NULL, "encode -q --model %s --text a --out %s", f.t.run, fixture_path("empty.npy"));
}

Test(outputs, an_index_that_is_replaced_whole_is_announced) {
    Files f = files_make();
    expect_msach(0, "a.idx: its 60 cases are being replaced; --append would add to them",
                 "index -q --model %s --data %s --out %s", f.t.run, f.t.manifest, f.index);
    Ran r = run_msach("index -q --delete case0001 --compact --out %s", f.index);
    cr_assert(r.code == 0 && !strstr(r.err, "replaced"), "%s", r.err);
    ran_free(&r);
}

Test(outputs, links_stay_modes_stay_and_a_fifo_is_written_to) {
    Files f = files_make();
    char linked[600], fifo[600], where[1300];
    struct stat st;
    place(linked, "link");
    place(fifo, "fifo");
    cr_assert(symlink("a.idx", linked) == 0 && mkfifo(fifo, 0600) == 0 && chmod(f.index, 0600) == 0);
    expect_msach(0, NULL, "index -q --delete case0001 --compact --out %s", linked);
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", f.t.run, f.t.manifest, linked);
    cr_assert(lstat(linked, &st) == 0 && S_ISLNK(st.st_mode));
    cr_assert(lstat(f.index, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0600);
    expect_msach(3, "is no regular file; name a file for the index", "index --model %s --data %s --out %s",
                 f.t.run, f.t.manifest, fifo);
    snprintf(where, sizeof where, "cat %s >%s", fifo, f.page);
    FILE *reader = popen(where, "w");
    expect_msach(0, NULL, "search --index %s --id case0001 --html %s", f.index, fifo);
    cr_assert_eq(pclose(reader), 0);
    size_t n;
    char *page = content(f.page, &n);
    cr_assert(n > 1000 && strncmp(page, "<!DOCTYPE html", 14) == 0 && strstr(page, "</html>"));
    mem_free(page);
    cr_assert(lstat(fifo, &st) == 0 && S_ISFIFO(st.st_mode));
}

/* Pictures are named from the folder of the file, whatever link the index is reached by. */
Test(outputs, pictures_are_found_through_a_link_to_the_index) {
    Files f = files_make();
    char linked[600];
    cr_assert_eq(dir_make(fixture_path("far/away"), NULL), STATUS_OK);
    place(linked, "far/away/link");
    cr_assert_eq(symlink("../../a.idx", linked), 0);
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s", f.t.run, f.t.manifest, linked);
    for (int by_link = 0; by_link < 2; by_link++) {
        Ran r = run_msach("search --index %s --id case0001 -k 1 --tsv", by_link ? linked : f.index);
        char *at = strchr(r.out, '\n'), picture[700];
        cr_assert_eq(sscanf(at, "\n%*[^\t]\t%*[^\t]\t%*[^\t]\t%*[^\t]\t%699[^\t]", picture), 1, "%s", r.out);
        cr_assert(path_exists(picture), "%s", picture);
        ran_free(&r);
    }
}

Test(outputs, a_limit_of_file_size_is_an_error_with_a_message) {
    Files f = files_make();
    struct rlimit old, small = {.rlim_cur = 512, .rlim_max = RLIM_INFINITY};
    char temporary[640];
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_DFL);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    pid_t pid = start_msach("index -q --model %s --data %s --out %s", f.t.run, f.t.manifest, f.index);
    int code = finish_msach(pid);
    setrlimit(RLIMIT_FSIZE, &old);
    cr_assert_eq(code, 4);
    snprintf(temporary, sizeof temporary, "%s.tmp%ld", f.index, (long)pid);
    cr_assert(!path_exists(temporary));
    expect_msach(0, NULL, "verify %s", f.index);
}

Test(outputs, a_run_whose_archive_moved_says_data) {
    Files f = files_make();
    char moved[600], other[600];
    snprintf(moved, sizeof moved, "%s.old", f.t.manifest);
    place(other, "bundle");
    cr_assert_eq(rename(f.t.manifest, moved), 0);
    static const char part[] = "manifest.tsv: no such manifest; say where it is with --data";
    expect_msach(3, part, "eval --run %s", f.t.run);
    expect_msach(3, part, "bundle --run %s --out %s", f.t.run, other);
    expect_msach(3, part, "train --explain --out %s", f.t.run);
    expect_msach(0, part, "inspect %s", f.t.run);
    expect_msach(0, NULL, "eval --run %s --data %s", f.t.run, moved);
}

Test(outputs, an_unfinished_run_says_how_to_continue) {
    Files f = files_make();
    char command[2000], whole[2800], other[600];
    char *data;
    snprintf(other, sizeof other, "%s/config.txt", f.t.run);
    cr_assert_eq(config_data(other, &data, NULL), STATUS_OK);
    snprintf(command, sizeof command, "train --data %s --out %s --config %s --resume", data, f.t.run, other);
    mem_free(data);
    snprintf(other, sizeof other, "%s/checkpoint.safetensors", f.t.run);
    cr_assert(remove(f.model) == 0 && remove(other) == 0);
    place(other, "bundle");
    snprintf(whole, sizeof whole,
             "%s: this training has not finished; to continue, add --resume to its command:\n  msach %s",
             f.t.run, command);
    expect_msach(3, whole, "eval --run %s", f.t.run);
    expect_msach(3, whole, "index --model %s --data %s --out %s", f.t.run, f.t.manifest, f.index);
    expect_msach(3, whole, "search --model %s --index %s --text a", f.t.run, f.index);
    expect_msach(3, whole, "bundle --run %s --out %s", f.t.run, other);
    expect_msach(0, NULL, "%s -q", command);
}

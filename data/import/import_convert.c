#include "data/import/import_convert.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/sys.h"

extern char **environ;

enum { SECONDS = 120 /* for one run */, WORDS = 5, KINDS = 3, DICOM_PROGRAMS = 8, PROGRAMS = 10 };

/* A run is: program, words, input, output. %d is the frame, from 1. */
static const struct {
    const char *program, *words[WORDS];
    const char *input, *output; /* names in the temporary folder */
} PROGRAM[PROGRAMS] = {
    {"dcmdjpeg", {NULL}, "in", "out"},
    {"dcmdjpls", {NULL}, "in", "out"},
    {"dcmdrle", {NULL}, "in", "out"},
    {"dcmconv", {"+te"}, "in", "out"},
    {"gdcmconv", {"--raw"}, "in", "out"},
    {"gdcmconv", {"--raw", "--apply-lut"}, "in", "out"}, /* palette colour */
    {"dcmj2pnm", {"+on", "+Wi", "1", "+F", "%d"}, "in", "out"},
    {"dcmj2pnm", {"+on", "+Wm", "+F", "%d"}, "in", "out"},
    /* The name of the format before ':' keeps ImageMagick from guessing; [0] is the first page. */
    {"magick", {NULL}, "in[0]", "out"},
    {"convert", {NULL}, "in[0]", "out"},
};

static const struct {
    const char *name, *format, *magic;
    size_t size;
} KIND[] = {{"BMP", "bmp", "BM", 2},
            {"TIFF", "tiff", "II*\0", 4},
            {"TIFF", "tiff", "MM\0*", 4},
            {"WebP", "webp", "RIFF", 4}};

const char *convert_kind(const unsigned char *data, size_t size) {
    for (size_t i = 0; i < sizeof KIND / sizeof KIND[0]; i++)
        if (size >= 16 && memcmp(data, KIND[i].magic, KIND[i].size) == 0 &&
            (i < 3 || memcmp(data + 8, "WEBP", 4) == 0))
            return KIND[i].name;
    return NULL;
}

/* ---- Processes ---- */

static bool is_on_path(const char *program) {
    const char *path = getenv("PATH");
    for (const char *at = path ? path : ""; *at;) {
        char file[4096];
        size_t n = strcspn(at, ":");
        snprintf(file, sizeof file, "%.*s/%s", (int)n, at, program);
        if (n && n < sizeof file - 64 && access(file, X_OK) == 0) return true;
        at += n + (at[n] == ':');
    }
    return false;
}

/* Waits for a process, and kills it after SECONDS or a stop. Returns whether it exited with 0. */
static bool wait_for(const Import *im, pid_t pid) {
    const struct timespec pause = {.tv_nsec = 2000000};
    double start = log_clock();
    int code = 0;
    pid_t got;
    while ((got = waitpid(pid, &code, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
        if (log_clock() - start > SECONDS || import_stopped(im, NULL) != STATUS_OK) kill(pid, SIGKILL);
        nanosleep(&pause, NULL);
    }
    return got == pid && WIFEXITED(code) && WEXITSTATUS(code) == 0;
}

static bool run_program(const Import *im, char *const *words) {
    posix_spawn_file_actions_t files;
    pid_t pid;
    if (posix_spawn_file_actions_init(&files) != 0) return false;
    bool ready = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0) == 0 &&
                 posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0) == 0 &&
                 posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0) == 0;
    int code = ready ? posix_spawnp(&pid, words[0], &files, NULL, words, environ) : ENOMEM;
    posix_spawn_file_actions_destroy(&files);
    return code == 0 && wait_for(im, pid);
}

/* Runs PROGRAM[k] on the temporary input. format: of ImageMagick, or NULL. */
static bool convert_once(const Import *im, int k, const char *format, int frame) {
    char input[4096], output[4096], number[16], *words[WORDS + 4];
    int n = 0;
    snprintf(input, sizeof input, "%s%s%s/%s", format ? format : "", format ? ":" : "", im->convert_folder,
             PROGRAM[k].input);
    snprintf(output, sizeof output, "%s%s/%s", format ? "png:" : "", im->convert_folder, PROGRAM[k].output);
    snprintf(number, sizeof number, "%d", frame + 1);
    words[n++] = (char *)(size_t)PROGRAM[k].program;
    for (int i = 0; i < WORDS && PROGRAM[k].words[i]; i++)
        words[n++] = strcmp(PROGRAM[k].words[i], "%d") == 0 ? number : (char *)(size_t)PROGRAM[k].words[i];
    words[n++] = input;
    words[n++] = output;
    words[n] = NULL;
    return run_program(im, words);
}

/* ---- The temporary folder ---- */

static Status make_folder(Import *im, Error *err) {
    const char *base = getenv("TMPDIR");
    if (im->convert_folder) return STATUS_OK;
    im->convert_folder = path_join(base && *base ? base : "/tmp", "msach-import-XXXXXX");
    if (!im->convert_folder) return mem_error(err, "a folder for converters");
    if (mkdtemp(im->convert_folder)) return STATUS_OK;
    Status s = error_from_errno(err, im->convert_folder, "make");
    mem_free(im->convert_folder);
    im->convert_folder = NULL;
    return s;
}

static void temporary(const Import *im, const char *name, char path[4096]) {
    snprintf(path, 4096, "%s/%s", im->convert_folder, name);
}

static void remove_temporary(const Import *im, const char *name) {
    char path[4096];
    temporary(im, name, path);
    unlink(path);
}

void convert_end(Import *im) {
    if (!im->convert_folder) return;
    dir_remove(im->convert_folder);
    mem_free(im->convert_folder);
    im->convert_folder = NULL;
}

/* The input is a symbolic link with a plain name, so that no character of the real name has a meaning for a program. */
static Status link_input(const Import *im, const char *path, Error *err) {
    char *real = path_real(path), input[4096];
    temporary(im, "in", input);
    unlink(input);
    Status s = real && symlink(real, input) == 0 ? STATUS_OK : error_from_errno(err, path, "link");
    mem_free(real);
    return s;
}

/* ---- Conversion ---- */

/* Checks the output of a run and moves it into p. */
static Status take_output(Import *im, ImportPicture *p, ConvertCheckFn *check, bool *other_kind, Error *err) {
    char output[4096];
    ImportPicture made = {.path = p->path, .converted = true, .facts = p->facts};
    temporary(im, "out", output);
    Status s = image_open(&made.file, output, err);
    if (s == STATUS_OK) s = check(im, &made, other_kind, err);
    if (s == STATUS_OK) {
        image_close(&p->file);
        *p = made;
    } else {
        image_close(&made.file);
    }
    return s;
}

static void note_program(Import *im, int k, const char *path) {
    Buffer what = {0};
    buffer_printf(&what, "converted by %s", PROGRAM[k].program);
    for (int i = 0; i < WORDS && PROGRAM[k].words[i]; i++)
        if (strcmp(PROGRAM[k].words[i], "+F") != 0 && strcmp(PROGRAM[k].words[i], "%d") != 0)
            buffer_printf(&what, " %s", PROGRAM[k].words[i]);
    import_note(im, buffer_text(&what), path);
    buffer_free(&what);
}

/* Appends what is wrong with the output of program k, unless a reason is there. */
static void say_reason(Buffer *said, int k, const ImportPicture *p, const Error *why) {
    size_t n = strlen(p->path);
    if (!said->size && strncmp(why->message, p->path, n) == 0)
        buffer_printf(said, "; the output of %s%s", PROGRAM[k].program, why->message + n);
}

/* Tries the programs for this format. A converted DICOM file that is again of an unsupported kind is the input of a second round. */
static Status try_programs(Import *im, ImportPicture *p, const char *format, int frame, ConvertCheckFn *check,
                           bool *done, Buffer *said, Error *err) {
    int first = format ? DICOM_PROGRAMS : 0, n = (format ? PROGRAMS : DICOM_PROGRAMS) - first;
    char names[2][4096];
    temporary(im, "in", names[0]);
    temporary(im, "out", names[1]);
    for (int round = 0; round < 2 && !*done; round++) {
        bool again = false;
        for (int i = -1; i < n && !*done && !again; i++) {
            int k = i < 0 ? im->converter : first + i;
            bool other_kind = false;
            if (k < first || k >= first + n || (i >= 0 && k == im->converter && round == 0)) continue;
            TRY(import_stopped(im, err));
            remove_temporary(im, PROGRAM[k].output);
            if (!is_on_path(PROGRAM[k].program) || !convert_once(im, k, format, frame)) continue;
            Error why = {0};
            Status s = take_output(im, p, check, &other_kind, &why);
            *done = s == STATUS_OK;
            if (s == STATUS_INPUT && !other_kind) say_reason(said, k, p, &why);
            if (s != STATUS_OK && s != STATUS_INPUT)
                return error_set(err, s, "%s: cannot be converted", p->path);
            if (*done) im->converter = k;
            if (*done) note_program(im, k, p->path);
            again = !*done && other_kind && round == 0 && sys_rename(names[1], names[0]) == 0;
        }
        if (!again) break;
    }
    return STATUS_OK;
}

Status convert_picture(Import *im, ImportPicture *p, const char *kind, int frame, ConvertCheckFn *check,
                       bool *done, Buffer *said, Error *err) {
    const char *format = NULL;
    int found = 0;
    *done = false;
    for (size_t i = 0; kind && i < sizeof KIND / sizeof KIND[0]; i++)
        if (strcmp(kind, KIND[i].name) == 0) format = KIND[i].format;
    for (int k = format ? DICOM_PROGRAMS : 0; k < (format ? PROGRAMS : DICOM_PROGRAMS); k++)
        found += is_on_path(PROGRAM[k].program);
    if (!found) {
        buffer_printf(said, "; with %s installed (Debian: %s), import converts it",
                      kind ? "ImageMagick" : "DCMTK or GDCM", kind ? "imagemagick" : "dcmtk, libgdcm-tools");
        return STATUS_OK;
    }
    TRY(make_folder(im, err));
    TRY(link_input(im, p->path, err));
    TRY(try_programs(im, p, format, frame, check, done, said, err));
    if (!*done && !said->size) buffer_printf(said, "; none of the installed converters could read it");
    return STATUS_OK;
}

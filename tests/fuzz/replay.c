/* Runs every file of the corpora through its target, in one process and without libFuzzer, and after it some files that are like it but
 * for one part (mutate.h): replay CORPUS [TARGET...] */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/fuzz/harness.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/targets.h"

typedef struct {
    const char *name;
    void (*run)(const uint8_t *data, size_t size);
} Target;

#define TARGET(name) {#name, fuzz_##name},
static const Target targets[] = {FUZZ_TARGETS(TARGET)};
enum { TARGETS = sizeof targets / sizeof targets[0], MAX_FILE = 1 << 20, CHANGES = 4 };

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void run_file(const Target *t, const char *folder, const char *name) {
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    FUZZ_CHECK(f != NULL);
    static uint8_t data[MAX_FILE];
    size_t n = fread(data, 1, sizeof data, f);
    fclose(f);
    uint8_t *copy = harness_copy(data, n);
    t->run(copy, n);
    free(copy);
    MutateFn *mutate = mutate_of(t->name);
    for (unsigned i = 0; mutate && i < CHANGES; i++) {
        static uint8_t changed[MAX_FILE];
        memcpy(changed, data, n);
        size_t made = mutate(changed, n, sizeof changed, harness_choice(data, n, 1 << 20) + i);
        if (made) t->run(changed, made);
    }
}

/* Returns how many files the folder held. */
static int run_folder(const Target *t, const char *folder) {
    DIR *d = opendir(folder);
    if (!d) return 0;
    char **names = NULL;
    int n = 0;
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.') continue;
        names = realloc(names, (size_t)(n + 1) * sizeof *names);
        FUZZ_CHECK(names != NULL);
        FUZZ_CHECK((names[n++] = strdup(e->d_name)) != NULL);
    }
    closedir(d);
    if (n) qsort(names, (size_t)n, sizeof *names, by_name);
    for (int i = 0; i < n; i++) {
        run_file(t, folder, names[i]);
        free(names[i]);
    }
    free(names);
    return n;
}

static int wanted(const Target *t, int n, char **names) {
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], t->name) == 0) return 1;
    return n == 0;
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "replay: no corpus named: replay tests/fuzz/corpus [TARGET...]\n");
        return 2;
    }
    int all = 0, empty = 0;
    double start = seconds();
    for (int i = 0; i < TARGETS; i++) {
        char folder[4096];
        if (!wanted(&targets[i], argc - 2, argv + 2)) continue;
        snprintf(folder, sizeof folder, "%s/%s", argv[1], targets[i].name);
        int n = run_folder(&targets[i], folder);
        if (n == 0) fprintf(stderr, "replay: %s holds no file\n", folder);
        empty += n == 0;
        all += n;
    }
    printf("replay: %d files through %d parsers in %.1f s\n", all, TARGETS, seconds() - start);
    return empty > 0;
}

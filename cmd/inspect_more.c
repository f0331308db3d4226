#include "cmd/inspect_more.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/inspect_facts.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "train/metrics.h"

/* ---- Arrays and weights ---- */

Status inspect_array(const char *path, Error *err) {
    Npy n;
    TRY(npy_read(&n, path, SIZE_MAX / 4, err));
    fact("array", path);
    fact_size(path);
    printf("%-18s %s (", "shape", npy_type_name(n.type));
    for (int k = 0; k < n.rank; k++) printf("%s%" PRId64, k ? ", " : "", n.dim[k]);
    printf(")\n");
    if (n.type == NPY_U8 && n.rank == 2)
        printf("%-18s %" PRId64 " of %" PRId64 " bits, if these are codes\n", "codes", n.dim[0],
               n.dim[1] * 8);
    npy_free(&n);
    return STATUS_OK;
}

Status inspect_weights(const char *path, bool *model, Error *err) {
    StFile f;
    Status s = st_read(&f, path, false, err);
    const char *format = s == STATUS_OK ? st_get(&f, "format") : NULL;
    *model = format && strncmp(format, "msach model", 11) == 0;
    if (s == STATUS_OK && !*model) {
        const char *state = st_get(&f, "state");
        fact("weights", path);
        fact_size(path);
        fact("format", format ? format : "safetensors of another program");
        fact_number("tensors", (double)f.n_tensors);
        int stage, epoch, step;
        if (state && sscanf(state, "%d %d %d", &stage, &epoch, &step) == 3)
            printf("%-18s %s, stage %d, %d epochs and %d steps done\n", "state",
                   stage == 3 ? "finished" : "to be resumed", stage == 3 ? 2 : stage, epoch, step);
        fact_tensors(&f);
    }
    st_free(&f);
    return s;
}

const char *inspect_own(const ModelConfig *m, Modality k, char *text, size_t size) {
    const OwnInput *own = &m->own[k];
    if (own->width)
        snprintf(text, size, "features of another program, %d x %d numbers (tokens x width), checksum %08x",
                 own->tokens, own->width, own->crc);
    return text;
}

/* ---- Indexes ---- */

/* A label and its cases. */
typedef struct {
    const char *name;
    int64_t cases;
} Count;

static int by_cases(const void *a, const void *b) {
    const Count *x = a, *y = b;
    if (x->cases != y->cases) return x->cases > y->cases ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const Count *)a)->name, ((const Count *)b)->name);
}

/* Every label of every case that is there, a line each, the most frequent first. */
static Status show_labels(const Index *x, Error *err) {
    Count *all = NULL;
    size_t n = 0, capacity = 0, kept = 0;
    Status s = STATUS_OK;
    for (int64_t row = 0; s == STATUS_OK && row < index_count(x); row++) {
        IndexCase c = {0};
        if (!index_deleted(x, row)) s = index_case(x, row, &c, err);
        for (int k = 0; s == STATUS_OK && k < c.n_labels; k++) {
            if (!mem_grow(&all, &capacity, n + 1, sizeof *all))
                s = mem_error(err, "the labels");
            else
                all[n++] = (Count){c.labels[k], 1};
        }
    }
    if (n) qsort(all, n, sizeof *all, by_name);
    for (size_t i = 0; i < n; i++) {
        if (kept && strcmp(all[kept - 1].name, all[i].name) == 0)
            all[kept - 1].cases++;
        else
            all[kept++] = all[i];
    }
    if (kept) qsort(all, kept, sizeof *all, by_cases);
    fact_number("labels", (double)kept);
    for (size_t i = 0; s == STATUS_OK && i < kept; i++)
        printf("  %8lld  %s\n", (long long)all[i].cases, all[i].name);
    mem_free(all);
    return s;
}

static Status show_groups(const Index *x, Error *err) {
    IndexGroups g;
    Status s = index_groups(x, &g, err);
    size_t live = s == STATUS_OK ? index_groups_live(x, &g) : 0;
    if (live)
        fact_number("groups", (double)live);
    else if (s == STATUS_OK)
        fact("groups", "none: no case has a group, or the index is of version 1");
    index_groups_free(&g);
    return s;
}

Status inspect_labels(const Index *x, Error *err) {
    TRY(show_groups(x, err));
    return show_labels(x, err);
}

/* ---- Runs ---- */

static void show_epochs(const char *text) {
    int capacity = 1;
    for (const char *s = text; *s; s++) capacity += *s == '\n';
    MetricsRow *rows = mem_calloc((size_t)capacity, sizeof *rows);
    int n = rows ? metrics_parse(text, rows, capacity) : 0;
    if (n)
        printf("\nstage  epoch      loss   validation (stage 1: accuracy of images, texts; stage 2: MAP "
               "image to text, text to image)\n");
    for (int i = 0; i < n; i++) {
        const double *v = rows[i].stage == 1 ? rows[i].accuracy : rows[i].map;
        char score[2][16] = {"none", "none"};
        for (int k = 0; k < 2; k++)
            if (v[k] >= 0) snprintf(score[k], sizeof score[k], "%.3f", v[k]);
        printf("%5d  %5d  %8.4f   %-5s  %s\n", rows[i].stage, rows[i].epoch, rows[i].loss, score[0],
               score[1]);
    }
    mem_free(rows);
}

Status inspect_epochs(const char *run, Error *err) {
    unsigned char *text = NULL;
    size_t size;
    char *path = path_join(run, "metrics.tsv");
    Status s = path ? STATUS_OK : mem_error(err, "the run");
    if (s == STATUS_OK && path_exists(path)) s = file_read(path, 1 << 26, &text, &size, err);
    if (text) show_epochs((const char *)text);
    mem_free(text);
    mem_free(path);
    return s;
}

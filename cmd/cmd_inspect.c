#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/file_kind.h"
#include "cmd/fit.h"
#include "cmd/inspect_codes.h"
#include "cmd/privacy.h"
#include "cmd/verbs.h"
#include "hash/search/index.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/base/parts.h"
#include "train/metrics.h"
#include "train/run.h"

static const Option OPTIONS[] = {
    {"tensors", 't', NULL, NULL, "list every tensor of a model or checkpoint", PLAIN},
    {"settings", 's', NULL, NULL, "list every setting, not only those that differ from the default", PLAIN},
    {"privacy", 0, NULL, NULL, "what a model or an index holds of reports and patients, word by word", PLAIN},
    {"html", 0, "FILE", NULL, "of a run: the page to write about its codes [RUN/inspect.html]", PLAIN},
    {"data", 'd', "MANIFEST", NULL, "of a run: where its cases are [the manifest of the run]", PLAIN},
    OPTION_MASK_WORDS,
    OPTION_SKIP_BAD,
    OPTION_ALLOW_OUTSIDE,
    OPTION_THREADS,
    OPTION_LAST};

static void fact(const char *name, const char *text) {
    printf("%-18s ", name);
    fit_text(stdout, text, fit_columns() - 19, false);
    putchar('\n');
}

static void number(const char *name, double v) {
    char text[64];
    snprintf(text, sizeof text, "%.10g", v);
    fact(name, text);
}

static void file_size(const char *path) {
    struct stat st;
    char text[64];
    if (stat(path, &st) != 0) return;
    snprintf(text, sizeof text, "%.3f MiB", (double)st.st_size / 1048576.0);
    fact("size", text);
}

/* ---- Models and checkpoints ---- */

static void list_tensors(const StFile *f) {
    printf("\ntensors\n");
    for (size_t i = 0; i < f->n_tensors; i++) {
        const StTensor *t = &f->tensors[i];
        printf("  %-44s %s (", t->name, st_type_name(t->type));
        for (int k = 0; k < t->rank; k++) printf("%s%" PRId64, k ? ", " : "", t->dim[k]);
        printf(")\n");
    }
}

static void list_settings(const Config *c, bool all) {
    Config standard;
    config_default(&standard);
    printf("\n%s\n", all ? "settings" : "settings that differ from the default");
    for (int i = 0; i < CONFIG_COUNT; i++) {
        char ours[64], usual[64];
        const ConfigOption *o = &CONFIG_TABLE[i];
        config_value(c, o, ours);
        config_value(&standard, o, usual);
        if (all || strcmp(ours, usual) != 0) printf("  %-22s %-10s %s\n", o->name, ours, o->meaning);
    }
}

static void fact_of(const ModelFile *f, const char *name, const char *key) {
    const char *text = st_get(&f->file, key);
    if (text) fact(name, text);
}

static void list_labels(const ModelFile *f) {
    Buffer b = {0};
    for (int i = 0; i < f->n_labels; i++) buffer_printf(&b, "%s%s", i ? ", " : "", f->label_names[i]);
    if (!b.failed && b.data) fact("labels", (const char *)b.data);
    buffer_free(&b);
}

/* text, or what the model takes in place of pictures or texts. */
static const char *own_text(const ModelConfig *m, Modality k, char *text, size_t size) {
    const OwnInput *own = &m->own[k];
    if (own->width)
        snprintf(text, size, "features of another program, %d x %d numbers (tokens x width), checksum %08x",
                 own->tokens, own->width, own->crc);
    return text;
}

static Status show_model(const Args *a, const char *path, Error *err) {
    ModelFile f;
    Status s = model_open(&f, path, err);
    if (s == STATUS_OK) {
        const ModelConfig *m = &f.model.config;
        char text[160];
        fact("model", path);
        file_size(path);
        fact_of(&f, "notice", "notice");
        fact("hash", f.hash);
        fact_of(&f, "written by msach", "version");
        number("bits", m->bits);
        number("weights", (double)f.model.params.size);
        snprintf(text, sizeof text, "%d x %d gray pixels, mean %.4f, deviation %.4f", m->image_size,
                 m->image_size, m->mean, m->deviation);
        fact("images", own_text(m, MODALITY_IMAGE, text, sizeof text));
        snprintf(text, sizeof text, "%d tokens at most, %d words, %d subword buckets", m->text_length,
                 f.vocab.n, m->buckets);
        fact("texts", own_text(m, MODALITY_TEXT, text, sizeof text));
        snprintf(text, sizeof text, "%d layers, %d heads, width %d", m->layers, m->heads, m->dim);
        fact("encoder", m->transformer ? text : "none");
        list_labels(&f);
        fact_of(&f, "trained on", "training_cases");
        fact_of(&f, "data crc32", "data_crc32");
        fact_of(&f, "split hash", "split_hash");
        fact_of(&f, "epoch kept", "best_epoch");
        const char *validation = st_get(&f.file, "map_validation");
        if (validation)
            fact("validation MAP", *validation == '-' ? "none: no query has a relevant case" : validation);
        fact_of(&f, "image to text MAP", "map_image_to_text");
        fact_of(&f, "text to image MAP", "map_text_to_image");
        list_settings(&f.config, args_has(a, "settings"));
        if (args_has(a, "tensors")) list_tensors(&f.file);
    }
    model_close(&f);
    return s;
}

static Status show_weights(const Args *a, const char *path, Error *err) {
    StFile f;
    Status s = st_read(&f, path, false, err);
    const char *format = s == STATUS_OK ? st_get(&f, "format") : NULL;
    bool model = format && strncmp(format, "msach model", 11) == 0;
    if (s == STATUS_OK && !model) {
        const char *state = st_get(&f, "state");
        fact("weights", path);
        file_size(path);
        fact("format", format ? format : "safetensors of another program");
        number("tensors", (double)f.n_tensors);
        int stage, epoch, step;
        if (state && sscanf(state, "%d %d %d", &stage, &epoch, &step) == 3)
            printf("%-18s %s, stage %d, %d epochs and %d steps done\n", "state",
                   stage == 3 ? "finished" : "to be resumed", stage == 3 ? 2 : stage, epoch, step);
        list_tensors(&f);
    }
    st_free(&f);
    return s == STATUS_OK && model ? show_model(a, path, err) : s;
}

/* ---- Arrays and indexes ---- */

static Status show_codes(const char *path, Error *err) {
    Npy n;
    TRY(npy_read(&n, path, SIZE_MAX / 4, err));
    fact("array", path);
    file_size(path);
    printf("%-18s %s (", "shape", npy_type_name(n.type));
    for (int k = 0; k < n.rank; k++) printf("%s%" PRId64, k ? ", " : "", n.dim[k]);
    printf(")\n");
    if (n.type == NPY_U8 && n.rank == 2)
        printf("%-18s %" PRId64 " of %" PRId64 " bits, if these are codes\n", "codes", n.dim[0],
               n.dim[1] * 8);
    npy_free(&n);
    return STATUS_OK;
}

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
    number("labels", (double)kept);
    for (size_t i = 0; s == STATUS_OK && i < kept; i++)
        printf("  %8lld  %s\n", (long long)all[i].cases, all[i].name);
    mem_free(all);
    return s;
}

static Status show_groups(const Index *x, Error *err) {
    IndexGroups g;
    Status s = index_groups(x, &g, err);
    size_t live = 0;
    for (size_t i = 0; s == STATUS_OK && i < g.n; i++) {
        bool any = false;
        for (uint32_t k = g.first[i]; k < g.first[i + 1]; k++) any |= !index_deleted(x, g.row[k]);
        live += any;
    }
    if (s == STATUS_OK && g.n)
        number("groups", (double)live);
    else if (s == STATUS_OK)
        fact("groups", "none: no case has a group, or the index is of version 1");
    index_groups_free(&g);
    return s;
}

static Status show_index(const char *path, Error *err) {
    Index *x = NULL;
    TRY(index_open(&x, path, err));
    int64_t n = index_count(x), has[2] = {0, 0};
    for (Modality m = 0; m < MODALITIES; m++)
        for (int64_t row = 0; row < n; row++) has[m] += index_allowed(x, m)[row];
    fact("index", path);
    file_size(path);
    number("bits", index_bits(x));
    fact("model", index_model_hash(x));
    number("cases", (double)index_live(x));
    number("deleted", (double)(n - index_live(x)));
    number("with an image", (double)has[MODALITY_IMAGE]);
    number("with a text", (double)has[MODALITY_TEXT]);
    if (PART_FILTER)
        fact("words of texts", index_has_words(x) ? "yes" : "no: search --words reads the texts");
    Status s = show_groups(x, err);
    if (s == STATUS_OK) s = show_labels(x, err);
    index_close(x);
    return s;
}

/* ---- Runs ---- */

static void show_metrics(const char *text) {
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

static Status show_files(const Args *a, const char *run, const char *model, const char *checkpoint,
                         const char *metrics, Error *err) {
    unsigned char *text;
    size_t size;
    if (path_exists(model))
        TRY(show_model(a, model, err));
    else if (path_exists(checkpoint))
        TRY(show_weights(a, checkpoint, err));
    else
        return error_set(err, STATUS_INPUT,
                         "%s: the directory holds no run; a run of `msach train` or a file was expected",
                         run);
    if (!path_exists(metrics)) return STATUS_OK;
    TRY(file_read(metrics, 1 << 26, &text, &size, err));
    show_metrics((const char *)text);
    mem_free(text);
    return STATUS_OK;
}

static Status show_run(Args *a, const char *run, Error *err) {
    char *model = path_join(run, "model.safetensors"), *metrics = path_join(run, "metrics.tsv"),
         *checkpoint = path_join(run, "checkpoint.safetensors");
    Status s = STATUS_IO;
    if (model && metrics && checkpoint)
        s = show_files(a, run, model, checkpoint, metrics, err);
    else
        mem_error(err, "the run");
    if (PART_MEASURES && s == STATUS_OK && path_exists(model)) s = inspect_codes(a, run, err);
    mem_free(model);
    mem_free(metrics);
    mem_free(checkpoint);
    return s;
}

static Status show_privacy(const Args *a, const char *path, Error *err) {
    FileKind kind = FILE_WEIGHTS;
    if (!path_is_dir(path)) TRY(file_kind(path, &kind, err));
    if (kind == FILE_WEIGHTS) return privacy_of_model(path, err);
    if (kind == FILE_INDEX) return privacy_of_index(path, err);
    return args_wrong(a, err, "--privacy: %s holds codes alone; a model, a run or an index was expected",
                      path);
}

static Status run(Args *a, Error *err) {
    if (!PART_MEASURES && (args_has(a, "html") || args_has(a, "data")))
        return args_wrong(a, err, "--html, --data: " PART_ABSENT("measures"));
    if (a->n_operands != 1) return args_incomplete(a, err, "one file or run is needed");
    const char *path = a->operand[0];
    FileKind kind;
    if (!PART_AUDIT && args_has(a, "privacy")) return args_wrong(a, err, "--privacy: " PART_ABSENT("audit"));
    if (PART_AUDIT && args_has(a, "privacy")) return show_privacy(a, path, err);
    if (path_is_dir(path)) return show_run(a, path, err);
    TRY(file_kind(path, &kind, err));
    if (kind == FILE_WEIGHTS) return show_weights(a, path, err);
    if (kind == FILE_CODES && !PART_ARRAYS)
        return error_set(err, STATUS_USAGE, "%s: " PART_ABSENT("arrays"), path);
    return kind == FILE_CODES ? show_codes(path, err) : show_index(path, err);
}

const Verb VERB_INSPECT = {
    "inspect",
    "print the content of a model, run, index or array",
    "msach inspect runs/first",
    "FILE|RUN",
    OPTIONS,
    run,
    "Of a run it also encodes queries and database, and prints and draws the health of the codes.",
    STOP_AT_ONCE};

#include <stdio.h>
#include <string.h>

#include "cmd/file_kind.h"
#include "cmd/inspect_codes.h"
#include "cmd/inspect_facts.h"
#include "cmd/inspect_more.h"
#include "cmd/privacy.h"
#include "cmd/verbs.h"
#include "hash/search/index_filter.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "train/model_file.h"

static const Option OPTIONS[] = {
    {"tensors", 't', NULL, NULL, "list every tensor of a model or checkpoint", PLAIN},
    {"settings", 's', NULL, NULL, "list every setting, not only those that differ from the default", PLAIN},
    {"privacy", 0, NULL, NULL, "what a model or an index holds of reports and patients, word by word",
     OF(PART_AUDIT)},
    {"html", 0, "FILE.html", NULL, "of a run: the page to write about its codes [RUN/inspect.html]",
     OF(PART_MEASURES) | WRITES},
    {"data", 'd', "MANIFEST", NULL, "of a run: where its cases are [the manifest of the run]",
     OF(PART_MEASURES)},
    OPTION_MASK_WORDS,
    OPTION_SKIP_BAD,
    OPTION_ALLOW_OUTSIDE,
    OPTION_THREADS,
    OPTION_LAST};

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

static Status show_model(const Args *a, const char *path, Error *err) {
    ModelFile f;
    Status s = model_open(&f, path, err);
    if (s == STATUS_OK) {
        const ModelConfig *m = &f.model.config;
        char text[160];
        fact("model", path);
        fact_size(path);
        fact_of(&f, "notice", "notice");
        fact("hash", f.hash);
        fact_of(&f, "written by msach", "version");
        fact_number("bits", m->bits);
        fact_number("weights", (double)f.model.params.size);
        snprintf(text, sizeof text, "%d x %d gray pixels, mean %.4f, deviation %.4f", m->image_size,
                 m->image_size, m->mean, m->deviation);
        fact("images", PART_INSPECT ? inspect_own(m, MODALITY_IMAGE, text, sizeof text) : text);
        snprintf(text, sizeof text, "%d tokens at most, %d words, %d subword buckets", m->text_length,
                 f.vocab.n, m->buckets);
        fact("texts", PART_INSPECT ? inspect_own(m, MODALITY_TEXT, text, sizeof text) : text);
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
        if (args_has(a, "tensors")) fact_tensors(&f.file);
    }
    model_close(&f);
    return s;
}

static Status show_index(const char *path, Error *err) {
    Index *x = NULL;
    TRY(index_open(&x, path, err));
    int64_t n = index_count(x), has[2] = {0, 0};
    for (Modality m = 0; m < MODALITIES; m++)
        for (int64_t row = 0; row < n; row++) has[m] += index_allowed(x, m)[row];
    fact("index", path);
    fact_size(path);
    fact_number("bits", index_bits(x));
    fact("model", index_model_hash(x));
    fact_number("cases", (double)index_live(x));
    fact_number("deleted", (double)(n - index_live(x)));
    fact_number("with an image", (double)has[MODALITY_IMAGE]);
    fact_number("with a text", (double)has[MODALITY_TEXT]);
    if (PART_FILTER)
        fact("words of texts", index_has_words(x) ? "yes" : "no: search --words reads the texts");
    Status s = PART_INSPECT ? inspect_labels(x, err) : STATUS_OK;
    index_close(x);
    return s;
}

static Status show_weights(const Args *a, const char *path, Error *err) {
    bool model = true;
    if (PART_INSPECT) TRY(inspect_weights(path, &model, err));
    return model ? show_model(a, path, err) : STATUS_OK;
}

static Status show_run(Args *a, const char *run, Error *err) {
    char *model = path_join(run, "model.safetensors"), *checkpoint = path_join(run, "checkpoint.safetensors");
    Status s;
    if (!model || !checkpoint)
        s = mem_error(err, "the run");
    else if (path_exists(model) || path_exists(checkpoint))
        s = show_weights(a, path_exists(model) ? model : checkpoint, err);
    else
        s = error_set(err, STATUS_INPUT,
                      "%s: the directory holds no run; a run of `msach train` or a file was expected", run);
    if (PART_INSPECT && s == STATUS_OK) s = inspect_epochs(run, err);
    if (PART_MEASURES && s == STATUS_OK && path_exists(model)) s = inspect_codes(a, run, err);
    mem_free(model);
    mem_free(checkpoint);
    return s;
}

static Status run(Args *a, Error *err) {
    if (a->n_operands != 1) return args_incomplete(a, err, "one file or run is needed");
    const char *path = a->operand[0];
    FileKind kind;
    if (PART_AUDIT && args_has(a, "privacy")) return privacy_print(a, path, err);
    if (path_is_dir(path)) return show_run(a, path, err);
    TRY(file_kind(path, &kind, err));
    if (kind == FILE_WEIGHTS) return show_weights(a, path, err);
    if (kind == FILE_INDEX) return show_index(path, err);
    return PART_INSPECT ? inspect_array(path, err)
                        : error_set(err, STATUS_USAGE, "%s: is an array; " PART_ABSENT("inspect"), path);
}

const Verb VERB_INSPECT = {
    "inspect",
    "print the content of a model, a run, an index or another known file",
    "msach inspect runs/first",
    "FILE|RUN",
    OPTIONS,
    run,
    PART_MEASURES
        ? "Of a run it also encodes queries and database, and prints and draws the health of the codes."
        : NULL,
    STOP_AT_ONCE};

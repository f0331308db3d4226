#include "train/model_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/picture/descriptor.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/parts.h"
#include "train/experts.h"
#include "train/own_input.h"

static void set_number(StFile *f, const char *key, double v) {
    char text[64];
    snprintf(text, sizeof text, "%.17g", v);
    st_set(f, key, text);
}

static void set_labels(StFile *f, char *const *names, int n) {
    Buffer b = {0};
    for (int i = 0; i < n; i++) buffer_printf(&b, "%s\n", names[i]);
    if (b.failed)
        f->failed = 1;
    else
        st_set(f, "labels", n ? (const char *)b.data : "");
    buffer_free(&b);
}

Status model_save(const char *path, const Model *m, const Config *c, const Vocab *v, char *const *label_names,
                  int n_labels, const Calibration *calibration, const Fact *facts, int n_facts, Error *err) {
    StFile f = {0};
    for (size_t i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        int64_t dim[TENSOR_RANK];
        for (int k = 0; k < p->tensor->rank; k++) dim[k] = p->tensor->dim[k];
        st_add(&f, p->name, sizeof(real) == 4 ? ST_F32 : ST_F64, p->tensor->rank, dim, p->tensor->data);
    }
    if (PART_CONFIDENCE && calibration) calibration_store(calibration, &f);
    st_set(&f, "format", "msach model 1");
    st_set(&f, "version", MSACH_VERSION);
    st_set(&f, "notice", "A research model. Not a medical device; not for diagnosis or treatment.");
    for (int i = 0; i < CONFIG_COUNT; i++) {
        char text[64];
        st_set(&f, CONFIG_TABLE[i].name, config_value(c, &CONFIG_TABLE[i], text));
    }
    set_number(&f, "mean", m->config.mean);
    set_number(&f, "std", m->config.deviation);
    set_number(&f, "words", m->config.words);
    set_number(&f, "classes", m->config.classes);
    set_number(&f, "single", m->config.single);
    set_number(&f, "beta", c->beta_end);
    for (Modality k = 0; PART_ARRAYS && k < MODALITIES; k++) own_input_store(&m->config.own[k], k, &f);
    set_labels(&f, label_names, n_labels);
    char *words = vocab_print(v);
    st_set(&f, "vocabulary", words ? words : "");
    if (!words) f.failed = 1;
    mem_free(words);
    char *groups = v->groups ? vocab_print_groups(v) : NULL;
    if (groups) st_set(&f, "vocabulary_groups", groups);
    if (v->groups && !groups) f.failed = 1;
    mem_free(groups);
    for (int i = 0; i < n_facts; i++) st_set(&f, facts[i].key, facts[i].value);
    Status s = st_write(&f, path, err);
    st_free(&f);
    return s;
}

/* ---- Reading ---- */

static Status need(const ModelFile *f, const char *path, const char *key, const char **value, Error *err) {
    *value = st_get(&f->file, key);
    if (*value) return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "%s: has no '%s' in its metadata; a model written by `msach train` was expected", path,
                     key);
}

static Status need_number(const ModelFile *f, const char *path, const char *key, double low, double high,
                          double *v, Error *err) {
    const char *text;
    TRY(need(f, path, key, &text, err));
    char *end;
    *v = strtod(text, &end);
    if (end == text || *end || !isfinite(*v) || *v < low || *v > high)
        return error_set(err, STATUS_INPUT, "%s: metadata '%s' is '%s'; a number from %g to %g was expected",
                         path, key, text, low, high);
    return STATUS_OK;
}

static Status read_labels(ModelFile *f, const char *path, Error *err) {
    const char *text;
    TRY(need(f, path, "labels", &text, err));
    int n = 0;
    for (const char *p = text; *p; p++) n += *p == '\n';
    f->label_names = mem_calloc((size_t)n + 1, sizeof *f->label_names);
    if (!f->label_names) return mem_error(err, path);
    for (const char *p = text; *p && f->n_labels < n;) {
        const char *end = strchr(p, '\n');
        if (!end) break;
        size_t size = (size_t)(end - p);
        char *name = mem_alloc(size + 1);
        if (!name) return mem_error(err, path);
        memcpy(name, p, size);
        name[size] = 0;
        f->label_names[f->n_labels++] = name;
        p = end + 1;
    }
    return STATUS_OK;
}

static Status read_config(ModelFile *f, const char *path, Error *err) {
    config_default(&f->config);
    config_older(&f->config);
    for (int i = 0; i < CONFIG_COUNT; i++) {
        const char *value = st_get(&f->file, CONFIG_TABLE[i].name);
        if (!value && !isnan(CONFIG_TABLE[i].before)) continue;
        if (!value) TRY(need(f, path, CONFIG_TABLE[i].name, &value, err));
        if (config_set(&f->config, CONFIG_TABLE[i].name, value, err) != STATUS_OK) {
            error_prefix(err, "%s", path);
            return err ? (err->status = STATUS_INPUT) : STATUS_INPUT;
        }
    }
    if (config_check(&f->config, err) != STATUS_OK) {
        error_prefix(err, "%s", path);
        return err ? (err->status = STATUS_INPUT) : STATUS_INPUT;
    }
    return STATUS_OK;
}

static Status copy_tensor(const StFile *file, const Param *p, const char *path, Error *err) {
    const StTensor *t = st_find(file, p->name);
    char text[64];
    if (!t) return error_set(err, STATUS_INPUT, "%s: has no tensor '%s'", path, p->name);
    bool same = t->rank == p->tensor->rank && t->type == (sizeof(real) == 4 ? ST_F32 : ST_F64);
    for (int k = 0; same && k < t->rank; k++) same = t->dim[k] == p->tensor->dim[k];
    if (!same)
        return error_set(err, STATUS_INPUT, "%s: tensor '%s' does not have the shape %s of the configuration",
                         path, p->name, tensor_shape(p->tensor, text));
    memcpy(p->tensor->data, t->data, t->bytes);
    return STATUS_OK;
}

/* Checks the sizes in the metadata against the file's tensors before any memory is allocated for them. */
static Status check_sizes(const ModelFile *f, const ModelConfig *c, const char *path, Error *err) {
    const StTensor *word = st_find(&f->file, "text.word.weight"),
                   *sub = st_find(&f->file, "text.subword.weight"), *pos = st_find(&f->file, "image.pos"),
                   *stem = st_find(&f->file, "image.stem.conv.weight"),
                   *landmark = st_find(&f->file, "expert.image.landmark"),
                   *own[] = {st_find(&f->file, "image.own.weight"), st_find(&f->file, "text.own.weight")};
    int cells = (c->image_size / CNN_SHRINK) * (c->image_size / CNN_SHRINK);
    bool fits =
        c->landmarks ? landmark && landmark->rank == 2 && landmark->dim[0] == c->landmarks : !landmark;
    for (Modality k = 0; k < MODALITIES; k++)
        if (c->own[k].width)
            fits = fits && own[k] && own[k]->rank == 2 && own[k]->dim[0] == c->dim &&
                   own[k]->dim[1] == c->own[k].width && !(c->landmarks && c->own[k].width > EXPERT_WIDTH);
    if (!c->own[MODALITY_TEXT].width)
        fits = fits && word && word->rank == 2 && word->dim[0] == c->words && word->dim[1] == c->dim &&
               (c->buckets ? sub && sub->rank == 2 && sub->dim[0] == c->buckets : !sub);
    if (!c->own[MODALITY_IMAGE].width)
        fits = fits && pos && stem && pos->rank == 2 && pos->dim[0] == cells && stem->rank == 4 &&
               stem->dim[0] == c->width;
    if (fits) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s: its tensors do not have the sizes of its configuration", path);
}

/* The parameters of terms that the model was trained with. */
static Status find_extras(const ModelFile *f, ModelConfig *c, const char *path, Error *err) {
    for (size_t i = 0; i < f->file.n_tensors; i++) {
        const StTensor *t = &f->file.tensors[i];
        if (strncmp(t->name, "term1.", 6) != 0 && strncmp(t->name, "term2.", 6) != 0) continue;
        ModelExtra *extra = &c->extra[c->n_extra];
        if (c->n_extra == MODEL_EXTRAS || strlen(t->name) >= sizeof extra->name || t->rank != 1 ||
            t->dim[0] < 1 || t->dim[0] > 1 << 24)
            return error_set(
                err, STATUS_INPUT,
                "%s: tensor '%s': at most %d vectors with names of at most %zu bytes were expected "
                "for the parameters of terms",
                path, t->name, MODEL_EXTRAS, sizeof extra->name - 1);
        memcpy(extra->name, t->name, strlen(t->name) + 1);
        extra->size = (int)t->dim[0];
        c->n_extra++;
    }
    return STATUS_OK;
}

static Status open_file(ModelFile *f, const char *path, Error *err) {
    TRY(st_read(&f->file, path, true, err));
    const char *format, *words, *crc;
    TRY(need(f, path, "format", &format, err));
    if (strcmp(format, "msach model 1") != 0)
        return error_set(err, STATUS_INPUT, "%s: format is '%s'; 'msach model 1' was expected", path, format);
    TRY(read_config(f, path, err));
    ModelConfig c = config_model(&f->config);
    double mean, deviation, n_words, classes, single = 0;
    TRY(need_number(f, path, "mean", -1e6, 1e6, &mean, err));
    TRY(need_number(f, path, "std", 1e-12, 1e6, &deviation, err));
    TRY(need_number(f, path, "words", TOKEN_FIRST_WORD, 1 << 24, &n_words, err));
    TRY(need_number(f, path, "classes", 1, 1 << 16, &classes, err));
    if (c.semantic || c.landmarks) TRY(need_number(f, path, "single", 0, 1, &single, err));
    c.mean = mean;
    c.deviation = deviation;
    c.words = (int)n_words;
    c.classes = (int)classes;
    c.single = single > 0;
    c.bag = experts_bag(c.words);
    for (Modality k = 0; PART_ARRAYS && k < MODALITIES; k++)
        TRY(own_input_read(&c.own[k], k, &f->file, path, err));
    if (!PART_ARRAYS && (st_get(&f->file, "image_features") || st_get(&f->file, "text_features")))
        return error_set(err, STATUS_INPUT, "%s: takes features; " PART_ABSENT("arrays"), path);
    TRY(check_sizes(f, &c, path, err));
    TRY(find_extras(f, &c, path, err));
    TRY(read_labels(f, path, err));
    TRY(need(f, path, "vocabulary", &words, err));
    const VocabOptions o = config_vocab(&f->config);
    TRY(vocab_parse(&f->vocab, words, st_get(&f->file, "vocabulary_groups"), &o, err));
    if (f->vocab.n + TOKEN_FIRST_WORD != c.words || f->n_labels != c.classes)
        return error_set(err, STATUS_INPUT,
                         "%s: vocabulary or labels do not have the sizes of its configuration", path);
    TRY(model_allocate(&f->model, &c, err));
    for (size_t i = 0; i < f->model.params.count; i++)
        TRY(copy_tensor(&f->file, &f->model.params.items[i], path, err));
    if (PART_CONFIDENCE) TRY(calibration_read(&f->calibration, &f->file, c.bits, DESCRIPTOR_DIM, path, err));
    TRY(need(f, path, "crc32", &crc, err));
    snprintf(f->hash, sizeof f->hash, "%s", crc);
    return STATUS_OK;
}

void model_close(ModelFile *f) {
    model_free(&f->model);
    vocab_free(&f->vocab);
    if (PART_CONFIDENCE) calibration_free(&f->calibration);
    for (int i = 0; i < f->n_labels; i++) mem_free(f->label_names[i]);
    mem_free(f->label_names);
    st_free(&f->file);
    memset(f, 0, sizeof *f);
}

Status model_open(ModelFile *f, const char *path, Error *err) {
    memset(f, 0, sizeof *f);
    if (!path_is_dir(path)) return open_file(f, path, err);
    char *file = path_join(path, "model.safetensors"), *config = path_join(path, "config.txt"), *data = NULL;
    Status s = file && config ? STATUS_OK : mem_error(err, "the path of the model");
    if (PART_RESUME && !s && !path_exists(file) && config_data(config, &data, NULL) == STATUS_OK)
        s = error_set(err, STATUS_INPUT,
                      "%s: this training has not finished; to continue, add --resume to its command:\n"
                      "  msach train --data %s --out %s --config %s --resume",
                      path, data, path, config);
    if (s == STATUS_OK) s = open_file(f, file, err);
    mem_free(file);
    mem_free(config);
    mem_free(data);
    return s;
}

bool model_is_of(const ModelFile *f, uint32_t crc) {
    char text[16];
    const char *data = st_get(&f->file, "data_crc32");
    snprintf(text, sizeof text, "%08x", crc);
    return data && strcmp(data, text) == 0;
}

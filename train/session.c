#include "train/session.h"

#include <math.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/parts.h"
#include "nn/blas.h"

bool session_stopped(const Session *s) {
    return s->stop && *s->stop;
}

/* Cases of each set that have both modalities, in manifest order. */
static Status collect_sets(Session *s, Error *err) {
    int n = s->manifest.n, lacking = 0;
    for (int set = 0; set < SET_COUNT; set++) {
        s->index[set] = mem_calloc((size_t)n, sizeof *s->index[set]);
        if (!s->index[set]) return mem_error(err, "the sets");
    }
    for (int i = 0; i < n; i++) {
        const Case *c = &s->manifest.cases[i];
        Set set = s->split.set[i];
        if ((!c->image[0] && !s->own[MODALITY_IMAGE].x) || (!c->text[0] && !s->own[MODALITY_TEXT].x))
            lacking++;
        else if (set != SET_NONE)
            s->index[set][s->count[set]++] = i;
    }
    if (lacking)
        log_warn(s->log, "%s: %d of %d cases have no image or no text and are left out", s->manifest.path,
                 lacking, n);
    return STATUS_OK;
}

/* EQ(labels)  Yn = Y / |Y| row by row, 0 where a row has no label; one label a case iff every training case has one */
static Status collect_labels(Session *s, Error *err) {
    size_t n = (size_t)s->manifest.n, c = (size_t)s->manifest.n_labels;
    s->label = mem_calloc(n, sizeof *s->label);
    s->unit_labels = mem_calloc(n * c, sizeof *s->unit_labels);
    if (!s->label || !s->unit_labels) return mem_error(err, "the labels");
    for (size_t i = 0; i < n; i++) {
        const uint8_t *y = s->manifest.labels + i * c;
        int count = 0;
        s->label[i] = -1;
        for (size_t k = c; k-- > 0;)
            if (y[k]) count++, s->label[i] = (int)k;
        for (size_t k = 0; k < c; k++)
            if (y[k]) s->unit_labels[i * c + k] = (float)(1 / sqrt(count));
    }
    s->single = true;
    for (int i = 0; i < s->count[SET_TRAIN]; i++) {
        const uint8_t *y = s->manifest.labels + (size_t)s->index[SET_TRAIN][i] * c;
        int count = 0;
        for (size_t k = 0; k < c; k++) count += y[k];
        if (count != 1) s->single = false;
    }
    return STATUS_OK;
}

static Status count_groups(Session *s, Error *err) {
    uint8_t *seen = mem_calloc((size_t)s->manifest.n, 1);
    if (!seen) return mem_error(err, "the groups");
    for (int i = 0; i < s->count[SET_TRAIN]; i++) {
        uint8_t *flag = &seen[s->manifest.cases[s->index[SET_TRAIN][i]].group];
        s->groups += !*flag;
        *flag = 1;
    }
    mem_free(seen);
    return STATUS_OK;
}

/* FNV-1a (64 bit) over the ids of each text's tokens, or over its own features. */
static Status collect_text_keys(Session *s, Error *err) {
    s->text_key = mem_calloc((size_t)s->manifest.n, sizeof *s->text_key);
    if (!s->text_key) return mem_error(err, "the texts");
    const OwnFeatures *own = &s->own[MODALITY_TEXT];
    for (int i = 0; i < s->manifest.n; i++) {
        uint64_t h = FNV1A_START;
        if (PART_ARRAYS && own->x)
            h = fnv1a(h, own_features_at(own, i, 0), own_features_size(own) * sizeof(float));
        for (int k = 0; !own->x && k < s->data.length[i]; k++) {
            unsigned char id[4];
            put_u32(id, (uint32_t)s->data.word[(size_t)i * (size_t)s->vocab.length + (size_t)k]);
            h = fnv1a(h, id, sizeof id);
        }
        s->text_key[i] = h;
    }
    return STATUS_OK;
}

static Status build_vocabulary(Session *s, Error *err) {
    const Config *c = &s->config;
    int n = s->own[MODALITY_TEXT].x ? 0 : s->count[SET_TRAIN]; /* own features have no words */
    const char **texts = mem_calloc((size_t)n + 1, sizeof *texts);
    int *group = mem_calloc((size_t)n + 1, sizeof *group);
    Status status = texts && group ? STATUS_OK : mem_error(err, "the vocabulary");
    for (int i = 0; status == STATUS_OK && i < n; i++) {
        const Case *one = &s->manifest.cases[s->index[SET_TRAIN][i]];
        texts[i] = one->text;
        group[i] = one->group;
    }
    const VocabOptions o = config_vocab(c);
    if (status == STATUS_OK) status = vocab_build(&s->vocab, texts, group, n, &o, err);
    mem_free(texts);
    mem_free(group);
    if (status == STATUS_OK && n && s->vocab.n == 0)
        log_warn(
            s->log,
            "no word stands in training texts of %d groups (vocab_groups), so that texts are read by their "
            "subwords alone",
            c->vocab_groups);
    return status;
}

static Status load_data(Session *s, Error *err) {
    size_t bound = (size_t)s->config.picture_mib << 20;
    int side = s->own[MODALITY_IMAGE].x ? 0 : s->config.image_size;
    TRY(dataset_load(&s->data, &s->manifest, &s->vocab, side, bound, s->pool, s->log, err));
    for (Modality k = 0; k < MODALITIES; k++) s->data.own[k] = s->own[k].x ? &s->own[k] : NULL;
    return collect_text_keys(s, err);
}

static void begin(Session *s, const Config *c, Pool *pool, const Log *log) {
    memset(s, 0, sizeof *s);
    s->config = *c;
    s->pool = pool;
    s->log = log;
    s->deviation = 1;
}

static Status read_manifest(Session *s, const char *path, const ManifestOptions *o, Error *err) {
    TRY(manifest_read(&s->manifest, path, o, s->log, err));
    for (Modality k = 0; PART_ARRAYS && k < MODALITIES; k++) {
        if (!o->features[k]) continue;
        TRY(own_features_read(&s->own[k], o->features[k], &s->manifest, err));
        if (!s->config.own_experts || s->own[k].width > EXPERT_WIDTH) s->config.landmarks = 0;
    }
    return STATUS_OK;
}

Status session_open_unseen(Session *s, const Config *c, const char *manifest, const ManifestOptions *o,
                           int unseen, Pool *pool, const Log *log, Error *err) {
    begin(s, c, pool, log);
    TRY(config_check(c, err));
    TRY(blas_reserve(err));
    ManifestOptions options = *o;
    options.need_labels = true;
    options.mask_labels = options.mask_labels || c->mask_labels;
    TRY(read_manifest(s, manifest, &options, err));
    if (PART_VARIANTS)
        TRY(session_split(s, unseen, err));
    else
        TRY(split_make(&s->split, &s->manifest, (uint64_t)c->split_seed, log, err));
    TRY(collect_sets(s, err));
    if (s->count[SET_TRAIN] < 2)
        return error_set(err, STATUS_INPUT,
                         "%s: %d training cases have an image and a text; at least 2 are needed", manifest,
                         s->count[SET_TRAIN]);
    TRY(collect_labels(s, err));
    TRY(count_groups(s, err));
    TRY(build_vocabulary(s, err));
    TRY(load_data(s, err));
    return dataset_statistics(&s->data, s->index[SET_TRAIN], s->count[SET_TRAIN], &s->mean, &s->deviation,
                              err);
}

Status session_open(Session *s, const Config *c, const char *manifest, const ManifestOptions *o, Pool *pool,
                    const Log *log, Error *err) {
    return session_open_unseen(s, c, manifest, o, 0, pool, log, err);
}

/* ---- For a trained model ---- */

static Status check_labels(const Manifest *m, char *const *names, int n, Error *err) {
    bool same = m->n_labels == n;
    for (int k = 0; same && k < n; k++) same = strcmp(m->label_names[k], names[k]) == 0;
    return same ? STATUS_OK
                : error_set(err, STATUS_USAGE, "%s: its labels are not the model's; " PART_ABSENT("measures"),
                            m->path);
}

Status session_open_for(Session *s, const Config *c, const char *manifest, const ManifestOptions *o,
                        Vocab *vocab, char *const *label_names, int n_labels, double mean, double deviation,
                        Pool *pool, const Log *log, Error *err) {
    begin(s, c, pool, log);
    s->mean = mean;
    s->deviation = deviation;
    s->vocab = *vocab;
    memset(vocab, 0, sizeof *vocab);
    ManifestOptions options = *o;
    options.mask_labels = options.mask_labels || c->mask_labels;
    TRY(read_manifest(s, manifest, &options, err));
    if (options.need_labels) { /* evaluation */
        if (PART_VARIANTS)
            TRY(session_split(s, 0, err));
        else
            TRY(split_make(&s->split, &s->manifest, (uint64_t)c->split_seed, log, err));
        if (PART_MEASURES)
            TRY(manifest_order_labels(&s->manifest, label_names, n_labels, err));
        else
            TRY(check_labels(&s->manifest, label_names, n_labels, err));
        TRY(collect_sets(s, err));
        TRY(collect_labels(s, err));
        TRY(count_groups(s, err));
    }
    return load_data(s, err);
}

void session_close(Session *s) {
    for (int set = 0; set < SET_COUNT; set++) mem_free(s->index[set]);
    for (int k = 0; PART_ARRAYS && k < MODALITIES; k++) own_features_free(&s->own[k]);
    mem_free(s->label);
    mem_free(s->unit_labels);
    mem_free(s->text_key);
    dataset_free(&s->data);
    vocab_free(&s->vocab);
    split_free(&s->split);
    manifest_free(&s->manifest);
    memset(s, 0, sizeof *s);
}

BatchOptions session_view(const Session *s, Augment *augment, int epoch) {
    const Config *c = &s->config;
    if (augment)
        *augment =
            (Augment){c->shift, c->scale, c->rotation, c->gain, c->contrast, c->speckle, c->erase, c->flip};
    return (BatchOptions){.augment = augment,
                          .word_dropout = augment ? c->word_dropout : 0,
                          .seed = (uint64_t)c->seed,
                          .epoch = (uint32_t)epoch,
                          .mean = s->mean,
                          .deviation = s->deviation};
}

Targets session_targets(const Session *s, Tape *t, const int *index, int b, double smoothing) {
    int c = session_classes(s);
    real *y = arena_alloc(&t->arena, (size_t)b * (size_t)c * sizeof *y);
    int *label = arena_alloc(&t->arena, (size_t)b * sizeof *label);
    double uniform = s->single ? 1.0 / c : 0.5;
    for (int i = 0; i < b; i++) {
        const uint8_t *has = s->manifest.labels + (size_t)index[i] * (size_t)c;
        label[i] = s->label[index[i]];
        for (int k = 0; k < c; k++) y[i * c + k] = (real)((1 - smoothing) * has[k] + smoothing * uniform);
    }
    return (Targets){.b = b,
                     .c = c,
                     .single = s->single,
                     .label = label,
                     .y = y,
                     .soft = smoothing > 0,
                     .bce_weight = (real)s->config.bce_weight};
}

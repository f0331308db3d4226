#include "train/experts.h"

#include <string.h>

#include "data/raw_features.h"
#include "hash/expert.h"
#include "hash/ridge.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"

int experts_bag(int words) {
    int n = words - TOKEN_FIRST_WORD;
    return n < 1 ? 1 : n < RAW_WORDS ? n : RAW_WORDS;
}

/* The training cases as a fit reads them. */
typedef struct {
    int n, m, c;     /* cases, features, labels */
    float *phi, *y;  /* (n,m) (n,c) */
    int *group;      /* (n) */
    double *penalty; /* (m,m), or NULL: the identity */
} Cases;

static void cases_free(Cases *t) {
    mem_free(t->phi);
    mem_free(t->y);
    mem_free(t->group);
    mem_free(t->penalty);
}

static Status cases_begin(Cases *t, const Session *s, int m, Error *err) {
    const int *index = s->index[SET_TRAIN];
    *t = (Cases){.n = s->count[SET_TRAIN], .m = m, .c = session_classes(s)};
    size_t n = (size_t)t->n, c = (size_t)t->c;
    t->phi = mem_calloc(n, (size_t)m * sizeof *t->phi);
    t->y = mem_calloc(n, c * sizeof *t->y);
    t->group = mem_calloc(n, sizeof *t->group);
    if (!t->phi || !t->y || !t->group) return mem_error(err, "the experts");
    for (size_t i = 0; i < n; i++) {
        int from = index[i];
        t->group[i] = s->manifest.cases[from].group;
        for (size_t k = 0; k < c; k++) t->y[i * c + k] = s->manifest.labels[(size_t)from * c + k];
    }
    return STATUS_OK;
}

/* g (n,D) of the own features of the training cases */
static void describe_own(const Session *s, const Model *m, Modality k, float *g) {
    for (int i = 0; PART_ARRAYS && i < s->count[SET_TRAIN]; i++)
        model_own_mean(m, k, own_features_at(&s->own[k], s->index[SET_TRAIN][i], 0),
                       g + (size_t)i * (size_t)s->own[k].width);
}

/* g (n,D) of the training cases */
static Status describe(const Session *s, const Model *m, float **g, Error *err) {
    int n = s->count[SET_TRAIN];
    *g = mem_calloc((size_t)n, (size_t)m->landmark->dim[1] * sizeof **g);
    if (!*g) return mem_error(err, "the descriptors");
    if (!s->own[MODALITY_IMAGE].x) return raw_descriptors(&s->data, s->index[SET_TRAIN], n, *g, err);
    describe_own(s, m, MODALITY_IMAGE, *g);
    return STATUS_OK;
}

static Status take_images(Cases *t, const Session *s, const Model *m, Error *err) {
    size_t landmarks = (size_t)t->m;
    int d = m->landmark->dim[1];
    float *g;
    Status status = describe(s, m, &g, err);
    t->penalty = mem_calloc(landmarks * landmarks, sizeof *t->penalty);
    if (status == STATUS_OK && !t->penalty) status = mem_error(err, "the experts");
    for (size_t i = 0; status == STATUS_OK && i < (size_t)t->n; i++)
        expert_features(g + i * (size_t)d, d, m->landmark->data, t->m, t->phi + i * landmarks);
    if (status == STATUS_OK) expert_penalty(m->landmark->data, t->m, d, t->penalty);
    mem_free(g);
    return status;
}

/* Fits one expert; held (n,c) or NULL, before it is clipped. */
static Status fit(const Session *s, const Model *m, Modality modality, real *mean, real *weight, float *held,
                  Error *err) {
    Cases t;
    bool image = modality == MODALITY_IMAGE;
    Status status = cases_begin(&t, s, (image ? m->landmark : m->idf)->dim[0], err);
    if (status == STATUS_OK && image) status = take_images(&t, s, m, err);
    if (status == STATUS_OK && !image && s->own[modality].x)
        describe_own(s, m, modality, t.phi);
    else if (status == STATUS_OK && !image)
        status = raw_texts(&s->data, s->index[SET_TRAIN], t.n, s->index[SET_TRAIN], t.n, t.phi, err);
    Ridge r = {.n = t.n, .m = t.m, .c = t.c, .phi = t.phi, .y = t.y, .group = t.group, .penalty = t.penalty};
    if (status == STATUS_OK) status = ridge_fit(&r, mean, weight, held, s->pool, err);
    cases_free(&t);
    return status;
}

static Status fill_model(const Session *s, Model *m, Error *err) {
    Cases t;
    float *g = NULL;
    int words = m->idf->dim[0];
    float *idf = mem_calloc((size_t)words, sizeof *idf);
    Status status = cases_begin(&t, s, 1, err);
    if (status == STATUS_OK && !idf) status = mem_error(err, "the experts");
    if (status == STATUS_OK) status = describe(s, m, &g, err);
    if (status == STATUS_OK) {
        expert_landmarks(g, t.n, m->landmark->dim[1], t.group, m->landmark->dim[0], (uint64_t)s->config.seed,
                         m->landmark->data);
        if (!s->own[MODALITY_TEXT].x) raw_cases_idf(&s->data, s->index[SET_TRAIN], t.n, idf);
        for (int k = 0; k < words; k++) m->idf->data[k] = (real)idf[k];
    }
    mem_free(g);
    mem_free(idf);
    cases_free(&t);
    return status;
}

Status experts_fit(const Session *s, Model *m, Error *err) {
    TRY(fill_model(s, m, err));
    TRY(fit(s, m, MODALITY_IMAGE, m->expert_mean->data, m->expert_image->data, NULL, err));
    return fit(s, m, MODALITY_TEXT, m->expert_mean->data, m->expert_text->data, NULL, err);
}

Status experts_hold_out(const Session *s, const Model *m, Modality modality, float *held, Error *err) {
    const Tensor *weight = modality == MODALITY_IMAGE ? m->expert_image : m->expert_text;
    size_t c = (size_t)session_classes(s), n = (size_t)s->count[SET_TRAIN];
    real *spare = mem_calloc(tensor_size(weight) + c, sizeof *spare);
    Status status = spare ? fit(s, m, modality, spare, spare + c, held, err) : mem_error(err, "the experts");
    for (size_t i = 0; status == STATUS_OK && i < n; i++) expert_clip(held + i * c, (int)c, s->single);
    mem_free(spare);
    return status;
}

void experts_image(const Model *m, const float *g, float *f) {
    int landmarks = m->landmark->dim[0], c = m->config.classes;
    float phi[EXPERT_LANDMARKS];
    expert_features(g, m->landmark->dim[1], m->landmark->data, landmarks, phi);
    expert_predict(phi, landmarks, m->expert_image->data, m->expert_mean->data, c, f);
    expert_clip(f, c, m->config.single);
}

/* g (B): the bag of words, or own features. */
static void text_says(const Model *m, const float *g, float *f) {
    expert_predict(g, m->idf->dim[0], m->expert_text->data, m->expert_mean->data, m->config.classes, f);
    expert_clip(f, m->config.classes, m->config.single);
}

void experts_text(const Model *m, const int32_t *id, int length, float *f) {
    int words = m->idf->dim[0];
    float idf[RAW_WORDS], bag[RAW_WORDS];
    for (int k = 0; k < words; k++) idf[k] = (float)m->idf->data[k];
    raw_bag(id, length, words, idf, bag);
    text_says(m, bag, f);
}

#if PART_ARRAYS
void experts_own(const Model *m, Modality modality, const float *x, float *f) {
    float g[EXPERT_WIDTH];
    model_own_mean(m, modality, x, g);
    if (modality == MODALITY_IMAGE)
        experts_image(m, g, f);
    else
        text_says(m, g, f);
}
#endif

Status experts_cases(const Session *s, const Model *m, const int *index, int n, Modality modality,
                     float *said, Error *err) {
    size_t c = (size_t)m->config.classes;
    if (PART_ARRAYS && s->own[modality].x) {
        for (int i = 0; i < n; i++)
            experts_own(m, modality, own_features_at(&s->own[modality], index[i], 0), said + (size_t)i * c);
        return STATUS_OK;
    }
    if (modality == MODALITY_TEXT) {
        for (int i = 0; i < n; i++)
            experts_text(m, s->data.word + (size_t)index[i] * (size_t)s->vocab.length,
                         s->data.length[index[i]], said + (size_t)i * c);
        return STATUS_OK;
    }
    float *g = mem_calloc((size_t)n, DESCRIPTOR_DIM * sizeof *g);
    Status status = g ? raw_descriptors(&s->data, index, n, g, err) : mem_error(err, "the descriptors");
    for (size_t i = 0; status == STATUS_OK && i < (size_t)n; i++)
        experts_image(m, g + i * DESCRIPTOR_DIM, said + i * c);
    mem_free(g);
    return status;
}

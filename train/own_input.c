#include "train/own_input.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- The model file ---- */

void own_input_store(const OwnInput *own, Modality k, StFile *f) {
    char key[32], text[64];
    snprintf(key, sizeof key, "%s_features", modality_name(k));
    snprintf(text, sizeof text, "%d %d %08x", own->tokens, own->width, own->crc);
    if (own->width) st_set(f, key, text);
}

Status own_input_read(OwnInput *own, Modality k, const StFile *f, const char *path, Error *err) {
    char key[32], rest;
    snprintf(key, sizeof key, "%s_features", modality_name(k));
    const char *text = st_get(f, key);
    if (!text) return STATUS_OK;
    unsigned crc = 0;
    if (sscanf(text, "%d %d %8x%c", &own->tokens, &own->width, &crc, &rest) != 3 || own->tokens < 1 ||
        own->width < 1 || own->tokens > 1 << 20 || own->width > 1 << 20)
        return error_set(err, STATUS_INPUT,
                         "%s: metadata '%s' is '%.40s'; tokens, width and a checksum were expected", path,
                         key, text);
    own->crc = crc;
    return STATUS_OK;
}

/* ---- Training ---- */

static bool all_alike(const Session *s, const OwnFeatures *f) {
    const int *index = s->index[SET_TRAIN];
    size_t size = own_features_size(f) * sizeof(float);
    for (int i = 1; i < s->count[SET_TRAIN]; i++)
        if (memcmp(own_features_at(f, index[0], 0), own_features_at(f, index[i], 0), size) != 0) return false;
    return true;
}

/* mu_m: the mean of the training cases, column by column; sigma_m: the root of the mean variance of a column. */
void own_input_measure(const Session *s, Modality k, Model *m) {
    const OwnFeatures *f = &s->own[k];
    size_t d = (size_t)f->width;
    real *mean = m->own_mean[k]->data;
    double count = (double)s->count[SET_TRAIN] * f->tokens, variance = 0;
    if (all_alike(s, f))
        log_warn(s->log,
                 "%s features: all %d training cases have the same numbers; their codes will say nothing of "
                 "them",
                 modality_name(k), s->count[SET_TRAIN]);
    for (size_t j = 0; j < d; j++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < s->count[SET_TRAIN]; i++) {
            const float *x = own_features_at(f, s->index[SET_TRAIN][i], 0) + j;
            for (size_t t = 0; t < (size_t)f->tokens; t++)
                sum += (double)x[t * d], squares += (double)x[t * d] * (double)x[t * d];
        }
        mean[j] = (real)(sum / count);
        variance += squares / count - sum / count * (sum / count);
    }
    m->own_scale[k]->data[0] = (real)(variance > 0 ? 1 / sqrt(variance / (double)d) : 1);
}

/* ---- Checks ---- */

static const char *const WHAT[MODALITIES] = {"pictures", "texts"};

Status own_input_given(const Model *m, const char *const features[MODALITIES], const bool want[MODALITIES],
                       Error *err) {
    for (Modality k = 0; k < MODALITIES; k++) {
        const OwnInput *own = &m->config.own[k];
        if (want[k] && own->width && !features[k])
            return error_set(
                err, STATUS_INPUT,
                "the model takes %s features of %d x %d numbers (tokens x width), not %s; give them "
                "with --%s-features",
                modality_name(k), own->tokens, own->width, WHAT[k], modality_name(k));
        if (features[k] && !own->width)
            return error_set(err, STATUS_INPUT,
                             "%s: the model takes %s, not features; leave out --%s-features", features[k],
                             WHAT[k], modality_name(k));
    }
    return STATUS_OK;
}

Status own_input_check(const Model *m, const Dataset *d, Modality k, Error *err) {
    const OwnInput *own = &m->config.own[k];
    const OwnFeatures *f = d->own[k];
    if (!own->width && !f) return STATUS_OK;
    TRY(own_input_given(m,
                        (const char *const[]){d->own[0] ? "features" : NULL, d->own[1] ? "features" : NULL},
                        (const bool[]){k == MODALITY_IMAGE, k == MODALITY_TEXT}, err));
    if (f->width == own->width && f->tokens == own->tokens) return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "%s features of %d x %d numbers (tokens x width); the model was trained on %d x %d",
                     modality_name(k), f->tokens, f->width, own->tokens, own->width);
}

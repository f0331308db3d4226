#include "data/raw_features.h"

#include <math.h>
#include <string.h>

#include "nn/base/alloc.h"

static float norm(const float *v, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++) sum += v[i] * v[i];
    return sqrtf(sum);
}

int raw_words(const Vocab *v) {
    return v->n < RAW_WORDS ? v->n : RAW_WORDS;
}

/* Place of a token in the bag, or -1. */
static int bag_place(int32_t id, int words) {
    return id >= TOKEN_FIRST_WORD && id < TOKEN_FIRST_WORD + words ? id - TOKEN_FIRST_WORD : -1;
}

/* df (words): adds 1 for each word of the text. */
static void count_texts(const int32_t *id, int length, int words, float *df) {
    for (int t = 0; t < length; t++) {
        int place = bag_place(id[t], words);
        bool seen = place < 0;
        for (int s = 0; !seen && s < t; s++) seen = id[s] == id[t];
        if (!seen) df[place]++;
    }
}

void raw_bag(const int32_t *id, int length, int words, const float *idf, float *out) {
    for (int k = 0; k < words; k++) out[k] = 0;
    for (int t = 0; t < length; t++) {
        int place = bag_place(id[t], words);
        if (place >= 0) out[place] += idf[place];
    }
    float size = norm(out, words);
    for (int k = 0; size > 0 && k < words; k++) out[k] /= size;
}

void raw_cases_idf(const Dataset *d, const int *index, int n, float *idf) {
    int words = raw_words(d->vocab);
    for (int k = 0; k < words; k++) idf[k] = 0;
    for (int i = 0; i < n; i++)
        count_texts(d->word + (size_t)index[i] * (size_t)d->vocab->length, d->length[index[i]], words, idf);
    for (int k = 0; k < words; k++) idf[k] = logf((1 + (float)n) / (1 + idf[k])) + 1;
}

Status raw_descriptors(const Dataset *d, const int *index, int n, float *out, Error *err) {
    uint8_t *scratch = mem_alloc((size_t)d->side * (size_t)d->side);
    Status s = scratch ? STATUS_OK : mem_error(err, "a picture");
    for (int i = 0; s == STATUS_OK && i < n; i++) {
        const uint8_t *picture = NULL;
        s = dataset_picture(d, index[i], scratch, &picture, err);
        if (s == STATUS_OK) descriptor_make(picture, d->side, out + (size_t)i * DESCRIPTOR_DIM);
    }
    mem_free(scratch);
    return s;
}

Status raw_texts(const Dataset *d, const int *train, int n_train, const int *index, int n, float *out,
                 Error *err) {
    int words = raw_words(d->vocab);
    size_t width = (size_t)d->vocab->length;
    float *idf = mem_calloc((size_t)words, sizeof *idf);
    if (!idf) return mem_error(err, "the weights of words");
    raw_cases_idf(d, train, n_train, idf);
    for (int i = 0; i < n; i++)
        raw_bag(d->word + (size_t)index[i] * width, d->length[index[i]], words, idf,
                out + (size_t)i * (size_t)words);
    mem_free(idf);
    return STATUS_OK;
}

#include "data/raw_features.h"

#include <math.h>
#include <string.h>

#include "nn/base/alloc.h"

typedef float Cells[HOG_CELLS][HOG_CELLS][HOG_ANGLES];

static int clamp(int x, int side) {
    return x < 0 ? 0 : x >= side ? side - 1 : x;
}

/* Adds one pixel's gradient to the two angles nearest to its own; angle k stands for its bin's middle. */
static void add_gradient(float *histogram, float dx, float dy) {
    const float pi = 3.14159265f;
    float length = sqrtf(dx * dx + dy * dy);
    if (length == 0) return;
    float angle = atan2f(dy, dx);
    if (angle < 0) angle += pi;
    float place = angle / pi * HOG_ANGLES - 0.5f, low = floorf(place), share = place - low;
    int first = ((int)low + HOG_ANGLES) % HOG_ANGLES;
    histogram[first] += length * (1 - share);
    histogram[(first + 1) % HOG_ANGLES] += length * share;
}

static float norm(const float *v, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++) sum += v[i] * v[i];
    return sqrtf(sum);
}

/* L2-Hys; 1 under the root (one grey level squared) keeps flat blocks from being noise made large. */
static void normalise_block(float *v) {
    enum { N = 4 * HOG_ANGLES };
    float length = norm(v, N), scale = 1 / sqrtf(length * length + 1);
    for (int i = 0; i < N; i++) v[i] = fminf(v[i] * scale, 0.2f);
    length = norm(v, N);
    for (int i = 0; length > 0 && i < N; i++) v[i] /= length;
}

void raw_hog(const uint8_t *picture, int side, float *out) {
    NN_REQUIRE(side >= HOG_CELLS, "a side of %d for %d cells", side, HOG_CELLS);
    Cells cell;
    memset(cell, 0, sizeof cell);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            const uint8_t *row = picture + (size_t)y * (size_t)side;
            float dx = (float)(row[clamp(x + 1, side)] - row[clamp(x - 1, side)]);
            float dy = (float)(picture[(size_t)clamp(y + 1, side) * (size_t)side + (size_t)x] -
                               picture[(size_t)clamp(y - 1, side) * (size_t)side + (size_t)x]);
            add_gradient(cell[y * HOG_CELLS / side][x * HOG_CELLS / side], dx, dy);
        }
    for (int y = 0; y < HOG_BLOCKS; y++)
        for (int x = 0; x < HOG_BLOCKS; x++, out += 4 * HOG_ANGLES) {
            memcpy(out, cell[y][x], 2 * sizeof cell[y][x]);
            memcpy(out + 2 * HOG_ANGLES, cell[y + 1][x], 2 * sizeof cell[y][x]);
            normalise_block(out);
        }
}

int raw_words(const Vocab *v) {
    return v->n < RAW_WORDS ? v->n : RAW_WORDS;
}

/* Place of a token in the bag, or -1. */
static int bag_place(int32_t id, int words) {
    return id >= TOKEN_FIRST_WORD && id < TOKEN_FIRST_WORD + words ? id - TOKEN_FIRST_WORD : -1;
}

/* idf: df summed into it text by text, a word once a text. */
static void count_texts(const int32_t *id, int length, int words, float *df) {
    for (int t = 0; t < length; t++) {
        int place = bag_place(id[t], words);
        bool seen = place < 0;
        for (int s = 0; !seen && s < t; s++) seen = id[s] == id[t];
        if (!seen) df[place]++;
    }
}

static void idf_of_counts(float *idf, int words, int n) {
    for (int k = 0; k < words; k++) idf[k] = logf((1 + (float)n) / (1 + idf[k])) + 1;
}

void raw_idf(const int32_t *id, int width, const int *length, int n, int words, float *idf) {
    for (int k = 0; k < words; k++) idf[k] = 0;
    for (int i = 0; i < n; i++) count_texts(id + (size_t)i * (size_t)width, length[i], words, idf);
    idf_of_counts(idf, words, n);
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
    idf_of_counts(idf, words, n);
}

/* Calls describe(picture, side, out + i dim) for the picture of each case. */
static Status describe_images(const Dataset *d, const int *index, int n, int dim,
                              void (*describe)(const uint8_t *picture, int side, float *out), float *out,
                              Error *err) {
    uint8_t *scratch = mem_alloc((size_t)d->side * (size_t)d->side);
    Status s = scratch ? STATUS_OK : mem_error(err, "a picture");
    for (int i = 0; s == STATUS_OK && i < n; i++) {
        const uint8_t *picture = NULL;
        s = dataset_picture(d, index[i], scratch, &picture, err);
        if (s == STATUS_OK) describe(picture, d->side, out + (size_t)i * (size_t)dim);
    }
    mem_free(scratch);
    return s;
}

Status raw_descriptors(const Dataset *d, const int *index, int n, float *out, Error *err) {
    return describe_images(d, index, n, DESCRIPTOR_DIM, descriptor_make, out, err);
}

Status raw_images(const Dataset *d, const int *index, int n, float *out, Error *err) {
    return describe_images(d, index, n, HOG_DIM, raw_hog, out, err);
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

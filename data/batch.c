#include "data/batch.h"

#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/parts.h"

static size_t area(const Batch *b) {
    return (size_t)b->side * (size_t)b->side;
}

Status batch_init(Batch *b, const Dataset *d, int capacity, Pool *pool, Error *err) {
    NN_REQUIRE(capacity > 0, "capacity %d", capacity);
    memset(b, 0, sizeof *b);
    size_t n = (size_t)capacity;
    bool texts = d->vocab != NULL, subwords = texts && d->vocab->buckets > 0;
    b->capacity = capacity;
    b->side = d->side;
    b->text_length = texts ? d->vocab->length : 0;
    size_t words = (size_t)b->text_length;
    if (b->side) b->image = mem_calloc(n, area(b) * sizeof *b->image);
    if (b->side) b->descriptor = mem_calloc(n, DESCRIPTOR_DIM * sizeof *b->descriptor);
    if (b->side) b->scratch = mem_alloc((size_t)pool_threads(pool) * area(b));
    if (texts) b->word = mem_calloc(n, words * sizeof *b->word);
    if (subwords) b->gram = mem_calloc(n, words * TOKEN_NGRAMS * sizeof *b->gram);
    bool owned = true;
    for (int k = 0; k < 2; k++)
        if (d->own[k])
            owned = (b->own[k] = mem_calloc(n, own_features_size(d->own[k]) * sizeof(float))) && owned;
    b->length = mem_calloc(n, sizeof *b->length);
    b->failed = mem_calloc(n, 1);
    if (owned && b->length && b->failed && (!b->side || (b->image && b->descriptor && b->scratch)) &&
        (!texts || b->word) && (!subwords || b->gram))
        return STATUS_OK;
    batch_free(b);
    return mem_error(err, "a batch");
}

void batch_free(Batch *b) {
    if (b->pool) pool_finish(b->pool);
    mem_free(b->image);
    mem_free(b->descriptor);
    mem_free(b->scratch);
    mem_free(b->word);
    mem_free(b->gram);
    for (int k = 0; k < 2; k++) mem_free(b->own[k]);
    mem_free(b->length);
    mem_free(b->failed);
    memset(b, 0, sizeof *b);
}

/* The random stream of one case in one epoch. On the stream of the case, epochs are 2^32 blocks apart. */
static Rng stream(const BatchOptions *o, RngPurpose purpose, int i) {
    Rng r = rng_stream(o->seed, purpose, (uint32_t)i);
    r.counter = (uint64_t)o->epoch << 32;
    return r;
}

static Status fill_image(const Batch *b, int row, int worker, Error *err) {
    const BatchOptions *o = &b->options;
    int i = b->index[row];
    size_t n = area(b);
    float *out = b->image + (size_t)row * n, *descriptor = b->descriptor + (size_t)row * DESCRIPTOR_DIM;
    if (!b->data->manifest->cases[i].image_path) {
        memset(out, 0, n * sizeof *out);
        memset(descriptor, 0, DESCRIPTOR_DIM * sizeof *descriptor);
        return STATUS_OK;
    }
    const uint8_t *picture;
    TRY(dataset_picture(b->data, i, b->scratch + (size_t)worker * n, &picture, err));
    if (o->descriptor) descriptor_make(picture, b->side, descriptor);
    /* EQ(input)  x = (pixel/255 - mean)/std, mean and std of the training images */
    float scale = (float)(1.0 / (255.0 * o->deviation)), offset = (float)(-o->mean / o->deviation);
    if (o->augment) {
        Rng rng = stream(o, RNG_AUGMENT, i);
        augment_image(o->augment, &rng, picture, b->side, out);
        for (size_t k = 0; k < n; k++) out[k] = out[k] * scale + offset;
    } else {
        for (size_t k = 0; k < n; k++) out[k] = (float)picture[k] * scale + offset;
    }
    return STATUS_OK;
}

static Status fill_text(const Batch *b, int row, Error *err) {
    const Dataset *d = b->data;
    int i = b->index[row];
    size_t words = (size_t)b->text_length;
    int32_t *word = b->word + (size_t)row * words;
    int32_t *gram = b->gram ? b->gram + (size_t)row * words * TOKEN_NGRAMS : NULL;
    b->length[row] = d->length[i];
    if (gram)
        TRY(tokens_encode(d->vocab, d->manifest->cases[i].text, "a text", word, gram, &b->length[row], err));
    else
        memcpy(word, d->word + (size_t)i * words, words * sizeof *word);
    Rng rng = stream(&b->options, RNG_WORD_DROPOUT, i);
    augment_words(b->options.word_dropout, &rng, word, gram, b->length[row]);
    return STATUS_OK;
}

/* An augmented case is one of its views, drawn anew in each epoch. */
static void fill_own(const Batch *b, int row, int k) {
    const OwnFeatures *f = b->data->own[k];
    int i = b->index[row], view = 0;
    Rng rng = stream(&b->options, k ? RNG_WORD_DROPOUT : RNG_AUGMENT, i);
    if (b->options.augment) view = (int)rng_below(&rng, (uint32_t)f->views);
    memcpy(b->own[k] + (size_t)row * own_features_size(f), own_features_at(f, i, view),
           own_features_size(f) * sizeof(float));
}

static Status fill_row(const Batch *b, int row, int worker, Error *err) {
    for (int k = 0; k < 2; k++)
        if (PART_ARRAYS && b->own[k]) fill_own(b, row, k);
    if (b->side) TRY(fill_image(b, row, worker, err));
    return b->word ? fill_text(b, row, err) : STATUS_OK;
}

static void fill_item(void *ctx, int item, int worker) {
    const Batch *b = ctx;
    b->failed[item] = fill_row(b, item, worker, NULL) != STATUS_OK;
}

static void prepare(Batch *b, const Dataset *d, const int *index, int n, const BatchOptions *o) {
    NN_REQUIRE(n >= 0 && n <= b->capacity, "%d cases in a batch of %d", n, b->capacity);
    NN_REQUIRE(o->deviation > 0, "deviation %g", o->deviation);
    NN_REQUIRE(!b->pool, "a batch that is being filled");
    b->n = n;
    b->data = d, b->index = index, b->options = *o;
}

/* Repeats the failed rows in order, so that the first failure gives the error. */
static Status first_failure(const Batch *b, Error *err) {
    for (int row = 0; row < b->n; row++)
        if (b->failed[row]) TRY(fill_row(b, row, 0, err));
    return STATUS_OK;
}

Status batch_fill(Batch *b, const Dataset *d, const int *index, int n, const BatchOptions *o, Pool *pool,
                  Error *err) {
    prepare(b, d, index, n, o);
    pool_for(pool, n, fill_item, b);
    return first_failure(b, err);
}

void batch_begin(Batch *b, const Dataset *d, const int *index, int n, const BatchOptions *o, Pool *pool) {
    prepare(b, d, index, n, o);
    pool_later(pool, n, fill_item, b);
    b->pool = pool;
}

Status batch_finish(Batch *b, Error *err) {
    pool_finish(b->pool);
    b->pool = NULL;
    return first_failure(b, err);
}

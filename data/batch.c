#include "data/batch.h"

#include <string.h>

#include "nn/base/alloc.h"

typedef struct {
    Batch *b;
    const Dataset *d;
    const int *index;
    const BatchOptions *o;
} Fill;

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
    if (b->side) b->scratch = mem_alloc((size_t)pool_threads(pool) * area(b));
    if (texts) b->word = mem_calloc(n, words * sizeof *b->word);
    if (subwords) b->gram = mem_calloc(n, words * TOKEN_NGRAMS * sizeof *b->gram);
    b->length = mem_calloc(n, sizeof *b->length);
    b->failed = mem_calloc(n, 1);
    if (b->length && b->failed && (!b->side || (b->image && b->scratch)) && (!texts || b->word) &&
        (!subwords || b->gram))
        return STATUS_OK;
    batch_free(b);
    return mem_error(err, "a batch");
}

void batch_free(Batch *b) {
    mem_free(b->image);
    mem_free(b->scratch);
    mem_free(b->word);
    mem_free(b->gram);
    mem_free(b->length);
    mem_free(b->failed);
    memset(b, 0, sizeof *b);
}

/* The stream of one case in one epoch: epochs lie 2^32 blocks apart on the case's stream. */
static Rng stream(const BatchOptions *o, RngPurpose purpose, int i) {
    Rng r = rng_stream(o->seed, purpose, (uint32_t)i);
    r.counter = (uint64_t)o->epoch << 32;
    return r;
}

static Status fill_image(const Fill *f, int row, int worker, Error *err) {
    const Batch *b = f->b;
    const BatchOptions *o = f->o;
    int i = f->index[row];
    size_t n = area(b);
    float *out = b->image + (size_t)row * n;
    if (!f->d->manifest->cases[i].image_path) {
        memset(out, 0, n * sizeof *out);
        return STATUS_OK;
    }
    const uint8_t *picture;
    TRY(dataset_picture(f->d, i, b->scratch + (size_t)worker * n, &picture, err));
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

static Status fill_text(const Fill *f, int row, Error *err) {
    const Batch *b = f->b;
    int i = f->index[row];
    size_t words = (size_t)b->text_length;
    int32_t *word = b->word + (size_t)row * words;
    int32_t *gram = b->gram ? b->gram + (size_t)row * words * TOKEN_NGRAMS : NULL;
    b->length[row] = f->d->length[i];
    if (gram)
        TRY(tokens_encode(f->d->vocab, f->d->manifest->cases[i].text, "a text", word, gram, &b->length[row],
                          err));
    else
        memcpy(word, f->d->word + (size_t)i * words, words * sizeof *word);
    Rng rng = stream(f->o, RNG_WORD_DROPOUT, i);
    augment_words(f->o->word_dropout, &rng, word, gram, b->length[row]);
    return STATUS_OK;
}

static Status fill_row(const Fill *f, int row, int worker, Error *err) {
    if (f->b->side) TRY(fill_image(f, row, worker, err));
    return f->b->word ? fill_text(f, row, err) : STATUS_OK;
}

static void fill_item(void *ctx, int item, int worker) {
    Fill *f = ctx;
    f->b->failed[item] = fill_row(f, item, worker, NULL) != STATUS_OK;
}

Status batch_fill(Batch *b, const Dataset *d, const int *index, int n, const BatchOptions *o, Pool *pool,
                  Error *err) {
    NN_REQUIRE(n >= 0 && n <= b->capacity, "%d cases in a batch of %d", n, b->capacity);
    NN_REQUIRE(o->deviation > 0, "deviation %g", o->deviation);
    Fill f = {b, d, index, o};
    b->n = n;
    pool_for(pool, n, fill_item, &f);
    for (int row = 0; row < n; row++) /* once more in order: the first failure tells why */
        if (b->failed[row]) TRY(fill_row(&f, row, 0, err));
    return STATUS_OK;
}

#include "data/dataset.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/picture/image.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/parts.h"

enum { CHUNK = 256 /* cases between two progress messages */, BAD_TOLD = 10 };

static const size_t standard_bound = (size_t)512 << 20;

static size_t area(const Dataset *d) {
    return (size_t)d->side * (size_t)d->side;
}

/* ---- One case ---- */

/* *scaled: the picture has 16 bits and uses little of their range (image_fill_16). */
static Status decode_picture(const Dataset *d, int i, uint8_t *out, bool *scaled, Error *err) {
    const Case *c = &d->manifest->cases[i];
    Image im;
    Status s = image_read(&im, c->image_path, err);
    if (s == STATUS_OK) s = image_square(&im, d->side, out, err);
    *scaled = im.high > 0;
    image_free(&im);
    return s == STATUS_OK || !c->line ? s : error_prefix(err, "%s:%d", d->manifest->path, c->line);
}

Status dataset_picture(const Dataset *d, int i, uint8_t *scratch, const uint8_t **picture, Error *err) {
    NN_REQUIRE(i >= 0 && i < d->manifest->n && d->side > 0, "case %d of %d, side %d", i, d->manifest->n,
               d->side);
    *picture = d->picture[i] ? d->picture[i] : scratch;
    if (d->picture[i]) return STATUS_OK;
    bool scaled;
    if (d->manifest->cases[i].image_path) return decode_picture(d, i, scratch, &scaled, err);
    memset(scratch, 0, area(d));
    return STATUS_OK;
}

static Status encode_text(const Dataset *d, int i, Error *err) {
    const Case *c = &d->manifest->cases[i];
    Status s = tokens_encode(d->vocab, c->text, "the text", d->word + (size_t)i * (size_t)d->vocab->length,
                             NULL, &d->length[i], err);
    return s == STATUS_OK || !c->line ? s : error_prefix(err, "%s:%d", d->manifest->path, c->line);
}

static Status load_case(const Dataset *d, int i, uint8_t *scratch, bool *scaled, Error *err) {
    *scaled = false;
    if (d->vocab) TRY(encode_text(d, i, err));
    if (d->side == 0 || !d->manifest->cases[i].image_path) return STATUS_OK;
    return decode_picture(d, i, d->picture[i] ? d->picture[i] : scratch, scaled, err);
}

/* ---- All cases ---- */

typedef struct {
    const Dataset *d;
    int first;        /* case of item 0 */
    uint8_t *failed;  /* (n) */
    bool *scaled;     /* (n) */
    uint8_t *scratch; /* (threads,S,S) */
    int bad;          /* failed cases, of which `messages` has the first BAD_TOLD */
    Buffer messages;
} Load;

static void load_item(void *ctx, int item, int worker) {
    Load *l = ctx;
    int i = l->first + item;
    l->failed[i] =
        load_case(l->d, i, l->scratch + (size_t)worker * area(l->d), &l->scaled[i], NULL) != STATUS_OK;
}

/* Repeats the failed cases of a chunk in order, so that the messages do not depend on the threads. */
static Status list_failed(Load *l, int chunk, Error *err) {
    for (int i = l->first; i < l->first + chunk; i++) {
        Error why = {0};
        Status s = l->failed[i] ? load_case(l->d, i, l->scratch, &l->scaled[i], &why) : STATUS_OK;
        if (s == STATUS_OK) continue;
        if (s != STATUS_INPUT) return error_set(err, s, "%s", why.message);
        if (l->bad++ < BAD_TOLD)
            buffer_printf(&l->messages, "%s%s", l->messages.size ? "\n" : "", why.message);
    }
    return STATUS_OK;
}

/* All damaged cases are reported at once. */
static Status load_all(Load *l, Pool *pool, const Log *log, Error *err) {
    int n = l->d->manifest->n;
    for (l->first = 0; l->first < n; l->first += CHUNK) {
        int chunk = n - l->first < CHUNK ? n - l->first : CHUNK;
        pool_for(pool, chunk, load_item, l);
        TRY(list_failed(l, chunk, err));
        log_progress(log, "reading images and texts", l->first + chunk, n);
    }
    if (l->bad == 0) return STATUS_OK;
    char more[64] = "";
    if (l->bad > BAD_TOLD) snprintf(more, sizeof more, "\nand %d more", l->bad - BAD_TOLD);
    return error_set(err, STATUS_INPUT, "%.1800s%s%s", buffer_text(&l->messages), more,
                     l->d->manifest->cases[0].line ? "\n(--skip-bad leaves damaged pictures out)" : "");
}

/* Allocates pictures in the manifest's order until the bound is reached. */
static Status keep_pictures(Dataset *d, Error *err) {
    d->picture = mem_calloc((size_t)d->manifest->n, sizeof *d->picture);
    if (!d->picture) return mem_error(err, "the pictures");
    for (int i = 0; d->side > 0 && i < d->manifest->n; i++) {
        if (!d->manifest->cases[i].image_path) continue;
        if (area(d) > d->bound - d->kept) break;
        d->picture[i] = mem_alloc(area(d));
        if (!d->picture[i]) return mem_error(err, "the pictures");
        d->kept += area(d);
    }
    return STATUS_OK;
}

static Status take_memory(Dataset *d, Error *err) {
    size_t n = (size_t)d->manifest->n;
    TRY(keep_pictures(d, err));
    d->length = mem_calloc(n, sizeof *d->length);
    if (d->vocab) d->word = mem_calloc(n, (size_t)d->vocab->length * sizeof *d->word);
    return d->length && (d->word || !d->vocab) ? STATUS_OK : mem_error(err, "the texts");
}

Status dataset_load(Dataset *d, const Manifest *m, const Vocab *v, int side, size_t bound, Pool *pool,
                    const Log *log, Error *err) {
    NN_REQUIRE(side >= 0, "side %d", side);
    memset(d, 0, sizeof *d);
    d->manifest = m;
    d->vocab = v;
    d->side = side;
    d->bound = bound ? bound : standard_bound;
    TRY(take_memory(d, err));
    Load l = {.d = d,
              .failed = mem_calloc((size_t)m->n, 1),
              .scaled = mem_calloc((size_t)m->n, sizeof *l.scaled),
              .scratch = mem_alloc((size_t)pool_threads(pool) * area(d))};
    bool room = l.failed && l.scaled && l.scratch;
    Status s = room ? load_all(&l, pool, log, err) : mem_error(err, "reading the data");
    if (PART_HINTS && s == STATUS_OK) dataset_warn_of_scaled(m, l.scaled, log);
    buffer_free(&l.messages);
    mem_free(l.failed);
    mem_free(l.scaled);
    mem_free(l.scratch);
    return s;
}

void dataset_free(Dataset *d) {
    for (int i = 0; d->picture && i < d->manifest->n; i++) mem_free(d->picture[i]);
    mem_free(d->picture);
    mem_free(d->word);
    mem_free(d->length);
    memset(d, 0, sizeof *d);
}

/* ---- Statistics ---- */

Status dataset_statistics(const Dataset *d, const int *index, int n, double *mean, double *deviation,
                          Error *err) {
    uint64_t sum = 0, squares = 0;
    double pixels = 0;
    *mean = 0;
    *deviation = 1;
    uint8_t *scratch = mem_alloc(area(d));
    if (!scratch) return mem_error(err, "the mean of the pictures");
    Status s = STATUS_OK;
    for (int k = 0; d->side > 0 && s == STATUS_OK && k < n; k++) {
        const uint8_t *p;
        if (!d->manifest->cases[index[k]].image_path) continue;
        s = dataset_picture(d, index[k], scratch, &p, err);
        for (size_t i = 0; s == STATUS_OK && i < area(d); i++) {
            sum += p[i];
            squares += (uint64_t)p[i] * p[i];
        }
        pixels += (double)area(d);
    }
    mem_free(scratch);
    if (s != STATUS_OK || pixels == 0) return s;
    double m = (double)sum / pixels, variance = (double)squares / pixels - m * m;
    *mean = m / 255.0;
    *deviation = (variance > 1.0 ? sqrt(variance) : 1.0) / 255.0;
    return STATUS_OK;
}

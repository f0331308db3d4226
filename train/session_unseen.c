#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "train/session.h"

void session_unseen(const Manifest *m, uint64_t split_seed, int unseen, uint8_t *flags, int *scratch) {
    Rng rng = rng_stream(split_seed, RNG_SPLIT, UINT32_MAX);
    for (int k = 0; k < m->n_labels; k++) scratch[k] = k, flags[k] = 0;
    rng_shuffle(&rng, scratch, (size_t)m->n_labels);
    for (int k = 0; k < unseen && k < m->n_labels; k++) flags[scratch[k]] = 1;
}

static Status split_by_labels(Session *s, int unseen, uint64_t seed, Error *err) {
    const Manifest *m = &s->manifest;
    uint8_t *flags = mem_calloc((size_t)m->n_labels, 1);
    int *scratch = mem_calloc((size_t)m->n_labels, sizeof *scratch);
    Status status = flags && scratch ? STATUS_OK : mem_error(err, "the split");
    if (status == STATUS_OK) {
        session_unseen(m, seed, unseen, flags, scratch);
        status = split_make_unseen(&s->split, m, seed, flags, s->log, err);
    }
    mem_free(flags);
    mem_free(scratch);
    return status;
}

Status session_split(Session *s, int unseen, Error *err) {
    uint64_t seed = (uint64_t)s->config.split_seed;
    TRY(unseen ? split_by_labels(s, unseen, seed, err)
               : split_make(&s->split, &s->manifest, seed, s->log, err));
    return split_thin(&s->split, &s->manifest, s->config.train_cases, seed, err);
}

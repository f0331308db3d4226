/* Splits of the table: labels that no training case has, and fewer training cases. */
#include <string.h>

#include "data/split_steps.h"
#include "data/stratify.h"
#include "nn/base/alloc.h"

/* hidden (n): cases with an unseen label, for query and database. open (n): cases of groups without any such case, for train and
 * validation. */
static Status mark_unseen(const Manifest *m, const uint8_t *unseen, uint8_t *hidden, uint8_t *open,
                          Error *err) {
    uint8_t *mixed = mem_calloc((size_t)m->n_groups, 1);
    if (!mixed) return mem_error(err, "the split");
    for (int i = 0; i < m->n; i++) {
        hidden[i] = 0;
        for (int l = 0; l < m->n_labels; l++)
            hidden[i] |= unseen[l] && m->labels[(size_t)i * (size_t)m->n_labels + (size_t)l];
        mixed[m->cases[i].group] |= hidden[i];
    }
    for (int i = 0; i < m->n; i++) open[i] = !mixed[m->cases[i].group];
    mem_free(mixed);
    return STATUS_OK;
}

static Status place_unseen(Split *s, const Manifest *m, uint64_t split_seed, const uint8_t *unseen,
                           uint8_t *hidden, uint8_t *open, Error *err) {
    const double hidden_share[SET_COUNT] = {[SET_QUERY] = 3.0 / 7.0, [SET_DATABASE] = 4.0 / 7.0};
    const double open_share[SET_COUNT] = {[SET_TRAIN] = 0.55 / 0.65, [SET_VAL] = 0.10 / 0.65};
    Rng rng = rng_stream(split_seed, RNG_SPLIT, 0);
    TRY(mark_unseen(m, unseen, hidden, open, err));
    TRY(stratify(m, hidden, hidden_share, &rng, s->set, err));
    return stratify(m, open, open_share, &rng, s->set, err);
}

Status split_make_unseen(Split *s, const Manifest *m, uint64_t split_seed, const uint8_t *unseen,
                         const Log *log, Error *err) {
    const bool all[SET_COUNT] = {true, true, true, true};
    TRY(split_begin(s, m, err));
    uint8_t *marks = mem_alloc(2 * (size_t)m->n), *seen = mem_alloc((size_t)m->n_labels);
    Status status = STATUS_OK;
    if (!marks || !seen) status = mem_error(err, "the split");
    if (status == STATUS_OK) status = place_unseen(s, m, split_seed, unseen, marks, marks + m->n, err);
    if (status == STATUS_OK) {
        split_finish(s, m);
        status = split_require(s, m, all, err);
    }
    for (int l = 0; seen && l < m->n_labels; l++) seen[l] = !unseen[l];
    const bool training[SET_COUNT] = {[SET_TRAIN] = true, [SET_VAL] = true};
    const bool testing[SET_COUNT] = {[SET_QUERY] = true, [SET_DATABASE] = true};
    if (status == STATUS_OK) status = split_warn_of_missing(s, m, unseen, training, log, err);
    if (status == STATUS_OK) status = split_warn_of_missing(s, m, seen, testing, log, err);
    mem_free(marks);
    mem_free(seen);
    return status;
}

Status split_thin(Split *s, const Manifest *m, int most, uint64_t split_seed, Error *err) {
    if (most == 0 || s->count[SET_TRAIN] <= most) return STATUS_OK;
    int *order = mem_calloc((size_t)m->n_groups, sizeof *order),
        *size = mem_calloc((size_t)m->n_groups, sizeof *size);
    Status status = order && size ? STATUS_OK : mem_error(err, "the split");
    if (status == STATUS_OK) {
        Rng rng = rng_stream(split_seed, RNG_SPLIT, UINT32_MAX - 1);
        int kept = 0;
        for (int i = 0; i < m->n; i++) size[m->cases[i].group] += s->set[i] == SET_TRAIN;
        for (int g = 0; g < m->n_groups; g++) order[g] = g;
        rng_shuffle(&rng, order, (size_t)m->n_groups);
        for (int k = 0; k < m->n_groups; k++) {
            int *n = &size[order[k]];
            if (kept >= most) *n = 0;
            kept += *n;
        }
        for (int i = 0; i < m->n; i++)
            if (s->set[i] == SET_TRAIN && size[m->cases[i].group] == 0) s->set[i] = SET_NONE;
        split_finish(s, m);
    }
    mem_free(order);
    mem_free(size);
    return status;
}

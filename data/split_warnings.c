#include <stdio.h>

#include "data/split_steps.h"
#include "nn/base/alloc.h"

Status split_warn_of_missing(const Split *s, const Manifest *m, const uint8_t *skip,
                             const bool look[SET_COUNT], const Log *log, Error *err) {
    size_t labels = (size_t)m->n_labels;
    int *have = mem_calloc(SET_COUNT, labels * sizeof *have);
    if (!have) return mem_error(err, "the split");
    for (int i = 0; i < s->n; i++)
        for (size_t l = 0; s->set[i] != SET_NONE && l < labels; l++)
            have[(size_t)s->set[i] * labels + l] += m->labels[(size_t)i * labels + l];
    for (size_t l = 0; l < labels; l++) {
        char sets[64] = "";
        size_t n = 0;
        for (int k = 0; k < SET_COUNT; k++) {
            if (!look[k] || (skip && skip[l]) || have[(size_t)k * labels + l] > 0) continue;
            n += (size_t)snprintf(sets + n, sizeof sets - n, "%s%s", n ? ", " : "", set_name((Set)k));
        }
        if (*sets)
            log_warn(log, "%s: label \"%s\" is missing in %s: too few groups hold it", m->path,
                     m->label_names[l], sets);
    }
    mem_free(have);
    return STATUS_OK;
}

static Status warn_of_spread_groups(const Split *s, const Manifest *m, const Log *log, Error *err) {
    Set *first = mem_alloc((size_t)m->n_groups * sizeof *first);
    if (!first) return mem_error(err, "the split");
    for (int g = 0; g < m->n_groups; g++) first[g] = SET_NONE;
    int spread = 0, example = 0;
    for (int i = 0; i < s->n; i++) {
        Set *f = &first[m->cases[i].group];
        if (*f == SET_NONE) *f = s->set[i];
        if (*f != s->set[i] && spread++ == 0) example = i;
    }
    if (spread)
        log_warn(log,
                 "%s:%d: the split column puts group \"%s\" into several sets (%d cases in all): results "
                 "will look better than they are",
                 m->path, m->cases[example].line, m->group_names[m->cases[example].group], spread);
    mem_free(first);
    return STATUS_OK;
}

Status split_warn_of_column(const Split *s, const Manifest *m, const Log *log, Error *err) {
    TRY(warn_of_spread_groups(s, m, log, err));
    bool look[SET_COUNT];
    for (int k = 0; k < SET_COUNT; k++) look[k] = s->count[k] > 0;
    return split_warn_of_missing(s, m, NULL, look, log, err);
}

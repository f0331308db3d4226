#include "data/split_steps.h"

#include <stdio.h>
#include <string.h>

#include "data/stratify.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

static const double standard_share[SET_COUNT] = {
    [SET_TRAIN] = 0.55, [SET_VAL] = 0.10, [SET_QUERY] = 0.15, [SET_DATABASE] = 0.20};

Status split_begin(Split *s, const Manifest *m, Error *err) {
    memset(s, 0, sizeof *s);
    s->set = mem_alloc((size_t)m->n * sizeof *s->set);
    if (!s->set) return mem_error(err, "the split");
    s->n = m->n;
    for (int i = 0; i < m->n; i++) s->set[i] = SET_NONE;
    return STATUS_OK;
}

void split_finish(Split *s, const Manifest *m) {
    memset(s->count, 0, sizeof s->count);
    s->hash = 0;
    for (int i = 0; i < s->n; i++) {
        const char *name = set_name(s->set[i]);
        if (s->set[i] != SET_NONE) s->count[s->set[i]]++;
        s->hash = crc32_update(s->hash, m->cases[i].id, strlen(m->cases[i].id));
        s->hash = crc32_update(s->hash, "\t", 1);
        s->hash = crc32_update(s->hash, name, strlen(name));
        s->hash = crc32_update(s->hash, "\n", 1);
    }
}

Status split_require(const Split *s, const Manifest *m, const bool needed[SET_COUNT], Error *err) {
    for (int k = 0; k < SET_COUNT; k++)
        if (needed[k] && s->count[k] == 0)
            return error_set(
                err, STATUS_INPUT,
                "%s: the set %s would be empty: %d cases in %d groups; at least one group for each set was "
                "expected: add cases, or name the sets in a column split",
                m->path, set_name((Set)k), m->n, m->n_groups);
    return STATUS_OK;
}

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

/* ---- From the column ---- */

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
                 "%s:%d: the split column puts group \"%s\" into several sets (so for %d cases): results "
                 "will look "
                 "better than they are",
                 m->path, m->cases[example].line, m->group_names[m->cases[example].group], spread);
    mem_free(first);
    return STATUS_OK;
}

static Status read_column(Split *s, const Manifest *m, const bool needed[SET_COUNT], const Log *log,
                          Error *err) {
    TRY(split_begin(s, m, err));
    for (int i = 0; i < m->n; i++) {
        if (m->cases[i].set == SET_NONE)
            return error_set(
                err, STATUS_INPUT,
                "%s:%d: case \"%.60s\" has no split, others have; train, val, query or database was expected "
                "(or no column split at all)",
                m->path, m->cases[i].line, m->cases[i].id);
        s->set[i] = m->cases[i].set;
    }
    split_finish(s, m);
    TRY(split_require(s, m, needed, err));
    TRY(warn_of_spread_groups(s, m, log, err));
    bool look[SET_COUNT];
    for (int k = 0; k < SET_COUNT; k++) look[k] = s->count[k] > 0;
    return split_warn_of_missing(s, m, NULL, look, log, err);
}

/* ---- From the seed ---- */

Status split_make(Split *s, const Manifest *m, uint64_t split_seed, const Log *log, Error *err) {
    const bool all[SET_COUNT] = {true, true, true, true};
    if (m->has_split) return read_column(s, m, all, log, err);
    TRY(split_begin(s, m, err));
    uint8_t *take = mem_alloc((size_t)m->n);
    if (!take) return mem_error(err, "the split");
    memset(take, 1, (size_t)m->n);
    Rng rng = rng_stream(split_seed, RNG_SPLIT, 0);
    Status status = stratify(m, take, standard_share, &rng, s->set, err);
    mem_free(take);
    TRY(status);
    split_finish(s, m);
    TRY(split_require(s, m, all, err));
    return split_warn_of_missing(s, m, NULL, all, log, err);
}

Status split_write(const Split *s, const Manifest *m, const char *path, Error *err) {
    FileWriter w;
    TRY(file_begin(&w, path, err));
    file_printf(&w, "id\tset\tgroup\n");
    for (int i = 0; i < s->n; i++)
        file_printf(&w, "%s\t%s\t%s\n", m->cases[i].id, set_name(s->set[i]),
                    m->group_names[m->cases[i].group]);
    return file_commit(&w, err);
}

void split_free(Split *s) {
    mem_free(s->set);
    memset(s, 0, sizeof *s);
}

#include "data/split_steps.h"

#include <string.h>

#include "data/stratify.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/parts.h"

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

/* ---- From the column ---- */

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
    return PART_HINTS ? split_warn_of_column(s, m, log, err) : STATUS_OK;
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
    return PART_HINTS ? split_warn_of_missing(s, m, NULL, all, log, err) : STATUS_OK;
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

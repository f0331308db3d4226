#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/finder.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"

/* A candidate. id: borrowed from the index, of the reranked ones alone. */
struct Ranked {
    Hit hit;
    double score;
    const char *id;
};

/* Of one group: hits of the answer; cases that pass the filter, 0: not counted yet. */
struct GroupCount {
    uint32_t shown, passing;
};

/* One question. candidates: in a->ranked; the first `head` of them are reranked. */
typedef struct {
    const Finder *f;
    const SearchOptions *o;
    const float *scores;
    const uint8_t *code;
    Answer *a;
    size_t k, candidates, head;
} Ranker;

static bool passes(const Ranker *r, int64_t row) {
    const Filter *filter = r->o->filter;
    if (row == r->a->row) return false;
    if (r->code)
        return (filter ? filter->allowed[r->a->found] : index_allowed(r->f->index, r->a->found))[row];
    return filter ? filter->allowed[0][row] || filter->allowed[1][row] : !index_deleted(r->f->index, row);
}

/* ---- Candidates ---- */

/* How many cases that pass lie within a distance, without the case that asks. */
static size_t count_within(const Ranker *r, int distance) {
    const Answer *a = r->a;
    const Index *x = r->f->index;
    const uint8_t *allowed = r->o->filter ? r->o->filter->allowed[a->found] : index_allowed(x, a->found);
    int bits = index_bits(x);
    size_t n = (size_t)index_within(x, a->found, r->code, distance, allowed);
    if (a->row < 0 || !allowed[a->row]) return n;
    const uint8_t *own = index_codes(x, a->found) + (size_t)a->row * code_bytes(bits);
    return n - (code_distance(r->code, own, bits) <= distance);
}

/* The n nearest, without the case that asks. */
static Status find_nearest(Ranker *r, size_t n, Error *err) {
    Answer *a = r->a;
    size_t found = 0;
    if ((a->near_room < n + 1 && !mem_grow(&a->near, &a->near_room, n + 1, sizeof *a->near)) ||
        (a->ranked_room < n && !mem_grow(&a->ranked, &a->ranked_room, n, sizeof *a->ranked)))
        return mem_error(err, "the hits");
    TRY(index_search(r->f->index, a->found, r->code, 1, n + 1, r->o->radius,
                     r->o->filter ? r->o->filter->allowed[a->found] : NULL, a->near, &found, NULL, r->f->pool,
                     err));
    r->candidates = 0;
    for (size_t i = 0; i < found && r->candidates < n; i++)
        if (a->near[i].row != a->row) a->ranked[r->candidates++] = (struct Ranked){a->near[i], NAN, ""};
    return STATUS_OK;
}

static int by_score(const void *a, const void *b) {
    const struct Ranked *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    if (x->hit.distance != y->hit.distance) return x->hit.distance < y->hit.distance ? -1 : 1;
    return strcmp(x->id, y->id);
}

/* Orders the nearest `rerank` by score, with all that lie as near as the last of them: otherwise the order of the index would choose
 * among those. */
static Status rerank(Ranker *r, Error *err) {
    const Index *x = r->f->index;
    struct Ranked *c = r->a->ranked;
    r->head = 0;
    if (r->o->rerank == 0 || r->candidates == 0) return STATUS_OK;
    size_t last = r->o->rerank < r->candidates ? r->o->rerank : r->candidates;
    size_t ball = count_within(r, c[last - 1].hit.distance);
    if (ball > r->candidates) TRY(find_nearest(r, ball, err));
    c = r->a->ranked;
    for (size_t i = 0; i < ball; i++) {
        const uint8_t *code = index_codes(x, r->a->found) + (size_t)c[i].hit.row * code_bytes(index_bits(x));
        c[i].score = code_score(r->scores, code, index_bits(x));
        c[i].id = index_id(x, c[i].hit.row);
        if (!c[i].id) return error_set(err, STATUS_INPUT, "%s: an id is damaged", r->f->index_path);
    }
    qsort(c, ball, sizeof *c, by_score);
    r->head = ball;
    return STATUS_OK;
}

/* ---- Groups ---- */

static uint32_t count_passing(const Ranker *r, uint32_t group) {
    const IndexGroups *g = &r->f->groups;
    uint32_t n = 0;
    for (uint32_t i = g->first[group]; i < g->first[group + 1]; i++) n += passes(r, g->row[i]);
    return n;
}

/* Adds a candidate, unless its group has all the hits that it may have. */
static void add_hit(Ranker *r, const struct Ranked *c) {
    Answer *a = r->a;
    uint32_t group = r->f->groups.of[c->hit.row];
    if (group != INDEX_NO_GROUP) {
        if (r->o->per_group && a->count[group].shown == r->o->per_group) return;
        a->count[group].shown++;
    }
    a->hit[a->n++] = (AnswerHit){.row = c->hit.row,
                                 .distance = c->hit.distance,
                                 .score = c->score,
                                 .group = group == INDEX_NO_GROUP ? NULL : r->f->groups.name[group]};
}

/* What the model knows of the hits. Validation measured the search from one modality to the other alone. */
static void judge_hits(const Ranker *r) {
    const Calibration *c = &r->f->model.calibration;
    Answer *a = r->a;
    bool known = r->f->has_model && r->code && a->found == modality_other(a->asked) && c->share;
    if (known) a->chance = c->chance[a->asked];
    if (known) a->chance_from = c->chance_from[a->asked];
    for (size_t i = 0; i < a->n; i++) {
        const char *id = PART_CONFIDENCE && r->f->has_model ? index_id(r->f->index, a->hit[i].row) : NULL;
        a->hit[i].trained_on = id ? (Trained)calibration_trained_on(c, id) : TRAINED_UNKNOWN;
        a->hit[i].confidence =
            PART_CONFIDENCE && known ? calibration_share(c, a->asked, a->hit[i].distance) : (double)NAN;
    }
}

static void forget_groups(const Ranker *r) {
    for (size_t i = 0; i < r->a->n; i++) {
        uint32_t group = r->f->groups.of[r->a->hit[i].row];
        if (group != INDEX_NO_GROUP) r->a->count[group] = (struct GroupCount){0, 0};
    }
}

static void count_more(const Ranker *r) {
    for (size_t i = 0; i < r->a->n; i++) {
        uint32_t group = r->f->groups.of[r->a->hit[i].row];
        if (group == INDEX_NO_GROUP) continue;
        struct GroupCount *count = &r->a->count[group];
        if (count->passing == 0) count->passing = count_passing(r, group);
        r->a->hit[i].more = (int64_t)count->passing - count->shown;
    }
}

/* ---- The answer ---- */

static void choose_hits(Ranker *r) {
    r->a->n = 0;
    for (size_t i = 0; i < r->candidates && r->a->n < r->k; i++) add_hit(r, &r->a->ranked[i]);
}

/* Takes more candidates until there are k hits or no further candidates: one group may fill many places. */
static Status rank_nearest(Ranker *r, Error *err) {
    size_t most = (size_t)index_count(r->f->index), wanted = r->k > r->o->rerank ? r->k : r->o->rerank;
    for (wanted = wanted < most ? wanted : most;; wanted = wanted < most / 4 ? 4 * wanted : most) {
        TRY(find_nearest(r, wanted, err));
        bool all = r->candidates < wanted || wanted == most;
        TRY(rerank(r, err));
        choose_hits(r);
        if (r->a->n == r->k || all) break;
        forget_groups(r);
    }
    for (size_t i = 0; i < r->a->n; i++)
        if (r->a->hit[i].distance > r->a->within) r->a->within = r->a->hit[i].distance;
    r->a->ties = r->a->n ? (int64_t)count_within(r, r->a->within) : 0;
    return STATUS_OK;
}

static void list_passing(Ranker *r) {
    for (int64_t row = 0; row < index_count(r->f->index) && r->a->n < r->k; row++)
        if (passes(r, row)) add_hit(r, &(struct Ranked){{row, -1}, NAN, ""});
    r->a->ties = r->o->filter ? r->o->filter->passed : index_live(r->f->index);
}

Status finder_rank(const Finder *f, const SearchOptions *o, const float *scores, const uint8_t *code,
                   Answer *a, Error *err) {
    size_t count = (size_t)index_count(f->index);
    Ranker r = {
        .f = f, .o = o, .scores = scores, .code = code, .a = a, .k = o->k && o->k < count ? o->k : count};
    if (!a->count && !(a->count = mem_calloc(f->groups.n + 1, sizeof *a->count)))
        return mem_error(err, "the groups");
    if (a->room < r.k && !mem_grow(&a->hit, &a->room, r.k, sizeof *a->hit)) return mem_error(err, "the hits");
    if (count == 0) return STATUS_OK;
    Status s = STATUS_OK;
    if (code)
        s = rank_nearest(&r, err);
    else
        list_passing(&r);
    if (s == STATUS_OK) count_more(&r);
    if (s == STATUS_OK) judge_hits(&r);
    forget_groups(&r);
    return s;
}

#include <math.h>

#include "cmd/finder_groups.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"

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
        if (a->near[i].row != a->row)
            a->ranked[r->candidates++] = (struct Ranked){.hit = a->near[i], .score = NAN};
    return STATUS_OK;
}

/* Gives the nearest `rerank` their scores, with all that lie as near as the last of them: otherwise the order of the index would choose
 * among those. */
static Status rerank(Ranker *r, Error *err) {
    if (r->o->rerank == 0 || r->candidates == 0) return STATUS_OK;
    size_t last = r->o->rerank < r->candidates ? r->o->rerank : r->candidates;
    size_t ball = count_within(r, r->a->ranked[last - 1].hit.distance);
    if (ball > r->candidates) TRY(find_nearest(r, ball, err));
    ranker_score(r, ball);
    return STATUS_OK;
}

/* Cases as near as the farthest hit; counted without a scan where the reranked ones hold them all. */
static size_t count_ties(const Ranker *r) {
    size_t n = 0;
    int within = r->a->within;
    if (r->a->n == 0) return 0;
    if (r->head == 0 || within > r->reach) return count_within(r, within);
    for (size_t i = 0; i < r->head; i++) n += r->a->ranked[i].hit.distance <= within;
    return n;
}

/* Takes candidates as hits until there are k. */
static void choose_hits(Ranker *r) {
    r->a->n = 0;
    for (size_t i = 0; i < r->candidates && r->a->n < r->k; i++) {
        if (PART_ANSWERS && i == r->sorted && i < r->head) ranker_sort(r);
        const struct Ranked *c = &r->a->ranked[i];
        if (PART_ANSWERS && !ranker_admits(r, c->hit.row)) continue;
        r->a->hit[r->a->n++] = HIT_OF(c->hit.row, c->hit.distance, c->score);
    }
}

/* Takes more candidates until there are k hits or no further candidates: one group may fill many places. */
static Status rank_nearest(Ranker *r, Error *err) {
    size_t most = (size_t)index_count(r->f->index), wanted = r->k > r->o->rerank ? r->k : r->o->rerank;
    for (wanted = wanted < most ? wanted : most;; wanted = wanted < most / 4 ? 4 * wanted : most) {
        TRY(find_nearest(r, wanted, err));
        bool all = r->candidates < wanted || wanted == most;
        if (PART_ANSWERS) TRY(rerank(r, err));
        choose_hits(r);
        if (r->a->n == r->k || all) break;
        if (PART_ANSWERS) ranker_forget(r);
    }
    for (size_t i = 0; i < r->a->n; i++)
        if (r->a->hit[i].distance > r->a->within) r->a->within = r->a->hit[i].distance;
    r->a->ties = (int64_t)count_ties(r);
    return STATUS_OK;
}

Status finder_rank(const Finder *f, const SearchOptions *o, const float *scores, const uint8_t *code,
                   Answer *a, Error *err) {
    size_t count = (size_t)index_count(f->index);
    Ranker r = {
        .f = f, .o = o, .scores = scores, .code = code, .a = a, .k = o->k && o->k < count ? o->k : count};
    if (PART_ANSWERS) TRY(ranker_begin(&r, err));
    if (a->room < r.k && !mem_grow(&a->hit, &a->room, r.k, sizeof *a->hit)) return mem_error(err, "the hits");
    if (count == 0) return STATUS_OK;
    Status s = STATUS_OK;
    if (code)
        s = rank_nearest(&r, err);
    else if (PART_ANSWERS)
        ranker_list(&r);
    if (PART_CONFIDENCE && s == STATUS_OK) finder_judge(f, o, code != NULL, a);
    if (PART_ANSWERS) ranker_finish(&r, s == STATUS_OK);
    return s;
}

#include "cmd/finder_groups.h"

#include <stdlib.h>
#include <string.h>

#include "hash/code.h"
#include "nn/base/alloc.h"

/* Of one group: hits of the answer; cases that pass the filter, 0: not counted yet. */
struct GroupCount {
    uint32_t shown, passing;
};

Status ranker_begin(const Ranker *r, Error *err) {
    if (r->a->count) return STATUS_OK;
    r->a->count = mem_calloc(r->f->groups.n + 1, sizeof *r->a->count);
    return r->a->count ? STATUS_OK : mem_error(err, "the groups");
}

static bool passes(const Ranker *r, int64_t row) {
    const Filter *filter = r->o->filter;
    if (row == r->a->row) return false;
    if (r->code)
        return (filter ? filter->allowed[r->a->found] : index_allowed(r->f->index, r->a->found))[row];
    return filter ? filter->allowed[0][row] || filter->allowed[1][row] : !index_deleted(r->f->index, row);
}

/* ---- Reranking ---- */

static const char *id_of(struct Ranked *c) {
    if (!c->id) c->id = index_id(c->index, c->hit.row);
    return c->id ? c->id : "";
}

static int by_score(const void *a, const void *b) {
    struct Ranked *x = (struct Ranked *)a, *y = (struct Ranked *)b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    if (x->hit.distance != y->hit.distance) return x->hit.distance < y->hit.distance ? -1 : 1;
    return x->hit.row == y->hit.row ? 0 : strcmp(id_of(x), id_of(y));
}

/* Moves the n best of all to the front (Hoare's selection), which is faster than sorting where thousands are as near as each other. */
static void select_best(struct Ranked *c, size_t all, size_t n) {
    for (size_t low = 0, high = all; n < all && low + 1 < high;) {
        size_t i = low, j = high;
        struct Ranked middle = c[n];
        while (i < j) {
            while (by_score(&c[i], &middle) < 0) i++;
            while (by_score(&c[j - 1], &middle) > 0) j--;
            if (i >= j) break;
            struct Ranked moved = c[i];
            c[i++] = c[--j];
            c[j] = moved;
        }
        if (j <= n) low = i;
        if (n < i) high = j;
    }
}

void ranker_score(Ranker *r, size_t n) {
    const Index *x = r->f->index;
    struct Ranked *c = r->a->ranked;
    const uint8_t *code = NULL, *before;
    size_t bytes = code_bytes(index_bits(x));
    for (size_t i = 0; i < n; i++) {
        before = code;
        code = index_codes(x, r->a->found) + (size_t)c[i].hit.row * bytes;
        bool same = before && memcmp(before, code, bytes) == 0;
        c[i].score = same ? c[i - 1].score : code_score(r->scores, code, index_bits(x));
        c[i].index = x;
    }
    r->head = n;
    r->sorted = 0;
    r->reach = c[n - 1].hit.distance;
}

void ranker_sort(Ranker *r) {
    struct Ranked *c = r->a->ranked + r->sorted;
    size_t left = r->head - r->sorted, n = r->sorted ? r->sorted : 2 * r->k;
    if (n > left) n = left;
    select_best(c, left, n);
    qsort(c, n, sizeof *c, by_score);
    r->sorted += n;
}

/* ---- Groups ---- */

static uint32_t count_passing(const Ranker *r, uint32_t group) {
    const IndexGroups *g = &r->f->groups;
    uint32_t n = 0;
    for (uint32_t i = g->first[group]; i < g->first[group + 1]; i++) n += passes(r, g->row[i]);
    return n;
}

bool ranker_admits(const Ranker *r, int64_t row) {
    uint32_t group = r->f->groups.of[row];
    if (group == INDEX_NO_GROUP) return true;
    if (r->o->per_group && r->a->count[group].shown == r->o->per_group) return false;
    r->a->count[group].shown++;
    return true;
}

void ranker_forget(const Ranker *r) {
    for (size_t i = 0; i < r->a->n; i++) {
        uint32_t group = r->f->groups.of[r->a->hit[i].row];
        if (group != INDEX_NO_GROUP) r->a->count[group] = (struct GroupCount){0, 0};
    }
}

void ranker_list(const Ranker *r) {
    for (int64_t row = 0; row < index_count(r->f->index) && r->a->n < r->k; row++)
        if (passes(r, row) && ranker_admits(r, row)) r->a->hit[r->a->n++] = HIT_OF(row, -1, NAN);
    r->a->ties = r->o->filter ? r->o->filter->passed : index_live(r->f->index);
}

void ranker_finish(const Ranker *r, bool found) {
    for (size_t i = 0; found && i < r->a->n; i++) {
        uint32_t group = r->f->groups.of[r->a->hit[i].row];
        if (group == INDEX_NO_GROUP) continue;
        struct GroupCount *count = &r->a->count[group];
        if (count->passing == 0) count->passing = count_passing(r, group);
        r->a->hit[i].group = r->f->groups.name[group];
        r->a->hit[i].more = (int64_t)count->passing - count->shown;
    }
    ranker_forget(r);
}

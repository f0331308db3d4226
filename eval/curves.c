#include "eval/curves.h"

#include <math.h>

#include "nn/base/alloc.h"

void discount_fill(double *sum, size_t n) {
    sum[0] = 0.0;
    for (size_t i = 1; i <= n; i++) sum[i] = sum[i - 1] + 1.0 / log2((double)i + 1.0);
}

static size_t up_to(size_t a, size_t k) {
    return a < k ? a : k;
}

/* (2^shared - 1) / 2^best. The division cancels in NDCG; without it 2^shared would overflow at 1,024 shared labels. */
static double scaled_gain(size_t shared, size_t best) {
    return ldexp(1.0, (int)shared - (int)best) - ldexp(1.0, -(int)best);
}

static size_t items_at_level(const TieTable *table, size_t level) {
    size_t sum = 0;
    for (size_t g = 0; g < table->groups; g++) sum += table->count[g * table->levels + level];
    return sum;
}

static size_t best_level(const TieTable *table) {
    size_t best = table->levels - 1;
    while (best > 0 && items_at_level(table, best) == 0) best--;
    return best;
}

static double ideal_gain(const TieTable *table, size_t k, const double *discount, size_t best) {
    double sum = 0.0;
    size_t before = 0;
    for (size_t s = best; s > 0; s--) {
        size_t n = items_at_level(table, s);
        sum += scaled_gain(s, best) * (discount[up_to(before + n, k)] - discount[up_to(before, k)]);
        before += n;
    }
    return sum;
}

double ndcg_expected(const TieTable *table, size_t k, const double *discount) {
    size_t best = best_level(table);
    if (best == 0 || k == 0) return 0.0;
    double sum = 0.0;
    size_t before = 0;
    for (size_t g = 0; g < table->groups && before < k; g++) {
        const uint32_t *row = table->count + g * table->levels;
        size_t n = row[0];
        double gain = 0.0;
        for (size_t s = 1; s < table->levels; s++) {
            n += row[s];
            if (row[s]) gain += row[s] * scaled_gain(s, best);
        }
        if (gain > 0.0) sum += gain / (double)n * (discount[up_to(before + n, k)] - discount[before]);
        before += n;
    }
    return sum / ideal_gain(table, k, discount, best);
}

Ball ball_within(const Ties *ties, size_t radius) {
    size_t all = 0, found = 0, relevant = 0;
    for (size_t g = 0; g < ties->groups; g++) {
        relevant += ties->relevant[g];
        if (g > radius) continue;
        all += ties->all[g];
        found += ties->relevant[g];
    }
    return (Ball){all == 0 ? 1.0 : 0.0, all ? (double)found / (double)all : 0.0,
                  relevant ? (double)found / (double)relevant : 0.0};
}

void radius_sum_add(RadiusSum *sum, const Ties *ties) {
    size_t all = 0, found = 0, relevant = 0;
    for (size_t g = 0; g < ties->groups; g++) relevant += ties->relevant[g];
    for (size_t g = 0; g < ties->groups; g++) {
        all += ties->all[g];
        found += ties->relevant[g];
        if (all) {
            sum[g].balls++;
            sum[g].precision += (double)found / (double)all;
        }
        if (relevant) {
            sum[g].queries++;
            sum[g].recall += (double)found / (double)relevant;
        }
    }
}

/* ---- The exact partner ---- */

typedef struct {
    BitPlanes queries, items;
    uint32_t *nearer, *equal; /* (queries): items nearer than the partner; as near as it, itself included */
} Partners;

static void count_rivals(void *ctx, int item, int worker) {
    (void)worker;
    Partners *p = ctx;
    size_t q = (size_t)item;
    uint16_t own, distance[RANKING_BLOCK];
    bit_planes_distance(&p->queries, q, &p->items, q, 1, &own);
    uint32_t nearer = 0, equal = 0;
    for (size_t first = 0; first < p->items.n; first += RANKING_BLOCK) {
        size_t count = up_to(p->items.n - first, RANKING_BLOCK);
        bit_planes_distance(&p->queries, q, &p->items, first, count, distance);
        for (size_t i = 0; i < count; i++) {
            nearer += distance[i] < own;
            equal += distance[i] == own;
        }
    }
    p->nearer[q] = nearer;
    p->equal[q] = equal;
}

static double chance_within(uint32_t nearer, uint32_t equal, int k) {
    double places = (double)k - nearer;
    if (places <= 0.0) return 0.0;
    return places < equal ? places / equal : 1.0;
}

static Status partners_count(Partners *p, const RetrievalTask *t, Pool *pool, Error *err) {
    const CaseSet *query = t->query, *items = t->database;
    p->nearer = mem_calloc(2 * query->n + 1, sizeof *p->nearer);
    if (!p->nearer) return mem_error(err, "partner ranks");
    p->equal = p->nearer + query->n;
    TRY(bit_planes_of_codes(&p->queries, query->code[t->from], query->n, query->bits, err));
    TRY(bit_planes_of_codes(&p->items, items->code[modality_other(t->from)], items->n, items->bits, err));
    pool_for(pool, (int)query->n, count_rivals, p);
    return STATUS_OK;
}

Status partner_recall(const RetrievalTask *t, const int *cut, int cuts, double *at, Pool *pool, Error *err) {
    size_t n = t->query->n;
    NN_REQUIRE(n <= t->database->n, "%zu queries and %zu partners", n, t->database->n);
    Partners p = {0};
    Status status = partners_count(&p, t, pool, err);
    for (int c = 0; c < cuts && status == STATUS_OK; c++) {
        at[c] = 0.0;
        for (size_t q = 0; q < n; q++) at[c] += chance_within(p.nearer[q], p.equal[q], cut[c]);
        if (n) at[c] /= (double)n;
    }
    bit_planes_free(&p.queries);
    bit_planes_free(&p.items);
    mem_free(p.nearer);
    return status;
}

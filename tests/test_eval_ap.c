/* Tie-aware average precision against closed forms, brute force over all orders, and other orders of the
 * database. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "eval/average_precision_cut.h"
#include "eval/curves.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/oracle/oracle_rules.h"

enum { ITEMS = 7, ORDERS = 5040, GROUPS = 4, MOST = 2000 };

static double harmonic[MOST + 1], discount[MOST + 1];

static void prepare(void) {
    harmonic_fill(harmonic, MOST);
    discount_fill(discount, MOST);
}

/* ---- Brute force: every order of the items, sorted by distance, ties in that order ---- */

typedef struct {
    double low, mean, high, at_k, precision_k, ndcg, ndcg_k;
} Brute;

static int next_order(int *order, int n) {
    int i = n - 2;
    while (i >= 0 && order[i] > order[i + 1]) i--;
    if (i < 0) return 0;
    int j = n - 1;
    while (order[j] < order[i]) j--;
    int swap = order[i];
    order[i] = order[j];
    order[j] = swap;
    for (int a = i + 1, b = n - 1; a < b; a++, b--) {
        swap = order[a];
        order[a] = order[b];
        order[b] = swap;
    }
    return 1;
}

static void rank_stable(const int *order, const int *distance, int *ranked) {
    int n = 0;
    for (int d = 0; d < GROUPS; d++)
        for (int i = 0; i < ITEMS; i++)
            if (distance[order[i]] == d) ranked[n++] = order[i];
}

static double plain_dcg(const int *ranked, const int *shared, int k) {
    double sum = 0.0;
    for (int i = 0; i < k; i++) sum += (pow(2.0, shared[ranked[i]]) - 1.0) / log2(i + 2.0);
    return sum;
}

static double best_dcg(const int *shared, int k) {
    int ranked[ITEMS], n = 0;
    for (int s = 3; s >= 0; s--)
        for (int i = 0; i < ITEMS; i++)
            if (shared[i] == s) ranked[n++] = i;
    return plain_dcg(ranked, shared, k);
}

static void plain_ap(const int *ranked, const int *shared, int k, double *ap, double *at_k,
                     double *precision) {
    int found = 0, all = 0;
    *ap = *at_k = *precision = 0.0;
    for (int i = 0; i < ITEMS; i++) all += shared[i] > 0;
    for (int i = 0; i < ITEMS; i++) {
        if (shared[ranked[i]] == 0) continue;
        found++;
        *ap += (double)found / (i + 1);
        if (i < k) *at_k += (double)found / (i + 1);
        if (i < k) *precision += 1.0 / k;
    }
    if (all) *ap /= all;
    if (all) *at_k /= all < k ? all : k;
}

static Brute brute_force(const int *distance, const int *shared, int k) {
    Brute b = {.low = 2.0, .high = -1.0};
    int order[ITEMS], ranked[ITEMS];
    double ap, at_k, precision, ideal = best_dcg(shared, ITEMS), ideal_k = best_dcg(shared, k);
    for (int i = 0; i < ITEMS; i++) order[i] = i;
    do {
        rank_stable(order, distance, ranked);
        plain_ap(ranked, shared, k, &ap, &at_k, &precision);
        b.low = fmin(b.low, ap);
        b.high = fmax(b.high, ap);
        b.mean += ap / ORDERS;
        b.at_k += at_k / ORDERS;
        b.precision_k += precision / ORDERS;
        if (ideal > 0) b.ndcg += plain_dcg(ranked, shared, ITEMS) / ideal / ORDERS;
        if (ideal_k > 0) b.ndcg_k += plain_dcg(ranked, shared, k) / ideal_k / ORDERS;
    } while (next_order(order, ITEMS));
    return b;
}

Test(eval_ap, equals_the_average_over_all_orders_of_ties) {
    prepare();
    Rng r = rng_stream(1, RNG_TEST, 1);
    for (int trial = 0; trial < 24; trial++) {
        int distance[ITEMS], shared[ITEMS], k = 1 + trial % ITEMS;
        uint32_t cells[GROUPS * 4] = {0}, all[GROUPS] = {0}, relevant[GROUPS] = {0};
        for (int i = 0; i < ITEMS; i++) {
            distance[i] = (int)rng_below(&r, trial % 2 ? GROUPS : 2);
            shared[i] = (int)rng_below(&r, 4) * (int)rng_below(&r, 2);
            cells[distance[i] * 4 + shared[i]]++;
        }
        TieTable table = {GROUPS, 4, cells};
        tie_table_sum(&table, all, relevant);
        Ties ties = {GROUPS, all, relevant};
        Brute b = brute_force(distance, shared, k);
        Bounds ap = average_precision(&ties, harmonic);
        size_t cut = (size_t)k;
        cr_assert_float_eq(ap.pessimistic, b.low, 1e-12);
        cr_assert_float_eq(ap.expected, b.mean, 1e-12);
        cr_assert_float_eq(ap.optimistic, b.high, 1e-12);
        cr_assert_float_eq(average_precision_at(&ties, cut, harmonic), b.at_k, 1e-12);
        cr_assert_float_eq(precision_at(&ties, cut), b.precision_k, 1e-12);
        cr_assert_float_eq(ndcg_expected(&table, ITEMS, discount), b.ndcg, 1e-12);
        cr_assert_float_eq(ndcg_expected(&table, cut, discount), b.ndcg_k, 1e-12);
    }
}

Test(eval_ap, expected_value_is_the_oracles) {
    prepare();
    Rng r = rng_stream(1, RNG_TEST, 7);
    for (int trial = 0; trial < 40; trial++) {
        int distance[ITEMS];
        bool relevant[ITEMS];
        uint32_t all[GROUPS] = {0}, of_them[GROUPS] = {0};
        for (int i = 0; i < ITEMS; i++) {
            distance[i] = (int)rng_below(&r, GROUPS), relevant[i] = rng_below(&r, 2);
            all[distance[i]]++, of_them[distance[i]] += relevant[i];
        }
        cr_assert_float_eq(average_precision(&(Ties){GROUPS, all, of_them}, harmonic).expected,
                           oracle_average_precision(distance, relevant, ITEMS), 1e-12);
    }
}

/* ---- Closed forms ---- */

Test(eval_ap, constant_codes_score_the_closed_form_of_chance) {
    prepare();
    for (uint32_t n = 2; n <= MOST; n = n * 3 + 1)
        for (uint32_t relevant = 1; relevant <= n; relevant = relevant * 2 + 1) {
            uint32_t all[3] = {0, n, 0}, of_them[3] = {0, relevant, 0};
            Bounds ap = average_precision(&(Ties){3, all, of_them}, harmonic);
            double chance =
                (relevant - 1.0) / (n - 1.0) + harmonic[n] / n * (double)(n - relevant) / (n - 1.0);
            cr_assert_float_eq(ap.expected, chance, 1e-12);
            cr_assert_float_eq(average_precision_random(n, relevant, harmonic), chance, 1e-12);
            cr_assert_float_eq(tie_mean(&(Ties){3, all, of_them}), n, 1e-9);
        }
}

Test(eval_ap, one_relevant_item_in_a_top_tie_of_n_scores_harmonic_over_n) {
    prepare();
    for (uint32_t n = 1; n < 40; n++) {
        uint32_t all[2] = {n, 60}, relevant[2] = {1, 0};
        Bounds ap = average_precision(&(Ties){2, all, relevant}, harmonic);
        cr_assert_float_eq(ap.expected, harmonic[n] / n, 1e-14);
        cr_assert_float_eq(ap.pessimistic, 1.0 / n, 1e-14);
        cr_assert_float_eq(ap.optimistic, 1.0, 1e-14);
    }
}

Test(eval_ap, perfect_codes_score_exactly_one) {
    prepare();
    uint32_t all[4] = {3, 0, 41, 500}, relevant[4] = {3, 0, 41, 0};
    Bounds ap = average_precision(&(Ties){4, all, relevant}, harmonic);
    cr_assert(ap.pessimistic == 1.0 && ap.expected == 1.0 && ap.optimistic == 1.0);
    for (size_t k = 1; k < 600; k += 7)
        cr_assert(average_precision_at(&(Ties){4, all, relevant}, k, harmonic) == 1.0);
}

Test(eval_ap, without_a_relevant_item_all_is_zero) {
    prepare();
    uint32_t all[2] = {5, 7}, relevant[2] = {0, 0}, cells[2] = {5, 7};
    Bounds ap = average_precision(&(Ties){2, all, relevant}, harmonic);
    cr_assert(ap.pessimistic == 0.0 && ap.expected == 0.0 && ap.optimistic == 0.0);
    cr_assert(average_precision_at(&(Ties){2, all, relevant}, 5, harmonic) == 0.0);
    cr_assert(ndcg_expected(&(TieTable){2, 1, cells}, 12, discount) == 0.0);
    cr_assert(average_precision_random(12, 0, harmonic) == 0.0);
}

Test(eval_ap, ndcg_of_thousands_of_shared_labels_is_finite) {
    prepare();
    enum { LEVELS = 4097 };
    static uint32_t cells[2 * LEVELS];
    cells[0] = 5;
    cells[LEVELS + 4096] = 1;
    cells[LEVELS + 1] = 1;
    double ndcg = ndcg_expected(&(TieTable){2, LEVELS, cells}, 7, discount);
    double one_of_two_at_ranks_6_and_7 = 0.5 * (1.0 / log2(7.0) + 1.0 / log2(8.0));
    cr_assert_float_eq(ndcg, one_of_two_at_ranks_6_and_7, 1e-12);
}

Test(eval_ap, ball_and_curve_count_what_lies_within_the_radius) {
    uint32_t all[5] = {0, 2, 2, 4, 2}, relevant[5] = {0, 2, 1, 0, 1};
    Ties ties = {5, all, relevant};
    Ball empty = ball_within(&ties, 0), two = ball_within(&ties, 2);
    cr_assert(empty.empty == 1.0 && empty.precision == 0.0 && empty.recall == 0.0);
    cr_assert(two.empty == 0.0 && two.precision == 0.75 && two.recall == 0.75);
    RadiusSum sum[5];
    memset(sum, 0, sizeof sum);
    radius_sum_add(sum, &ties);
    cr_assert(sum[0].balls == 0 && sum[0].queries == 1 && sum[0].recall == 0.0);
    cr_assert(sum[3].balls == 1 && sum[3].precision == 3.0 / 8.0 && sum[3].recall == 0.75);
    cr_assert(sum[4].recall == 1.0 && sum[4].precision == 0.4);
}

#include "data/stratify.h"

#include <limits.h>
#include <string.h>

#include "nn/base/alloc.h"

enum { MOST_PASSES = 50, MOST_ATTEMPTS = 16 };

/* Cost of a missing label: outweighs every imbalance. */
static const double missing_cost = 1e6;

typedef struct {
    int label, cases;
} LabelCount;

/* Column c of the tables: c < labels is a label, c == labels counts all cases. */
typedef struct {
    int groups, labels;
    const double *share; /* (SET_COUNT) */
    int *size;           /* (groups) cases */
    int *first;          /* (groups + 1) where a group's entries start in `entry` */
    LabelCount *entry;   /* the labels of each group by number, and how many of its cases hold each */
    int *total;          /* (labels + 1) cases */
    int *total_groups;   /* (labels + 1) groups that hold the label */
    int *have;           /* (SET_COUNT, labels + 1) cases placed */
    int *have_groups;    /* (SET_COUNT, labels + 1) */
    int *left;           /* (labels) groups that hold the label and have no place yet */
    int *order;          /* (groups) */
    Set *set;            /* (groups) */
    int sets;            /* with a share */
} Table;

static void table_free(Table *t) {
    mem_free(t->size);
    mem_free(t->first);
    mem_free(t->entry);
    mem_free(t->total);
    mem_free(t->total_groups);
    mem_free(t->have);
    mem_free(t->have_groups);
    mem_free(t->left);
    mem_free(t->order);
    mem_free(t->set);
}

static size_t at(const Table *t, int set, int column) {
    return (size_t)set * (size_t)(t->labels + 1) + (size_t)column;
}

/* ---- Counting ---- */

/* Sorts the taken cases by group: those of group g are list[start[g]] to list[start[g + 1] - 1]. */
static void cases_by_group(const Manifest *m, const uint8_t *take, int *start, int *list) {
    memset(start, 0, ((size_t)m->n_groups + 1) * sizeof *start);
    for (int i = 0; i < m->n; i++)
        if (take[i]) start[m->cases[i].group + 1]++;
    for (int g = 0; g < m->n_groups; g++) start[g + 1] += start[g];
    for (int i = 0; i < m->n; i++)
        if (take[i]) list[start[m->cases[i].group]++] = i;
    memmove(start + 1, start, (size_t)m->n_groups * sizeof *start); /* start[g] has become the end of g */
    start[0] = 0;
}

static Status count_labels(Table *t, const Manifest *m, const int *start, const int *list, Error *err) {
    size_t room = 0, used = 0;
    int *cases = mem_calloc((size_t)t->labels + 1, sizeof *cases);
    if (!cases) return mem_error(err, "the split");
    for (int g = 0; g < t->groups; g++) {
        t->first[g] = (int)used;
        t->size[g] = start[g + 1] - start[g];
        memset(cases, 0, ((size_t)t->labels + 1) * sizeof *cases);
        for (int k = start[g]; k < start[g + 1]; k++)
            for (int l = 0; l < t->labels; l++)
                cases[l] += m->labels[(size_t)list[k] * (size_t)t->labels + (size_t)l];
        for (int l = 0; l < t->labels; l++) {
            if (!cases[l]) continue;
            if (!mem_grow(&t->entry, &room, used + 1, sizeof *t->entry)) {
                mem_free(cases);
                return mem_error(err, "the split");
            }
            t->entry[used++] = (LabelCount){l, cases[l]};
            t->total[l] += cases[l];
            t->total_groups[l]++;
        }
        t->total[t->labels] += t->size[g];
        t->total_groups[t->labels] += t->size[g] > 0;
    }
    t->first[t->groups] = (int)used;
    mem_free(cases);
    return STATUS_OK;
}

static Status table_init(Table *t, const Manifest *m, const uint8_t *take, Error *err) {
    size_t groups = (size_t)m->n_groups, columns = (size_t)m->n_labels + 1;
    t->groups = m->n_groups;
    t->labels = m->n_labels;
    t->size = mem_calloc(groups, sizeof *t->size);
    t->first = mem_calloc(groups + 1, sizeof *t->first);
    t->total = mem_calloc(columns, sizeof *t->total);
    t->total_groups = mem_calloc(columns, sizeof *t->total_groups);
    t->have = mem_calloc(SET_COUNT * columns, sizeof *t->have);
    t->have_groups = mem_calloc(SET_COUNT * columns, sizeof *t->have_groups);
    t->left = mem_calloc(columns, sizeof *t->left);
    t->order = mem_alloc(groups * sizeof *t->order);
    t->set = mem_alloc(groups * sizeof *t->set);
    int *start = mem_alloc((groups + 1) * sizeof *start), *list = mem_alloc((size_t)m->n * sizeof *list);
    Status s = STATUS_OK;
    if (!t->size || !t->first || !t->total || !t->total_groups || !t->have || !t->have_groups || !t->left ||
        !t->order || !t->set || !start || !list) {
        s = mem_error(err, "the split");
    } else {
        cases_by_group(m, take, start, list);
        s = count_labels(t, m, start, list, err);
    }
    mem_free(start);
    mem_free(list);
    return s;
}

/* ---- Placing ---- */

/* Adds (sign 1) or removes (sign -1) a group's cases. */
static void count_group(Table *t, int g, Set s, int sign) {
    for (int e = t->first[g]; e < t->first[g + 1]; e++) {
        t->have[at(t, s, t->entry[e].label)] += sign * t->entry[e].cases;
        t->have_groups[at(t, s, t->entry[e].label)] += sign;
    }
    t->have[at(t, s, t->labels)] += sign * t->size[g];
    t->have_groups[at(t, s, t->labels)] += sign;
}

static void place(Table *t, int g, Set s) {
    t->set[g] = s;
    count_group(t, g, s, 1);
    for (int e = t->first[g]; e < t->first[g + 1]; e++) t->left[t->entry[e].label]--;
}

static double wanted(const Table *t, int s, int column) {
    return t->share[s] * t->total[column] - t->have[at(t, s, column)];
}

/* The set that lacks most cases of the column; of equal sets, the one that lacks most cases of all kinds. */
static Set neediest(const Table *t, int column) {
    Set best = SET_NONE;
    for (int s = 0; s < SET_COUNT; s++) {
        if (t->share[s] <= 0) continue;
        if (best == SET_NONE || wanted(t, s, column) > wanted(t, best, column) ||
            (wanted(t, s, column) == wanted(t, best, column) &&
             wanted(t, s, t->labels) > wanted(t, best, t->labels)))
            best = (Set)s;
    }
    return best;
}

static bool holds(const Table *t, int g, int label) {
    for (int e = t->first[g]; e < t->first[g + 1]; e++)
        if (t->entry[e].label == label) return true;
    return false;
}

/* The label held by the fewest groups without a place, or -1. */
static int rarest(const Table *t) {
    int best = -1;
    for (int l = 0; l < t->labels; l++)
        if (t->left[l] > 0 && (best < 0 || t->left[l] < t->left[best])) best = l;
    return best;
}

static void place_all(Table *t) {
    for (int l = rarest(t); l >= 0; l = rarest(t))
        for (int k = 0; k < t->groups && t->left[l] > 0; k++) {
            int g = t->order[k];
            if (t->set[g] == SET_NONE && holds(t, g, l)) place(t, g, neediest(t, l));
        }
    for (int k = 0; k < t->groups; k++) {
        int g = t->order[k];
        if (t->set[g] == SET_NONE && t->size[g] > 0) place(t, g, neediest(t, t->labels));
    }
}

/* ---- Moves ---- */

/* Number of groups of a label that a set must hold, where there are enough. Validation cases search one another but not their own
 * group, so validation needs two. */
static int needed_groups(const Table *t, int s, int column) {
    if (t->total_groups[column] < t->sets) return 0;
    return s == SET_VAL && t->total_groups[column] >= 2 * t->sets ? 2 : 1;
}

/* Distance of a set from its share of a column: the chi-square term, plus the cost of avoidable gaps. */
static double column_cost(const Table *t, int s, int column) {
    if (t->total[column] == 0) return 0;
    double want = t->share[s] * t->total[column], off = t->have[at(t, s, column)] - want;
    int missing = needed_groups(t, s, column) - t->have_groups[at(t, s, column)];
    return off * off / want + (missing > 0 ? missing * missing_cost : 0);
}

static double group_cost(const Table *t, int g, Set s) {
    double sum = column_cost(t, s, t->labels);
    for (int e = t->first[g]; e < t->first[g + 1]; e++) sum += column_cost(t, s, t->entry[e].label);
    return sum;
}

/* Moves a group to the set that lowers the total cost most; false where no move does. */
static bool move_group(Table *t, int g) {
    Set from = t->set[g], best = from;
    double best_gain = 1e-9; /* above rounding, so that groups do not oscillate */
    for (int s = 0; s < SET_COUNT; s++) {
        Set to = (Set)s;
        if (to == from || t->share[s] <= 0) continue;
        double before = group_cost(t, g, from) + group_cost(t, g, to);
        count_group(t, g, from, -1);
        count_group(t, g, to, 1);
        double gain = before - group_cost(t, g, from) - group_cost(t, g, to);
        count_group(t, g, to, -1);
        count_group(t, g, from, 1);
        if (gain > best_gain) {
            best_gain = gain;
            best = to;
        }
    }
    if (best == from) return false;
    count_group(t, g, from, -1);
    count_group(t, g, best, 1);
    t->set[g] = best;
    return true;
}

static void move_while_it_helps(Table *t) {
    bool moved = true;
    for (int pass = 0; moved && pass < MOST_PASSES; pass++) {
        moved = false;
        for (int k = 0; k < t->groups; k++)
            if (t->size[t->order[k]] > 0) moved |= move_group(t, t->order[k]);
    }
}

/* Number of avoidable gaps (label, set), over all sets. */
static int missing_labels(const Table *t) {
    int missing = 0;
    for (int s = 0; s < SET_COUNT; s++)
        for (int column = 0; t->share[s] > 0 && column <= t->labels; column++) {
            int lacks = needed_groups(t, s, column) - t->have_groups[at(t, s, column)];
            missing += lacks > 0 ? lacks : 0;
        }
    return missing;
}

static void take_all_back(Table *t) {
    size_t table = SET_COUNT * (size_t)(t->labels + 1) * sizeof *t->have;
    memset(t->have, 0, table);
    memset(t->have_groups, 0, table);
    memcpy(t->left, t->total_groups, (size_t)t->labels * sizeof *t->left);
    for (int g = 0; g < t->groups; g++) t->set[g] = SET_NONE;
}

/* Single moves can stop where only an exchange of two groups would help, so several orders of the groups are tried. best (groups): the
 * first result without a missing label, else the one with the fewest. */
static void place_in_some_order(Table *t, Rng *rng, Set *best) {
    int fewest = INT_MAX;
    for (int g = 0; g < t->groups; g++) t->order[g] = g;
    for (int attempt = 0; fewest > 0 && attempt < MOST_ATTEMPTS; attempt++) {
        take_all_back(t);
        rng_shuffle(rng, t->order, (size_t)t->groups);
        place_all(t);
        move_while_it_helps(t);
        int missing = missing_labels(t);
        if (missing >= fewest) continue;
        fewest = missing;
        memcpy(best, t->set, (size_t)t->groups * sizeof *best);
    }
}

Status stratify(const Manifest *m, const uint8_t *take, const double share[SET_COUNT], Rng *rng, Set *set,
                Error *err) {
    Table t;
    memset(&t, 0, sizeof t);
    t.share = share;
    for (int s = 0; s < SET_COUNT; s++) t.sets += share[s] > 0;
    Set *best = mem_alloc((size_t)m->n_groups * sizeof *best);
    Status status = best ? table_init(&t, m, take, err) : mem_error(err, "the split");
    if (status == STATUS_OK) {
        place_in_some_order(&t, rng, best);
        for (int i = 0; i < m->n; i++)
            if (take[i]) set[i] = best[m->cases[i].group];
    }
    mem_free(best);
    table_free(&t);
    return status;
}

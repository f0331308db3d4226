/* EQ(share)  alpha_m: of the values 0, .1, .., 1 within one standard error of the best the nearest to G/(G + 1000), G groups of training cases.
 * The score of a value is the MAP of validation cases: each ranks the cases of other groups by rho of p_m and true labels, once as p_m
 * against labels, once as labels against p_m. rho_ij = p_m,i y_j' with one label a case, else 1 - prod_k (1 - p_m,ik y_jk). The standard
 * error is that of the mean paired difference to the best value, with the cases of one group as one:
 * sqrt(G'/(G'-1) sum_g (sum of its differences minus their mean)^2)/n, G' groups of validation cases.
 * With few groups a network memorises the training cases, and the prior favours the experts; a network that ranks unseen cases better still
 * gets its share. True labels represent the other modality, so that the choices of both are independent. */
#include "train/mixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/average_precision.h"
#include "hash/expert.h"
#include "nn/base/alloc.h"
#include "train/experts.h"
#include "train/features.h"

enum { VALUES = 11 };

typedef struct {
    float score;
    bool relevant;
} Item;

typedef struct {
    const MixtureCases *x;
    int n, *at;               /* (n) places of the cases ranked in x */
    float *p, *rho;           /* (n,c) the mixture; (n,n) */
    double *ap, *harmonic;    /* (VALUES,n) AP of case i in both directions together; (n+1) */
    Item *item;               /* (n) */
    uint32_t *all, *relevant; /* (n) */
    double *group_sum;        /* (groups) */
    bool *group_seen;         /* (groups) */
    int groups;
} Choice;

static int by_score(const void *a, const void *b) {
    float x = ((const Item *)a)->score, y = ((const Item *)b)->score;
    return (x < y) - (x > y);
}

/* AP of the items, nearest first, ties in expectation. */
static double ranking_precision(const Choice *h, int items) {
    Ties ties = {.all = h->all, .relevant = h->relevant};
    qsort(h->item, (size_t)items, sizeof *h->item, by_score);
    for (int i = 0; i < items; i++) {
        if (i == 0 || h->item[i].score != h->item[i - 1].score)
            h->all[ties.groups] = h->relevant[ties.groups] = 0, ties.groups++;
        h->all[ties.groups - 1]++;
        h->relevant[ties.groups - 1] += h->item[i].relevant;
    }
    return average_precision(&ties, h->harmonic).expected;
}

static bool share_a_label(const MixtureCases *x, int i, int j) {
    const uint8_t *a = x->labels + (size_t)i * (size_t)x->c, *b = x->labels + (size_t)j * (size_t)x->c;
    for (int k = 0; k < x->c; k++)
        if (a[k] && b[k]) return true;
    return false;
}

/* rho (n,n) of the mixture under one share: row i by p of case i, column j by the labels of case j. */
static void fill_rho(const Choice *h, double share) {
    const MixtureCases *x = h->x;
    size_t n = (size_t)h->n, c = (size_t)x->c;
    for (size_t i = 0; i < n; i++) {
        size_t from = (size_t)h->at[i] * c;
        memcpy(h->p + i * c, x->net + from, c * sizeof *h->p);
        expert_mix(share, x->f + from, x->c, h->p + i * c);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const uint8_t *y = x->labels + (size_t)h->at[j] * c;
            double sum = 0, none = 1;
            for (size_t k = 0; k < c; k++) {
                sum += y[k] * (double)h->p[i * c + k];
                none *= 1 - y[k] * (double)h->p[i * c + k];
            }
            h->rho[i * n + j] = (float)(x->single ? sum : 1 - none);
        }
}

/* AP of case i as a query by p (labels = false) or by its labels (true). */
static double query_precision(const Choice *h, int i, bool labels) {
    const MixtureCases *x = h->x;
    int items = 0;
    for (int j = 0; j < h->n; j++) {
        if (x->group[h->at[i]] == x->group[h->at[j]]) continue;
        size_t at = labels ? (size_t)j * (size_t)h->n + (size_t)i : (size_t)i * (size_t)h->n + (size_t)j;
        h->item[items++] = (Item){h->rho[at], share_a_label(x, h->at[i], h->at[j])};
    }
    return ranking_precision(h, items);
}

static double mean_of(const double *v, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += v[i];
    return sum / n;
}

/* Standard error of the mean of best - ap over cases, clustered by group; 0 for a single group. */
static double standard_error(const Choice *h, const double *best, const double *ap) {
    double mean = mean_of(best, h->n) - mean_of(ap, h->n), squares = 0;
    int groups = 0;
    memset(h->group_sum, 0, (size_t)h->groups * sizeof *h->group_sum);
    for (int i = 0; i < h->n; i++) h->group_sum[h->x->group[h->at[i]]] += best[i] - ap[i] - mean;
    for (int g = 0; g < h->groups; g++) {
        squares += h->group_sum[g] * h->group_sum[g];
        groups += h->group_seen[g];
    }
    return groups > 1 ? sqrt(squares * groups / (groups - 1)) / h->n : 0;
}

static double nearest_good(const Choice *h, double prior) {
    const double *best = h->ap;
    double found = -1;
    for (int v = 1; v < VALUES; v++)
        if (mean_of(h->ap + v * h->n, h->n) > mean_of(best, h->n)) best = h->ap + v * h->n;
    for (int v = 0; v < VALUES; v++) {
        const double *ap = h->ap + v * h->n;
        double share = (double)v / (VALUES - 1), behind = mean_of(best, h->n) - mean_of(ap, h->n);
        if (behind <= standard_error(h, best, ap) && (found < 0 || fabs(share - prior) < fabs(found - prior)))
            found = share;
    }
    return found;
}

static Status begin(Choice *h, const MixtureCases *x, Error *err) {
    *h = (Choice){.x = x, .n = x->n < MIXTURE_CASES ? x->n : MIXTURE_CASES};
    size_t n = (size_t)h->n;
    for (int i = 0; i < x->n; i++) h->groups = x->group[i] >= h->groups ? x->group[i] + 1 : h->groups;
    h->at = mem_calloc(n, sizeof *h->at);
    h->p = mem_calloc(n, (size_t)x->c * sizeof *h->p);
    h->rho = mem_calloc(n * n, sizeof *h->rho);
    h->ap = mem_calloc(VALUES * n, sizeof *h->ap);
    h->harmonic = mem_calloc(n + 1, sizeof *h->harmonic);
    h->item = mem_calloc(n, sizeof *h->item);
    h->all = mem_calloc(n, sizeof *h->all);
    h->relevant = mem_calloc(n, sizeof *h->relevant);
    h->group_sum = mem_calloc((size_t)h->groups, sizeof *h->group_sum);
    h->group_seen = mem_calloc((size_t)h->groups, sizeof *h->group_seen);
    if (!h->at || !h->p || !h->rho || !h->ap || !h->harmonic || !h->item || !h->all || !h->relevant ||
        !h->group_sum || !h->group_seen)
        return mem_error(err, "the share of the networks");
    for (int i = 0; i < h->n; i++) {
        h->at[i] = (int)((long)i * x->n / h->n);
        h->group_seen[x->group[h->at[i]]] = true;
    }
    harmonic_fill(h->harmonic, n);
    return STATUS_OK;
}

static void end(Choice *h) {
    void *all[] = {h->at,   h->p,   h->rho,      h->ap,        h->harmonic,
                   h->item, h->all, h->relevant, h->group_sum, h->group_seen};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) mem_free(all[i]);
}

Status mixture_share(const MixtureCases *x, double prior, double *share, Error *err) {
    Choice h;
    *share = prior;
    if (x->n == 0) return STATUS_OK;
    Status status = begin(&h, x, err);
    for (int v = 0; status == STATUS_OK && v < VALUES; v++) {
        fill_rho(&h, (double)v / (VALUES - 1));
        for (int i = 0; i < h.n; i++)
            h.ap[v * h.n + i] = query_precision(&h, i, false) + query_precision(&h, i, true);
    }
    if (status == STATUS_OK) *share = nearest_good(&h, prior);
    end(&h);
    return status;
}

/* ---- The mixture of a model ---- */

/* The labels of the model and the group of each validation case; p_net in net, f in said. */
static Status choose(const Session *s, Model *m, const FeatureCache *net, Modality modality, Error *err) {
    int n = net->n, c = net->c;
    const int *index = s->index[SET_VAL];
    size_t size = (size_t)n * (size_t)c;
    float *said = mem_calloc(size + 1, sizeof *said);
    uint8_t *labels = mem_calloc(size + 1, 1);
    int *group = mem_calloc((size_t)n + 1, sizeof *group);
    double share;
    Status status = said && labels && group ? experts_cases(s, m, index, n, modality, said, err)
                                            : mem_error(err, "the share of the networks");
    for (size_t i = 0; status == STATUS_OK && i < (size_t)n; i++) {
        group[i] = s->manifest.cases[index[i]].group;
        memcpy(labels + i * (size_t)c, s->manifest.labels + (size_t)index[i] * (size_t)c, (size_t)c);
    }
    MixtureCases x = {n, c, net->own[modality], said, labels, group, s->single};
    if (status == STATUS_OK) status = mixture_share(&x, expert_prior(s->groups), &share, err);
    if (status == STATUS_OK) m->expert_share->data[modality] = (real)share;
    mem_free(said);
    mem_free(labels);
    mem_free(group);
    return status;
}

Status mixture_fit(const Session *s, Model *m, Error *err) {
    FeatureCache net;
    TRY(experts_fit(s, m, err));
    for (Modality k = 0; k < MODALITIES; k++) m->expert_share->data[k] = 1; /* p_m is p_net,m */
    Status status = features_build(&net, s, m, s->index[SET_VAL], s->count[SET_VAL], 0, NULL, err);
    for (Modality k = 0; status == STATUS_OK && k < MODALITIES; k++) status = choose(s, m, &net, k, err);
    features_free(&net);
    if (status == STATUS_OK)
        log_line(s->log, "experts fitted; the networks' share: images %.2f, texts %.2f",
                 (double)m->expert_share->data[0], (double)m->expert_share->data[1]);
    return status;
}

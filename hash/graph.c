#include "hash/graph.h"

#include <math.h>
#include <string.h>

#include "hash/neighbours.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"

/* EQ(bandwidth)  sigma_m = max(mean distance to the k-th, 1e-6 mean distance, 1e-12): the floors keep a set
 * of equal features (distance 0) from dividing by 0. */
static double bandwidth(const Neighbours *near) {
    double kth = 0, all = 0;
    size_t with = 0;
    for (int i = 0; i < near->n; i++) {
        const Neighbour *list = near->nearest + (size_t)i * (size_t)near->k;
        int have = near->k;
        while (have > 0 && list[have - 1].index < 0) have--;
        if (have > 0) kth += (double)list[have - 1].distance, with++;
        all += near->distance_sum[i];
    }
    double mean_kth = with ? kth / (double)with : 0, mean = near->pairs ? all / (double)near->pairs : 0;
    return fmax(fmax(mean_kth, 1e-6 * mean), 1e-12);
}

/* ---- Symmetric sparse rows from the lists ---- */

static void row_sort(NeighbourList *row) {
    for (size_t i = 1; i < row->count; i++) {
        Neighbour x = row->item[i];
        size_t at = i;
        for (; at > 0 && row->item[at - 1].index > x.index; at--) row->item[at] = row->item[at - 1];
        row->item[at] = x;
    }
}

static bool add_edges(const Neighbours *near, NeighbourList *rows) {
    for (int i = 0; i < near->n; i++)
        for (int j = 0; j < near->k; j++) {
            Neighbour x = near->nearest[(size_t)i * (size_t)near->k + (size_t)j];
            if (x.index < 0) break;
            if (!neighbours_add(&rows[i], x.index, x.distance) ||
                !neighbours_add(&rows[x.index], i, x.distance))
                return false;
        }
    return true;
}

static void rows_free(NeighbourList *rows, int n) {
    for (int i = 0; rows && i < n; i++) mem_free(rows[i].item);
    mem_free(rows);
}

/* EQ(graph)  K_m(i,j) = exp(-|u_i-u_j|^2 / (2 sigma_m^2)) on the edges, K_m(i,i) = 1, else 0;   P_m = D_m^-1
 * K_m, D_m the row sums of K_m */
static Status fill(Graph *g, NeighbourList *rows, Error *err) {
    size_t n = (size_t)g->n, total = 0;
    for (size_t i = 0; i < n; i++) total += rows[i].count + 1;
    g->start = mem_calloc(n + 1, sizeof *g->start);
    g->column = mem_calloc(total, sizeof *g->column);
    g->kernel = mem_calloc(total, sizeof *g->kernel);
    g->step = mem_calloc(total, sizeof *g->step);
    g->norm = mem_calloc(n, sizeof *g->norm);
    if (!g->start || !g->column || !g->kernel || !g->step || !g->norm)
        return mem_error(err, "the neighbour graph");
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (!neighbours_add(&rows[i], (int)i, 0)) return mem_error(err, "the neighbour graph");
        row_sort(&rows[i]);
        double sum = 0, squares = 0;
        size_t first = at;
        for (size_t j = 0; j < rows[i].count; j++, at++) {
            double distance = (double)rows[i].item[j].distance;
            g->column[at] = rows[i].item[j].index;
            g->kernel[at] = (float)exp(-distance * distance / (2 * g->sigma * g->sigma));
            sum += (double)g->kernel[at];
        }
        for (size_t j = first; j < at; j++) {
            g->step[j] = (float)((double)g->kernel[j] / sum);
            squares += (double)g->step[j] * (double)g->step[j];
        }
        g->norm[i] = sqrt(squares);
        g->start[i + 1] = at;
    }
    return STATUS_OK;
}

Status graph_build(Graph *g, const float *u, int n, int d, const int *group, int k, bool geodesic, Pool *pool,
                   Error *err) {
    memset(g, 0, sizeof *g);
    NN_REQUIRE(n > 0 && d > 0 && k > 0, "a graph of %d cases, width %d, %d neighbours", n, d, k);
    Neighbours near = {0};
    NeighbourList *rows = NULL, *reach = NULL;
    Status status = neighbours_find(&near, u, n, d, group, k, pool, err);
    g->n = n;
    g->k = near.k;
    if (status == STATUS_OK) {
        g->sigma = bandwidth(&near);
        rows = mem_calloc((size_t)n, sizeof *rows);
        if (!rows || !add_edges(&near, rows)) status = mem_error(err, "the neighbour graph");
    }
    if (PART_VARIANTS && status == STATUS_OK && geodesic) {
        reach = graph_geodesic(rows, group, n);
        if (!reach) status = mem_error(err, "the neighbour graph");
    }
    if (status == STATUS_OK) status = fill(g, reach ? reach : rows, err);
    rows_free(rows, n);
    rows_free(reach, n);
    neighbours_free(&near);
    return status;
}

Status graph_set_labels(Graph *g, const float *unit_labels, int classes, Error *err) {
    size_t n = (size_t)g->n, c = (size_t)classes;
    mem_free(g->class_step);
    mem_free(g->class_norm);
    g->classes = classes;
    g->class_step = mem_calloc(n * c, sizeof *g->class_step);
    g->class_norm = mem_calloc(n, sizeof *g->class_norm);
    if (!g->class_step || !g->class_norm) return mem_error(err, "the neighbour graph");
    for (size_t i = 0; i < n; i++) {
        double *to = g->class_step + i * c, squares = 0;
        for (size_t at = g->start[i]; at < g->start[i + 1]; at++)
            for (size_t j = 0; j < c; j++)
                to[j] += (double)g->step[at] * (double)unit_labels[(size_t)g->column[at] * c + j];
        for (size_t j = 0; j < c; j++) squares += to[j] * to[j];
        g->class_norm[i] = sqrt(squares);
    }
    return STATUS_OK;
}

void graph_free(Graph *g) {
    mem_free(g->start);
    mem_free(g->column);
    mem_free(g->kernel);
    mem_free(g->step);
    mem_free(g->norm);
    mem_free(g->class_step);
    mem_free(g->class_norm);
    memset(g, 0, sizeof *g);
}

/* ---- Targets ---- */

/* cos(P_m(i,:), P_n(j,:)): both rows have rising columns; a row is never zero, since K(i,i) = 1. Rounding may pass 1. */
static double row_cosine(const Graph *m, size_t i, const Graph *n, size_t j) {
    size_t a = m->start[i], a_end = m->start[i + 1], b = n->start[j], b_end = n->start[j + 1];
    double dot = 0;
    while (a < a_end && b < b_end) {
        int ca = m->column[a], cb = n->column[b];
        if (ca == cb) dot += (double)m->step[a] * (double)n->step[b];
        a += ca <= cb;
        b += cb <= ca;
    }
    return fmin(dot / (m->norm[i] * n->norm[j]), 1);
}

static double class_cosine(const Graph *m, size_t i, const Graph *n, size_t j) {
    size_t c = (size_t)m->classes;
    double length = m->class_norm[i] * n->class_norm[j], dot = 0;
    if (length == 0) return 0; /* no neighbour has a label */
    for (size_t k = 0; k < c; k++) dot += m->class_step[i * c + k] * n->class_step[j * c + k];
    return fmin(dot / length, 1);
}

/* EQ(walk)  S_mn(i,j) = rho cos(P_m(i,:), P_n(j,:)) + (1-rho) cos(P_m(i,:) Yn, P_n(j,:) Yn)
 * Three steps: within m to i's neighbours, across by the case's own pair (or shared labels), within n to j's
 * neighbours. */
void graph_walk(const Graph *m, const Graph *n, const int *index, int b, double rho, real *out) {
    NN_REQUIRE(m->classes > 0 && m->classes == n->classes, "graph_walk before graph_set_labels");
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++) {
            size_t r = (size_t)index[i], c = (size_t)index[j];
            out[i * b + j] = (real)(rho * row_cosine(m, r, n, c) + (1 - rho) * class_cosine(m, r, n, c));
        }
}

/* EQ(target)  G_mn = (1+t0)(omega S_lab + (1-omega) S_mn) - t0,  S_lab = Yn Yn' */
void graph_target(const Graph *m, const Graph *n, const float *labels, int classes, const int *index, int b,
                  const WalkOptions *o, real *target) {
    if (o->omega < 1)
        graph_walk(m, n, index, b, o->rho, target);
    else
        memset(target, 0, (size_t)b * (size_t)b * sizeof *target);
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++) {
            const float *y = labels + (size_t)i * (size_t)classes, *z = labels + (size_t)j * (size_t)classes;
            double shared = 0;
            for (int k = 0; k < classes; k++) shared += (double)y[k] * (double)z[k];
            shared = fmin(shared, 1); /* rows of length 1 up to rounding */
            double wanted = o->omega * shared + (1 - o->omega) * (double)target[i * b + j];
            target[i * b + j] = (real)((1 + o->t0) * wanted - o->t0);
        }
}

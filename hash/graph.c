#include "hash/graph.h"

#include <math.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/blas.h"

enum { TILE = 64 };

typedef struct {
    int index;
    float distance; /* |u_i - u_j|, not squared */
} Neighbour;

/* ---- The k nearest of other groups, in tiles of TILE rows ---- */

typedef struct {
    const float *u;
    const int *group;
    const double *centre; /* (d) mean of u: taken out of the product form, which loses what all cases share */
    const double *square; /* |u_i - centre|^2 (n) */
    int n, d, k;
    Neighbour *nearest;   /* (n,k), nearest first */
    double *distance_sum; /* (n) over all cases of other groups */
    real *scratch;        /* (threads, TILE + TILE, d) and (threads, TILE, TILE) */
    size_t scratch_size;
} Knn;

static bool nearer(Neighbour a, Neighbour b) {
    return a.distance < b.distance || (a.distance == b.distance && a.index < b.index);
}

/* Inserts into the sorted list of `have` entries, at most k. */
static int insert(Neighbour *list, int have, int k, Neighbour x) {
    if (have == k && !nearer(x, list[k - 1])) return have;
    int at = have < k ? have++ : k - 1;
    for (; at > 0 && nearer(x, list[at - 1]); at--) list[at] = list[at - 1];
    list[at] = x;
    return have;
}

/* to (rows,d) = rows of u without the centre */
static void centred_rows(const Knn *s, int first, int rows, real *to) {
    const float *from = s->u + (size_t)first * (size_t)s->d;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < s->d; j++) *to++ = (real)((double)*from++ - s->centre[j]);
}

/* The product form of the distance loses half of the digits where features lie close together (equal ones
 * would come out apart): the chosen few are measured again by the difference, and sorted by it. The list ends
 * with index -1. */
static void measure(const Knn *s, int i, int have) {
    Neighbour *list = s->nearest + (size_t)i * (size_t)s->k;
    size_t width = (size_t)s->d;
    const float *own = s->u + (size_t)i * width;
    for (int j = 0; j < have; j++) {
        const float *other = s->u + (size_t)list[j].index * width;
        double squared = 0;
        for (size_t c = 0; c < width; c++)
            squared += ((double)own[c] - (double)other[c]) * ((double)own[c] - (double)other[c]);
        Neighbour x = {list[j].index, (float)sqrt(squared)};
        insert(list, j, s->k, x);
    }
    for (int j = have; j < s->k; j++) list[j].index = -1;
}

static void knn_tile(void *ctx, int tile, int worker) {
    Knn *s = ctx;
    int first = tile * TILE, rows = s->n - first < TILE ? s->n - first : TILE;
    size_t width = (size_t)s->d;
    real *own = s->scratch + (size_t)worker * s->scratch_size, *others = own + TILE * width,
         *product = others + TILE * width;
    int have[TILE] = {0};
    centred_rows(s, first, rows, own);
    for (int i = 0; i < rows; i++) s->distance_sum[first + i] = 0;
    for (int j0 = 0; j0 < s->n; j0 += TILE) {
        int columns = s->n - j0 < TILE ? s->n - j0 : TILE;
        centred_rows(s, j0, columns, others);
        blas_gemm(false, true, rows, columns, s->d, 1, own, s->d, others, s->d, 0, product, TILE);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) {
                int a = first + i, b = j0 + j;
                if (s->group[a] == s->group[b]) continue;
                double squared = s->square[a] + s->square[b] - 2 * (double)product[i * TILE + j];
                float distance = (float)sqrt(fmax(squared, 0)); /* rounding may pass below 0 */
                s->distance_sum[a] += (double)distance;
                have[i] =
                    insert(s->nearest + (size_t)a * (size_t)s->k, have[i], s->k, (Neighbour){b, distance});
            }
    }
    for (int i = 0; i < rows; i++) measure(s, first + i, have[i]);
}

/* Fewest cases of other groups that any case has, so that every case has k neighbours; at least 1. */
static int others_at_least(const int *group, int n) {
    int most = 0;
    for (int i = 0; i < n; i++) {
        int same = 0;
        for (int j = 0; j < n; j++) same += group[j] == group[i];
        if (same > most) most = same;
    }
    return n - most;
}

static void centre_features(const Knn *s, double *centre, double *square) {
    size_t n = (size_t)s->n, width = (size_t)s->d;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < width; j++) centre[j] += (double)s->u[i * width + j] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < width; j++) {
            double x = (double)s->u[i * width + j] - centre[j];
            square[i] += x * x;
        }
}

static Status nearest_neighbours(Knn *s, Pool *pool, Error *err) {
    size_t n = (size_t)s->n, width = (size_t)s->d, threads = (size_t)pool_threads(pool);
    s->scratch_size = 2 * TILE * width + TILE * TILE;
    double *square = mem_calloc(n, sizeof *square), *centre = mem_calloc(width, sizeof *centre);
    s->distance_sum = mem_calloc(n, sizeof *s->distance_sum);
    s->nearest = mem_calloc(n * (size_t)s->k, sizeof *s->nearest);
    s->scratch = mem_calloc(threads * s->scratch_size, sizeof *s->scratch);
    Status status = STATUS_OK;
    if (!square || !centre || !s->distance_sum || !s->nearest || !s->scratch) {
        status = mem_error(err, "the neighbour graph");
    } else {
        centre_features(s, centre, square);
        s->centre = centre;
        s->square = square;
        pool_for(pool, (s->n + TILE - 1) / TILE, knn_tile, s);
    }
    mem_free(square);
    mem_free(centre);
    mem_free(s->scratch);
    return status;
}

/* EQ(bandwidth)  sigma_m = max(mean distance to the k-th, 1e-6 mean distance, 1e-12): the floors keep a set
 * of equal features (distance 0) from dividing by 0. */
static double bandwidth(const Knn *s) {
    double kth = 0, all = 0;
    size_t pairs = 0, with = 0;
    for (int i = 0; i < s->n; i++) {
        const Neighbour *list = s->nearest + (size_t)i * (size_t)s->k;
        int have = s->k;
        while (have > 0 && list[have - 1].index < 0) have--;
        if (have > 0) kth += (double)list[have - 1].distance, with++;
        all += s->distance_sum[i];
        for (int j = 0; j < s->n; j++) pairs += s->group[j] != s->group[i];
    }
    double mean_kth = with ? kth / (double)with : 0, mean = pairs ? all / (double)pairs : 0;
    return fmax(fmax(mean_kth, 1e-6 * mean), 1e-12);
}

/* ---- Symmetric sparse rows from the lists ---- */

/* An edge i-j of length `distance`; every edge is kept in both rows. */
typedef struct {
    Neighbour *item;
    size_t count, capacity;
} Row;

static bool row_add(Row *row, int index, float distance) {
    for (size_t i = 0; i < row->count; i++)
        if (row->item[i].index == index) {
            if (distance < row->item[i].distance) row->item[i].distance = distance;
            return true;
        }
    if (!mem_grow(&row->item, &row->capacity, row->count + 1, sizeof *row->item)) return false;
    row->item[row->count++] = (Neighbour){index, distance};
    return true;
}

static void row_sort(Row *row) {
    for (size_t i = 1; i < row->count; i++) {
        Neighbour x = row->item[i];
        size_t at = i;
        for (; at > 0 && row->item[at - 1].index > x.index; at--) row->item[at] = row->item[at - 1];
        row->item[at] = x;
    }
}

static bool add_edges(const Knn *s, Row *rows) {
    for (int i = 0; i < s->n; i++)
        for (int j = 0; j < s->k; j++) {
            Neighbour x = s->nearest[(size_t)i * (size_t)s->k + (size_t)j];
            if (x.index < 0) break;
            if (!row_add(&rows[i], x.index, x.distance) || !row_add(&rows[x.index], i, x.distance))
                return false;
        }
    return true;
}

/* EQ(geodesic)  |u_i-u_j| becomes the length of the shortest path of at most two edges from i to j, and
 * K_m(i,j) > 0 wherever one leads to a case of another group.
 * DEV(geodesic): not the whole graph's distance, which would fill the n x n matrix. */
static bool add_two_edge_paths(const Row *rows, const int *group, int i, Row *reach) {
    for (size_t a = 0; a < rows[i].count; a++) {
        Neighbour middle = rows[i].item[a];
        if (!row_add(reach, middle.index, middle.distance)) return false;
        for (size_t b = 0; b < rows[middle.index].count; b++) {
            Neighbour end = rows[middle.index].item[b];
            if (end.index == i || group[end.index] == group[i]) continue;
            if (!row_add(reach, end.index, middle.distance + end.distance)) return false;
        }
    }
    return true;
}

static void rows_free(Row *rows, int n) {
    for (int i = 0; rows && i < n; i++) mem_free(rows[i].item);
    mem_free(rows);
}

static Row *geodesic_rows(const Row *rows, const int *group, int n) {
    Row *reach = mem_calloc((size_t)n, sizeof *reach);
    for (int i = 0; reach && i < n; i++)
        if (!add_two_edge_paths(rows, group, i, &reach[i])) {
            rows_free(reach, n);
            return NULL;
        }
    return reach;
}

/* EQ(graph)  K_m(i,j) = exp(-|u_i-u_j|^2 / (2 sigma_m^2)) on the edges, K_m(i,i) = 1, else 0;   P_m = D_m^-1
 * K_m, D_m the row sums of K_m */
static Status fill(Graph *g, Row *rows, Error *err) {
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
        if (!row_add(&rows[i], (int)i, 0)) return mem_error(err, "the neighbour graph");
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
    int others = others_at_least(group, n);
    Knn s = {.u = u, .group = group, .n = n, .d = d, .k = k < others ? k : (others > 0 ? others : 1)};
    g->n = n;
    g->k = s.k;
    Row *rows = NULL, *reach = NULL;
    Status status = nearest_neighbours(&s, pool, err);
    if (status == STATUS_OK) {
        g->sigma = bandwidth(&s);
        rows = mem_calloc((size_t)n, sizeof *rows);
        if (!rows || !add_edges(&s, rows)) status = mem_error(err, "the neighbour graph");
    }
    if (status == STATUS_OK && geodesic) {
        reach = geodesic_rows(rows, group, n);
        if (!reach) status = mem_error(err, "the neighbour graph");
    }
    if (status == STATUS_OK) status = fill(g, reach ? reach : rows, err);
    rows_free(rows, n);
    rows_free(reach, n);
    mem_free(s.nearest);
    mem_free(s.distance_sum);
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

/* cos(P_m(i,:), P_n(j,:)): both rows have rising columns; a row is never zero, since K(i,i) = 1. Rounding may
 * pass 1. */
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

void graph_block(const Graph *g, const int *index, int b, real *out) {
    memset(out, 0, (size_t)b * (size_t)b * sizeof *out);
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++)
            for (size_t at = g->start[index[i]]; at < g->start[index[i] + 1]; at++)
                if (g->column[at] == index[j]) out[i * b + j] = (real)g->kernel[at];
}

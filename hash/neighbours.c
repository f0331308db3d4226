#include "hash/neighbours.h"

#include <math.h>

#include "nn/base/alloc.h"
#include "nn/blas.h"

enum { TILE = 64 };

typedef struct {
    const float *u;
    const int *group;
    const double
        *centre; /* (d) mean of u, subtracted first: the product form loses digits that all cases share */
    const double *square; /* |u_i - centre|^2 (n) */
    int n, d, k;
    Neighbour *nearest;   /* of the result */
    double *distance_sum; /* of the result */
    real *scratch;        /* (threads, TILE + TILE, d) and (threads, TILE, TILE) */
    size_t scratch_size;
} Search;

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
static void centred_rows(const Search *s, int first, int rows, real *to) {
    const float *from = s->u + (size_t)first * (size_t)s->d;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < s->d; j++) *to++ = (real)((double)*from++ - s->centre[j]);
}

/* The product form of the distance loses half of the digits where features are close; equal features would get different distances. The
 * distances of the chosen cases are therefore computed from the differences, and sorted. Index -1 ends the list. */
static void measure(const Search *s, int i, int have) {
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

static void search_tile(void *ctx, int tile, int worker) {
    Search *s = ctx;
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

/* Ordered pairs of different groups in *pairs; and the smallest number of cases of other groups that any case has, the largest k
 * that every case can have. False where memory ran out. */
static bool count_others(const int *group, int n, size_t *pairs, int *others) {
    int groups = 0, most = 0;
    for (int i = 0; i < n; i++) groups = group[i] >= groups ? group[i] + 1 : groups;
    int *size = mem_calloc((size_t)groups, sizeof *size);
    if (!size) return false;
    *pairs = (size_t)n * (size_t)n;
    for (int i = 0; i < n; i++) size[group[i]]++;
    for (int g = 0; g < groups; g++) {
        *pairs -= (size_t)size[g] * (size_t)size[g];
        most = size[g] > most ? size[g] : most;
    }
    *others = n - most;
    mem_free(size);
    return true;
}

static void centre_features(const Search *s, double *centre, double *square) {
    size_t n = (size_t)s->n, width = (size_t)s->d;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < width; j++) centre[j] += (double)s->u[i * width + j] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < width; j++) {
            double x = (double)s->u[i * width + j] - centre[j];
            square[i] += x * x;
        }
}

Status neighbours_find(Neighbours *out, const float *u, int n, int d, const int *group, int k, Pool *pool,
                       Error *err) {
    size_t count = (size_t)n, width = (size_t)d, threads = (size_t)pool_threads(pool);
    int others;
    if (!count_others(group, n, &out->pairs, &others)) return mem_error(err, "the neighbour graph");
    out->n = n;
    out->k = k < others ? k : (others > 0 ? others : 1);
    double *square = mem_calloc(count, sizeof *square), *centre = mem_calloc(width, sizeof *centre);
    out->distance_sum = mem_calloc(count, sizeof *out->distance_sum);
    out->nearest = mem_calloc(count * (size_t)out->k, sizeof *out->nearest);
    Search s = {.u = u,
                .group = group,
                .centre = centre,
                .square = square,
                .n = n,
                .d = d,
                .k = out->k,
                .nearest = out->nearest,
                .distance_sum = out->distance_sum,
                .scratch_size = 2 * TILE * width + TILE * TILE};
    s.scratch = mem_calloc(threads * s.scratch_size, sizeof *s.scratch);
    Status status = STATUS_OK;
    if (!square || !centre || !s.distance_sum || !s.nearest || !s.scratch) {
        status = mem_error(err, "the neighbour graph");
    } else {
        centre_features(&s, centre, square);
        pool_for(pool, (n + TILE - 1) / TILE, search_tile, &s);
    }
    mem_free(square);
    mem_free(centre);
    mem_free(s.scratch);
    return status;
}

void neighbours_free(Neighbours *x) {
    mem_free(x->nearest);
    mem_free(x->distance_sum);
}

bool neighbours_add(NeighbourList *row, int index, float distance) {
    for (size_t i = 0; i < row->count; i++)
        if (row->item[i].index == index) {
            if (distance < row->item[i].distance) row->item[i].distance = distance;
            return true;
        }
    if (!mem_grow(&row->item, &row->capacity, row->count + 1, sizeof *row->item)) return false;
    row->item[row->count++] = (Neighbour){index, distance};
    return true;
}

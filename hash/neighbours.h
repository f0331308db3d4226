/* The k nearest cases of other groups by Euclidean distance, for the neighbour graph. Matrix products give the n x n distances
 * tile by tile; the distances of the k nearest are then computed from the differences. */
#ifndef HASH_NEIGHBOURS_H
#define HASH_NEIGHBOURS_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/base/error.h"
#include "nn/base/pool.h"

typedef struct {
    int index;
    float distance; /* |u_i - u_j|, not squared */
} Neighbour;

typedef struct {
    int n, k;
    size_t pairs;         /* ordered pairs of cases of different groups */
    Neighbour *nearest;   /* (n,k), nearest first, equal distances by index; index -1 ends a shorter list */
    double *distance_sum; /* (n) over all cases of other groups */
} Neighbours;

/* Edges of one case; every edge i-j is stored in both rows. */
typedef struct {
    Neighbour *item;
    size_t count, capacity;
} NeighbourList;

/* Adds an edge to case `index`; the shorter of two edges remains. False where memory ran out. The caller frees row->item with mem_free. */
bool neighbours_add(NeighbourList *row, int index, float distance);

/* u (n,d), group (n), at least 0; k is capped so that every case has k neighbours, and at least 1. O(n^2 d) time, O(nk) memory; the same
 * at any number of threads. Owned; neighbours_free in every case. */
Status neighbours_find(Neighbours *out, const float *u, int n, int d, const int *group, int k, Pool *pool,
                       Error *err);
void neighbours_free(Neighbours *x);

#endif

/* The neighbour graphs of both modalities, built once from the frozen features of the training cases, and the targets of
 * the manifold term made from them, batch by batch.
 *
 *   K_m(i,j) = exp(-|u_i-u_j|^2 / (2 sigma_m^2))  if j is among the k nearest OF OTHER GROUPS of i or the reverse,
 *   K_m(i,i) = 1, else 0;   sigma_m = max(mean distance to the k-th, 1e-6 mean distance, 1e-12);   P_m = D_m^-1 K_m
 * Sources: heat kernel, Belkin & Niyogi 2003; three steps across the modalities, HMR (Zheng et al., TPAMI 2018) and MDDCH
 * (Xu et al., TIP 2022) [G]; kernel, normalisation and weights [O]. */
#ifndef HASH_GRAPH_H
#define HASH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/neighbours.h"
#include "nn/base/error.h"
#include "nn/base/pool.h"
#include "nn/tensor.h"

/* Sparse rows (CSR), columns rising. Owned; graph_free. */
typedef struct {
    int n, k;
    size_t *start; /* (n+1) */
    int *column;
    float *kernel; /* K_m */
    float *step;   /* P_m: each row sums to 1 */
    double *norm;  /* (n) Euclidean length of each row of P_m */
    double sigma;
    double *class_step; /* P_m Yn (n,c) */
    double *class_norm; /* (n) Euclidean length of each row of class_step */
    int classes;
} Graph;

/* features u (n,d), group (n); k is capped as in neighbours_find. geodesic: the kernel uses the length of the shortest path of at most
 * two edges over the neighbour graph, so that neighbours of neighbours get a weight too [O]. O(n^2 d) time, O(nk) memory. Errors:
 * memory. Call graph_free in every case. */
Status graph_build(Graph *g, const float *u, int n, int d, const int *group, int k, bool geodesic, Pool *pool,
                   Error *err);
/* Computes and stores P_m Yn, for graph_walk. unit_labels Yn (n,c): rows of norm 1, or 0. May be called again. */
Status graph_set_labels(Graph *g, const float *unit_labels, int classes, Error *err);
void graph_free(Graph *g);

/* S_mn(i,j) = rho cos(P_m(i,:), P_n(j,:)) + (1-rho) cos(P_m(i,:) Yn, P_n(j,:) Yn) in [0,1], for the cases index (b): out (b,b). */
void graph_walk(const Graph *m, const Graph *n, const int *index, int b, double rho, real *out);

/* G = (1+t0)(omega Yn Yn' + (1-omega) S) - t0 for the cases index (b): target (b,b). labels (b,c): the batch's
 * rows of Yn. The graphs are not read where omega = 1, and may be NULL. */
typedef struct {
    double omega, rho, t0;
} WalkOptions;
void graph_target(const Graph *m, const Graph *n, const float *labels, int classes, const int *index, int b,
                  const WalkOptions *o, real *target);

/* ---- graph_variants.c, of the part variants ---- */

/* The rows (n) of a graph with added edges to neighbours of neighbours; NULL where memory ran out. The caller frees each row's item and
 * the array with mem_free. */
NeighbourList *graph_geodesic(const NeighbourList *rows, const int *group, int n);
/* The b x b block of K_m: out (b,b). */
void graph_block(const Graph *g, const int *index, int b, real *out);

#endif

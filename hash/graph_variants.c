#include <string.h>

#include "hash/graph.h"
#include "nn/base/alloc.h"

/* EQ(geodesic)  |u_i-u_j| becomes the length of the shortest path of at most two edges from i to j, and
 * K_m(i,j) > 0 wherever one leads to a case of another group.
 * DEV(geodesic): not the whole graph's distance, which would fill the n x n matrix. */
static bool add_two_edge_paths(const NeighbourList *rows, const int *group, int i, NeighbourList *reach) {
    for (size_t a = 0; a < rows[i].count; a++) {
        Neighbour middle = rows[i].item[a];
        if (!neighbours_add(reach, middle.index, middle.distance)) return false;
        for (size_t b = 0; b < rows[middle.index].count; b++) {
            Neighbour end = rows[middle.index].item[b];
            if (end.index == i || group[end.index] == group[i]) continue;
            if (!neighbours_add(reach, end.index, middle.distance + end.distance)) return false;
        }
    }
    return true;
}

NeighbourList *graph_geodesic(const NeighbourList *rows, const int *group, int n) {
    NeighbourList *reach = mem_calloc((size_t)n, sizeof *reach);
    for (int i = 0; reach && i < n; i++)
        if (!add_two_edge_paths(rows, group, i, &reach[i])) {
            for (int k = 0; k <= i; k++) mem_free(reach[k].item);
            mem_free(reach);
            return NULL;
        }
    return reach;
}

void graph_block(const Graph *g, const int *index, int b, real *out) {
    memset(out, 0, (size_t)b * (size_t)b * sizeof *out);
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++)
            for (size_t at = g->start[index[i]]; at < g->start[index[i] + 1]; at++)
                if (g->column[at] == index[j]) out[i * b + j] = (real)g->kernel[at];
}

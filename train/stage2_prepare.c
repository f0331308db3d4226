/* What stage 2 stands on: the frozen features, the neighbour graphs of both modalities, the options of the target. */
#include <string.h>

#include "nn/base/alloc.h"
#include "train/stage2.h"

/* DEV(end-to-end): its features change with every step, so there is no fixed graph, and G is that of omega = 1. */
static bool needs_graph(const Config *c) {
    return c->weight_manifold > 0 && (c->laplacian || c->omega < 1) && !c->end_to_end;
}

static Status build_graph(Stage2 *st, const Session *s, Modality modality, Error *err) {
    const Config *c = &s->config;
    int n = st->train.n, d = st->train.d, classes = session_classes(s);
    float *u = mem_calloc((size_t)n * (size_t)d, sizeof *u);
    float *y = mem_calloc((size_t)n * (size_t)classes, sizeof *y);
    int *group = mem_calloc((size_t)n, sizeof *group);
    Status status = u && y && group ? STATUS_OK : mem_error(err, "the neighbour graph");
    if (status == STATUS_OK) {
        features_clean(&st->train, modality, u);
        for (int i = 0; i < n; i++) {
            int which = s->index[SET_TRAIN][i];
            group[i] = s->manifest.cases[which].group;
            memcpy(y + (size_t)i * (size_t)classes, s->unit_labels + (size_t)which * (size_t)classes,
                   (size_t)classes * sizeof *y);
        }
        status =
            graph_build(&st->graph[modality], u, n, d, group, c->neighbours, c->geodesic != 0, s->pool, err);
    }
    if (status == STATUS_OK) status = graph_set_labels(&st->graph[modality], y, classes, err);
    mem_free(u);
    mem_free(y);
    mem_free(group);
    return status;
}

Status stage2_prepare(Stage2 *st, const Session *s, const Model *m, const char *folder, Error *err) {
    const Config *c = &s->config;
    int classes = session_classes(s);
    st->walk = (WalkOptions){.omega = c->end_to_end ? 1 : c->omega,
                             .rho = c->rho,
                             .t0 = c->t0 < 0 ? 1.0 / (classes > 1 ? classes - 1 : 1) : c->t0};
    st->posterior = c->end_to_end ? 0 : c->posterior; /* no classifier of stage 1 was trained there */
    TRY(features_build(&st->val, s, m, s->index[SET_VAL], s->count[SET_VAL], 0, folder, err));
    if (c->end_to_end) return STATUS_OK;
    TRY(features_build(&st->train, s, m, s->index[SET_TRAIN], s->count[SET_TRAIN], c->views, folder, err));
    if (session_stopped(s) || !needs_graph(c)) return STATUS_OK;
    TRY(build_graph(st, s, 0, err));
    return build_graph(st, s, 1, err);
}

void stage2_free(Stage2 *st) {
    features_free(&st->train);
    features_free(&st->val);
    graph_free(&st->graph[0]);
    graph_free(&st->graph[1]);
}

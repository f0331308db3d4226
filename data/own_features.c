#include "data/own_features.h"

#include <string.h>

#include "nn/base/alloc.h"

const float *own_features_at(const OwnFeatures *f, int i, int view) {
    NN_REQUIRE(i >= 0 && i < f->n && view >= 0 && view < f->views, "case %d of %d, view %d", i, f->n, view);
    return f->x + ((size_t)i * (size_t)f->views + (size_t)view) * own_features_size(f);
}

void own_features_free(OwnFeatures *f) {
    mem_free(f->x);
    memset(f, 0, sizeof *f);
}

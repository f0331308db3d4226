#include "nn/fast.h"

#include "nn/base/parts.h"

const Fast fast_none = {0};

#if PART_FAST
const Fast *fast = &fast_tuned;
#else
const Fast *fast = &fast_none;
#endif

void fast_split(Tape *t, int n, int piece, RangeFn *fn, void *ctx) {
    if (fast->split)
        fast->split(t->pool, n, piece, fn, ctx);
    else
        fn(ctx, 0, n);
}

const char *fast_name(void) {
    return fast->name ? fast->name() : "plain";
}

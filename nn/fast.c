#include "nn/fast.h"

#if PART_FAST
const Fast fast_none = {0};
const Fast *fast = &fast_tuned;

void fast_split(Tape *t, int n, int piece, RangeFn *fn, void *ctx) {
    if (fast->split)
        fast->split(t->pool, n, piece, fn, ctx);
    else
        fn(ctx, 0, n);
}

const char *fast_name(void) {
    return fast->name ? fast->name() : "plain";
}
#else
void fast_split(Tape *t, int n, int piece, RangeFn *fn, void *ctx) {
    (void)t, (void)piece;
    fn(ctx, 0, n);
}

const char *fast_name(void) {
    return "plain";
}
#endif

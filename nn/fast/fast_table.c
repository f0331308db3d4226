/* The table of tuned functions. */
#include "nn/base/ints.h"
#include "nn/fast/fast_ops.h"
#include "nn/fast/gemm.h"

static const char *kernels_name(void) {
    return kernels()->name;
}

typedef struct {
    int n, piece;
    RangeFn *fn;
    void *ctx;
} Split;

static void run_range(void *ctx, int item, int worker) {
    const Split *s = ctx;
    (void)worker;
    s->fn(s->ctx, item * s->piece, int_min(s->n, (item + 1) * s->piece));
}

static void split_over_pool(Pool *pool, int n, int piece, RangeFn *fn, void *ctx) {
    Split s = {n, piece, fn, ctx};
    pool_for(pool, int_divide_up(n, piece), run_range, &s);
}

const Fast fast_tuned = {
    .name = kernels_name,
    .split = split_over_pool,
    .gemm = gemm_tiled,
    .gemm_scratch = panels_size,
    .linear = fast_linear,
    .linear_backward = fast_linear_backward,
    .conv2d = fast_conv2d,
    .conv2d_backward = fast_conv2d_backward,
    .conv2d_bn = fast_conv2d_bn,
    .conv1d = fast_conv1d,
    .conv1d_backward = fast_conv1d_backward,
    .batchnorm_moments = fast_batchnorm_moments,
    .batchnorm = fast_batchnorm,
    .batchnorm_backward = fast_batchnorm_backward,
    .layernorm = fast_layernorm,
    .layernorm_backward = fast_layernorm_backward,
    .attention = fast_attention,
    .attention_backward = fast_attention_backward,
    .attention_first = fast_attention_first,
    .attention_first_backward = fast_attention_first_backward,
    .gelu = fast_gelu,
    .gelu_backward = fast_gelu_backward,
    .tanh = fast_tanh,
    .add = fast_add,
    .add_backward = fast_add_backward,
    .add_rows = fast_add_rows,
    .add_rows_backward = fast_add_rows_backward,
    .dropout = fast_dropout,
    .dropout_backward = fast_dropout_backward,
    .noise = fast_noise,
    .noise_backward = fast_noise_backward,
    .adam = fast_adam,
    .grad_squares = fast_grad_squares,
};

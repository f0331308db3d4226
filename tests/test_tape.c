/* The tape: lifetime of values, accumulation, reuse of memory, and every op aborts on a wrong shape. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/parts.h"
#include "nn/base/rng.h"
#include "nn/ops.h"
#include "nn/tape_reuse.h"
#include "tests/check.h"
#include "tests/oracle/oracle.h"

static Tensor *tensor(Tape *t, int rank, int a, int b, int c, int d) {
    Tensor *x = tape_tensor(t, rank, (int[]){a, b, c, d});
    for (size_t i = 0; i < tensor_size(x); i++) x->data[i] = (real)(i % 7) / 7;
    return x;
}

static Tensor *wanted(Tape *t, int rank, int a, int b, int c, int d) {
    Tensor *x = tensor(t, rank, a, b, c, d);
    x->needs_grad = true;
    return x;
}

/* ---- Shapes ---- */

#define T1(a) tensor(t, 1, a, 0, 0, 0)
#define T2(a, b) tensor(t, 2, a, b, 0, 0)
#define T3(a, b, c) tensor(t, 3, a, b, c, 0)
#define T4(a, b, c, d) tensor(t, 4, a, b, c, d)
#define INTS(...) ((int[]){__VA_ARGS__})
#define IDS(...) ((int32_t[]){__VA_ARGS__})
#define REALS(...) ((real[]){__VA_ARGS__})

/* A call that must abort, and the name in its message. */
#define WRONG(X)                                                                                             \
    X("linear", op_linear(t, T2(2, 3), T2(4, 5), NULL))                                                      \
    X("linear", op_linear(t, T2(2, 3), T1(3), NULL))                                                         \
    X("linear", op_linear(t, T2(2, 3), T2(4, 3), T1(3)))                                                     \
    X("conv2d", op_conv2d(t, T3(2, 3, 4), T4(1, 4, 1, 1), 1, 0))                                             \
    X("conv2d", op_conv2d(t, T4(1, 3, 3, 2), T4(1, 3, 1, 1), 1, 0))                                          \
    X("conv2d", op_conv2d(t, T4(1, 3, 3, 2), T4(1, 2, 5, 5), 1, 0))                                          \
    X("conv2d", op_conv2d(t, T4(1, 3, 3, 2), T4(1, 2, 1, 1), 0, 0))                                          \
    X("conv2d", op_conv2d(t, T4(1, 3, 3, 2), T4(1, 2, 1, 1), 1, -1))                                         \
    X("conv1d", op_conv1d(t, T3(1, 3, 2), T3(2, 3, 3), T1(2), NULL))                                         \
    X("conv1d", op_conv1d(t, T3(1, 3, 2), T3(2, 2, 2), T1(2), NULL))                                         \
    X("conv1d", op_conv1d(t, T3(1, 3, 2), T3(2, 2, 3), T1(3), NULL))                                         \
    X("conv1d", op_conv1d(t, T3(1, 3, 2), T3(2, 2, 3), T1(2), INTS(4)))                                      \
    X("batchnorm", op_batchnorm(t, T2(3, 2), T1(3), T1(3), T1(3), T1(3), NULL, false))                       \
    X("batchnorm", op_batchnorm(t, T2(3, 2), T1(2), T1(2), T1(2), T1(3), NULL, false))                       \
    X("batchnorm", op_batchnorm(t, T2(3, 2), T1(2), T1(2), T1(2), T1(2), T2(2, 2), false))                   \
    X("conv2d_bn",                                                                                           \
      op_conv2d_bn(t, T4(1, 3, 3, 2), T4(1, 2, 1, 1), 1, 0, T1(1), T1(1), T1(1), T1(1), NULL, true))         \
    X("layernorm", op_layernorm(t, T2(3, 2), T1(3), T1(3)))                                                  \
    X("layernorm", op_layernorm(t, T2(3, 2), T1(2), T1(1)))                                                  \
    X("add", op_add(t, T2(2, 3), T2(3, 2)))                                                                  \
    X("add", op_add(t, T2(2, 3), T3(2, 3, 1)))                                                               \
    X("mul", op_mul(t, T2(2, 3), T1(6)))                                                                     \
    X("add_rows", op_add_rows(t, T3(2, 3, 4), T2(2, 4)))                                                     \
    X("add_rows", op_add_rows(t, T2(2, 3), T2(2, 3)))                                                        \
    X("dropout", op_dropout(t, T2(2, 3), 1))                                                                 \
    X("dropout", op_dropout(t, T2(2, 3), (real)-0.1))                                                        \
    X("mean_tokens", op_mean_tokens(t, T2(2, 3), NULL))                                                      \
    X("mean_tokens", op_mean_tokens(t, T3(1, 3, 2), INTS(4)))                                                \
    X("mean_tokens", op_mean_tokens(t, T3(1, 3, 2), INTS(-1)))                                               \
    X("embedding", op_embedding(t, T2(3, 2), NULL, T2(1, 2), IDS(3), NULL, 1, 1, 0, INTS(1)))                \
    X("embedding", op_embedding(t, T2(3, 2), NULL, T2(1, 2), IDS(-1), NULL, 1, 1, 0, INTS(1)))               \
    X("embedding", op_embedding(t, T2(3, 2), T2(4, 2), T2(1, 2), IDS(0), IDS(4), 1, 1, 1, INTS(1)))          \
    X("embedding", op_embedding(t, T2(3, 2), T2(4, 3), T2(1, 2), IDS(0), IDS(0), 1, 1, 1, INTS(1)))          \
    X("embedding", op_embedding(t, T2(3, 2), NULL, T2(1, 2), IDS(0, 0), NULL, 1, 2, 0, INTS(1)))             \
    X("embedding", op_embedding(t, T2(3, 2), NULL, T2(1, 2), IDS(0), NULL, 1, 1, 0, INTS(2)))                \
    X("reshape", op_reshape(t, T2(2, 3), 1, INTS(5)))                                                        \
    X("rank", op_reshape(t, T2(2, 3), 5, INTS(1, 1, 1, 2, 3)))                                               \
    X("dimension", op_reshape(t, T2(2, 3), 2, INTS(0, 6)))                                                   \
    X("sequence", op_sequence(t, T1(2), T2(2, 2), T3(1, 3, 3), 0, NULL, NULL, 0, NULL))                      \
    X("sequence", op_sequence(t, T1(2), T2(3, 2), T3(1, 3, 2), 0, NULL, NULL, 0, NULL))                      \
    X("sequence", op_sequence(t, T1(2), T2(2, 2), T3(1, 3, 2), 2, NULL, NULL, 0, NULL))                      \
    X("sequence", op_sequence(t, T1(2), T2(2, 2), T3(1, 3, 2), 0, INTS(4), NULL, 0, NULL))                   \
    X("sequence", op_sequence(t, T1(2), T2(2, 2), T3(1, 3, 2), 0, NULL, T3(2, 3, 2), 1, NULL))               \
    X("token", op_token(t, T3(1, 3, 2), 3))                                                                  \
    X("token", op_token(t, T2(3, 2), 0))                                                                     \
    X("slice_rows", op_slice_rows(t, T2(2, 3), 1, 2))                                                        \
    X("slice_rows", op_slice_rows(t, T2(2, 3), -1, 1))                                                       \
    X("slice_rows", op_slice_rows(t, T2(2, 3), 0, 0))                                                        \
    X("attention", op_attention(t, T3(1, 2, 7), 1, NULL, NULL))                                              \
    X("attention", op_attention(t, T3(1, 2, 6), 0, NULL, NULL))                                              \
    X("attention", op_attention(t, T3(1, 2, 6), 1, INTS(3), NULL))                                           \
    X("cross_entropy_softmax", op_cross_entropy_softmax(t, T2(1, 3), INTS(3)))                               \
    X("cross_entropy_softmax", op_cross_entropy_softmax(t, T3(1, 3, 1), INTS(0)))                            \
    X("cross_entropy_soft", op_cross_entropy_soft(t, T1(3), REALS(0, 0, 1)))                                 \
    X("cross_entropy_sigmoid", op_cross_entropy_sigmoid(t, T2(1, 1), REALS(2)))                              \
    X("cross_entropy_sigmoid", op_cross_entropy_sigmoid(t, T2(1, 1), REALS((real)NAN)))                      \
    X("weighted_sum", op_weighted_sum(t, 1, (Tensor *[]){T1(2)}, REALS(1)))                                  \
    X("weighted_sum", op_weighted_sum(t, 13, NULL, NULL))                                                    \
    X("the loss", tape_backward(t, wanted(t, 1, 2, 0, 0, 0)))                                                \
    X("the loss", tape_backward(t, T1(1)))

/* Does wrong call `number` where a tape is given; its name, or NULL where there is no such call. */
static const char *wrong_call(Tape *t, int number) {
    int k = 0;
#define X(name, call)                                                                                        \
    if (number == k++) {                                                                                     \
        if (t) (void)(call);                                                                                 \
        return name;                                                                                         \
    }
    WRONG(X)
#undef X
    return NULL;
}

/* Runs the call in a child. Returns its stderr and its exit status as waitpid gives it. */
static int call_in_child(int number, char *text, size_t size) {
    int ends[2], status = 0;
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        Tape t;
        dup2(ends[1], STDERR_FILENO);
        tape_init(&t, NULL);
        wrong_call(&t, number);
        _exit(0);
    }
    close(ends[1]);
    size_t used = 0;
    for (ssize_t n; (n = read(ends[0], text + used, size - 1 - used)) > 0;) used += (size_t)n;
    text[used] = 0;
    close(ends[0]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    return status;
}

Test(tape, a_wrong_shape_aborts_in_every_op_and_names_it) {
    const char *name;
    for (int i = 0; (name = wrong_call(NULL, i)); i++) {
        char text[4096];
        int status = call_in_child(i, text, sizeof text);
        cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "call %d, %s: %s", i, name, text);
        cr_assert_not_null(strstr(text, name), "call %d, %s: %s", i, name, text);
    }
}

/* ---- What is kept ---- */

Test(tape, nothing_is_kept_where_nothing_is_wanted_or_recording_is_off) {
    Tape t;
    tape_init(&t, NULL);
    Tensor *x = tensor(&t, 2, 2, 3, 0, 0), *w = wanted(&t, 2, 4, 3, 0, 0);
    cr_assert(!op_relu(&t, x)->needs_grad);
    cr_assert_eq(t.n_nodes, (size_t)0);
    cr_assert(op_linear(&t, x, w, NULL)->needs_grad);
    cr_assert_eq(t.n_nodes, (size_t)1);
    cr_assert_str_eq(t.nodes[0].op, "linear");
    t.recording = false;
    cr_assert(!op_linear(&t, x, w, NULL)->needs_grad);
    cr_assert_eq(t.n_nodes, (size_t)1);
    tape_free(&t);
}

Test(tape, inference_gives_the_values_of_recording) {
    Tape t;
    tape_init(&t, NULL);
    Tensor *x = wanted(&t, 3, 2, 3, 4, 0), *y = op_gelu(&t, x);
    t.recording = false;
    const Tensor *z = op_gelu(&t, x);
    cr_assert_eq(memcmp(y->data, z->data, tensor_size(y) * sizeof(real)), 0);
    tape_free(&t);
}

#if PART_FAST
Test(tape, a_cache_holds_what_is_derived_from_weights_and_not_from_values_of_the_arena) {
    real weights[4] = {1, 2, 3, 4};
    Tape t;
    tape_init(&t, NULL);
    for (int keeps = 0; keeps < 2; keeps++) {
        bool ready[3];
        t.cache_weights = keeps;
        real *first = tape_cache(&t, weights, 100, &ready[0]);
        first[0] = 7;
        tape_reset(&t);
        const real *again = tape_cache(&t, weights, 100, &ready[1]);
        cr_assert(!ready[0] && ready[1] == (bool)keeps);
        if (keeps) cr_assert(again == first && again[0] == 7);
        const Tensor *passing = wanted(&t, 1, 4, 1, 1, 0);
        for (int k = 0; k < 3; k++) tape_cache(&t, passing->data, 100, &ready[k]);
        cr_assert(!ready[0] && !ready[1] && !ready[2]);
    }
    tape_free(&t);
}
#endif

Test(tape, reset_gives_everything_back_and_starts_the_random_streams_anew) {
    Tape t;
    tape_init(&t, NULL);
    real first[64];
    for (int step = 0; step < 3; step++) {
        Tensor *x = wanted(&t, 1, 64, 0, 0, 0);
        Tensor *y = op_dropout(&t, x, (real)0.5);
        tape_backward(&t, op_mean(&t, y));
        if (step == 0) memcpy(first, y->data, sizeof first);
        bool same = memcmp(first, y->data, sizeof first) == 0;
        cr_assert_eq(same, step < 2);
        tape_reset(&t);
        cr_assert(t.n_nodes == 0 && t.arena.total == 0 && t.draws == 0);
        t.step = step == 1; /* the last one draws from another stream */
    }
    tape_free(&t);
}

/* ---- Gradients ---- */

Test(tape, gradients_of_weights_accumulate_over_steps) {
    real data[2] = {3, 4}, grad[2] = {0, 0};
    Tensor w = {.data = data, .grad = grad, .rank = 1, .dim = {2}, .needs_grad = true};
    Tape t;
    tape_init(&t, NULL);
    for (int step = 0; step < 2; step++) {
        tape_backward(&t, op_sum_squares(&t, &w));
        tape_reset(&t);
    }
    cr_assert(grad[0] == 12 && grad[1] == 16);
    cr_assert_eq(w.grad, grad);
    tape_free(&t);
}

Test(tape, a_tensor_used_many_times_collects_all_of_its_gradient) {
    Tape t;
    tape_init(&t, NULL);
    Tensor *x = wanted(&t, 1, 1, 0, 0, 0);
    x->data[0] = 2;
    real grad = 0;
    x->grad = &grad;
    Tensor *y = op_mul(&t, x, x);                /* 4 */
    Tensor *z = op_add(&t, y, y);                /* 8 */
    Tensor *v = op_mul(&t, z, op_add(&t, y, x)); /* 2x^2 (x^2 + x): derivative 8x^3 + 6x^2 = 88 */
    tape_backward(&t, v);
    cr_assert_float_eq(grad, 88, 1e-4);
    tape_free(&t);
}

/* Random graphs of sums and products of earlier numbers. */
Test(tape, gradients_are_the_sums_over_all_paths) {
    enum { NODES = 9 };
    Rng rng = rng_stream(1, RNG_TEST, 20);
    for (int round = 0; round < 50; round++) {
        Tape t;
        Tensor *node[NODES];
        real grad = 0;
        double d[NODES * NODES] = {0};
        tape_init(&t, NULL);
        node[0] = wanted(&t, 1, 1, 0, 0, 0);
        node[0]->data[0] = (real)(1 + 0.2 * rng_normal(&rng));
        node[0]->grad = &grad;
        for (int i = 1; i < NODES; i++) {
            int a = (int)rng_below(&rng, (uint32_t)i), b = i - 1;
            double x = (double)node[a]->data[0], y = (double)node[b]->data[0];
            bool product = rng_below(&rng, 2);
            node[i] =
                product ? op_mul(&t, node[a], node[b]) : op_add(&t, node[a], op_scale(&t, node[b], -0.5));
            d[i * NODES + a] += product ? y : 1;
            d[i * NODES + b] += product ? x : -0.5;
        }
        tape_backward(&t, node[NODES - 1]);
        double path = oracle_chain(NODES, d);
        cr_assert_float_eq(grad, path, 1e-4 * (1 + fabs(path)), "round %d: %g, not %g", round, (double)grad,
                           path);
        tape_free(&t);
    }
}

Test(tape, a_node_that_the_loss_does_not_depend_on_is_skipped) {
    Tape t;
    tape_init(&t, NULL);
    Tensor *x = wanted(&t, 1, 2, 0, 0, 0);
    real grad[2] = {0, 0};
    x->grad = grad;
    Tensor *loss = op_mean(&t, x);
    op_scale(&t, x, 100);
    tape_backward(&t, loss);
    cr_assert(grad[0] == (real)0.5 && grad[1] == (real)0.5);
    tape_free(&t);
}

#if PART_FAST
Test(tape, gradient_buffers_of_a_long_chain_are_reused) {
    enum { SIZE = 30000, LINKS = 30 };
    Tape t;
    tape_init(&t, NULL);
    Tensor *x = wanted(&t, 1, SIZE, 0, 0, 0);
    for (int i = 0; i < LINKS; i++) x = op_gelu(&t, x);
    Tensor *loss = op_mean(&t, x);
    size_t before = t.arena.total;
    tape_backward(&t, loss);
    cr_assert_lt(t.arena.total - before, 4 * SIZE * sizeof(real));
    tape_free(&t);
}
#endif

Test(tape, the_first_node_with_a_value_that_is_not_finite_is_named) {
    Tape t;
    tape_init(&t, NULL);
    Tensor *x = wanted(&t, 1, 2, 0, 0, 0);
    Tensor *y = op_scale(&t, x, 2);
    cr_assert_null(tape_first_bad(&t));
    y->data[1] = (real)INFINITY;
    op_mean(&t, op_relu(&t, y));
    const Node *bad = tape_first_bad(&t);
    cr_assert_not_null(bad);
    cr_assert_str_eq(bad->op, "scale");
    cr_assert_eq(bad->out, y);
    tape_free(&t);
}

typedef struct {
    char text[128];
} Seen;

static void note(void *ctx, Tape *t, const Node *node, int after) {
    (void)t;
    Seen *s = ctx;
    size_t used = strlen(s->text);
    snprintf(s->text + used, sizeof s->text - used, "%s%s ", after ? "/" : "", node->op);
}

Test(tape, a_watch_sees_each_backward_before_and_after_from_last_to_first) {
    Tape t;
    Seen seen = {""};
    tape_init(&t, NULL);
    t.watch = note;
    t.watch_ctx = &seen;
    tape_backward(&t, op_mean(&t, op_scale(&t, op_relu(&t, wanted(&t, 1, 3, 0, 0, 0)), 2)));
    cr_assert_str_eq(seen.text, "mean /mean scale /scale relu /relu ");
    tape_free(&t);
}

/* One step in a guarded arena; 1 where memory ran out. */
static int guarded_step(Tape *t) {
    if (ARENA_GUARD(&t->arena)) return 1;
    Tensor *x = wanted(t, 2, 600, 600, 0, 0);
    for (int i = 0; i < 8; i++) x = op_relu(t, x);
    tape_backward(t, op_mean(t, x));
    return 0;
}

Test(tape, memory_that_runs_out_jumps_to_the_guard_and_the_next_step_works) {
    int refused = 0;
    for (long n = 1; n < 60; n++) {
        Tape t;
        tape_init(&t, NULL);
        mem_fail_at(n, 0);
        int failed = guarded_step(&t);
        mem_fail_at(0, 0);
        tape_reset(&t);
        refused += failed;
        cr_assert_eq(guarded_step(&t), 0);
        tape_free(&t);
        if (!failed) break;
    }
    cr_assert(refused > 4 && refused < 59);
}

Test(tape, sizes_beyond_an_int_abort, .signal = SIGABRT) {
    tape_dim((size_t)1 << 31);
}

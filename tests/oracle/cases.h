/* The table of all ops of nn/ops.h, in two files: layers (weights and activations) and moves (pooling,
 * tokens, shapes, cross-entropies); and of the terms of hash/constraints.h: losses. Each entry: how to make a
 * problem, how to run the op, where its oracle is, and at least five shapes. */
#ifndef TESTS_CASES_H
#define TESTS_CASES_H

#include "tests/gradcheck.h"

extern const OpTest LAYER_OPS[], MOVE_OPS[], LOSS_OPS[];
extern const size_t N_LAYER_OPS, N_MOVE_OPS, N_LOSS_OPS;

/* Shorter calls of problem_input and problem_output: IN(p, cases, values, 3, b, n, d). */
#define DIMS(...) ((int[]){__VA_ARGS__})
#define IN(p, cases, values, rank, ...) problem_input(p, cases, values, rank, DIMS(__VA_ARGS__))
#define FIXED(p, cases, values, rank, ...) problem_fixed(p, cases, values, rank, DIMS(__VA_ARGS__))
#define OUT(p, rank, ...) problem_output(p, rank, DIMS(__VA_ARGS__))

#endif

/* Tensors: contiguous row-major arrays of real with up to four dimensions. No strides, no views, no implicit
 * broadcasting. Images and feature maps are (b, height, width, channels), so that a map's cells are tokens. */
#ifndef NN_TENSOR_H
#define NN_TENSOR_H

#include <stdbool.h>
#include <stddef.h>

/* float; double in the build that checks gradients (-DNN_DOUBLE), because in float rounding hides a 0.1 % error of a derivative. */
#ifdef NN_DOUBLE
typedef double real;
#else
typedef float real;
#endif

enum { TENSOR_RANK = 4 };

/* data, grad: tensor_size() reals each; owned by the tape's arena (activations) or a ParamSet (weights).
 * needs_grad: false for inputs and in inference. grad: NULL until tape_grad. */
typedef struct Tensor {
    real *data, *grad;
    int rank, dim[TENSOR_RANK];
    bool needs_grad;
} Tensor;

size_t tensor_size(const Tensor *x); /* product of the dimensions */
int tensor_last(const Tensor *x);    /* the last dimension */
size_t tensor_rows(const Tensor *x); /* product of all others */
bool tensor_same_shape(const Tensor *x, const Tensor *y);
const char *tensor_shape(const Tensor *x, char text[64]); /* "(2,3,4)"; returns text */

#endif

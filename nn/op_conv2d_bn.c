/* The folded form of inference: relu?(bn(x * w) + add?) in one pass, where nn/fast/ has it. */
#include "nn/base/error.h"
#include "nn/fast.h"
#include "nn/ops.h"

Tensor *op_conv2d_bn(Tape *t, Tensor *x, Tensor *w, int stride, int pad, Tensor *gamma, Tensor *beta,
                     Tensor *running_mean, Tensor *running_var, Tensor *add, bool relu) {
    NN_REQUIRE(!t->recording && !t->training, "conv2d_bn while training");
    char a[64], b[64];
    ConvShape s = conv_shape(x, w, stride, pad);
    Tensor *y = tape_tensor4(t, s.b, s.oh, s.ow, s.co);
    NN_REQUIRE(!add || tensor_same_shape(y, add), "conv2d_bn: y %s, add %s", tensor_shape(y, a),
               tensor_shape(add, b));
    NN_REQUIRE(tensor_size(gamma) == (size_t)s.co && tensor_same_shape(gamma, beta) &&
                   tensor_same_shape(gamma, running_mean) && tensor_same_shape(gamma, running_var),
               "conv2d_bn: w %s, gamma %s", tensor_shape(w, a), tensor_shape(gamma, b));
#if PART_FAST
    if (fast->conv2d_bn) {
        fast->conv2d_bn(t, &s, x, w, gamma, beta, running_mean, running_var, add, relu, y);
        return y;
    }
#endif
    return op_batchnorm(t, op_conv2d(t, x, w, stride, pad), gamma, beta, running_mean, running_var, add,
                        relu);
}

/* EQ(classification)  L_cls = sum_{v,t,vt} CE(H_m W_c + b_c, Y) + lambda_w |W_c|^2        [P named; G linear on H]
 * EQ(ce)  CE = softmax cross-entropy where every training case has one label, else bce_weight times the sigmoid form. */
#include "hash/constraints.h"
#include "nn/ops.h"

Tensor *loss_classification(Tape *t, Tensor *logits, const Targets *y) {
    if (!y->single) return op_scale(t, op_cross_entropy_sigmoid(t, logits, y->y), y->bce_weight);
    if (y->soft) return op_cross_entropy_soft(t, logits, y->y);
    return op_cross_entropy_softmax(t, logits, y->label);
}

Tensor *loss_weight_decay(Tape *t, Tensor *w) {
    return op_sum_squares(t, w);
}

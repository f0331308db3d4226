/* Features of another program in place of the network of a modality. */
#include <math.h>
#include <stdio.h>

#include "hash/model.h"
#include "nn/ops.h"

void model_own_add(Model *m, Modality k) {
    const char *name = modality_name(k);
    char full[PARAM_NAME];
    int width = m->config.own[k].width, d = m->config.dim;
    snprintf(full, sizeof full, "%s.own.weight", name);
    m->own_weight[k] = params_add(&m->params, full, 2, (int[]){d, width});
    snprintf(full, sizeof full, "%s.own.bias", name);
    m->own_bias[k] = params_add(&m->params, full, 1, (int[]){d});
    snprintf(full, sizeof full, "own.%s.mean", name);
    m->own_mean[k] = params_add(&m->params, full, 1, (int[]){width});
    snprintf(full, sizeof full, "own.%s.scale", name);
    m->own_scale[k] = params_add(&m->params, full, 1, (int[]){1});
}

/* W_m starts as the identity where D <= d, else at random. V_m, which is linear in x_m, starts at 0, so that the learned V_m lies in the
 * span of the training cases. */
void model_own_init(Model *m, Modality k, uint64_t seed) {
    size_t d = (size_t)m->config.dim, width = (size_t)m->config.own[k].width;
    param_init_constant(m->own_scale[k], 1);
    if (width > d) {
        param_init_glorot(&m->params, m->own_weight[k], seed);
        return;
    }
    for (size_t j = 0; j < width; j++) m->own_weight[k]->data[j * width + j] = 1;
}

/* EQ(own)  Z_m = ((x_m - mu_m)/sigma_m) W_m + b_m
 * DEV(own-features): another program's features replace the network of a modality. */
Tensor *model_own_tokens(Tape *t, const Model *m, Modality modality, const float *x, int b) {
    const OwnInput *own = &m->config.own[modality];
    const real *mean = m->own_mean[modality]->data, scale = m->own_scale[modality]->data[0];
    const char *outer = tape_equation(t, "own");
    Tensor *in = tape_tensor3(t, b, own->tokens, own->width);
    for (size_t i = 0; i < tensor_size(in); i++)
        in->data[i] = ((real)x[i] - mean[i % (size_t)own->width]) * scale;
    Tensor *z = op_linear(t, in, m->own_weight[modality], m->own_bias[modality]);
    tape_equation(t, outer);
    return z;
}

/* EQ(own-mean)  g_m = (x - mu_m)/|x - mu_m|, x the mean over tokens of own features x_m */
void model_own_mean(const Model *m, Modality k, const float *x, float *g) {
    const OwnInput *own = &m->config.own[k];
    size_t d = (size_t)own->width;
    double squares = 0;
    for (size_t j = 0; j < d; j++) {
        double sum = 0;
        for (size_t t = 0; t < (size_t)own->tokens; t++) sum += (double)x[t * d + j];
        g[j] = (float)(sum / own->tokens - (double)m->own_mean[k]->data[j]);
        squares += (double)g[j] * (double)g[j];
    }
    float scale = squares > 0 ? (float)(1 / sqrt(squares)) : 0;
    for (size_t j = 0; j < d; j++) g[j] *= scale;
}

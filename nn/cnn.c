#include "nn/cnn.h"

#include <stdio.h>

#include "nn/base/error.h"
#include "nn/base/parts.h"
#include "nn/ops.h"

static void add_conv_bn(ConvBn *c, ParamSet *p, const char *prefix, const char *conv, const char *bn, int ci,
                        int co, int k, int stride) {
    char name[PARAM_NAME];
    int channels[] = {co};
    snprintf(name, sizeof name, "%s.%s.weight", prefix, conv);
    c->weight = params_add(p, name, 4, (int[]){co, ci, k, k});
    snprintf(name, sizeof name, "%s.%s.weight", prefix, bn);
    c->gamma = params_add(p, name, 1, channels);
    snprintf(name, sizeof name, "%s.%s.bias", prefix, bn);
    c->beta = params_add(p, name, 1, channels);
    snprintf(name, sizeof name, "%s.%s.running_mean", prefix, bn);
    c->running_mean = params_add_buffer(p, name, 1, channels, 0);
    snprintf(name, sizeof name, "%s.%s.running_var", prefix, bn);
    c->running_var = params_add_buffer(p, name, 1, channels, 1);
    c->stride = stride;
    c->pad = k / 2;
}

static void add_block(CnnBlock *block, ParamSet *p, int stage, int index, int ci, int co, int stride) {
    char prefix[PARAM_NAME];
    snprintf(prefix, sizeof prefix, "image.stage%d.block%d", stage + 1, index + 1);
    add_conv_bn(&block->conv1, p, prefix, "conv1", "bn1", ci, co, 3, stride);
    add_conv_bn(&block->conv2, p, prefix, "conv2", "bn2", co, co, 3, 1);
    block->shortcut.weight = NULL;
    if (stride == 1 && ci == co) return;
    snprintf(prefix, sizeof prefix, "image.stage%d.block%d.shortcut", stage + 1, index + 1);
    add_conv_bn(&block->shortcut, p, prefix, "conv", "bn", ci, co, 1, stride);
}

void cnn_add(Cnn *c, ParamSet *p, int side, int width, int blocks, int d) {
    NN_REQUIRE(side > 0 && side % CNN_SHRINK == 0, "image side %d", side);
    NN_REQUIRE(blocks >= 1 && blocks <= CNN_MAX_BLOCKS, "%d blocks", blocks);
    c->blocks = blocks;
    add_conv_bn(&c->stem, p, "image.stem", "conv", "bn", 1, width, 3, 2);
    for (int k = 0, ci = width; k < CNN_STAGES; k++) {
        int co = width << k;
        for (int i = 0; i < blocks; i++, ci = co)
            add_block(&c->block[k][i], p, k, i, ci, co, i == 0 && k > 0 ? 2 : 1);
    }
    int cells = (side / CNN_SHRINK) * (side / CNN_SHRINK);
    c->proj_weight = params_add(p, "image.proj.weight", 2, (int[]){d, width << (CNN_STAGES - 1)});
    c->proj_bias = params_add(p, "image.proj.bias", 1, (int[]){d});
    c->pos = params_add(p, "image.pos", 2, (int[]){cells, d});
}

static void init_conv_bn(const ConvBn *c, ParamSet *p, uint64_t seed) {
    param_init_he(p, c->weight, seed);
    param_init_constant(c->gamma, 1);
    param_init_constant(c->running_var, 1);
}

void cnn_init(const Cnn *c, ParamSet *p, uint64_t seed) {
    init_conv_bn(&c->stem, p, seed);
    for (int k = 0; k < CNN_STAGES; k++)
        for (int i = 0; i < c->blocks; i++) {
            const CnnBlock *block = &c->block[k][i];
            init_conv_bn(&block->conv1, p, seed);
            init_conv_bn(&block->conv2, p, seed);
            if (block->shortcut.weight) init_conv_bn(&block->shortcut, p, seed);
        }
    param_init_glorot(p, c->proj_weight, seed);
    param_init_normal(p, c->pos, seed, 0.02);
}

/* relu?(bn(conv(x)) + add?). Inference folds the normalisation into the convolution. */
static Tensor *conv_bn(Tape *t, const ConvBn *c, Tensor *x, Tensor *add, bool relu) {
    if (PART_SCAN && !t->recording && !t->training)
        return op_conv2d_bn(t, x, c->weight, c->stride, c->pad, c->gamma, c->beta, c->running_mean,
                            c->running_var, add, relu);
    Tensor *y = op_conv2d(t, x, c->weight, c->stride, c->pad);
    return op_batchnorm(t, y, c->gamma, c->beta, c->running_mean, c->running_var, add, relu);
}

/* EQ(cnn)
 *     h = relu(bn(conv3x3(x, stride 2)))
 *     each block: y = relu(bn(conv3x3(h, stride)));  y = bn(conv3x3(y));  h = relu(y + shortcut(h))
 *     Z_v = tokens(h) W_p + b_p + pos_v */
Tensor *cnn_forward(Tape *t, const Cnn *c, Tensor *x) {
    const char *outer = tape_equation(t, "cnn");
    Tensor *h = conv_bn(t, &c->stem, x, NULL, true);
    for (int k = 0; k < CNN_STAGES; k++)
        for (int i = 0; i < c->blocks; i++) {
            const CnnBlock *block = &c->block[k][i];
            Tensor *y = conv_bn(t, &block->conv1, h, NULL, true);
            Tensor *shortcut = block->shortcut.weight ? conv_bn(t, &block->shortcut, h, NULL, false) : h;
            h = conv_bn(t, &block->conv2, y, shortcut, true);
        }
    Tensor *tokens = op_reshape(t, h, 3, (int[]){h->dim[0], h->dim[1] * h->dim[2], h->dim[3]});
    Tensor *z = op_add_rows(t, op_linear(t, tokens, c->proj_weight, c->proj_bias), c->pos);
    tape_equation(t, outer);
    return z;
}

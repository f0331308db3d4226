#include "nn/text_encoder.h"

#include "nn/ops.h"

void text_encoder_add(TextEncoder *e, ParamSet *p, int words, int buckets, int length, int d) {
    e->word = params_add(p, "text.word.weight", 2, (int[]){words, d});
    e->subword = buckets ? params_add(p, "text.subword.weight", 2, (int[]){buckets, d}) : NULL;
    e->pos = params_add(p, "text.pos", 2, (int[]){length, d});
    e->conv_weight = params_add(p, "text.conv.weight", 3, (int[]){d, d, 3});
    e->conv_bias = params_add(p, "text.conv.bias", 1, (int[]){d});
}

void text_encoder_init(const TextEncoder *e, ParamSet *p, uint64_t seed) {
    param_init_normal(p, e->word, seed, 0.1);
    if (e->subword) param_init_normal(p, e->subword, seed, 0.1);
    param_init_normal(p, e->pos, seed, 0.02);
    param_init_he(p, e->conv_weight, seed);
}

/* EQ(text)
 *     E = word[w] + mean of subword[n-grams] + pos_t, zero at padding
 *     Z_t = E + relu(conv1d_3(E)), zero at padding */
Tensor *text_encoder_forward(Tape *t, const TextEncoder *e, const int32_t *w, const int32_t *s, int b, int n,
                             int g, const int *length) {
    const char *outer = tape_equation(t, "text");
    Tensor *x = op_embedding(t, e->word, e->subword, e->pos, w, e->subword ? s : NULL, b, n, g, length);
    Tensor *z = op_add(t, x, op_conv1d(t, x, e->conv_weight, e->conv_bias, length));
    tape_equation(t, outer);
    return z;
}

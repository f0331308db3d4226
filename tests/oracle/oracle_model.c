#include "tests/oracle/oracle_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check.h"
#include "tests/oracle/oracle.h"

static double *numbers(int n) {
    double *x = calloc((size_t)n, sizeof *x);
    cr_assert_not_null(x);
    return x;
}

static const double *weight(const OracleModel *m, const char *prefix, const char *name) {
    char full[128];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    for (int i = 0; i < m->n; i++)
        if (strcmp(m->items[i].name, full) == 0) return m->items[i].value;
    cr_assert(false, "no weight %s", full);
    return NULL;
}

/* ---- cnn ---- */

/* A map (b,side,side,c), owned. */
typedef struct {
    int b, side, c;
    double *x;
} Map;

static int size_of(const Map *h) {
    return h->b * h->side * h->side * h->c;
}

/* bn(conv(h)) with `co` channels, kernel k, padding k/2; then + add, then relu. */
static Map conv_bn(const OracleModel *m, const Map *h, const char *block, const char *conv, const char *bn,
                   int co, int k, int stride, const Map *add, bool relu) {
    char prefix[96];
    Map y = {h->b, (h->side + 2 * (k / 2) - k) / stride + 1, co, NULL};
    double *mean = numbers(co), *var = numbers(co), *product = numbers(size_of(&y));
    y.x = numbers(size_of(&y));
    snprintf(prefix, sizeof prefix, "%s%s.", block, conv);
    oracle_conv2d(h->b, h->side, h->side, h->c, co, k, k, stride, k / 2, h->x, weight(m, prefix, "weight"),
                  product);
    int rows = size_of(&y) / co;
    snprintf(prefix, sizeof prefix, "%s%s.", block, bn);
    if (m->training) {
        oracle_moments(rows, co, product, mean, var);
    } else {
        memcpy(mean, weight(m, prefix, "running_mean"), (size_t)co * sizeof *mean);
        memcpy(var, weight(m, prefix, "running_var"), (size_t)co * sizeof *var);
    }
    oracle_batchnorm(rows, co, product, weight(m, prefix, "weight"), weight(m, prefix, "bias"), mean, var,
                     add ? add->x : NULL, relu, y.x);
    free(mean);
    free(var);
    free(product);
    return y;
}

static Map residual_block(const OracleModel *m, Map h, int stage, int index, int co, int stride) {
    char block[64];
    snprintf(block, sizeof block, "image.stage%d.block%d.", stage, index);
    bool same = stride == 1 && h.c == co;
    Map y = conv_bn(m, &h, block, "conv1", "bn1", co, 3, stride, NULL, true);
    Map shortcut =
        same ? h : conv_bn(m, &h, block, "shortcut.conv", "shortcut.bn", co, 1, stride, NULL, false);
    Map out = conv_bn(m, &y, block, "conv2", "bn2", co, 3, 1, &shortcut, true);
    free(y.x);
    if (!same) free(shortcut.x);
    free(h.x);
    return out;
}

void oracle_cnn(const OracleModel *m, int b, const double *x, double *z) {
    Map image = {b, m->side, 1, numbers(b * m->side * m->side)};
    memcpy(image.x, x, (size_t)size_of(&image) * sizeof *x);
    Map h = conv_bn(m, &image, "image.stem.", "conv", "bn", m->width, 3, 2, NULL, true);
    free(image.x);
    for (int stage = 1, co = m->width; stage <= 4; stage++, co *= 2)
        for (int i = 1; i <= m->blocks; i++)
            h = residual_block(m, h, stage, i, co, i == 1 && stage > 1 ? 2 : 1);
    int cells = h.side * h.side;
    oracle_linear(b * cells, h.c, m->d, h.x, weight(m, "image.proj.", "weight"),
                  weight(m, "image.proj.", "bias"), z);
    const double *pos = weight(m, "image.", "pos");
    for (int i = 0; i < b * cells * m->d; i++) z[i] += pos[i % (cells * m->d)];
    free(h.x);
}

/* ---- text ---- */

void oracle_text(const OracleModel *m, int b, int n, int g, const int *words, const int *grams,
                 const int *length, double *z) {
    double *e = numbers(b * n * m->d);
    oracle_embedding(b, n, g, m->d, weight(m, "text.", "word.weight"),
                     m->subwords ? weight(m, "text.", "subword.weight") : NULL, weight(m, "text.", "pos"),
                     words, grams, length, e);
    oracle_conv1d(b, n, m->d, m->d, 3, e, weight(m, "text.", "conv.weight"), weight(m, "text.", "conv.bias"),
                  length, z);
    for (int i = 0; i < b * n * m->d; i++) z[i] += e[i];
    free(e);
}

/* ---- encoder ---- */

static void norm(const OracleModel *m, const char *prefix, const char *name, int rows, const double *x,
                 double *y) {
    char full[96];
    snprintf(full, sizeof full, "%s%s.", prefix, name);
    oracle_layernorm(rows, m->d, x, weight(m, full, "weight"), weight(m, full, "bias"), y);
}

static void linear(const OracleModel *m, const char *prefix, const char *name, int rows, int in, int out,
                   const double *x, double *y) {
    char full[96];
    snprintf(full, sizeof full, "%s%s.", prefix, name);
    oracle_linear(rows, in, out, x, weight(m, full, "weight"), weight(m, full, "bias"), y);
}

/* x = x + attention(LN(x));  x = x + W_out gelu(W_in LN(x))     x (b,n,d) */
static void encoder_layer(const OracleModel *m, int layer, int b, int n, const int *length, double *x) {
    char prefix[64];
    snprintf(prefix, sizeof prefix, "encoder.layer%d.", layer);
    int rows = b * n, d = m->d;
    double *y = numbers(rows * d), *wide = numbers(rows * 3 * d), *mixed = numbers(rows * d);
    norm(m, prefix, "norm1", rows, x, y);
    linear(m, prefix, "attn.qkv", rows, d, 3 * d, y, wide);
    oracle_attention(b, n, d, m->heads, wide, length, mixed, NULL);
    linear(m, prefix, "attn.out", rows, d, d, mixed, y);
    for (int i = 0; i < rows * d; i++) x[i] += y[i];
    norm(m, prefix, "norm2", rows, x, y);
    linear(m, prefix, "ff.in", rows, d, 2 * d, y, wide);
    for (int i = 0; i < rows * 2 * d; i++) wide[i] = oracle_gelu(wide[i]);
    linear(m, prefix, "ff.out", rows, 2 * d, d, wide, y);
    for (int i = 0; i < rows * d; i++) x[i] += y[i];
    free(y);
    free(wide);
    free(mixed);
}

void oracle_encoder(const OracleModel *m, int b, int n, const double *x, const int *length, double *y) {
    int d = m->d;
    double *h = numbers(b * n * d), *normed = numbers(b * n * d);
    memcpy(h, x, (size_t)(b * n * d) * sizeof *h);
    for (int layer = 1; layer <= m->layers; layer++) encoder_layer(m, layer, b, n, length, h);
    norm(m, "encoder.", "norm", b * n, h, normed);
    for (int i = 0; i < b; i++) memcpy(y + i * d, normed + i * n * d, (size_t)d * sizeof *y);
    free(h);
    free(normed);
}

/* ---- context and head ---- */

void oracle_context(const OracleModel *m, int b, const OracleFeatures *image, const OracleFeatures *text,
                    double *c) {
    const OracleFeatures *first = image ? image : text, *second = image && text ? text : NULL;
    int d = m->d, n = 1 + first->n + (second ? second->n : 0);
    double *x = numbers(b * n * d), *encoded = numbers(b * d);
    int *length = calloc((size_t)b, sizeof *length);
    oracle_sequence(b, first->n, second ? second->n : 0, d, weight(m, "encoder.", "cls"),
                    weight(m, "encoder.", "modality"), first->z, image ? 0 : 1, first->length,
                    second ? second->z : NULL, 1, second ? second->length : NULL, x);
    for (int i = 0; i < b; i++) {
        length[i] = 1 + (first->length ? first->length[i] : first->n);
        if (second) length[i] += second->length ? second->length[i] : second->n;
    }
    oracle_encoder(m, b, n, x, length, encoded);
    for (int i = 0; i < b * d; i++) encoded[i] += second ? (first->u[i] + second->u[i]) / 2 : first->u[i];
    norm(m, "output.", "norm", b, encoded, c);
    free(x);
    free(encoded);
    free(length);
}

void oracle_head(const OracleModel *m, int b, const double *c, double *s) {
    linear(m, "", "head", b, m->d, m->bits, c, s);
}

void oracle_own(int rows, int width, int d, const double *x, const double *mean, double sigma,
                const double *w, const double *b, double *z) {
    for (int r = 0; r < rows; r++)
        for (int o = 0; o < d; o++) {
            z[r * d + o] = b[o];
            for (int j = 0; j < width; j++)
                z[r * d + o] += (x[r * width + j] - mean[j]) / sigma * w[o * width + j];
        }
}

void oracle_own_mean(int tokens, int width, const double *x, const double *mean, double *g) {
    double length = 0;
    for (int j = 0; j < width; j++) {
        g[j] = -mean[j];
        for (int t = 0; t < tokens; t++) g[j] += x[t * width + j] / tokens;
        length = hypot(length, g[j]);
    }
    for (int j = 0; j < width; j++) g[j] /= length;
}

#include <math.h>

#include "tests/oracle/oracle.h"

void oracle_linear(int rows, int in, int out, const double *x, const double *w, const double *bias,
                   double *y) {
    for (int r = 0; r < rows; r++)
        for (int o = 0; o < out; o++) {
            double sum = bias ? bias[o] : 0;
            for (int i = 0; i < in; i++) sum += x[r * in + i] * w[o * in + i];
            y[r * out + o] = sum;
        }
}

/* Over every path from node k to the last one, the product of the derivatives on it. */
static double paths_from(int k, int n, const double *d) {
    double sum = k == n - 1;
    for (int i = k + 1; i < n; i++)
        if (d[i * n + k] != 0) sum += d[i * n + k] * paths_from(i, n, d);
    return sum;
}

double oracle_chain(int n, const double *d) {
    return paths_from(0, n, d);
}

void oracle_conv2d(int b, int h, int w, int ci, int co, int kh, int kw, int stride, int pad, const double *x,
                   const double *weight, double *y) {
    int oh = (h + 2 * pad - kh) / stride + 1, ow = (w + 2 * pad - kw) / stride + 1;
    for (int i = 0; i < b; i++)
        for (int r = 0; r < oh; r++)
            for (int s = 0; s < ow; s++)
                for (int o = 0; o < co; o++) {
                    double sum = 0;
                    for (int u = 0; u < kh; u++)
                        for (int v = 0; v < kw; v++)
                            for (int c = 0; c < ci; c++) {
                                int p = r * stride + u - pad, q = s * stride + v - pad;
                                if (p < 0 || p >= h || q < 0 || q >= w) continue;
                                sum += x[((i * h + p) * w + q) * ci + c] *
                                       weight[((o * ci + c) * kh + u) * kw + v];
                            }
                    y[((i * oh + r) * ow + s) * co + o] = sum;
                }
}

static int length_of(const int *length, int i, int n) {
    return length ? length[i] : n;
}

void oracle_conv1d(int b, int n, int d, int out, int k, const double *x, const double *weight,
                   const double *bias, const int *length, double *y) {
    for (int i = 0; i < b; i++)
        for (int s = 0; s < n; s++)
            for (int o = 0; o < out; o++) {
                double sum = bias[o];
                for (int u = 0; u < k; u++)
                    for (int c = 0; c < d; c++) {
                        int p = s + u - k / 2;
                        if (p >= 0 && p < length_of(length, i, n))
                            sum += x[(i * n + p) * d + c] * weight[(o * d + c) * k + u];
                    }
                y[(i * n + s) * out + o] = s < length_of(length, i, n) ? fmax(sum, 0) : 0;
            }
}

void oracle_moments(int rows, int c, const double *x, double *mean, double *var) {
    for (int j = 0; j < c; j++) {
        mean[j] = var[j] = 0;
        for (int r = 0; r < rows; r++) mean[j] += x[r * c + j] / rows;
        for (int r = 0; r < rows; r++) var[j] += (x[r * c + j] - mean[j]) * (x[r * c + j] - mean[j]) / rows;
    }
}

void oracle_batchnorm(int rows, int c, const double *x, const double *gamma, const double *beta,
                      const double *mean, const double *var, const double *add, bool relu, double *y) {
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < c; j++) {
            double v = gamma[j] * (x[r * c + j] - mean[j]) / sqrt(var[j] + 1e-5) + beta[j];
            if (add) v += add[r * c + j];
            y[r * c + j] = relu && v < 0 ? 0 : v;
        }
}

void oracle_layernorm(int rows, int d, const double *x, const double *gamma, const double *beta, double *y) {
    for (int r = 0; r < rows; r++) {
        double mean = 0, var = 0;
        for (int j = 0; j < d; j++) mean += x[r * d + j] / d;
        for (int j = 0; j < d; j++) var += (x[r * d + j] - mean) * (x[r * d + j] - mean) / d;
        for (int j = 0; j < d; j++)
            y[r * d + j] = gamma[j] * (x[r * d + j] - mean) / sqrt(var + 1e-5) + beta[j];
    }
}

double oracle_gelu(double x) {
    return x * (1 - 0.5 * erfc(x / sqrt(2)));
}

void oracle_mean_tokens(int b, int n, int d, const double *x, const int *length, double *y) {
    for (int i = 0; i < b; i++)
        for (int k = 0; k < d; k++) {
            int m = length_of(length, i, n);
            double sum = 0;
            for (int j = 0; j < m; j++) sum += x[(i * n + j) * d + k];
            y[i * d + k] = m ? sum / m : 0;
        }
}

void oracle_embedding(int b, int n, int g, int d, const double *word, const double *subword,
                      const double *pos, const int *w, const int *s, const int *length, double *y) {
    for (int token = 0; token < b * n; token++)
        for (int k = 0; k < d; k++) {
            double sum = 0;
            int i = token / n, j = token % n, found = 0;
            for (int u = 0; subword && u < g; u++)
                if (s[token * g + u] != -1) sum += subword[s[token * g + u] * d + k], found++;
            if (found) sum /= found;
            y[token * d + k] = j < length[i] ? word[w[token] * d + k] + sum + pos[j * d + k] : 0;
        }
}

void oracle_sequence(int b, int n1, int n2, int d, const double *cls, const double *modality,
                     const double *x1, int m1, const int *length1, const double *x2, int m2,
                     const int *length2, double *y) {
    int n = 1 + n1 + n2;
    for (int i = 0; i < b; i++)
        for (int j = 0; j < n; j++)
            for (int k = 0; k < d; k++) {
                int first = j - 1, second = first - length_of(length1, i, n1);
                double v = 0;
                if (j == 0)
                    v = cls[k];
                else if (second < 0)
                    v = x1[(i * n1 + first) * d + k] + modality[m1 * d + k];
                else if (x2 && second < length_of(length2, i, n2))
                    v = x2[(i * n2 + second) * d + k] + modality[m2 * d + k];
                y[(i * n + j) * d + k] = v;
            }
}

/* q . k / sqrt(width of a head) of tokens j and l */
static double score(int d, int heads, const double *q_token, const double *k_token, int head) {
    int width = d / heads;
    double sum = 0;
    for (int c = head * width; c < (head + 1) * width; c++) sum += q_token[c] * k_token[d + c];
    return sum / sqrt(width);
}

void oracle_attention(int b, int n, int d, int heads, const double *qkv, const int *length, double *y,
                      double *weights) {
    for (int i = 0; i < b; i++)
        for (int j = 0; j < n; j++)
            for (int c = 0; c < d; c++) {
                const double *token = qkv + i * n * 3 * d;
                int head = c / (d / heads), m = length_of(length, i, n);
                double total = 0, sum = 0;
                for (int l = 0; l < m; l++)
                    total += exp(score(d, heads, token + j * 3 * d, token + l * 3 * d, head));
                for (int l = 0; l < n; l++) {
                    double p =
                        l < m ? exp(score(d, heads, token + j * 3 * d, token + l * 3 * d, head)) / total : 0;
                    if (l < m) sum += p * token[l * 3 * d + 2 * d + c];
                    if (weights && j == 0) weights[(i * heads + head) * n + l] = p;
                }
                y[(i * n + j) * d + c] = j < m ? sum : 0;
            }
}

void oracle_attention_first(int b, int n, int d, int heads, const double *q, const double *kv,
                            const int *length, double *y) {
    int width = d / heads;
    for (int i = 0; i < b; i++)
        for (int c = 0; c < d; c++) {
            double total = 0, sum = 0;
            for (int j = 0; j < length_of(length, i, n); j++) {
                const double *k = kv + (i * n + j) * 2 * d, *v = k + d;
                double s = 0;
                for (int e = c / width * width; e < (c / width + 1) * width; e++) s += q[i * d + e] * k[e];
                total += exp(s / sqrt(width));
                sum += exp(s / sqrt(width)) * v[c];
            }
            y[i * d + c] = total > 0 ? sum / total : 0;
        }
}

double oracle_cross_entropy_softmax(int b, int c, const double *z, const int *label) {
    double sum = 0;
    for (int i = 0; i < b; i++) {
        double inverse = 0;
        for (int j = 0; j < c; j++) inverse += exp(z[i * c + j] - z[i * c + label[i]]);
        sum += log(inverse) / b;
    }
    return sum;
}

double oracle_cross_entropy_soft(int b, int c, const double *z, const double *target) {
    double sum = 0;
    for (int k = 0; k < c; k++)
        for (int i = 0; i < b; i++) {
            double inverse = 0;
            for (int j = 0; j < c; j++) inverse += exp(z[i * c + j] - z[i * c + k]);
            sum += target[i * c + k] * log(inverse) / b;
        }
    return sum;
}

double oracle_cross_entropy_sigmoid(int b, int c, const double *z, const double *y) {
    double sum = 0;
    for (int i = 0; i < b * c; i++) {
        double p = 1 / (1 + exp(-z[i]));
        sum -= (y[i] * log(p) + (1 - y[i]) * log(1 - p)) / (b * c);
    }
    return sum;
}

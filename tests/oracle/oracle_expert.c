#include "tests/oracle/oracle_expert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Descriptor ---- */

enum { CELLS = 4, ANGLES = 9, BLOCKS = 3, HOG = 324, PATTERNS = 59, LBP = 236 };

static double grey(const uint8_t *picture, int side, int y, int x) {
    return picture[y * side + x] / 255.0;
}

/* Sum of the gradient lengths of one cell and one angle. */
static double cell_sum(const uint8_t *picture, int side, int row, int column, int angle) {
    double sum = 0;
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            if (y < row * side / CELLS || y >= (row + 1) * side / CELLS) continue;
            if (x < column * side / CELLS || x >= (column + 1) * side / CELLS) continue;
            double dx =
                x == 0 || x == side - 1 ? 0 : grey(picture, side, y, x + 1) - grey(picture, side, y, x - 1);
            double dy =
                y == 0 || y == side - 1 ? 0 : grey(picture, side, y + 1, x) - grey(picture, side, y - 1, x);
            double turn = fmod(atan2(dy, dx) / acos(-1) + 1, 1); /* of half a circle */
            if ((int)(turn * ANGLES) == angle) sum += hypot(dx, dy);
        }
    return sum;
}

static void unit(double *v, int n) {
    double squares = 0;
    for (int i = 0; i < n; i++) squares += v[i] * v[i];
    for (int i = 0; i < n && squares > 0; i++) v[i] /= sqrt(squares);
}

static void hog(const uint8_t *picture, int side, double *g) {
    for (int y = 0; y < BLOCKS; y++)
        for (int x = 0; x < BLOCKS; x++, g += 4 * ANGLES) {
            double squares = 0;
            for (int k = 0; k < 4 * ANGLES; k++) {
                int corner = k / ANGLES; /* top left, bottom left, top right, bottom right */
                g[k] = cell_sum(picture, side, y + corner % 2, x + corner / 2, k % ANGLES);
                squares += g[k] * g[k];
            }
            for (int k = 0; k < 4 * ANGLES; k++) g[k] = fmin(g[k] / sqrt(squares + 1e-3), 0.2);
            squares = 0;
            for (int k = 0; k < 4 * ANGLES; k++) squares += g[k] * g[k];
            for (int k = 0; k < 4 * ANGLES; k++) g[k] /= sqrt(squares + 1e-6);
        }
}

/* Which of the uniform patterns in rising order, or the last place. */
static int place_of(int pattern) {
    int place = 0;
    for (int other = 0; other <= pattern; other++) {
        char circle[10];
        int changes = 0;
        for (int i = 0; i < 9; i++) circle[i] = (char)(other >> i % 8 & 1);
        for (int i = 0; i < 8; i++) changes += circle[i] != circle[i + 1];
        if (other == pattern) return changes <= 2 ? place : PATTERNS - 1;
        place += changes <= 2;
    }
    return -1;
}

static void lbp(const uint8_t *picture, int side, double *g) {
    /* The neighbour that each bit compares: below right first, then against the clock to the right one. */
    static const int dy[8] = {1, 1, 1, 0, -1, -1, -1, 0}, dx[8] = {1, 0, -1, -1, -1, 0, 1, 1};
    int half = side / 2;
    for (int i = 0; i < LBP; i++) g[i] = 0;
    for (int y = 0; y < 2 * half; y++)
        for (int x = 0; x < 2 * half; x++) {
            int pattern = 0;
            for (int bit = 0; bit < 8; bit++)
                pattern += grey(picture, side, (y + dy[bit] + side) % side, (x + dx[bit] + side) % side) >
                                   grey(picture, side, y, x)
                               ? 1 << bit
                               : 0;
            g[(y / half * 2 + x / half) * PATTERNS + place_of(pattern)] += 1.0 / (half * half);
        }
    for (int i = 0; i < LBP; i++) g[i] = sqrt(g[i]);
}

void oracle_descriptor(const uint8_t *picture, int side, double *g) {
    hog(picture, side, g);
    unit(g, HOG);
    lbp(picture, side, g + HOG);
    unit(g + HOG, LBP);
}

/* ---- Ridge ---- */

/* Solves a x = y (m,m) (m,c) by elimination with pivots; both are overwritten, y by x. */
static void eliminate(double *a, double *y, int m, int c) {
    for (int i = 0; i < m; i++) {
        int best = i;
        for (int r = i; r < m; r++)
            if (fabs(a[r * m + i]) > fabs(a[best * m + i])) best = r;
        for (int k = 0; k < m; k++) {
            double x = a[i * m + k];
            a[i * m + k] = a[best * m + k];
            a[best * m + k] = x;
        }
        for (int k = 0; k < c; k++) {
            double x = y[i * c + k];
            y[i * c + k] = y[best * c + k];
            y[best * c + k] = x;
        }
        for (int r = 0; r < m; r++) {
            double share = r == i ? 0 : a[r * m + i] / a[i * m + i];
            for (int k = 0; k < m; k++) a[r * m + k] -= share * a[i * m + k];
            for (int k = 0; k < c; k++) y[r * c + k] -= share * y[i * c + k];
        }
    }
    for (int i = 0; i < m; i++)
        for (int k = 0; k < c; k++) y[i * c + k] /= a[i * m + i];
}

void oracle_ridge(const double *phi, const double *y, const int *group, const bool *use,
                  const double *penalty, int n, int m, int c, double *f) {
    double *w = malloc((size_t)n * sizeof *w), *a = malloc((size_t)(m * m) * sizeof *a),
           *x = calloc((size_t)(m * c), sizeof *x), *mu = calloc((size_t)c, sizeof *mu), sum = 0;
    for (int i = 0; i < n; i++) {
        int size = 0;
        for (int j = 0; j < n; j++) size += group[j] == group[i];
        sum += w[i] = 1 / sqrt(size);
    }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < c; k++) mu[k] += w[i] / sum * y[i * c + k];
    memcpy(a, penalty, (size_t)(m * m) * sizeof *a);
    for (int i = 0; i < n; i++)
        for (int j = 0; use[i] && j < m; j++) {
            for (int k = 0; k < m; k++) a[j * m + k] += w[i] * n / sum * phi[i * m + j] * phi[i * m + k];
            for (int k = 0; k < c; k++)
                x[j * c + k] += w[i] * n / sum * phi[i * m + j] * (y[i * c + k] - mu[k]);
        }
    eliminate(a, x, m, c);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < c; k++) {
            f[i * c + k] = mu[k];
            for (int j = 0; j < m; j++) f[i * c + k] += phi[i * m + j] * x[j * c + k];
        }
    free(w);
    free(a);
    free(x);
    free(mu);
}

/* ---- Experts ---- */

double oracle_landmark(const double *g, int d, int a, int b, int c, int k) {
    return (g[a * d + k] + g[b * d + k] + g[c * d + k]) / 3;
}

double oracle_expert_feature(const double *x, const double *z, int d) {
    double squares = 0;
    for (int i = 0; i < d; i++) squares += pow(x[i] - z[i], 2);
    return exp(-3 * squares);
}

void oracle_expert_clip(double *f, int c, bool single) {
    double sum = 0;
    for (int k = 0; k < c; k++) f[k] = f[k] < 0 ? 0 : f[k] > 1 ? 1 : f[k];
    for (int k = 0; k < c; k++) sum += f[k];
    for (int k = 0; single && k < c; k++) f[k] = sum == 0 ? 1.0 / c : f[k] / sum;
}

double oracle_mixture(double net, double expert, double alpha) {
    return alpha * net + (1 - alpha) * expert;
}

/* Expected AP of the items by score (n): the chance of each order of equal scores is the same. */
static double expected_precision(const double *score, const bool *relevant, int n) {
    double sum = 0;
    int all = 0;
    for (int i = 0; i < n; i++) {
        int before = 0, right = 0, ties = 0, right_ties = 0;
        if (!relevant[i]) continue;
        all++;
        for (int j = 0; j < n; j++) {
            before += score[j] > score[i], right += relevant[j] && score[j] > score[i];
            ties += score[j] == score[i], right_ties += relevant[j] && score[j] == score[i];
        }
        for (int t = 1; t <= ties; t++) /* this item in place t of its ties: the others are in random order */
            sum += (right + 1 + (ties > 1 ? (t - 1) * (right_ties - 1.0) / (ties - 1) : 0)) / (before + t) /
                   ties;
    }
    return all ? sum / all : 0;
}

enum { CASES = 64, LABELS = 8 };

/* Both AP of case i, added. */
static double both_precisions(double p[CASES][LABELS], const uint8_t *y, const int *group, int n, int c,
                              bool single, int i) {
    double score[2][CASES];
    bool relevant[CASES];
    int m = 0;
    for (int j = 0; j < n; j++) {
        double sum[2] = {0}, none[2] = {1, 1};
        if (group[i] == group[j]) continue;
        relevant[m] = false;
        for (int k = 0; k < c; k++) {
            double x[2] = {p[i][k] * y[j * c + k], p[j][k] * y[i * c + k]};
            relevant[m] = relevant[m] || (y[i * c + k] && y[j * c + k]);
            for (int w = 0; w < 2; w++) sum[w] += x[w], none[w] *= 1 - x[w];
        }
        for (int w = 0; w < 2; w++) score[w][m] = (double)(float)(single ? sum[w] : 1 - none[w]);
        m++;
    }
    return expected_precision(score[0], relevant, m) + expected_precision(score[1], relevant, m);
}

double oracle_share(const float *net, const float *f, const uint8_t *y, const int *group, int n, int c,
                    bool single, double prior) {
    double ap[11][CASES], mean[11] = {0}, p[CASES][LABELS], found = -1;
    int best = 0;
    for (int v = 0; v <= 10; v++) {
        for (int i = 0; i < n * c; i++)
            p[i / c][i % c] = (double)(float)oracle_mixture((double)net[i], (double)f[i], v / 10.0);
        for (int i = 0; i < n; i++) mean[v] += (ap[v][i] = both_precisions(p, y, group, n, c, single, i)) / n;
        if (mean[v] > mean[best]) best = v;
    }
    for (int v = 0; v <= 10; v++) {
        double behind = mean[best] - mean[v], squares = 0;
        int groups = 0;
        for (int i = 0; i < n; i++) {
            double sum = 0;
            bool first = true;
            for (int j = 0; j < n; j++) {
                if (group[j] != group[i]) continue;
                first = first && j >= i;
                sum += ap[best][j] - ap[v][j] - behind;
            }
            if (first) groups++, squares += sum * sum;
        }
        double error = groups > 1 ? sqrt(squares * groups / (groups - 1)) / n : 0;
        if (behind <= error && (found < 0 || fabs(v / 10.0 - prior) < fabs(found - prior))) found = v / 10.0;
    }
    return found;
}

void oracle_semantic(const double *p, int c, int d, double *s) {
    for (int i = 0; i < d; i++) s[i] = 0;
    for (int j = 0; j < 2 * c; j++) s[j % d] += j < c ? sqrt(p[j]) : sqrt(1 - p[j - c]);
}

double oracle_chance(const double *p_v, const double *p_t, bool shared, int c, bool single, double labels) {
    double same = 0, none = 1;
    for (int k = 0; k < c; k++) {
        same += p_v[k] * p_t[k];
        none *= 1 - p_v[k] * p_t[k];
    }
    double r = labels * shared + (1 - labels) * (single ? same : 1 - none);
    return r < 1e-4 ? 1e-4 : r > 1 - 1e-4 ? 1 - 1e-4 : r;
}

double oracle_trust(double alpha_v, double alpha_t) {
    double both = alpha_v + alpha_t;
    return both > 1 ? 1 : both;
}

/* 6. From features to codes.
 *
 * A bit is the sign of one number: on which side of a plane the feature lies. Two features at angle a are on different sides of a random
 * plane with probability a/pi (Charikar 2002), so the Hamming distance of q random bits measures the angle, with a deviation that falls
 * as 1/sqrt(q). Learned planes (hash/model.h) do better per bit; the arithmetic is the same. */
#include <math.h>
#include <stdio.h>

#include "hash/code.h"
#include "nn/base/rng.h"
#include "tests/tutorial/plot.h"

enum { DIM = 16, ANGLES = 19, TRIES = 200, MOST = 256, LENGTHS = 3 };
static const int bits[LENGTHS] = {16, 64, MOST};
static const double PI = 3.14159265358979;

/* Two unit vectors at an angle, in a random plane of space (Gram-Schmidt). */
static void draw_pair(Rng *rng, double angle, double *u, double *v) {
    double w[DIM], uu = 0, uw = 0, ww = 0;
    for (int k = 0; k < DIM; k++) u[k] = rng_normal(rng), w[k] = rng_normal(rng), uu += u[k] * u[k];
    for (int k = 0; k < DIM; k++) u[k] /= sqrt(uu), uw += u[k] * w[k];
    for (int k = 0; k < DIM; k++) w[k] -= uw * u[k], ww += w[k] * w[k];
    for (int k = 0; k < DIM; k++) v[k] = cos(angle) * u[k] + sin(angle) * w[k] / sqrt(ww);
}

/* s = W u, code = its signs. */
static void encode(const double *plane, const double *u, int q, uint8_t *code) {
    float score[MOST];
    for (int j = 0; j < q; j++) {
        double s = 0;
        for (int k = 0; k < DIM; k++) s += plane[j * DIM + k] * u[k];
        score[j] = (float)s;
    }
    code_pack(score, 1, q, code);
}

int main(int argc, char **argv) {
    static double plane[MOST * DIM], angle[ANGLES], mean[LENGTHS][ANGLES], low[LENGTHS][ANGLES],
        high[LENGTHS][ANGLES];
    printf("bits  mean error  deviation at 90  0.5/sqrt(bits)\n");
    for (int l = 0; l < LENGTHS; l++) {
        int q = bits[l];
        double error = 0, deviation = 0;
        Rng rng = rng_stream(1, RNG_TEST, 6);
        for (int a = 0; a < ANGLES; a++) {
            double sum = 0, squares = 0, wanted = (double)a / (ANGLES - 1);
            for (int i = 0; i < TRIES; i++) {
                double u[DIM], v[DIM];
                uint8_t code[2][MOST / 8];
                for (int k = 0; k < q * DIM; k++) plane[k] = rng_normal(&rng); /* new planes each time */
                draw_pair(&rng, wanted * PI, u, v);
                encode(plane, u, q, code[0]), encode(plane, v, q, code[1]);
                double share = (double)code_distance(code[0], code[1], q) / q;
                sum += share, squares += share * share, error += fabs(share - wanted);
            }
            double spread = sqrt(fmax(0, squares / TRIES - sum / TRIES * sum / TRIES));
            angle[a] = 180 * wanted, mean[l][a] = sum / TRIES;
            low[l][a] = fmax(0, mean[l][a] - spread), high[l][a] = fmin(1, mean[l][a] + spread);
            if (2 * a == ANGLES - 1) deviation = spread;
        }
        printf("%4d  %10.4f  %15.4f  %14.4f\n", q, error / (ANGLES * TRIES), deviation, 0.5 / sqrt(q));
    }
    Figures to = plot_folder(argc, argv);
    SvgSeries series[] = {{"16 bits", angle, mean[0], low[0], high[0], ANGLES},
                          {"256 bits", angle, mean[2], low[2], high[2], ANGLES}};
    plot_lines(&to, "Distance of codes by the angle of features", "angle, degrees", "share of differing bits",
               series, 2);
    return 0;
}

/* EQ(descriptor)  g = [hog / |hog| ; lbp / |lbp|]
 *   hog: sums of gradient lengths over 4 x 4 cells and 9 unsigned angles, blocks v of 2 x 2 cells, each
 *        v / sqrt(|v|^2 + 1e-3), cut at 0.2, then v / sqrt(|v|^2 + 1e-6)
 *   lbp: square roots of the shares of the 59 uniform patterns in each of 2 x 2 cells
 * Grey levels are divided by 255. Gradients are differences of the two neighbours, 0 at the border. The pattern of a pixel has one
 * bit for each of its eight neighbours, 1 where the neighbour is brighter; opposite borders of the picture are neighbours. */
#include "data/picture/descriptor.h"

#include <math.h>
#include <string.h>

#include "nn/base/error.h"

static void scale_to_unit(float *v, int n) {
    double squares = 0;
    for (int i = 0; i < n; i++) squares += (double)v[i] * (double)v[i];
    double length = fmax(sqrt(squares), 1e-12);
    for (int i = 0; i < n; i++) v[i] = (float)((double)v[i] / length);
}

/* ---- Edges ---- */

typedef double Cells[DESCRIPTOR_CELLS][DESCRIPTOR_CELLS][DESCRIPTOR_ANGLES];

static void add_gradient(double *histogram, double dx, double dy) {
    const double pi = 3.14159265358979323846;
    double angle = atan2(dy, dx);
    if (angle < 0) angle += pi;
    int bin = (int)(angle / pi * DESCRIPTOR_ANGLES);
    histogram[bin % DESCRIPTOR_ANGLES] += sqrt(dx * dx + dy * dy); /* an angle of pi is one of 0 */
}

static void sum_gradients(const uint8_t *picture, int side, Cells cell) {
    memset(cell, 0, sizeof(Cells));
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            const uint8_t *at = picture + (size_t)y * (size_t)side + (size_t)x;
            int dx = x > 0 && x < side - 1 ? at[1] - at[-1] : 0;
            int dy = y > 0 && y < side - 1 ? at[side] - at[-side] : 0;
            if (dx || dy)
                add_gradient(cell[y * DESCRIPTOR_CELLS / side][x * DESCRIPTOR_CELLS / side], dx / 255.0,
                             dy / 255.0);
        }
}

static void normalise_block(double *v) {
    enum { N = 4 * DESCRIPTOR_ANGLES };
    double squares = 0, cut = 0;
    for (int i = 0; i < N; i++) squares += v[i] * v[i];
    for (int i = 0; i < N; i++) {
        v[i] = fmin(v[i] / sqrt(squares + 1e-3), 0.2);
        cut += v[i] * v[i];
    }
    for (int i = 0; i < N; i++) v[i] /= sqrt(cut + 1e-6);
}

static void write_edges(const uint8_t *picture, int side, float *out) {
    enum { BLOCKS = DESCRIPTOR_CELLS - 1, BINS = DESCRIPTOR_ANGLES };
    Cells cell;
    sum_gradients(picture, side, cell);
    for (int y = 0; y < BLOCKS; y++)
        for (int x = 0; x < BLOCKS; x++) {
            double block[4 * BINS];
            for (int k = 0; k < 4; k++)
                memcpy(block + k * BINS, cell[y + k % 2][x + k / 2], sizeof cell[0][0]);
            normalise_block(block);
            for (int k = 0; k < 4 * BINS; k++) *out++ = (float)block[k];
        }
}

/* ---- Texture ---- */

/* place[pattern]: uniform patterns (at most two changes around the circle) in rising order, then one place for the others. */
static void number_patterns(uint8_t place[256]) {
    int uniform = 0;
    for (int pattern = 0; pattern < 256; pattern++) {
        int changes = 0;
        for (int bit = 0; bit < 8; bit++) changes += (pattern >> bit & 1) != (pattern >> (bit + 1) % 8 & 1);
        place[pattern] = (uint8_t)(changes <= 2 ? uniform++ : DESCRIPTOR_PATTERNS - 1);
    }
}

static int wrapped(int i, int side) {
    return i < 0 ? side - 1 : i == side ? 0 : i;
}

static int pattern_at(const uint8_t *picture, int side, int y, int x) {
    static const int step[8][2] = {{1, 1}, {1, 0}, {1, -1}, {0, -1}, {-1, -1}, {-1, 0}, {-1, 1}, {0, 1}};
    int centre = picture[(size_t)y * (size_t)side + (size_t)x], pattern = 0;
    for (int bit = 0; bit < 8; bit++) {
        int row = wrapped(y + step[bit][0], side), column = wrapped(x + step[bit][1], side);
        pattern |= (picture[(size_t)row * (size_t)side + (size_t)column] > centre) << bit;
    }
    return pattern;
}

static void write_texture(const uint8_t *picture, int side, float *out) {
    uint8_t place[256];
    number_patterns(place);
    int cell = side / DESCRIPTOR_QUARTERS;
    memset(out, 0, DESCRIPTOR_LBP * sizeof *out);
    for (int y = 0; y < cell * DESCRIPTOR_QUARTERS; y++)
        for (int x = 0; x < cell * DESCRIPTOR_QUARTERS; x++)
            out[(y / cell * DESCRIPTOR_QUARTERS + x / cell) * DESCRIPTOR_PATTERNS +
                place[pattern_at(picture, side, y, x)]]++;
    for (int i = 0; i < DESCRIPTOR_LBP; i++) out[i] = sqrtf(out[i] / (float)(cell * cell));
}

void descriptor_make(const uint8_t *picture, int side, float *out) {
    NN_REQUIRE(side > 0 && side % DESCRIPTOR_CELLS == 0, "a descriptor of a picture of side %d", side);
    write_edges(picture, side, out);
    scale_to_unit(out, DESCRIPTOR_HOG);
    write_texture(picture, side, out + DESCRIPTOR_HOG);
    scale_to_unit(out + DESCRIPTOR_HOG, DESCRIPTOR_LBP);
}

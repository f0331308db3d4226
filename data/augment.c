#include "data/augment.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "data/tokens.h"

/* Coordinates in the input are fixed-point numbers with 16 fraction bits: steps along a row are exact, and a shift
 * gives the pixel. A coordinate stays below four times the side, so sides are at most 2^12. */
enum { FRACTION = 16, ONE = 1 << FRACTION, MOST_SIDE = 1 << 12 };

typedef struct {
    int32_t x, y;
} Place;

/* Where the output's pixels come from: place(x, y) = origin + x along + y down. */
typedef struct {
    Place origin, along, down;
} Warp;

/* ---- Random draws: always the same number in the same order, so that turning one kind off does not change the others ---- */

typedef struct {
    double shift_x, shift_y; /* pixels */
    double scale, angle;
    double gain, contrast, speckle;
    bool erase, flip;
    double area, aspect, left, top; /* of the erased rectangle */
} Draw;

static double about(Rng *rng, double amount) {
    return rng_range(rng, -amount, amount);
}

static Draw draw_all(const Augment *a, Rng *rng, int side) {
    Draw d;
    d.shift_x = about(rng, a->shift) * side;
    d.shift_y = about(rng, a->shift) * side;
    d.scale = exp(about(rng, a->scale));
    d.angle = about(rng, a->rotation) * (3.14159265358979323846 / 180.0);
    d.gain = 1.0 + about(rng, a->gain);
    d.contrast = 1.0 + about(rng, a->contrast);
    d.speckle = rng_range(rng, 0.0, a->speckle);
    d.erase = rng_uniform(rng) < a->erase;
    d.area = rng_range(rng, 0.02, 0.20);
    d.aspect = exp(rng_range(rng, -1.2, 1.2)); /* 0.3 to 3.3, as Zhong et al. 2017 */
    d.left = rng_uniform(rng);
    d.top = rng_uniform(rng);
    d.flip = rng_uniform(rng) < a->flip;
    return d;
}

/* ---- The warp ---- */

static int32_t fixed(double v) {
    return (int32_t)lrint(v * ONE);
}

/* Inverse map: takes the output's pixel relative to the centre, undoes flip and shift, rotates, divides by the scale. */
static Warp warp_of(const Draw *d, int side) {
    double c = cos(d->angle) / d->scale, s = sin(d->angle) / d->scale, centre = (side - 1) / 2.0;
    double sign = d->flip ? -1.0 : 1.0, x = -sign * centre - d->shift_x, y = -centre - d->shift_y;
    Warp w;
    w.along = (Place){fixed(sign * c), fixed(-sign * s)};
    w.down = (Place){fixed(s), fixed(c)};
    w.origin = (Place){fixed(c * x + s * y + centre), fixed(-s * x + c * y + centre)};
    return w;
}

/* True where all four neighbours of a place lie in the picture. */
static bool is_inner(Place p, int32_t limit) {
    return p.x >= 0 && p.y >= 0 && p.x < limit && p.y < limit;
}

/* Bilinear, all four neighbours inside. Weights keep 8 of the 16 fraction bits: sums fit 32 bits. */
static float sample_inner(const uint8_t *in, int side, Place p) {
    const uint8_t *q = in + (size_t)(p.y >> FRACTION) * (size_t)side + (size_t)(p.x >> FRACTION);
    int32_t fx = p.x >> 8 & 255, fy = p.y >> 8 & 255;
    int32_t top = (q[0] << 8) + (q[1] - q[0]) * fx, bottom = (q[side] << 8) + (q[side + 1] - q[side]) * fx;
    return (float)((top << 8) + (bottom - top) * fy) * (1.0f / 65536.0f);
}

static int pixel_or_black(const uint8_t *in, int side, int x, int y) {
    return x >= 0 && y >= 0 && x < side && y < side ? in[(size_t)y * (size_t)side + (size_t)x] : 0;
}

/* As sample_inner, for places at the edge: black outside. */
static float sample_edge(const uint8_t *in, int side, Place p) {
    int x = (int)floor(p.x / (double)ONE), y = (int)floor(p.y / (double)ONE);
    if (x < -1 || y < -1 || x >= side || y >= side) return 0;
    uint8_t four[4] = {(uint8_t)pixel_or_black(in, side, x, y), (uint8_t)pixel_or_black(in, side, x + 1, y),
                       (uint8_t)pixel_or_black(in, side, x, y + 1),
                       (uint8_t)pixel_or_black(in, side, x + 1, y + 1)};
    return sample_inner(four, 2, (Place){p.x - x * ONE, p.y - y * ONE});
}

static Place step(Place p, Place by, int times) {
    return (Place){p.x + times * by.x, p.y + times * by.y};
}

/* The inner pixels of a row are contiguous, so only its two ends are tested. */
static void warp_row(const uint8_t *in, int side, Place first, Place along, float *out) {
    int32_t limit = (side - 1) * ONE;
    int from = 0, to = side;
    for (; from < to && !is_inner(step(first, along, from), limit); from++)
        out[from] = sample_edge(in, side, step(first, along, from));
    for (; to > from && !is_inner(step(first, along, to - 1), limit); to--)
        out[to - 1] = sample_edge(in, side, step(first, along, to - 1));
    Place p = step(first, along, from);
    for (int x = from; x < to; x++, p.x += along.x, p.y += along.y) out[x] = sample_inner(in, side, p);
}

/* ---- Gray values ---- */

static float mean_gray(const uint8_t *in, int side) {
    uint64_t sum = 0;
    size_t n = (size_t)side * (size_t)side;
    for (size_t i = 0; i < n; i++) sum += in[i];
    return (float)((double)sum / (double)n);
}

/* out = clamp(scale * v + offset) to 0..255. */
static void tone(float *out, size_t n, float scale, float offset) {
    for (size_t i = 0; i < n; i++) {
        float v = out[i] * scale + offset;
        v = v < 0 ? 0 : v;
        out[i] = v > 255 ? 255 : v;
    }
}

/* Multiplies each square of 2 x 2 pixels (speckle has a grain) by 1 + deviation z. z, nearly normal, is the
 * sum of four uniform bytes: mean 510, variance 4 (256^2 - 1) / 12 = 21845. */
static void speckle(float *out, int side, float deviation, Rng *rng) {
    const float unit = deviation / 147.80054f;
    for (int y = 0; y < side; y += 2) {
        float *row = out + (size_t)y * (size_t)side, *next = y + 1 < side ? row + side : row;
        for (int x = 0; x < side; x += 2) {
            uint32_t u = rng_u32(rng);
            u = (u & 0x00FF00FFu) + (u >> 8 & 0x00FF00FFu);
            float factor = 1.0f + unit * (float)((int)((u & 0xFFFFu) + (u >> 16)) - 510);
            int right = x + 1 < side ? x + 1 : x;
            float a = row[x] * factor, b = row[right] * factor, c = next[x] * factor,
                  e = next[right] * factor;
            row[x] = a, row[right] = b, next[x] = c, next[right] = e;
        }
    }
}

static void erase(const Draw *d, int side, float gray, float *out) {
    int width = (int)(side * sqrt(d->area * d->aspect)), height = (int)(side * sqrt(d->area / d->aspect));
    width = width < 1 ? 1 : width > side ? side : width;
    height = height < 1 ? 1 : height > side ? side : height;
    int left = (int)(d->left * (side - width + 1)), top = (int)(d->top * (side - height + 1));
    for (int y = top; y < top + height; y++)
        for (int x = left; x < left + width; x++) out[(size_t)y * (size_t)side + (size_t)x] = gray;
}

void augment_image(const Augment *a, Rng *rng, const uint8_t *in, int side, float *out) {
    NN_REQUIRE(side > 0 && side <= MOST_SIDE, "side %d", side);
    Draw d = draw_all(a, rng, side);
    Warp w = warp_of(&d, side);
    size_t n = (size_t)side * (size_t)side;
    float mean = mean_gray(in, side);
    for (int y = 0; y < side; y++)
        warp_row(in, side, step(w.origin, w.down, y), w.along, out + (size_t)y * (size_t)side);
    /* ((v - mean) contrast + mean) gain */
    tone(out, n, (float)(d.contrast * d.gain), (float)((1.0 - d.contrast) * mean * d.gain));
    if (d.speckle > 0) {
        speckle(out, side, (float)d.speckle, rng);
        tone(out, n, 1.0f, 0.0f);
    }
    if (d.erase) erase(&d, side, mean, out);
}

/* ---- Words ---- */

static void drop_word(int32_t *id, int32_t *gram, int i) {
    id[i] = TOKEN_UNKNOWN;
    for (int g = 0; gram && g < TOKEN_NGRAMS; g++) gram[(size_t)i * TOKEN_NGRAMS + (size_t)g] = -1;
}

void augment_words(double p, Rng *rng, int32_t *id, int32_t *gram, int n) {
    if (n <= 0 || p <= 0) return;
    int kept = -1; /* the last word that is not dropped; a random word where all would be */
    Rng ahead = *rng;
    for (int i = 0; i < n; i++)
        if (rng_uniform(&ahead) >= p) kept = i;
    if (kept < 0) kept = (int)rng_below(&ahead, (uint32_t)n);
    for (int i = 0; i < n; i++)
        if (rng_uniform(rng) < p && i != kept) drop_word(id, gram, i);
}

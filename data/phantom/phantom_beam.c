/* From scene to picture: attenuation and time-gain compensation, speckle, blurring by the beam, envelope, log
 * compression, scan conversion. Lines and samples form a grid [sample][line], one line a beam. */
#include <math.h>

#include "data/phantom/phantom_scene.h"
#include "nn/base/alloc.h"

enum { MAX_TAPS = 24, LOOKS = 2, MAPS = 6 };

/* level: amplitude of the scatterers; mirror: of mirror-like echoes. gray: envelope summed over the looks,
 * then gray levels. The others are scratch. */
typedef struct {
    int samples, lines;
    float *level, *mirror, *gray, *re, *im, *spare;
} Grid;

static double line_place(const Grid *g, int line) {
    return 2 * (line + 0.5) / g->lines - 1;
}

/* from: start of a line on the probe's face; beam: its direction. place: -1..1 across the probe. */
static void frame_beam(const Frame *f, double place, double from[2], double beam[2]) {
    double angle = f->curved ? place * f->angle : 0;
    beam[0] = sin(angle), beam[1] = cos(angle);
    from[0] = f->curved ? f->radius * beam[0] : place * f->width;
    from[1] = f->curved ? f->radius * (beam[1] - 1) : 0;
}

static double amplitude(double db) {
    return exp(db * 0.11512925464970229);
} /* ln(10)/20 */

/* Echoes at depth r of a line that meets air at depth r0. haze: a fading haze, and rays that do not fade (B-lines). mirror: where the air
 * is the flat surface of the lung, echoes of the probe's face at multiples of r0 (A-lines), which B-lines hide. */
static void air_echo(const Scene *s, double place, double r0, double r, double *haze, double *mirror) {
    double ray = 0;
    for (int i = 0; i < s->ray_count; i++) {
        double q = (place - s->rays[i][0]) / (s->rays[i][1] * (1 + 0.6 * (r - r0)));
        ray += s->rays[i][2] * exp(-0.5 * q * q);
    }
    ray = ray > 1 ? 1 : ray;
    *haze = amplitude(-3 - 20 * (r - r0)) + ray * amplitude(9 - 4 * (r - r0)) * (0.8 + 0.2 * sin(r * 190));
    *mirror = 0;
    if (s->pleura <= 0 || fabs(r0 - s->pleura) > 0.03) return;
    for (int k = 2; k * r0 < 1.1; k++) {
        double q = (r - k * r0) / 0.008;
        *mirror += amplitude(10 - 6.0 * k) * exp(-0.5 * q * q);
    }
    *mirror *= 1 - ray;
}

/* Time-gain compensation beyond the attenuation saturates softly, as in a real machine. */
static double saturated(double db) {
    return db > 0 ? 11 * tanh(db / 11) : db;
}

static void grid_line(const Scene *s, Grid *g, int line) {
    const Frame *f = &s->frame;
    double place = line_place(g, line), from[2], beam[2], step = 1.0 / g->samples;
    frame_beam(f, place, from, beam);
    double lost_per_alpha = 2 * f->mhz * f->depth_mm / 10 * step; /* dB of both ways, for 1 dB/cm/MHz */
    double contact = 1.2 * sin(5 * place + f->contact) - 2.5 * place * place * place * place;
    double balance = 0, air_at = 0, gain = 1;
    for (int k = 0; k < g->samples; k++) {
        double r = (k + 0.5) * step, mirror, level;
        if (air_at > 0) {
            air_echo(s, place, air_at, r, &level, &mirror);
        } else {
            Echo e = scene_echo(s, from[0] + r * beam[0], from[1] + r * beam[1], r, beam);
            balance += (f->tgc - e.alpha) * lost_per_alpha;
            gain = amplitude(saturated(balance) + contact);
            level = amplitude(e.echo_db), mirror = e.specular;
            if (e.air) air_at = r;
        }
        g->level[k * g->lines + line] = (float)(gain * level);
        g->mirror[k * g->lines + line] = (float)(1.6 * gain * mirror);
    }
}

/* Random scatterers. Real and imaginary part are uniform in [-sqrt 3, sqrt 3) (deviation 1); the blur sums many of them, so the envelope
 * is Rayleigh distributed. Each look has its own speckle, as from another aperture. */
static void grid_scatter(Grid *g, Rng *rng) {
    const float step = (float)(2 * 1.7320508075688772 / 65536);
    for (int i = 0; i < g->samples * g->lines; i++) {
        uint32_t u = rng_u32(rng);
        g->re[i] = g->level[i] * step * ((float)(u & 0xffffu) - 32767.5f) + g->mirror[i];
        g->im[i] = g->level[i] * step * ((float)(u >> 16) - 32767.5f);
    }
}

/* ---- Blur: the pulse along the line, the beam across lines ---- */

static int gauss_taps(double sigma, float taps[MAX_TAPS + 1]) {
    int n = (int)ceil(2.5 * sigma);
    n = n > MAX_TAPS ? MAX_TAPS : n;
    NN_REQUIRE(n >= 0, "a blur of %g samples", sigma);
    double power = 0;
    for (int i = 0; i <= n; i++) {
        double t = exp(-0.5 * i * i / (sigma * sigma));
        taps[i] = (float)t;
        power += (i ? 2 : 1) * t * t;
    }
    for (int i = 0; i <= n; i++) taps[i] = (float)(taps[i] / sqrt(power)); /* keeps the speckle's power */
    return n;
}

/* out[k] = sum_t taps[|t|] in[k + t], for the rows in (samples, lines). */
static void blur_along(const Grid *g, const float *in, float *out, double sigma) {
    float taps[MAX_TAPS + 1];
    int n = gauss_taps(sigma, taps);
    for (int k = 0; k < g->samples; k++) {
        float *to = out + k * g->lines;
        for (int l = 0; l < g->lines; l++) to[l] = 0;
        for (int t = -n; t <= n; t++) {
            if (k + t < 0 || k + t >= g->samples) continue;
            const float *row = in + (k + t) * g->lines, w = taps[t < 0 ? -t : t];
            for (int l = 0; l < g->lines; l++) to[l] += w * row[l];
        }
    }
}

/* Width of the beam in lines: a hyperbola in depth, narrowest at the focus. The lines of a curved probe diverge, so the same width
 * spans fewer of them. */
static double beam_sigma(const Frame *f, const Grid *g, double r) {
    double spread = (r - f->focus) / 0.35, wide = 0.0085 * (0.6 + 0.6 * r) * sqrt(1 + spread * spread);
    double spacing = f->curved ? (f->radius + r) * 2 * f->angle / g->lines : 2 * f->width / g->lines;
    double sigma = wide / spacing;
    return sigma < 0.5 ? 0.5 : sigma;
}

static void blur_across(const Frame *f, const Grid *g, const float *in, float *out) {
    for (int k = 0; k < g->samples; k++) {
        float taps[MAX_TAPS + 1];
        int n = gauss_taps(beam_sigma(f, g, (k + 0.5) / g->samples), taps);
        const float *row = in + k * g->lines;
        for (int l = 0; l < g->lines; l++) {
            float sum = taps[0] * row[l];
            for (int t = 1; t <= n; t++) {
                if (l - t >= 0) sum += taps[t] * row[l - t];
                if (l + t < g->lines) sum += taps[t] * row[l + t];
            }
            out[k * g->lines + l] = sum;
        }
    }
}

/* ---- Gray levels ---- */

static void add_envelope(Grid *g) {
    for (int i = 0; i < g->samples * g->lines; i++)
        g->gray[i] += sqrtf(0.5f * (g->re[i] * g->re[i] + g->im[i] * g->im[i])) / LOOKS;
}

/* 20 log10(envelope) over the dynamic range. The floor is the receiver's noise, amplified by the TGC, and clutter (side lobes, echoes
 * between the layers under the probe), strongest near the face. */
static void compress(const Frame *f, Grid *g) {
    for (int k = 0; k < g->samples; k++) {
        double r = (k + 0.5) / g->samples;
        double noise = amplitude(-62 + f->tgc * f->mhz * f->depth_mm / 10 * r);
        double clutter = amplitude(-27 - 14 * r), floor2 = noise * noise + clutter * clutter;
        for (int l = 0; l < g->lines; l++) {
            float *gray = &g->gray[k * g->lines + l];
            double power = (double)*gray * (double)*gray + floor2;
            *gray = (float)(118 + 255 * (4.342944819032518 * log(power) + f->gain_db) / f->range_db);
        }
    }
}

static double grid_at(const Grid *g, double line, double sample) {
    line = line < 0 ? 0 : line > g->lines - 1 ? g->lines - 1 : line;
    sample = sample < 0 ? 0 : sample > g->samples - 1 ? g->samples - 1 : sample;
    int l = (int)line, k = (int)sample;
    int l1 = l + 1 < g->lines ? l + 1 : l, k1 = k + 1 < g->samples ? k + 1 : k;
    double u = line - l, v = sample - k;
    const float *a = g->gray + k * g->lines, *b = g->gray + k1 * g->lines;
    return (a[l] * (1 - u) + a[l1] * u) * (1 - v) + (b[l] * (1 - u) + b[l1] * u) * v;
}

/* Gray at a point of the picture, 0 outside of the field of view. */
static double gray_at(const Frame *f, const Grid *g, double x, double z) {
    double r = f->curved ? sqrt(x * x + (z + f->radius) * (z + f->radius)) - f->radius : z;
    if (r < 0 || r > 1) return 0;
    double place = f->curved ? atan2(x, z + f->radius) / f->angle : x / f->width;
    if (place < -1 || place > 1) return 0;
    double gray = grid_at(g, (place + 1) / 2 * g->lines - 0.5, r * g->samples - 0.5);
    return gray < 2 ? 2 : gray > 255 ? 255 : gray;
}

static void scan_convert(const Frame *f, const Grid *g, unsigned char *pixels) {
    for (int y = 0; y < f->size; y++)
        for (int x = 0; x < f->size; x++) {
            double sum = 0;
            for (int sub = 0; sub < 4; sub++) { /* four points a pixel: the grid is finer than the picture */
                double px = x + 0.25 + 0.5 * (sub & 1), py = y + 0.25 + 0.5 * (sub >> 1);
                sum += gray_at(f, g, (px - f->left) / f->scale, (py - f->top) / f->scale);
            }
            pixels[y * f->size + x] = (unsigned char)(sum / 4 + 0.5);
        }
}

int phantom_image(const Scene *s, Rng *rng, unsigned char *pixels) {
    Grid g = {.samples = 2 * s->frame.size, .lines = s->frame.size + s->frame.size / 3};
    size_t n = (size_t)g.samples * (size_t)g.lines;
    float *memory = mem_calloc(MAPS * n, sizeof(float));
    if (!memory) return 0;
    g.level = memory, g.mirror = memory + n, g.gray = memory + 2 * n;
    g.re = memory + 3 * n, g.im = memory + 4 * n, g.spare = memory + 5 * n;
    double pulse = fmax(1.15, 0.0055 * g.samples); /* in samples; at least the resolution of the picture */
    for (int l = 0; l < g.lines; l++) grid_line(s, &g, l);
    for (int look = 0; look < LOOKS; look++) {
        grid_scatter(&g, rng);
        blur_along(&g, g.re, g.spare, pulse);
        blur_across(&s->frame, &g, g.spare, g.re);
        blur_along(&g, g.im, g.spare, pulse);
        blur_across(&s->frame, &g, g.spare, g.im);
        add_envelope(&g);
    }
    compress(&s->frame, &g);
    scan_convert(&s->frame, &g, pixels);
    mem_free(memory);
    return 1;
}

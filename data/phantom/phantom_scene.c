/* Shapes: signed distances, and painting each over the earlier ones. */
#include <math.h>
#include <string.h>

#include "data/phantom/phantom_scene.h"

#define PI 3.14159265358979323846
#define LN10_20 0.11512925464970229 /* ln(10)/20: exp(db * LN10_20) is an amplitude */

Shape *scene_add(Scene *s, Shape shape) {
    NN_REQUIRE(s->count < PHANTOM_MAX_SHAPES, "%d shapes are too many", s->count);
    s->shapes[s->count] = shape;
    return &s->shapes[s->count++];
}

static Shape shape_new(ShapeKind kind, double x, double z, double a, double b, double degrees, Tissue t) {
    Shape s;
    memset(&s, 0, sizeof s);
    s.kind = kind;
    s.x = x, s.z = z, s.a = a, s.b = b;
    s.cos_tilt = cos(degrees * PI / 180), s.sin_tilt = sin(degrees * PI / 180);
    s.tissue = t;
    s.edge = 0.006;
    s.bound = 1e9;
    return s;
}

Shape shape_layer(ShapeKind kind, double z, Tissue t) {
    return shape_new(kind, 0, z, 0, 0, 0, t);
}

Shape shape_ellipse(double x, double z, double a, double b, double degrees, Tissue t) {
    Shape s = shape_new(SHAPE_ELLIPSE, x, z, a, b, degrees, t);
    s.bound = 2 * fmax(a, b) + 0.05;
    return s;
}

Shape shape_lens(double x, double z, double a, double b, double degrees, double bend, Tissue t) {
    Shape s = shape_new(SHAPE_LENS, x, z, a, b, degrees, t);
    s.bend = bend;
    s.bound = a + b + fabs(bend) + 0.05;
    return s;
}

Shape shape_tube(double x0, double z0, double x1, double z1, double x2, double z2, double r0, double r1,
                 Tissue t) {
    Shape s = shape_new(SHAPE_TUBE, 0.5 * (x0 + x2), 0.5 * (z0 + z2), r0, r1, 0, t);
    s.bound = 0;
    for (int i = 0; i < PHANTOM_CURVE; i++) {
        double u = (double)i / (PHANTOM_CURVE - 1), v = 1 - u;
        s.curve[i][0] = v * v * x0 + 2 * u * v * x1 + u * u * x2;
        s.curve[i][1] = v * v * z0 + 2 * u * v * z1 + u * u * z2;
        s.bound = fmax(s.bound, hypot(s.curve[i][0] - s.x, s.curve[i][1] - s.z));
    }
    s.bound += fmax(r0, r1) + 0.05;
    return s;
}

void shape_wall(Shape *s, double wall_db, double wall) {
    s->wall_db = wall_db;
    s->wall = wall;
}

/* ---- Signed distances, negative inside: exact for tubes, for the others only near the outline ---- */

static double layer_distance(const Shape *s, double x, double r) {
    double border = s->z;
    if (fabs(border - r) < s->ripple + 0.05) /* elsewhere only the sign is needed */
        border += s->ripple * sin(s->ripple_k * x + s->ripple_phase);
    return s->kind == SHAPE_BELOW ? border - r : r - border;
}

static double ellipse_distance(const Shape *s, double dx, double dz) {
    double u = (dx * s->cos_tilt + dz * s->sin_tilt) / s->a,
           v = (-dx * s->sin_tilt + dz * s->cos_tilt) / s->b;
    double rho = sqrt(u * u + v * v), radius = 1, narrow = fmin(s->a, s->b);
    if (fabs(rho - 1) < fabs(s->ripple) + s->spike + 0.05 / narrow) { /* elsewhere only the sign is needed */
        double angle = atan2(v, u);
        radius += s->ripple * (0.6 * sin(s->ripple_k * angle + s->ripple_phase) +
                               0.4 * sin((s->ripple_k + 2) * angle - 2.3 * s->ripple_phase));
        if (s->spikes > 0) {
            /* two sets of rays; each is longest where the other is shortest, so that spicules differ */
            double phase = s->ripple_phase, share = 0.5 + 0.5 * sin(2 * angle + phase);
            double ray = 0.5 + 0.5 * cos(s->spikes * angle + phase),
                   other = 0.5 + 0.5 * cos((s->spikes + 3) * angle - 2 * phase);
            radius += s->spike * (share * pow(ray, 4) + (1 - share) * pow(other, 6));
        }
    }
    return (rho - radius) * narrow;
}

static double tube_distance(const Shape *s, double x, double z) {
    double best = 1e9;
    for (int i = 0; i + 1 < PHANTOM_CURVE; i++) {
        const double *p = s->curve[i], *q = s->curve[i + 1];
        double ex = q[0] - p[0], ez = q[1] - p[1], dx = x - p[0], dz = z - p[1];
        double t =
            (dx * ex + dz * ez) / (ex * ex + ez * ez + 1e-12); /* a point-like piece has no direction */
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        double along = (i + t) / (PHANTOM_CURVE - 1);
        dx -= t * ex, dz -= t * ez;
        double d = sqrt(dx * dx + dz * dz) - (s->a + (s->b - s->a) * along);
        if (d < best) best = d;
    }
    return best;
}

static double lens_distance(const Shape *s, double dx, double dz) {
    double u = (dx * s->cos_tilt + dz * s->sin_tilt) / s->a, v = -dx * s->sin_tilt + dz * s->cos_tilt;
    double middle = s->bend * u * u + s->ripple * sin(s->ripple_k * u + s->ripple_phase);
    return fabs(v - middle) - s->b * (1 - u * u);
}

static double shape_distance(const Shape *s, double x, double z, double r) {
    switch (s->kind) {
    case SHAPE_BELOW:
    case SHAPE_ABOVE:
        return layer_distance(s, x, r);
    case SHAPE_ELLIPSE:
        return ellipse_distance(s, x - s->x, z - s->z);
    case SHAPE_TUBE:
        return tube_distance(s, x, z);
    case SHAPE_LENS:
        return lens_distance(s, x - s->x, z - s->z);
    }
    return 1e9;
}

/* |cos| of the angle between beam and normal of the outline; 1 for layers, which are perpendicular to the beam. */
static double shape_facing(const Shape *s, double x, double z, const double beam[2]) {
    if (s->kind == SHAPE_BELOW || s->kind == SHAPE_ABOVE) return 1;
    const double h = 1e-3;
    double gx = shape_distance(s, x + h, z, 0) - shape_distance(s, x - h, z, 0);
    double gz = shape_distance(s, x, z + h, 0) - shape_distance(s, x, z - h, 0);
    double norm = sqrt(gx * gx + gz * gz);
    return norm > 0 ? fabs(gx * beam[0] + gz * beam[1]) / norm : 1;
}

/* ---- Painting ---- */

/* Slow variation of about -1..1: smooth interpolation of a lattice of random numbers. */
static double scene_texture(const Scene *s, double x, double z) {
    double fx = (x + 4) * 14, fz = (z + 4) * 14;
    int ix = (int)fx, iz = (int)fz;
    double u = fx - ix, v = fz - iz;
    u = u * u * (3 - 2 * u), v = v * v * (3 - 2 * v);
    const int mask = PHANTOM_LATTICE - 1;
    const float *top = s->lattice[iz & mask], *bottom = s->lattice[(iz + 1) & mask];
    double a = top[ix & mask] * (1 - u) + top[(ix + 1) & mask] * u;
    double b = bottom[ix & mask] * (1 - u) + bottom[(ix + 1) & mask] * u;
    return a * (1 - v) + b * v;
}

void scene_to_view(const Scene *s, double x, double z, double *view_x, double *view_z) {
    double mx = s->mirror * x, mz = z - 0.5;
    *view_x = s->cos_turn * mx - s->sin_turn * mz + s->shift_x;
    *view_z = s->sin_turn * mx + s->cos_turn * mz + s->shift_z + 0.5;
}

static void view_to_scene(const Scene *s, double view_x, double view_z, double *x, double *z) {
    double dx = view_x - s->shift_x, dz = view_z - s->shift_z - 0.5;
    *x = s->mirror * (s->cos_turn * dx + s->sin_turn * dz);
    *z = -s->sin_turn * dx + s->cos_turn * dz + 0.5;
}

static double tissue_echo(const Scene *s, const Tissue *t, double x, double z, double r) {
    double echo = t->echo;
    if (t->texture > 0 || t->stripes > 0) {
        double slow = scene_texture(s, x, z);
        echo += t->texture * slow;
        if (t->stripes > 0) echo += t->stripes * sin(2 * PI * (r * 22 + 0.5 * slow + 0.8 * x));
    }
    return echo;
}

Echo scene_echo(const Scene *s, double x, double z, double r, const double beam[2]) {
    double ax, az;
    view_to_scene(s, x, z, &ax, &az);
    const double turned[2] = {s->mirror * (s->cos_turn * beam[0] + s->sin_turn * beam[1]),
                              -s->sin_turn * beam[0] + s->cos_turn * beam[1]};
    Echo e = {0, 0.5, 0, 0};
    const Tissue *tissue = NULL;
    for (int i = 0; i < s->count; i++) {
        const Shape *p = &s->shapes[i];
        double dx = ax - p->x, dz = az - p->z;
        if (dx * dx + dz * dz > p->bound * p->bound) continue;
        double d = shape_distance(p, ax, az, r);
        if (d < p->edge) {
            double w = d < -p->edge ? 1 : 0.5 - 0.5 * d / p->edge;
            e.echo_db += w * (tissue_echo(s, &p->tissue, ax, az, r) - e.echo_db);
            e.alpha += w * (p->tissue.alpha - e.alpha);
            e.specular *= 1 - w;
            if (w >= 0.5) tissue = &p->tissue;
        }
        if (p->wall > 0 && fabs(d) < 3 * p->wall) {
            double facing = shape_facing(p, ax, az, turned);
            double q = d / p->wall, f2 = facing * facing;
            double rough = 0.7 + 0.55 * scene_texture(s, 2 * ax, 2 * az);
            double a = exp(p->wall_db * LN10_20 - 0.5 * q * q) * (0.08 + 0.92 * f2 * f2) * rough;
            if (a > e.specular) e.specular = a;
        }
    }
    e.air = tissue && tissue->air;
    return e;
}

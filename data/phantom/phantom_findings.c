/* Findings as shapes, each at a plausible place of its organ, and the whole scene. */
#include <math.h>
#include <string.h>

#include "data/phantom/phantom_scene.h"

/* echo, alpha, texture, stripes, air */
static const Tissue WATER = {-50, 0.02, 0, 0, 0};
static const Tissue SOLID = {-15, 0.5, 1, 0, 0};
static const Tissue DESMOPLASTIC = {-15, 0.95, 3, 0, 0};
static const Tissue HALO = {6, 0.6, 1, 0, 0};
static const Tissue STONE = {9, 14, 0, 0, 0};

static const double MAX_SHIFT = 0.07; /* of the probe along the skin, from view to view */

/* Places of the findings in an organ. mass: box of centres of cysts, nodules and, where stone is unset, stones. */
typedef struct {
    double mass[4];  /* x low, x high, z low, z high */
    double stone[4]; /* the same for stones; all 0: use mass */
    double slope;    /* dz/dx along the box of stones */
    double duct[6];  /* three points of the curve */
    int duct_free;   /* side without the duct, free for a second finding */
    double fluid[6]; /* x, z, half-length, half-thickness, degrees, bend */
} Site;

static const Site SITE[PHANTOM_ORGANS] = {
    [PHANTOM_BREAST] = {.mass = {-0.26, 0.26, 0.38, 0.52},
                        .duct = {-0.4, 0.58, -0.1, 0.5, 0.16, 0.27},
                        .duct_free = 1,
                        .fluid = {0.0, 0.48, 0.36, 0.07, 6, 0.05}},
    [PHANTOM_THYROID] = {.mass = {-0.14, 0.14, 0.42, 0.48}},
    [PHANTOM_LIVER] = {.mass = {-0.34, 0.34, 0.34, 0.58},
                       .duct = {-0.36, 0.5, -0.05, 0.3, 0.34, 0.56},
                       .duct_free = 1,
                       .fluid = {0.0, 0.14, 0.44, 0.13, 0, -0.16}},
    [PHANTOM_KIDNEY] = {.mass = {-0.3, 0.3, 0.44, 0.6},
                        .stone = {-0.14, 0.14, 0.5, 0.54},
                        .duct = {-0.12, 0.52, 0.26, 0.44, 0.36, 0.88},
                        .duct_free = -1,
                        .fluid = {0.0, 0.285, 0.42, 0.055, 2, 0.16}},
    [PHANTOM_GALLBLADDER] = {.mass = {-0.3, -0.16, 0.36, 0.46},
                             .stone = {0.1, 0.26, 0.45, 0.47},
                             .slope = 0.42,
                             .duct = {-0.56, 0.62, -0.2, 0.62, 0.1, 0.57},
                             .duct_free = -1,
                             .fluid = {0.14, 0.575, 0.3, 0.06, 20, -0.05}},
    [PHANTOM_PELVIS] = {.mass = {-0.3, 0.3, 0.55, 0.62},
                        .stone = {-0.16, 0.16, 0.36, 0.38},
                        .duct = {-0.5, 0.4, -0.46, 0.62, -0.14, 0.86},
                        .duct_free = 1,
                        .fluid = {0.0, 0.77, 0.38, 0.065, 0, -0.08}},
    [PHANTOM_LUNG] = {.mass = {-0.18, 0.18, 0.24, 0.24}, .fluid = {0.0, 0.24, 0.62, 0.24, 0, 0}},
};

static int is_mass(PhantomLabel label) {
    return label == PHANTOM_CYST || label == PHANTOM_REGULAR || label == PHANTOM_SPICULATED;
}

/* slot: -1 or 1 for the left or right part of the box where two findings share it, 0 for all of it. */
static void site_draw(const double box[4], int slot, double slope, Rng *rng, double *x, double *z) {
    double low = box[0], high = box[1], middle = 0.5 * (low + high);
    if (slot < 0) high = low + 0.3 * (high - low);
    if (slot > 0) low = high - 0.3 * (high - low);
    *x = rng_range(rng, low, high);
    *z = rng_range(rng, box[2], box[3]) + slope * (*x - middle);
}

/* box: half_x, half_z around (x, z), all in this view. */
static Placed *place(Scene *s, PhantomLabel label, double x, double z, double half_x, double half_z) {
    Placed *p = &s->placed[s->placed_count++];
    memset(p, 0, sizeof *p);
    p->label = label;
    p->x = x, p->z = z;
    p->half_x = half_x, p->half_z = half_z;
    p->long_axis = 2 * fmax(half_x, half_z), p->short_axis = 2 * fmin(half_x, half_z);
    return p;
}

static void place_ellipse(Scene *s, PhantomLabel label, const Shape *e, int lung) {
    double c = e->cos_tilt * s->cos_turn - s->mirror * e->sin_tilt * s->sin_turn;
    double n = s->mirror * e->sin_tilt * s->cos_turn + e->cos_tilt * s->sin_turn;
    double half_x = sqrt(e->a * e->a * c * c + e->b * e->b * n * n);
    double half_z = sqrt(e->a * e->a * n * n + e->b * e->b * c * c);
    double x, z;
    scene_to_view(s, e->x, e->z, &x, &z);
    double across = 2 * e->a, deep = 2 * e->b;
    if (lung) z += 0.5 * half_z, half_z *= 0.5, deep *= 0.5; /* the upper half lies under the chest wall */
    Placed *p = place(s, label, x, z, half_x, half_z);
    p->long_axis = fmax(across, deep), p->short_axis = fmin(across, deep);
}

static double picture_width(const Frame *f) {
    return f->size / f->scale;
}

/* ---- One function a finding ---- */

static void add_cyst(Scene *s, double x, double z, double a, Rng *rng) {
    double b = a * rng_range(rng, 0.78, 0.98);
    Shape *e = scene_add(s, shape_ellipse(x, z, a, b, rng_range(rng, -20, 20), WATER));
    e->ripple = 0.03, e->ripple_k = 2, e->ripple_phase = rng_range(rng, 0, 6.28);
    shape_wall(e, 9, 0.0043);
    place_ellipse(s, PHANTOM_CYST, e, 0);
}

static void add_regular(Scene *s, double x, double z, double a, int lung, Rng *rng) {
    double b = a * (lung ? rng_range(rng, 1.2, 1.5) : rng_range(rng, 0.62, 0.78));
    Shape *e = scene_add(s, shape_ellipse(x, z, a, b, lung ? 0 : rng_range(rng, -15, 15), SOLID));
    shape_wall(e, lung ? 12 : 5, 0.0043);
    place_ellipse(s, PHANTOM_REGULAR, e, lung);
}

static void add_spiculated(Scene *s, double x, double z, double a, int lung, Rng *rng) {
    double body = 0.72 * a, b = body * (lung ? rng_range(rng, 1.2, 1.5) : rng_range(rng, 0.95, 1.15));
    double tilt = lung ? 0 : rng_range(rng, -20, 20);
    if (!lung) scene_add(s, shape_ellipse(x, z, 1.4 * body, 1.4 * b, tilt, HALO))->edge = 0.4 * body;
    Shape *e = scene_add(s, shape_ellipse(x, z, body, b, tilt, DESMOPLASTIC));
    e->ripple = 0.1, e->ripple_k = 3, e->ripple_phase = rng_range(rng, 0, 6.28);
    e->edge = 0.01;
    e->spikes = 6 + (int)rng_below(rng, 4);
    e->spike = rng_range(rng, 0.7, 0.95);
    place_ellipse(s, PHANTOM_SPICULATED, e, lung);
}

static void add_stone(Scene *s, double x, double z, double a, Rng *rng) {
    double b = a * rng_range(rng, 0.5, 0.7), tilt = rng_range(rng, -10, 10);
    Shape *e = scene_add(s, shape_ellipse(x, z, a, b, tilt, STONE));
    shape_wall(e, 22, 0.0072);
    place_ellipse(s, PHANTOM_STONE, e, 0);
}

static void add_duct(Scene *s, const Site *site, Rng *rng) {
    double q[6], radius = picture_width(&s->frame) * rng_range(rng, 0.028, 0.038);
    for (int i = 0; i < 6; i++) q[i] = site->duct[i] + rng_range(rng, -0.025, 0.025);
    double narrow = radius * rng_range(rng, 0.7, 0.9);
    Shape *t = scene_add(s, shape_tube(q[0], q[1], q[2], q[3], q[4], q[5], narrow, radius, WATER));
    shape_wall(t, 8, 0.0043);
    double low_x = 1e9, high_x = -1e9, low_z = 1e9, high_z = -1e9;
    for (int i = 0; i < PHANTOM_CURVE; i++) {
        double x, z;
        scene_to_view(s, t->curve[i][0], t->curve[i][1], &x, &z);
        low_x = fmin(low_x, x), high_x = fmax(high_x, x), low_z = fmin(low_z, z), high_z = fmax(high_z, z);
    }
    Placed *p = place(s, PHANTOM_DUCT, 0.5 * (low_x + high_x), 0.5 * (low_z + high_z),
                      0.5 * (high_x - low_x) + radius, 0.5 * (high_z - low_z) + radius);
    p->long_axis = hypot(high_x - low_x, high_z - low_z), p->short_axis = 2 * radius;
}

static void add_fluid(Scene *s, PhantomOrgan organ, Rng *rng) {
    const double *q = SITE[organ].fluid;
    int covered = organ == PHANTOM_LUNG || organ == PHANTOM_LIVER; /* the body's wall hides the upper half */
    double a = q[2] * rng_range(rng, 0.9, 1.08), b = q[3] * rng_range(rng, 1.0, 1.3);
    double x = q[0] + rng_range(rng, -0.04, 0.04);
    Shape *l = scene_add(s, shape_lens(x, q[1], a, b, q[4] + rng_range(rng, -4, 4), q[5], WATER));
    l->ripple = organ == PHANTOM_LUNG ? 0.02 : 0.12 * b, l->ripple_k = rng_range(rng, 4, 7),
    l->ripple_phase = rng_range(rng, 0, 6.28);
    shape_wall(l, organ == PHANTOM_LUNG ? 17 : 3, 0.005);
    double low = q[1] + fmin(0, q[5]) - b, high = q[1] + fmax(0, q[5]) + b, view_x, view_z;
    if (covered) low = q[1], high = q[1] + b;
    scene_to_view(s, x, 0.5 * (low + high), &view_x, &view_z);
    Placed *p = place(s, PHANTOM_FLUID, view_x, view_z, a, 0.5 * (high - low));
    p->long_axis = 2 * a, p->short_axis = covered ? b : 2 * b;
}

static void add_rays(Scene *s, Rng *rng) {
    int n = 3 + (int)rng_below(rng, 3);
    for (int i = 0; i < n; i++) {
        s->rays[i][0] = -0.42 + 0.84 * (i + 0.5) / n + rng_range(rng, -0.06, 0.06);
        s->rays[i][1] = rng_range(rng, 0.025, 0.05);
        s->rays[i][2] = rng_range(rng, 0.8, 1.1);
    }
    s->ray_count = n;
    const Frame *f = &s->frame;
    double half = 0.5 * (1 - s->pleura), edge = s->rays[n - 1][0] + s->rays[n - 1][1];
    double reach = f->curved ? (f->radius + 1) * sin(edge * f->angle) : edge * f->width;
    place(s, PHANTOM_B_LINES, 0, s->pleura + half, reach, half);
}

/* x, moved towards the middle until a disc of this radius at depth z stays in view for every probe position. */
static double inside_field(const Frame *f, double x, double z, double radius) {
    double half = (f->curved ? (f->radius + z) * tan(f->angle) : f->width) - MAX_SHIFT - radius;
    return x > half ? half : x < -half ? -half : x;
}

static void add_mass(Scene *s, PhantomLabel label, PhantomOrgan organ, int slot, Rng *rng) {
    int lung = organ == PHANTOM_LUNG;
    double x, z, width = picture_width(&s->frame);
    double a = 0.5 * width * (slot ? rng_range(rng, 0.17, 0.21) : rng_range(rng, 0.2, 0.28));
    if (organ == PHANTOM_KIDNEY && slot == 0)
        slot = rng_below(rng, 2) ? 1 : -1; /* in the cortex, not the sinus */
    site_draw(SITE[organ].mass, slot, 0, rng, &x, &z);
    x = inside_field(&s->frame, x, z, 0.6 * a);
    if (label == PHANTOM_CYST) add_cyst(s, x, z, a, rng);
    if (label == PHANTOM_REGULAR) add_regular(s, x, z, a, lung, rng);
    if (label == PHANTOM_SPICULATED) add_spiculated(s, x, z, a, lung, rng);
}

void phantom_findings(Scene *s, const PhantomCase *c, Rng *rng) {
    const Site *site = &SITE[c->organ];
    int side = rng_below(rng, 2) ? 1 : -1;
    for (int i = 0; i < c->findings; i++) {
        PhantomLabel label = c->finding[i];
        int slot = c->findings == 2 ? (i ? -side : side) : 0;
        if (slot && c->finding[0] == PHANTOM_DUCT) slot = site->duct_free;
        if (is_mass(label)) add_mass(s, label, c->organ, slot, rng);
        if (label == PHANTOM_STONE) {
            const double *box = site->stone[0] < site->stone[1] ? site->stone : site->mass;
            double x, z;
            site_draw(box, slot, site->slope, rng, &x, &z);
            double a = 0.5 * picture_width(&s->frame) * rng_range(rng, 0.11, 0.16);
            add_stone(s, inside_field(&s->frame, x, z, 1.2 * a), z, a, rng);
        }
        if (label == PHANTOM_DUCT) add_duct(s, site, rng);
        if (label == PHANTOM_FLUID) add_fluid(s, c->organ, rng);
        if (label == PHANTOM_B_LINES) add_rays(s, rng);
        s->placed[i].name = rng_u32(rng);
    }
}

/* ---- The whole scene ---- */

/* The probe is fixed for a patient; its settings vary with the view. */
static void frame_draw(Frame *f, Rng *patient, Rng *view, int size) {
    f->size = size;
    f->radius = rng_range(patient, 0.33, 0.42);
    f->angle = rng_range(patient, 0.44, 0.53);
    f->width = rng_range(patient, 0.42, 0.5);
    f->gain_db = rng_range(view, -3, 4);
    f->range_db = rng_range(view, 52, 62);
    f->tgc = rng_range(view, 0.47, 0.53);
    f->focus = rng_range(view, 0.35, 0.65);
    f->contact = rng_range(view, 0, 6.28);
    double above = f->curved ? f->radius * (1 - cos(f->angle)) : 0;
    double width = f->curved ? 2 * (f->radius + 1) * sin(f->angle) : 2 * f->width;
    f->scale = 0.95 * size / fmax(width, 1 + above);
    f->left = 0.5 * size;
    f->top = 0.5 * (size - f->scale * (1 + above)) + f->scale * above;
}

void phantom_scene(Scene *s, const PhantomCase *c, int index, const PhantomOptions *o) {
    memset(s, 0, sizeof *s);
    Rng patient = phantom_patient_rng(o->seed, c->patient);
    Rng view = phantom_case_rng(o->seed, index, PHANTOM_RNG_VIEW);
    double turn = rng_range(&view, -11, 11) * 3.14159265358979323846 / 180;
    s->cos_turn = cos(turn), s->sin_turn = sin(turn);
    s->shift_x = rng_range(&view, -MAX_SHIFT, MAX_SHIFT), s->shift_z = rng_range(&view, -0.03, 0.03);
    if (c->organ == PHANTOM_LUNG)
        s->cos_turn = 1, s->sin_turn = 0, s->shift_z = 0; /* the pleura follows the probe */
    phantom_anatomy(s, c->organ, &patient);
    frame_draw(&s->frame, &patient, &view, o->size);
    phantom_findings(s, c, &patient);
    phantom_cover(s, c->organ, &patient);
}

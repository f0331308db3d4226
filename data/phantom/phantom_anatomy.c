/* Seven regions of the body without findings, and the probe that images them. Echo levels are in dB above
 * liver. */
#include <math.h>
#include <string.h>

#include "data/phantom/phantom_scene.h"

/* echo, alpha, texture, stripes, air */
static const Tissue SKIN = {8, 0.6, 0, 0, 0};
static const Tissue FAT = {-9, 0.5, 1.5, 0, 0};
static const Tissue MUSCLE = {-7, 0.55, 1, 4, 0};
static const Tissue GLAND = {2, 0.55, 3.5, 0, 0};
static const Tissue THYROID = {3, 0.5, 0.8, 0, 0};
static const Tissue LIVER = {0, 0.5, 0.8, 0, 0};
static const Tissue CORTEX = {-4, 0.48, 0.5, 0, 0};
static const Tissue PYRAMID = {-9, 0.45, 0, 0, 0};
static const Tissue SINUS = {9, 0.55, 2, 0, 0};
static const Tissue BEHIND = {1, 0.5, 3, 0, 0};
static const Tissue UTERUS = {-3, 0.55, 1, 0, 0};
static const Tissue STRIPE = {6, 0.5, 0, 0, 0};
static const Tissue BLOOD = {-30, 0.2, 0, 0, 0};
static const Tissue BILE = {-50, 0.08, 0, 0, 0};
static const Tissue BONE = {2, 14, 0, 0, 0};
static const Tissue AIR = {-20, 0.5, 0, 0, 1};

static void border(Shape *s, Rng *rng, double ripple, double k) {
    s->ripple = ripple * rng_range(rng, 0.5, 1.2);
    s->ripple_k = k * rng_range(rng, 0.8, 1.25);
    s->ripple_phase = rng_range(rng, 0, 6.28);
}

/* Adds a layer of t: all that is deeper than z, under a fascia of wall_db (0: none). */
static Shape *layer(Scene *s, Rng *rng, double z, Tissue t, double ripple, double wall_db) {
    Shape *p = scene_add(s, shape_layer(SHAPE_BELOW, z, t));
    border(p, rng, ripple, 7);
    if (wall_db != 0) shape_wall(p, wall_db, 0.0036);
    return p;
}

/* Skin, fat and muscle down to `to`. */
static void abdominal_wall(Scene *s, Rng *rng, double to) {
    layer(s, rng, -1, SKIN, 0, 0);
    layer(s, rng, 0.02, FAT, 0.002, 0);
    layer(s, rng, to * rng_range(rng, 0.42, 0.6), MUSCLE, 0.006, 3);
}

static void breast(Scene *s, Rng *rng) {
    layer(s, rng, -1, SKIN, 0, 0);
    layer(s, rng, 0.05, FAT, 0.003, 0);
    double gland = rng_range(rng, 0.17, 0.25), deep = rng_range(rng, 0.68, 0.76);
    layer(s, rng, gland, GLAND, 0.03, 0);
    for (int i = 0; i < 4; i++) { /* fat lobules between the fibrous tissue: flat and without an edge */
        double x = rng_range(rng, -0.45, 0.45), z = rng_range(rng, 0.3, 0.65), a = rng_range(rng, 0.1, 0.18);
        double b = rng_range(rng, 0.015, 0.03), tilt = rng_range(rng, -12, 12);
        scene_add(s, shape_ellipse(x, z, a, b, tilt, FAT))->edge = 0.02;
    }
    for (int i = 0; i < 3; i++) { /* Cooper's ligaments through the fat */
        double x = -0.35 + 0.35 * i + rng_range(rng, -0.08, 0.08);
        Shape *p = scene_add(s, shape_tube(x, 0.05, x + 0.05, 0.12, x + rng_range(rng, -0.1, 0.1),
                                           gland + 0.03, 0.004, 0.007, STRIPE));
        p->tissue.echo = 5;
    }
    layer(s, rng, deep, FAT, 0.02, 0);
    layer(s, rng, deep + rng_range(rng, 0.06, 0.1), MUSCLE, 0.008, 7);
}

static void thyroid(Scene *s, Rng *rng) {
    layer(s, rng, -1, SKIN, 0, 0);
    layer(s, rng, 0.04, FAT, 0.002, 0);
    layer(s, rng, rng_range(rng, 0.1, 0.13), MUSCLE, 0.006, 4);
    double a = rng_range(rng, 0.3, 0.34), b = rng_range(rng, 0.19, 0.22), tilt = rng_range(rng, -6, 6);
    Shape *lobe = scene_add(s, shape_ellipse(0, 0.45, a, b, tilt, THYROID));
    border(lobe, rng, 0.03, 3);
    shape_wall(lobe, 6, 0.0036);
    Shape *trachea = scene_add(s, shape_ellipse(0.47, 0.43, 0.17, 0.2, 0, AIR));
    shape_wall(trachea, 18, 0.0086);
    Shape *carotid = scene_add(s, shape_ellipse(-0.41, rng_range(rng, 0.5, 0.56), 0.075, 0.075, 0, BLOOD));
    shape_wall(carotid, 10, 0.0043);
}

static void diaphragm(Scene *s, Rng *rng) {
    /* Lung fills the outside of a large ellipse: it is painted first as a layer, then the liver over it. */
    static const Tissue mirrored = {-8, 0.8, 2, 0, 0};
    layer(s, rng, 0.1, mirrored, 0, 0);
    Shape *liver = scene_add(s, shape_ellipse(0.12, 0.2, 0.9, rng_range(rng, 0.62, 0.7), -8, LIVER));
    shape_wall(liver, 14, 0.0065);
}

static void liver(Scene *s, Rng *rng) {
    diaphragm(s, rng);
    for (int i = 0; i < 2; i++) { /* hepatic veins: no wall of their own */
        double x = -0.42 + 0.3 * i + rng_range(rng, -0.05, 0.05);
        scene_add(s, shape_tube(x, rng_range(rng, 0.28, 0.4), x + 0.08, 0.55, 0.1, 0.76, 0.01, 0.022, BLOOD));
    }
    Shape *portal =
        scene_add(s, shape_tube(0.45, 0.5, 0.25, 0.47, 0.1, rng_range(rng, 0.34, 0.4), 0.024, 0.012, BLOOD));
    shape_wall(portal, 7, 0.005);
}

static void kidney(Scene *s, Rng *rng) {
    double wall = rng_range(rng, 0.12, 0.16);
    abdominal_wall(s, rng, wall);
    layer(s, rng, wall, LIVER, 0.004, 6);
    Shape *behind = layer(s, rng, rng_range(rng, 0.76, 0.82), BEHIND, 0.02, 5);
    behind->ripple_k = 3;
    double tilt = rng_range(rng, -4, 10);
    Shape *fat = scene_add(s, shape_ellipse(0, 0.52, 0.44, 0.245, tilt, SINUS));
    fat->tissue.echo = 4;
    Shape *cortex = scene_add(s, shape_ellipse(0, 0.52, 0.41, 0.215, tilt, CORTEX));
    border(cortex, rng, 0.015, 4);
    shape_wall(cortex, 9, 0.0043);
    for (int i = 0; i < 6; i++) {
        double angle = 6.2832 * (i + 0.5) / 6;
        Shape pyramid = shape_ellipse(0.26 * cos(angle), 0.52 + 0.115 * sin(angle), 0.045, 0.035, 0, PYRAMID);
        pyramid.edge = 0.015;
        scene_add(s, pyramid);
    }
    Shape *sinus = scene_add(s, shape_ellipse(0, 0.52, rng_range(rng, 0.19, 0.23), 0.075, tilt, SINUS));
    border(sinus, rng, 0.16, 5);
    sinus->edge = 0.015;
}

static void gallbladder(Scene *s, Rng *rng) {
    double wall = rng_range(rng, 0.1, 0.14);
    abdominal_wall(s, rng, wall);
    layer(s, rng, wall, LIVER, 0.004, 6);
    layer(s, rng, rng_range(rng, 0.8, 0.86), BEHIND, 0.03, 4);
    Shape *portal = scene_add(s, shape_tube(-0.5, 0.72, -0.2, 0.72, 0.08, 0.66, 0.02, 0.028, BLOOD));
    shape_wall(portal, 6, 0.0043);
    Shape *gas = scene_add(s, shape_ellipse(0.46, 0.66, 0.13, 0.08, -20, AIR));
    shape_wall(gas, 12, 0.0086);
    border(gas, rng, 0.1, 4);
    double a = rng_range(rng, 0.22, 0.25), b = rng_range(rng, 0.09, 0.11);
    Shape *bag = scene_add(s, shape_ellipse(0.19, 0.43, a, b, 24, BILE));
    bag->ripple = 0.1, bag->ripple_k = 1, bag->ripple_phase = 1.57; /* wider at the fundus: a pear */
    shape_wall(bag, 9, 0.0058);
}

static void pelvis(Scene *s, Rng *rng) {
    double wall = rng_range(rng, 0.1, 0.14);
    abdominal_wall(s, rng, wall);
    layer(s, rng, wall, BEHIND, 0.004, 5);
    double bottom = rng_range(rng, 0.4, 0.43);
    Shape *uterus =
        scene_add(s, shape_ellipse(0.02, bottom + 0.17, rng_range(rng, 0.28, 0.33), 0.145, -6, UTERUS));
    border(uterus, rng, 0.04, 3);
    shape_wall(uterus, 5, 0.0043);
    Shape *stripe = scene_add(
        s, shape_tube(-0.2, bottom + 0.18, 0, bottom + 0.15, 0.22, bottom + 0.17, 0.012, 0.018, STRIPE));
    stripe->edge = 0.012;
    Shape *gas = scene_add(s, shape_ellipse(rng_range(rng, -0.1, 0.1), 0.95, 0.3, 0.05, 0, AIR));
    border(gas, rng, 0.1, 6);
    shape_wall(gas, 7, 0.0072);
    Shape *bladder = scene_add(s, shape_ellipse(0, bottom - 0.115, 0.34, 0.12, 0, BILE));
    border(bladder, rng, 0.06, 2);
    shape_wall(bladder, 8, 0.0058);
}

static void lung(Scene *s, Rng *rng) {
    s->pleura = 0.24;
    layer(s, rng, -1, FAT, 0, 0);
    shape_wall(scene_add(s, shape_layer(SHAPE_BELOW, s->pleura, AIR)), 17, 0.0086);
}

/* Adds a layer of t: all that is shallower than z, over a fascia of wall_db (0: none). */
static void cover(Scene *s, double z, Tissue t, double wall_db) {
    Shape *p = scene_add(s, shape_layer(SHAPE_ABOVE, z, t));
    if (wall_db != 0) shape_wall(p, wall_db, 0.0036);
}

static void cover_belly(Scene *s, Rng *rng) {
    double wall = rng_range(rng, 0.11, 0.15);
    cover(s, wall, MUSCLE, 6);
    cover(s, wall * 0.55, FAT, 4);
    cover(s, 0.02, SKIN, 0);
}

static void cover_chest(Scene *s, Rng *rng) {
    cover(s, 0.235, MUSCLE, 0);
    cover(s, rng_range(rng, 0.08, 0.12), FAT, 4);
    cover(s, 0.025, SKIN, 0);
    for (int i = -1; i <= 1; i += 2) {
        Shape *rib =
            scene_add(s, shape_ellipse(0.42 * i + rng_range(rng, -0.03, 0.03), 0.165, 0.09, 0.035, 0, BONE));
        shape_wall(rib, 14, 0.0058);
    }
}

typedef struct {
    double depth_low, depth_high, mhz; /* mm */
    double curved;                     /* share of views with a curved probe */
    void (*build)(Scene *s, Rng *rng);
    void (*cover)(Scene *s, Rng *rng); /* NULL: nothing is painted over the findings */
} Organ;

static const Organ ORGAN[PHANTOM_ORGANS] = {
    [PHANTOM_BREAST] = {36, 48, 10, 0, breast, NULL},
    [PHANTOM_THYROID] = {36, 46, 10, 0, thyroid, NULL},
    [PHANTOM_LIVER] = {130, 165, 3.5, 1, liver, cover_belly},
    [PHANTOM_KIDNEY] = {105, 135, 3.5, 1, kidney, NULL},
    [PHANTOM_GALLBLADDER] = {90, 120, 4, 1, gallbladder, NULL},
    [PHANTOM_PELVIS] = {115, 145, 3.5, 1, pelvis, NULL},
    [PHANTOM_LUNG] = {60, 95, 5, 0.6, lung, cover_chest},
};

void phantom_anatomy(Scene *s, PhantomOrgan organ, Rng *rng) {
    for (int z = 0; z < PHANTOM_LATTICE; z++)
        for (int x = 0; x < PHANTOM_LATTICE; x++) s->lattice[z][x] = (float)rng_range(rng, -1, 1);
    s->mirror = rng_below(rng, 2) ? 1 : -1;
    s->name = rng_u32(rng);
    s->frame.depth_mm = rng_range(rng, ORGAN[organ].depth_low, ORGAN[organ].depth_high);
    s->frame.mhz = ORGAN[organ].mhz;
    s->frame.curved = rng_uniform(rng) < ORGAN[organ].curved;
    ORGAN[organ].build(s, rng);
}

void phantom_cover(Scene *s, PhantomOrgan organ, Rng *rng) {
    if (ORGAN[organ].cover) ORGAN[organ].cover(s, rng);
}

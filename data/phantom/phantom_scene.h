/* The parts of the phantom: the plan of cases, a case's anatomy as a list of shapes, its image and its report.
 * Lengths are in units of the imaged depth (1 = the bottom of the image) unless a name says mm or px.
 * x grows to the right, z downwards, both from the middle of the probe's face. */
#ifndef DATA_PHANTOM_SCENE_H
#define DATA_PHANTOM_SCENE_H

#include "data/phantom/phantom.h"
#include "nn/base/bytes.h"
#include "nn/base/rng.h"

enum { PHANTOM_MAX_FINDINGS = 2, PHANTOM_MAX_SHAPES = 64, PHANTOM_LATTICE = 32, PHANTOM_CURVE = 9 };

/* ---- Plan ---- */

typedef struct {
    int patient, view; /* view: 0.. within the patient */
    PhantomOrgan organ;
    int findings; /* 0 for normal */
    PhantomLabel finding[PHANTOM_MAX_FINDINGS];
} PhantomCase;

/* Fills cases[count], patient by patient, so that all labels get about the same number of cases. */
void phantom_plan(PhantomCase *cases, int count, uint64_t seed);

/* How often a finding is drawn in an organ, relative to the others of its row; 0 = never. */
int phantom_weight(PhantomLabel label, PhantomOrgan organ);

/* Random streams of a case and of its patient: one more draw from one stream does not change the others. */
typedef enum { PHANTOM_RNG_VIEW, PHANTOM_RNG_SPECKLE, PHANTOM_RNG_REPORT } PhantomStream;
Rng phantom_case_rng(uint64_t seed, int index, PhantomStream stream);
Rng phantom_patient_rng(uint64_t seed, int patient);

/* ---- Scene ---- */

/* echo: dB over liver; alpha: attenuation in dB/cm/MHz; texture: slow variation in dB; stripes: layers as in muscle, in dB; air: 1 where
 * all sound is reflected. */
typedef struct {
    double echo, alpha, texture, stripes;
    int air;
} Tissue;

typedef enum {
    SHAPE_BELOW,   /* all deeper than z (depth along the beam: skin and fat follow the probe) */
    SHAPE_ABOVE,   /* all shallower than z */
    SHAPE_ELLIPSE, /* centre x, z, half-axes a, b, turned by tilt; ripple and spikes bend its outline */
    SHAPE_TUBE,    /* along curve[], radius a at its start, b at its end */
    SHAPE_LENS,    /* a crescent: centre x, z, half-length a, half-thickness b at the middle, 0 at the ends,
                      turned by tilt and bent by bend */
} ShapeKind;

typedef struct {
    ShapeKind kind;
    double x, z, a, b, cos_tilt, sin_tilt;
    double ripple, ripple_k,
        ripple_phase;     /* waves of the outline: depth (relative for ellipses), number, phase */
    double spikes, spike; /* rays of a spiculated margin: number, length relative to the radius */
    double bend;
    double curve[PHANTOM_CURVE][2];
    double edge; /* half-width of the transition */
    Tissue tissue;
    double wall_db, wall; /* mirror-like outline: dB over liver and half-width; 0 half-width = none */
    double bound;         /* beyond this distance from (x, z) the shape has no effect */
} Shape;

typedef struct {
    PhantomLabel label;
    double x, z, half_x, half_z; /* centre and half-extent in this view; of lens, tube and rays: of the box */
    double long_axis, short_axis;
    uint32_t name; /* which of the organ's places the reports of all views name */
} Placed;

/* Probe and picture. Curved: lines leave an arc of radius `radius` at -angle..angle; straight: from
 * -width..width. */
typedef struct {
    int curved;
    double depth_mm, mhz;
    double radius, angle, width;
    double focus, gain_db, range_db, tgc; /* tgc: compensated attenuation, dB/cm/MHz */
    double contact;                       /* phase of the uneven contact across the probe */
    int size;                             /* pixels a side */
    double scale, left, top;              /* px = left + x * scale, py = top + z * scale */
} Frame;

typedef struct {
    Shape shapes[PHANTOM_MAX_SHAPES];
    int count;
    double shift_x, shift_z, cos_turn, sin_turn; /* anatomy (not the layers under the probe) in this view */
    uint32_t name;                               /* which of the organ's names reports use */
    double mirror;                               /* -1 or 1: side of the body */
    float lattice[PHANTOM_LATTICE][PHANTOM_LATTICE];
    double rays[8][3]; /* b-lines: lateral position -1..1, half-width, strength */
    int ray_count;
    double pleura; /* depth of the pleura, where air mirrors the probe's face (A-lines); 0: none */
    Frame frame;
    Placed placed[PHANTOM_MAX_FINDINGS];
    int placed_count;
} Scene;

/* The echo of one point. alpha: attenuation in dB/cm/MHz; specular: amplitude of a mirror-like echo; air: as in Tissue. */
typedef struct {
    double echo_db, alpha, specular;
    int air;
} Echo;

Shape *scene_add(Scene *s, Shape shape); /* returns the copy in s; aborts beyond PHANTOM_MAX_SHAPES */
Shape shape_layer(ShapeKind kind, double z, Tissue t);
Shape shape_ellipse(double x, double z, double a, double b, double degrees, Tissue t);
/* A curve from (x0,z0) over the control point (x1,z1) to (x2,z2). */
Shape shape_tube(double x0, double z0, double x1, double z1, double x2, double z2, double r0, double r1,
                 Tissue t);
Shape shape_lens(double x, double z, double a, double b, double degrees, double bend, Tissue t);
void shape_wall(Shape *s, double wall_db, double wall);

/* The echo at (x, z), at distance r below the probe's face. beam: unit vector of the sound's direction there. */
Echo scene_echo(const Scene *s, double x, double z, double r, const double beam[2]);
/* Converts anatomical coordinates to those of this view. */
void scene_to_view(const Scene *s, double x, double z, double *view_x, double *view_z);

/* Anatomy of the case in *s, drawn from the patient's and the view's stream; fills frame and placed. */
void phantom_scene(Scene *s, const PhantomCase *c, int index, const PhantomOptions *o);
/* The parts of phantom_scene, in the order of painting. The cover, the wall of chest or belly, is painted over the findings. */
void phantom_anatomy(Scene *s, PhantomOrgan organ, Rng *rng);
void phantom_findings(Scene *s, const PhantomCase *c, Rng *rng);
void phantom_cover(Scene *s, PhantomOrgan organ, Rng *rng);

/* ---- Image and report ---- */

/* pixels: size * size. False where memory ran out. */
int phantom_image(const Scene *s, Rng *rng, unsigned char *pixels);

/* Appends the report as manifest text: one line without characters to escape. */
void phantom_report(Buffer *out, const PhantomCase *c, const Scene *s, PhantomLang lang, Rng *rng);

#endif

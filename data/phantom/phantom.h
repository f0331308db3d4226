/* A synthetic ultrasound archive with ground truth: B-mode images and reports that involve no patient, for teaching and testing with
 * data that may be published. data/PHANTOM.md describes the model. */
#ifndef DATA_PHANTOM_H
#define DATA_PHANTOM_H

#include <stdatomic.h>
#include <stdint.h>

#include "nn/base/error.h"
#include "nn/base/log.h"
#include "nn/base/pool.h"

typedef enum { PHANTOM_EN, PHANTOM_ZH, PHANTOM_MIXED } PhantomLang;

/* The labels. A case has PHANTOM_NORMAL alone, or one or two of the others. */
typedef enum {
    PHANTOM_NORMAL,
    PHANTOM_CYST,       /* anechoic, thin wall, posterior enhancement */
    PHANTOM_REGULAR,    /* solid, hypoechoic, smooth oval margin */
    PHANTOM_SPICULATED, /* solid, hypoechoic, spiculated margin, echogenic halo */
    PHANTOM_STONE,      /* bright focus, clean shadow */
    PHANTOM_FLUID,      /* free fluid: a crescent between tissues */
    PHANTOM_DUCT,       /* dilated duct: an anechoic tube with bright walls */
    PHANTOM_B_LINES,    /* rays from the pleural line to the bottom of the image */
    PHANTOM_LABELS
} PhantomLabel;

typedef enum {
    PHANTOM_BREAST,
    PHANTOM_THYROID,
    PHANTOM_LIVER,
    PHANTOM_KIDNEY,
    PHANTOM_GALLBLADDER,
    PHANTOM_PELVIS,
    PHANTOM_LUNG,
    PHANTOM_ORGANS
} PhantomOrgan;

enum { PHANTOM_MAX_CASES = 100000, PHANTOM_MIN_SIZE = 32, PHANTOM_MAX_SIZE = 512 };

typedef struct {
    int cases; /* 1..PHANTOM_MAX_CASES; from about 20 cases on, all labels occur */
    int size;  /* side of the square images in pixels, PHANTOM_MIN_SIZE..PHANTOM_MAX_SIZE */
    PhantomLang lang;
    uint64_t seed;
    const atomic_int *stop; /* non-zero: stop without a manifest (STATUS_CHECK); may be NULL */
} PhantomOptions;

/* 600 cases, 96 pixels, mixed, seed 1. */
PhantomOptions phantom_defaults(void);

/* Names in manifest.tsv and truth.tsv: "cyst", "breast". */
const char *phantom_label_name(PhantomLabel label);
const char *phantom_organ_name(PhantomOrgan organ);

/* Writes the folder dir, which is created where missing:
 * - images/caseNNNN.png: 8-bit gray, size x size;
 * - manifest.tsv: id image text labels group; a group is a patient with 1 to 4 views;
 * - truth.tsv: id group organ finding x_mm depth_mm long_mm short_mm left top right bottom mm_per_pixel;
 *   one line a finding: its centre, x_mm to the right of and depth_mm below the middle of the probe's face; its axes (of a spiculated
 *   mass without the spicules); its box in pixels. For a "normal" case one line, where all of these are empty.
 *
 * The bytes depend on the options alone, not on the threads. manifest.tsv is written last. It replaces an older one only where the
 * folder holds a truth.tsv, so that the manifest of another data set is not overwritten (STATUS_INPUT). Options out of range:
 * STATUS_USAGE. pool and log may be NULL. */
Status phantom_write(const char *dir, const PhantomOptions *options, Pool *pool, const Log *log, Error *err);

#endif

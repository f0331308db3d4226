/* The plan of patients: labels are balanced, and each organ is drawn from those that can have the finding. */
#include "data/phantom/phantom_scene.h"
#include "nn/base/rng.h"

/* breast, thyroid, liver, kidney, gallbladder, pelvis, lung. Only B-lines identify their organ, and the lung has other findings too. */
static const int WEIGHT[PHANTOM_LABELS][PHANTOM_ORGANS] = {
    [PHANTOM_NORMAL] = {2, 2, 2, 2, 2, 2, 4},  [PHANTOM_CYST] = {3, 3, 3, 3, 2, 3, 0},
    [PHANTOM_REGULAR] = {3, 3, 3, 2, 2, 3, 3}, [PHANTOM_SPICULATED] = {3, 3, 3, 2, 2, 2, 3},
    [PHANTOM_STONE] = {3, 3, 3, 3, 3, 3, 0},   [PHANTOM_FLUID] = {2, 0, 3, 3, 3, 3, 4},
    [PHANTOM_DUCT] = {3, 0, 3, 3, 3, 3, 0},    [PHANTOM_B_LINES] = {0, 0, 0, 0, 0, 0, 1},
};

static const char *const LABEL_NAME[PHANTOM_LABELS] = {
    "normal", "cyst", "regular_nodule", "spiculated_nodule", "stone", "fluid", "dilated_duct", "b_lines"};
static const char *const ORGAN_NAME[PHANTOM_ORGANS] = {"breast",      "thyroid", "liver", "kidney",
                                                       "gallbladder", "pelvis",  "lung"};

const char *phantom_label_name(PhantomLabel label) {
    return LABEL_NAME[label];
}
const char *phantom_organ_name(PhantomOrgan organ) {
    return ORGAN_NAME[organ];
}
int phantom_weight(PhantomLabel label, PhantomOrgan organ) {
    return WEIGHT[label][organ];
}

Rng phantom_case_rng(uint64_t seed, int index, PhantomStream stream) {
    return rng_stream(seed, RNG_PHANTOM, 4u * (uint32_t)index + (uint32_t)stream);
}

Rng phantom_patient_rng(uint64_t seed, int patient) {
    return rng_stream(seed, RNG_PHANTOM, 0x80000000u + (uint32_t)patient);
}

/* True where the second finding would overlap the first: beside the gallbladder only one mass fits. */
static int collides(int organ, int first, int second) {
    return organ == PHANTOM_GALLBLADDER && first <= PHANTOM_SPICULATED && second <= PHANTOM_SPICULATED;
}

/* The label with the fewest cases so far, of all labels (organ < 0) or of the findings that the organ can have beside `first`; a random
 * one of equal labels. -1: none. */
static int rarest_label(const int *cases, int organ, int first, Rng *rng) {
    int best = -1, ties = 0;
    for (int l = organ < 0 ? PHANTOM_NORMAL : PHANTOM_CYST; l < PHANTOM_LABELS; l++) {
        if (organ >= 0 && (l == first || !WEIGHT[l][organ] || collides(organ, first, l))) continue;
        if (best >= 0 && cases[l] > cases[best]) continue;
        ties = best >= 0 && cases[l] == cases[best] ? ties + 1 : 1;
        if (ties == 1 || rng_below(rng, (uint32_t)ties) == 0) best = l;
    }
    return best;
}

/* Fluid and ducts are painted before findings that may lie in or on them. */
static int paint_rank(int label) {
    return label == PHANTOM_FLUID ? 0 : label == PHANTOM_DUCT ? 1 : 2;
}

static PhantomOrgan draw_organ(PhantomLabel label, Rng *rng) {
    int total = 0;
    for (int o = 0; o < PHANTOM_ORGANS; o++) total += WEIGHT[label][o];
    int left = (int)rng_below(rng, (uint32_t)total), o = 0;
    while (left >= WEIGHT[label][o]) left -= WEIGHT[label][o++];
    return (PhantomOrgan)o;
}

void phantom_plan(PhantomCase *cases, int count, uint64_t seed) {
    Rng rng = rng_stream(seed, RNG_PHANTOM, 0xffffffffu);
    int held[PHANTOM_LABELS] = {0};
    for (int i = 0, patient = 0; i < count; patient++) {
        PhantomCase c = {.patient = patient};
        int first = rarest_label(held, -1, -1, &rng);
        c.organ = draw_organ((PhantomLabel)first, &rng);
        if (first != PHANTOM_NORMAL) c.finding[c.findings++] = (PhantomLabel)first;
        int second =
            c.findings && rng_below(&rng, 4) == 0 ? rarest_label(held, (int)c.organ, first, &rng) : -1;
        if (second >= 0) c.finding[c.findings++] = (PhantomLabel)second;
        if (second >= 0 && paint_rank(second) < paint_rank(first)) {
            c.finding[0] = (PhantomLabel)second;
            c.finding[1] = (PhantomLabel)first;
        }
        int views = 1 + (int)rng_below(&rng, 4);
        for (c.view = 0; c.view < views && i < count; c.view++) {
            cases[i++] = c;
            held[first]++;
            if (second >= 0) held[second]++;
        }
    }
}

/* A descriptor of a picture's edges and texture that is not learned.
 *
 *   part   numbers   what
 *   HOG    324       histograms of oriented gradients (Dalal, Triggs, CVPR 2005, doi 10.1109/CVPR.2005.177)
 *   LBP    236       uniform local binary patterns (Ojala et al., TPAMI 2002, doi 10.1109/TPAMI.2002.1017623) */
#ifndef DATA_DESCRIPTOR_H
#define DATA_DESCRIPTOR_H

#include <stdint.h>

enum {
    DESCRIPTOR_CELLS = 4,  /* HOG: cells a side */
    DESCRIPTOR_ANGLES = 9, /* bins of 20 degrees; a gradient and its opposite share one */
    DESCRIPTOR_HOG = (DESCRIPTOR_CELLS - 1) * (DESCRIPTOR_CELLS - 1) * 4 * DESCRIPTOR_ANGLES,
    DESCRIPTOR_QUARTERS = 2,  /* LBP: cells a side */
    DESCRIPTOR_PATTERNS = 59, /* 58 uniform patterns, one place for all others */
    DESCRIPTOR_LBP = DESCRIPTOR_QUARTERS * DESCRIPTOR_QUARTERS * DESCRIPTOR_PATTERNS,
    DESCRIPTOR_DIM = DESCRIPTOR_HOG + DESCRIPTOR_LBP /* 560 */
};

/* Writes the descriptor of one picture: out (DESCRIPTOR_DIM), both parts of length 1. A picture of one grey level has HOG 0.
 * picture (side,side): grey levels; side is a multiple of DESCRIPTOR_CELLS. */
void descriptor_make(const uint8_t *picture, int side, float *out);

#endif

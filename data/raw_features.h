/* Features without learning, for the shallow rows of the table.
 * Images: histograms of oriented gradients (Dalal, Triggs, CVPR 2005, doi 10.1109/CVPR.2005.177).
 * Texts: a bag of words of the training vocabulary, tf-idf, rows of length 1. */
#ifndef DATA_RAW_FEATURES_H
#define DATA_RAW_FEATURES_H

#include "data/dataset.h"
#include "data/picture/descriptor.h"

enum {
    HOG_CELLS = 8,  /* a side */
    HOG_ANGLES = 9, /* of 20 degrees; a gradient and its opposite are one */
    HOG_BLOCKS = HOG_CELLS - 1,
    HOG_DIM = HOG_BLOCKS * HOG_BLOCKS * 4 * HOG_ANGLES, /* 1,764 */
    RAW_WORDS = 2000                                    /* most words of the bag: the most frequent */
};

/* picture (side,side), side >= HOG_CELLS: out (HOG_DIM). Gradients by central differences, the border repeated; each
 * pixel gives its gradient's length to its cell, shared linearly between the two nearest angles; blocks of 2 x 2 cells,
 * each v / sqrt(|v|^2 + 1), cut at 0.2 and scaled to length 1 again; a flat block is 0. */
void raw_hog(const uint8_t *picture, int side, float *out);

/* Words of the bag for this vocabulary. */
int raw_words(const Vocab *v);
/* idf (words) over n texts (token ids of length[i], row stride `width`): ln((1+n)/(1+df)) + 1, df the texts that hold
 * the word. */
void raw_idf(const int32_t *id, int width, const int *length, int n, int words, float *idf);
/* out (words): count times idf, of length 1; 0 for a text without words of the bag. Unknown words do not count. */
void raw_bag(const int32_t *id, int length, int words, const float *idf, float *out);

/* idf (raw_words(d->vocab)) over the cases index (n) of a dataset. */
void raw_cases_idf(const Dataset *d, const int *index, int n, float *idf);

/* The cases index (n) of a dataset: out (n,DESCRIPTOR_DIM), of the picture of side d->side. A case without picture is black.
 * Memory and decoding errors. */
Status raw_descriptors(const Dataset *d, const int *index, int n, float *out, Error *err);
/* The cases index (n) of a dataset: out (n,HOG_DIM). A case without picture is black: 0. Memory and decoding errors. */
Status raw_images(const Dataset *d, const int *index, int n, float *out, Error *err);
/* out (n,raw_words(d->vocab)); idf over the training cases train (n_train). */
Status raw_texts(const Dataset *d, const int *train, int n_train, const int *index, int n, float *out,
                 Error *err);

#endif

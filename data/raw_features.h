/* Features without learning, for the experts of stage 1 and the shallow rows of the table.
 * Images: the descriptor of data/picture/descriptor.h.
 * Texts: a bag of words of the training vocabulary, tf-idf, rows of length 1. */
#ifndef DATA_RAW_FEATURES_H
#define DATA_RAW_FEATURES_H

#include "data/dataset.h"
#include "data/picture/descriptor.h"

enum { RAW_WORDS = 2000 }; /* most words of the bag: the most frequent */

/* Words of the bag for this vocabulary. */
int raw_words(const Vocab *v);
/* id (length): tokens of a text. out (words): count times idf, scaled to length 1; 0 for a text without words of the bag. Unknown words
 * do not count. */
void raw_bag(const int32_t *id, int length, int words, const float *idf, float *out);

/* idf (raw_words(d->vocab)) over the cases index (n) of a dataset: ln((1+n)/(1+df)) + 1, df the texts that hold the word. */
void raw_cases_idf(const Dataset *d, const int *index, int n, float *idf);

/* Descriptors of the pictures, of side d->side, of the cases index (n): out (n,DESCRIPTOR_DIM). A case without picture counts as black. Errors: memory, those of dataset_picture. */
Status raw_descriptors(const Dataset *d, const int *index, int n, float *out, Error *err);
/* Bags of the texts of the cases index (n): out (n,raw_words(d->vocab)); idf over the training cases train (n_train). Errors: memory. */
Status raw_texts(const Dataset *d, const int *train, int n_train, const int *index, int n, float *out,
                 Error *err);

#endif

/* `inspect --privacy`: what of the training data, or of an archive, a file holds in a form that can be read, and what it does not hold. */
#ifndef CMD_PRIVACY_H
#define CMD_PRIVACY_H

#include "nn/base/error.h"

/* A model file or a run: the words with their groups, labels, hashes of training ids, means of pictures, tables of weights. Prints to stdout. */
Status privacy_of_model(const char *path, Error *err);
/* An index: holds reports and ids. */
Status privacy_of_index(const char *path, Error *err);

#endif

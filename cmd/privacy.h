/* `inspect --privacy`: what of the training data, or of an archive, a file holds in a form that can be read, and what it does not hold. */
#ifndef CMD_PRIVACY_H
#define CMD_PRIVACY_H

#include "cmd/args.h"

/* Of a model file or a run: the words with their groups, labels, hashes of training ids, means of pictures, tables of weights. Of an index:
 * reports and ids. Prints to stdout. STATUS_USAGE for any other file. */
Status privacy_print(const Args *a, const char *path, Error *err);

#endif

/* A training set so small that a whole run takes a second: blobs whose position and brightness depend on the label, and reports
 * that name them in several words. */
#ifndef TESTS_TINY_SET_H
#define TESTS_TINY_SET_H

#include "train/session.h"

enum { TINY_CASES = 60, TINY_LABELS = 3 };

/* Writes manifest and images into the test's own folder under `name`; returns the manifest's path. many: some
 * cases have two labels. */
const char *tiny_set(const char *name, int many);

/* The smallest networks: 16-pixel images, width 4, d 16, two heads, 16 bits, 3 and 3 epochs, with the default augmentation. */
Config tiny_config(void);

/* Opens a session of the manifest, or fails the test. The caller closes it. */
void tiny_open(Session *s, const Config *c, const char *manifest);

#endif

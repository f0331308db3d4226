/* Warnings at the start of a training. */
#ifndef TRAIN_WARNINGS_H
#define TRAIN_WARNINGS_H

#include "train/session.h"

/* Warns of data whose results will be unreliable: cases without groups, few groups, labels of few cases. */
void warn_of_data(const Session *s);

#endif

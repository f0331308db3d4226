/* Warnings at the start of a training. */
#ifndef TRAIN_WARNINGS_H
#define TRAIN_WARNINGS_H

#include "train/session.h"

/* Warns of data whose results will be unreliable: cases without groups, few groups, labels of few cases, and test cases (query, database)
 * with the picture or the report of a training case of another group. The same picture: the same path, or the same bytes where
 * both are cached (data/dataset.h). The same report: REPORT_WORDS words or more, all equal; since sentences of a template repeat honestly, it is
 * warned of from 1 in REPORT_SHARE test cases on. Errors: memory. */
enum { REPORT_WORDS = 8, REPORT_SHARE = 50 };
Status warn_of_data(const Session *s, Error *err);

#endif

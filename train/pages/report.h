/* report.html of a run: loss curves, validation MAP, the MAP table with its bounds, health of the codes. One
 * page, no network. */
#ifndef TRAIN_REPORT_H
#define TRAIN_REPORT_H

#include "train/checkpoint.h"
#include "train/evaluate.h"

Status report_write(const char *out, const Session *s, const Model *m, const Progress *p, const Evaluation *e,
                    Error *err);

#endif

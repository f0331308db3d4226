/* report.html of a run: the MAP table with its bounds, losses, validation, health of the codes, settings. */
#ifndef TRAIN_REPORT_H
#define TRAIN_REPORT_H

#include "train/checkpoint.h"
#include "train/evaluate.h"

/* Writes report.html into the folder out. command: as typed, or NULL. e: of the test queries. The page names the day in UTC;
 * the environment variable SOURCE_DATE_EPOCH (seconds since 1970) replaces it, for pages that are equal on every day. */
Status report_write(const char *out, const char *command, const Session *s, const Model *m, const Progress *p,
                    const Evaluation *e, Error *err);

/* Writes a page of an evaluation alone: MAP with bounds, curves, health of the codes. sets: what the queries and the database
 * are, as the caption of its table. */
Status report_evaluation(const char *path, const char *lead, const char *sets, const Evaluation *e,
                         Error *err);

#endif

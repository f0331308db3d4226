/* The settings of `train --resume`. */
#ifndef CMD_TRAIN_RESUME_H
#define CMD_TRAIN_RESUME_H

#include "cmd/args.h"

/* A resumed run keeps its own settings. Warns of those that the command line names otherwise: other settings cannot continue a run. */
Status train_keep_config(const Args *a, Config *c, Error *err);

#endif

/* `msach train --estimate`. Of the part bench. */
#ifndef CMD_TRAIN_ESTIMATE_H
#define CMD_TRAIN_ESTIMATE_H

#include "cmd/args.h"

/* Prints time, memory and disk of the training with settings c on the threads of a->pool; writes nothing. */
Status train_estimate(Args *a, const Config *c, Error *err);

#endif

/* `msach train --explain`. */
#ifndef CMD_TRAIN_EXPLAIN_H
#define CMD_TRAIN_EXPLAIN_H

#include "cmd/args.h"

/* Follows one batch through both stages with settings c and the threads of a->pool; text to stdout, a page to --html or RUN/explain.html.
 * STATUS_USAGE without --out, or with an option that trains. */
Status train_explain(Args *a, const Config *c, Error *err);

#endif

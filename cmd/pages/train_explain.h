/* `msach train --explain`. */
#ifndef CMD_TRAIN_EXPLAIN_H
#define CMD_TRAIN_EXPLAIN_H

#include "cmd/args.h"
#include "data/manifest.h"
#include "train/config.h"

/* Follows one batch through both stages with settings c and the threads of a->pool; text to stdout, a page to --html or RUN/explain.html.
 * STATUS_USAGE without --out, or with an option that trains. */
Status train_explain(Args *a, const Config *c, const ManifestOptions *manifest, Error *err);

#endif

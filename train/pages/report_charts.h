/* The charts of report.html, each a figure with its caption. */
#ifndef TRAIN_REPORT_CHARTS_H
#define TRAIN_REPORT_CHARTS_H

#include "train/evaluate.h"
#include "train/metrics.h"

/* rows (n): of both stages, as metrics_parse gives them. A stage without rows draws nothing. */
Status chart_losses(Buffer *b, const MetricsRow *rows, int n, int stage, Error *err);
/* Stage 1: accuracy on the validation cases; stage 2: validation MAP, with the epoch chosen (from 1). */
Status chart_validation(Buffer *b, const MetricsRow *rows, int n, int stage, int best_epoch, Error *err);

/* Of an evaluation. */
void chart_map(Buffer *b, const Evaluation *e);
Status chart_distances(Buffer *b, const Evaluation *e, Modality direction, Error *err);
Status chart_bits(Buffer *b, const Evaluation *e, Modality m, Error *err);
Status chart_correlation(Buffer *b, const Evaluation *e, Modality m, Error *err);
Status chart_recall(Buffer *b, const Evaluation *e, Error *err);

#endif

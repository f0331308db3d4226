/* Parts of report.html that other pages show too: charts, each a figure with its caption, the health of the codes, and the list of
 * settings. */
#ifndef TRAIN_REPORT_CHARTS_H
#define TRAIN_REPORT_CHARTS_H

#include "eval/page/figures.h"
#include "train/evaluate.h"
#include "train/metrics.h"

/* "image to text" or "text to image", by the modality of the queries. */
const char *report_direction(Modality from);
/* Every setting with its value and meaning, closed until clicked. */
void report_settings(Buffer *b, const Config *c);

/* rows (n): both stages in order, as metrics_parse gives them. A stage without rows draws nothing. config: of the run, for
 * the weights of the terms. */
Status chart_losses(Buffer *b, const MetricsRow *rows, int n, int stage, const Config *config, Error *err);
/* Stage 1: accuracy on the validation cases. Stage 2: validation MAP; best_epoch: the epoch kept, from 1. */
Status chart_validation(Buffer *b, const MetricsRow *rows, int n, int stage, int best_epoch, Error *err);

/* The MAP of both directions with its bounds, beside chance. */
Status chart_map(const Figures *to, const Evaluation *e, Error *err);
/* from: modality of the queries. */
Status chart_distances(const Figures *to, const Evaluation *e, Modality from, Error *err);
Status chart_recall(const Figures *to, const Evaluation *e, Error *err);
/* The health of the database codes of both modalities as a table, with the meaning of its terms. */
void report_health(Buffer *b, const Evaluation *e);
/* Of the database codes of one modality: the mean of each bit as a histogram; correlations of the first 64 bits. */
Status chart_bits(const Figures *to, const Evaluation *e, Modality m, Error *err);
Status chart_correlation(const Figures *to, const Evaluation *e, Modality m, Error *err);
/* All charts of an evaluation. */
Status charts_of_evaluation(const Figures *to, const Evaluation *e, Error *err);

#endif

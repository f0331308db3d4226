/* Two measures of the answers of `search`, for `eval`: MAP by the queries' scores (--rerank of all cases), and how near the confidences of
 * hits are to what is observed. */
#ifndef CMD_EVAL_JUDGED_H
#define CMD_EVAL_JUDGED_H

#include "eval/bootstrap.h"
#include "train/calibrate.h"

/* By the modality of the query. gain: of MAP over the ranking by bits, paired, with its 95 % interval over groups. bin (bins): predicted and
 * observed shares; none where the model knows no shares. */
typedef struct {
    double map[MODALITIES];
    Interval gain[MODALITIES];
    CalibrationBin bin[MODALITIES][CALIBRATION_BINS];
    int bins[MODALITIES];
} Judged;

Status judged_measure(Judged *j, const Evaluation *e, const Calibration *c, Pool *pool, Error *err);

/* The fields "asymmetric" and "confidence" of a JSON object on stdout; lines of the table. */
void judged_json(const Judged *j);
void judged_print(const Judged *j);

#endif

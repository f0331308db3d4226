#include "nn/ops.h"
#include "train/stage2.h"

Status stage2_batch_live(const Stage2 *st, const Session *s, const Model *m, Tape *t, const int *rows,
                         Batch *b, int n, int epoch, TermBatch *x, Error *err) {
    Augment augment;
    BatchOptions o = session_view(s, &augment, epoch);
    *x = stage2_begin_batch(st, s, m, t, rows, n);
    TRY(batch_fill(b, &s->data, x->index, n, &o, s->pool, err));
    const char *outer = tape_equation(t, "stage1");
    for (Modality k = 0; k < MODALITIES; k++) x->features[k] = encode_features(t, m, b, k);
    double dropout[MODALITIES] = {s->config.image_dropout, s->config.text_dropout};
    for (Modality k = 0; k < MODALITIES; k++)
        x->features[k].u = op_dropout(t, x->features[k].u, (real)dropout[k]);
    tape_equation(t, outer);
    return STATUS_OK;
}

#include "train/metrics.h"

static const char *const BEFORE[] = {"stage", "epoch", "rate", "loss"};
static const char *const AFTER[] = {"accuracy_image", "accuracy_text", "map_image_to_text",
                                    "map_text_to_image"};

const char *metrics_column(int k) {
    return k < METRICS_TERMS  ? BEFORE[k]
           : k < METRICS_LAST ? TERMS[k - METRICS_TERMS].name
                              : AFTER[k - METRICS_LAST];
}

void metrics_begin(Buffer *text) {
    for (int k = 0; k < METRICS_COLUMNS; k++) buffer_printf(text, k ? "\t%s" : "%s", metrics_column(k));
    buffer_printf(text, "\n");
}

void metrics_add(Buffer *text, const MetricsRow *row) {
    buffer_printf(text, "%d\t%d\t%.6g\t%.6g", row->stage, row->epoch, row->rate, row->loss);
    for (int i = 0; i < TERM_COUNT; i++) buffer_printf(text, "\t%.6g", row->term[i]);
    buffer_printf(text, "\t%.6g\t%.6g\t%.6g\t%.6g\n", row->accuracy[0], row->accuracy[1], row->map[0],
                  row->map[1]);
}

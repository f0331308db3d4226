#include "train/metrics.h"

#include <stdlib.h>
#include <string.h>

const char *const TERM_NAMES[TERM_COUNT] = {"align",          "manifold",     "balance",
                                            "classification", "quantisation", "likelihood",
                                            "decorrelation",  "image",        "text"};

void metrics_begin(Buffer *text) {
    buffer_printf(text, "stage\tepoch\trate\tloss");
    for (int i = 0; i < TERM_COUNT; i++) buffer_printf(text, "\t%s", TERM_NAMES[i]);
    buffer_printf(text, "\taccuracy_image\taccuracy_text\tmap_image_to_text\tmap_text_to_image\n");
}

void metrics_add(Buffer *text, const MetricsRow *row) {
    buffer_printf(text, "%d\t%d\t%.6g\t%.6g", row->stage, row->epoch, row->rate, row->loss);
    for (int i = 0; i < TERM_COUNT; i++) buffer_printf(text, "\t%.6g", row->term[i]);
    buffer_printf(text, "\t%.6g\t%.6g\t%.6g\t%.6g\n", row->accuracy[0], row->accuracy[1], row->map[0],
                  row->map[1]);
}

static int parse_row(const char *line, MetricsRow *row) {
    double value[8 + TERM_COUNT];
    int n = 4 + TERM_COUNT + 4;
    for (int i = 0; i < n; i++) {
        char *end;
        value[i] = strtod(line, &end);
        if (end == line) return 0;
        line = end;
    }
    row->stage = (int)value[0], row->epoch = (int)value[1], row->rate = value[2], row->loss = value[3];
    memcpy(row->term, value + 4, sizeof row->term);
    memcpy(row->accuracy, value + 4 + TERM_COUNT, sizeof row->accuracy);
    memcpy(row->map, value + 6 + TERM_COUNT, sizeof row->map);
    return 1;
}

int metrics_parse(const char *text, MetricsRow *rows, int capacity) {
    int n = 0;
    const char *line = strchr(text, '\n');
    while (line && line[1] && n < capacity && parse_row(line + 1, &rows[n])) {
        n++;
        line = strchr(line + 1, '\n');
    }
    return n;
}

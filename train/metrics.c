#include "train/metrics.h"

#include <stdlib.h>
#include <string.h>

static const char *const BEFORE[] = {"stage", "epoch", "rate", "loss"};
static const char *const AFTER[] = {"accuracy_image", "accuracy_text", "map_image_to_text",
                                    "map_text_to_image"};
enum { TERM_COLUMN = 4, LAST_COLUMNS = TERM_COLUMN + TERM_COUNT, COLUMNS = LAST_COLUMNS + 4 };

static const char *column_name(int k) {
    return k < TERM_COLUMN    ? BEFORE[k]
           : k < LAST_COLUMNS ? TERMS[k - TERM_COLUMN].name
                              : AFTER[k - LAST_COLUMNS];
}

void metrics_begin(Buffer *text) {
    for (int k = 0; k < COLUMNS; k++) buffer_printf(text, k ? "\t%s" : "%s", column_name(k));
    buffer_printf(text, "\n");
}

void metrics_add(Buffer *text, const MetricsRow *row) {
    buffer_printf(text, "%d\t%d\t%.6g\t%.6g", row->stage, row->epoch, row->rate, row->loss);
    for (int i = 0; i < TERM_COUNT; i++) buffer_printf(text, "\t%.6g", row->term[i]);
    buffer_printf(text, "\t%.6g\t%.6g\t%.6g\t%.6g\n", row->accuracy[0], row->accuracy[1], row->map[0],
                  row->map[1]);
}

/* The column of this name, or COLUMNS: one that this build does not have. */
static int find_column(const char *name, size_t size) {
    int k = 0;
    while (k < COLUMNS && (strlen(column_name(k)) != size || memcmp(column_name(k), name, size) != 0)) k++;
    return k;
}

/* One line, whose columns the header names. */
static bool parse_row(const char *header, const char *line, MetricsRow *row) {
    double value[COLUMNS + 1] = {0};
    for (;;) {
        size_t size = strcspn(header, "\t\r\n");
        char *end;
        line += strspn(line, "\t ");
        if (*line == '\r' || *line == '\n') return false; /* strtod would go on to the next line */
        value[find_column(header, size)] = strtod(line, &end);
        if (end == line) return false;
        line = end;
        header += size;
        if (*header != '\t') break;
        header++;
    }
    row->stage = (int)value[0], row->epoch = (int)value[1], row->rate = value[2], row->loss = value[3];
    memcpy(row->term, value + TERM_COLUMN, sizeof row->term);
    memcpy(row->accuracy, value + LAST_COLUMNS, sizeof row->accuracy);
    memcpy(row->map, value + LAST_COLUMNS + 2, sizeof row->map);
    return true;
}

int metrics_parse(const char *text, MetricsRow *rows, int capacity) {
    int n = 0;
    const char *line = strchr(text, '\n');
    while (line && line[1] && n < capacity && parse_row(text, line + 1, &rows[n])) {
        n++;
        line = strchr(line + 1, '\n');
    }
    return n;
}

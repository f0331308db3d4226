#include <stdlib.h>
#include <string.h>

#include "train/metrics.h"

/* The column of this name, or METRICS_COLUMNS: one that this build does not have. */
static int find_column(const char *name, size_t size) {
    int k = 0;
    while (k < METRICS_COLUMNS &&
           (strlen(metrics_column(k)) != size || memcmp(metrics_column(k), name, size) != 0))
        k++;
    return k;
}

/* One line, whose columns the header names. */
static bool parse_row(const char *header, const char *line, MetricsRow *row) {
    double value[METRICS_COLUMNS + 1] = {0};
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
    memcpy(row->term, value + METRICS_TERMS, sizeof row->term);
    memcpy(row->accuracy, value + METRICS_LAST, sizeof row->accuracy);
    memcpy(row->map, value + METRICS_LAST + 2, sizeof row->map);
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

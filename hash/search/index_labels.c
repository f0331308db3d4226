/* The filter of labels, and texts for other filters. */
#include <string.h>

#include "hash/search/index_file.h"
#include "hash/search/index_filter.h"

static bool keep_label(const Segment *s, const char *label, uint8_t *allowed) {
    int64_t wanted = -1;
    for (uint64_t i = 0; i < s->header.names && wanted < 0; i++) {
        const char *name = columns_string(&s->columns, PART_NAME_OFFSET, i);
        if (!name) return false;
        if (strcmp(name, label) == 0) wanted = (int64_t)i;
    }
    for (uint64_t row = 0; row < s->header.rows; row++) {
        const unsigned char *number;
        size_t n, found = 0;
        if (!columns_labels(&s->columns, row, &number, &n)) return false;
        for (size_t i = 0; i < n; i++) found |= get_u32(number + 4 * i) == wanted;
        if (!found) allowed[s->header.first_row + row] = 0;
    }
    return true;
}

Status index_keep_label(const Index *x, const char *label, uint8_t *allowed, Error *err) {
    for (size_t i = 0; i < x->n_segments; i++)
        if (x->segment[i].header.kind == SEGMENT_CASES && !keep_label(&x->segment[i], label, allowed))
            return error_set(err, STATUS_INPUT,
                             "the labels of the index are damaged; build it again or copy it anew");
    return STATUS_OK;
}

const char *index_text(const Index *x, int64_t row) {
    const Segment *s = index_segment_of(x, (uint64_t)row);
    IndexCase c = {0};
    return columns_texts(&s->columns, (uint64_t)row - s->header.first_row, &c) ? c.text : NULL;
}

#include <string.h>

#include "hash/search/index_file.h"
#include "hash/search/index_words.h"

static Status verify_cases(const Index *x, const Segment *s, const char *path, Error *err) {
    for (uint64_t row = 0; row < s->header.rows; row++) {
        IndexCase c;
        Status read = columns_case(&s->columns, row, &c, x->labels, err);
        if (read == STATUS_INPUT)
            return index_damaged_at(err, path, s->at, "a case is damaged in the segment");
        if (read != STATUS_OK) return read;
        if (columns_find(&s->columns, c.id) != (int64_t)row)
            return index_damaged_at(err, path, s->at, "an id is not found where it lies, in the segment");
    }
    return STATUS_OK;
}

Status index_verify(const char *path, Error *err) {
    Index *x;
    Status s = index_open(&x, path, err);
    if (s == STATUS_INPUT && path_exists(path) && !path_is_dir(path)) {
        if (err) err->status = STATUS_CHECK;
        return STATUS_CHECK;
    }
    if (s != STATUS_OK) return s;
    for (size_t i = 0; i < x->n_segments && s == STATUS_OK; i++) {
        s = index_check_blocks(x, &x->segment[i], path, err);
        if (s == STATUS_OK && x->segment[i].header.kind == SEGMENT_CASES)
            s = verify_cases(x, &x->segment[i], path, err);
        if (s == STATUS_OK && !words_whole(&x->segment[i].columns))
            s = index_damaged_at(err, path, x->segment[i].at, "the words are damaged in the segment");
    }
    index_close(x);
    return s;
}

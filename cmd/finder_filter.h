/* Which cases may be hits: by labels, id, words; of the part filter. */
#ifndef CMD_FINDER_FILTER_H
#define CMD_FINDER_FILTER_H

#include "cmd/finder.h"

typedef struct {
    const char *const *labels; /* (n_labels) every hit has all of them */
    int n_labels;
    const char *id_match; /* POSIX extended regular expression, or NULL */
    const char *
        words; /* words and "phrases" of the text, each after '-' if it must be absent (cmd/word_filter.h); or NULL */
    bool unseen; /* only cases that the model was not trained on */
} FilterOptions;

/* STATUS_USAGE for a wrong expression, and for `unseen` where the model does not say what it was trained on. Warns by f->log where no case passes. filter_free in every case. */
Status finder_filter(const Finder *f, const FilterOptions *o, Filter *out, Error *err);
void filter_free(Filter *filter);

#endif

#include "cmd/finder_filter.h"
#include "cmd/search_ask.h"
#include "nn/base/alloc.h"

Status search_filter(Search *s, Error *err) {
    const Args *a = s->args;
    const char **labels;
    int n;
    TRY(args_list(a, "label", &labels, &n, err));
    FilterOptions o = {.labels = labels,
                       .n_labels = n,
                       .id_match = args_get(a, "id-match"),
                       .words = args_get(a, "words"),
                       .unseen = args_has(a, "unseen")};
    Status status = finder_filter(&s->finder, &o, &s->filter, err);
    mem_free(labels);
    return status;
}

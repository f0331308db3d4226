#include <string.h>

#include "cmd/finder_groups.h"
#include "data/vocab_unknown.h"
#include "nn/base/alloc.h"

static Status keep_unknown(void *answer, const char *word, Error *err) {
    Answer *a = answer;
    if (!mem_grow(&a->unknown, &a->unknown_room, a->n_unknown + 1, sizeof *a->unknown))
        return mem_error(err, "the question");
    a->unknown[a->n_unknown] = mem_strdup(word);
    return a->unknown[a->n_unknown++] ? STATUS_OK : mem_error(err, "the question");
}

Status finder_words(const Finder *f, const char *text, Answer *a, Error *err) {
    return vocab_unknown(&f->model.vocab, text, keep_unknown, a, err);
}

Status finder_check_found(const Finder *f, const SearchOptions *o, const Answer *a, Error *err) {
    static const char *const codes[] = {"image codes", "text codes"}; /* by Modality */
    size_t count = (size_t)index_count(f->index);
    if (a->n || !index_live(f->index)) return STATUS_OK;
    if (!memchr(index_allowed(f->index, a->found), 1, count))
        return error_set(err, STATUS_INPUT, "the index has no %s, only %s: search these (find %s)",
                         codes[a->found], codes[1 - a->found], modality_name(modality_other(a->found)));
    if (o->filter && o->filter->passed && !memchr(o->filter->allowed[a->found], 1, count))
        log_warn(f->log, "%lld case%s the filter, of which none has %s", (long long)o->filter->passed,
                 o->filter->passed == 1 ? " passes" : "s pass", codes[a->found]);
    return STATUS_OK;
}

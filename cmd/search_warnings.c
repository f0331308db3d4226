#include "cmd/finder_groups.h"
#include "cmd/search_ask.h"
#include "nn/base/alloc.h"

/* What the reader of any form of output must know about the question. */
static void warn_of_question(const Search *s) {
    const Answer *a = &s->answer;
    Buffer words = {0};
    for (size_t i = 0; i < a->n_unknown; i++) buffer_printf(&words, "%s%s", i ? ", " : "", a->unknown[i]);
    if (a->n_unknown) log_warn(s->finder.log, "words that the model does not know: %s", buffer_text(&words));
    if (a->unlike)
        log_warn(s->finder.log, "%s; expect nothing of the answer",
                 a->asked == MODALITY_IMAGE
                     ? "the picture is unlike the pictures of the training"
                     : "the question is unlike reports: it lies farther from every picture than "
                       "19 in 20 reports of the validation cases");
    buffer_free(&words);
}

/* Names the first picture of the hits that is not there. */
static Status warn_of_pictures(const Search *s, Error *err) {
    for (size_t i = 0; s->form != AS_TABLE && i < s->answer.n; i++) {
        IndexCase c;
        char *path;
        TRY(index_case(s->finder.index, s->answer.hit[i].row, &c, err));
        TRY(finder_picture(&s->finder, &c, &path, err));
        bool missing = path && !path_exists(path);
        if (missing)
            log_warn(s->finder.log, "%s: there is no such picture; name its folder with --pictures DIR",
                     path);
        mem_free(path);
        if (missing) break;
    }
    return STATUS_OK;
}

Status search_warn(const Search *s, const Query *q, Error *err) {
    if (q->kind != ASK_FILTER) TRY(finder_check_found(&s->finder, &s->options, &s->answer, err));
    warn_of_question(s);
    return warn_of_pictures(s, err);
}

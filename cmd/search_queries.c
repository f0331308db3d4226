#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/queries.h"
#include "cmd/search_ask.h"
#include "nn/base/sys.h"

const char SEARCH_NOTES[] =
    "Hits are nearest first; --rerank orders the first ones by score. A line of --queries is a sentence,\n"
    "\"@image PATH\", \"@id ID\" or \"@code HEX\"; each line is answered at once.";

/* What one line can be wrong about; anything else ends the answers. */
static bool is_of_line(Status status) {
    return status == STATUS_INPUT || status == STATUS_USAGE;
}

/* A wrong line is reported and skipped: the answers to the others are not lost. */
static Status ask_lines(Search *s, SearchAsk *ask, FILE *from, const char *path, Error *err) {
    Queries lines = {.from = from, .path = path};
    int skipped = 0;
    bool more = true;
    Status status = STATUS_OK;
    while (more && (status == STATUS_OK || is_of_line(status))) {
        Query q;
        bool read = (status = queries_next(&lines, &q, &more, err)) == STATUS_OK;
        if (read && more) status = ask(s, &q, (const char *)lines.text.data, err);
        if (!is_of_line(status)) continue;
        if (read) error_prefix(err, "%s:%d", path, lines.line);
        log_warn(s->finder.log, "%s; skipped", err->message);
        skipped++;
    }
    queries_free(&lines);
    if (status != STATUS_OK && !is_of_line(status)) return status;
    return skipped ? error_set(err, STATUS_INPUT, "%s: %d line%s skipped", path, skipped,
                               skipped == 1 ? " was" : "s were")
                   : STATUS_OK;
}

static Status ask_file(Search *s, SearchAsk *ask, const char *path, Error *err) {
    if (strcmp(path, "-") == 0) return ask_lines(s, ask, stdin, "standard input", err);
    FILE *from = path_is_dir(path) ? NULL : sys_fopen(path);
    if (!from && path_is_dir(path)) errno = EISDIR;
    if (!from) return error_from_errno(err, path, "read");
    Status status = ask_lines(s, ask, from, path, err);
    fclose(from);
    return status;
}

/* Each row of own features is a question. */
static Status ask_rows(Search *s, SearchAsk *ask, QueryKind kind, const char *path, Error *err) {
    OwnFeatures f;
    const ModelConfig *c = &s->finder.model.model.config;
    const OwnInput *own = &c->own[kind == ASK_IMAGE ? MODALITY_IMAGE : MODALITY_TEXT];
    Status status = own_features_read(&f, path, NULL, err);
    if (status == STATUS_OK && own->width &&
        (f.width != own->width || f.tokens != own->tokens || f.views != 1))
        status = error_set(
            err, STATUS_INPUT,
            "%s: rows of %d x %d x %d numbers (views x tokens x width); the model takes 1 x %d x %d", path,
            f.views, f.tokens, f.width, own->tokens, own->width);
    for (int i = 0; status == STATUS_OK && i < f.n; i++) {
        char name[24];
        snprintf(name, sizeof name, "row%d", i + 1);
        Query q = {.kind = kind, .value = name, .features = own_features_at(&f, i, 0)};
        status = ask(s, &q, name, err);
    }
    own_features_free(&f);
    return status;
}

Status search_ask_many(const Args *a, Search *s, SearchAsk *ask, Error *err) {
    const char *image = args_get(a, "image-features"), *text = args_get(a, "text-features");
    if (image || text) return ask_rows(s, ask, image ? ASK_IMAGE : ASK_TEXT, image ? image : text, err);
    return ask_file(s, ask, args_get(a, "queries"), err);
}

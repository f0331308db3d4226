#include "cmd/pages/train_explain.h"

#include <stdio.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "train/pages/explain.h"

static Status check_explain(const Args *a, Error *err) {
    static const char *const trains[] = {"stage1", "resume", NULL};
    if (!args_has(a, "out"))
        return error_set(
            err, STATUS_USAGE,
            "msach train: --explain needs --out RUN, for example:\n  msach train --explain --out "
            "runs/first");
    for (const char *const *name = trains; *name; name++)
        if (args_has(a, *name))
            return error_set(err, STATUS_USAGE,
                             "msach train: --explain trains nothing, so --%s has no meaning", *name);
    return STATUS_OK;
}

static void warn_of_settings(const Args *a) {
    static const char *const names[] = {"bits", "seed", "split-seed", "config", "set", "ablate", NULL};
    for (const char *const *name = names; *name; name++)
        if (args_has(a, *name))
            log_warn(&a->log, "%s: is trained, so its own settings hold and --%s has no effect",
                     args_get(a, "out"), *name);
}

/* Text on stdout, the page beside it. */
static Status show(const Args *a, const Explain *e, const char *page, Error *err) {
    Buffer text = {0};
    if (e->trained) warn_of_settings(a);
    explain_text(&text, e);
    Status s = text.failed ? mem_error(err, "the explanation") : STATUS_OK;
    if (s == STATUS_OK) s = explain_page(page, e, err);
    if (s == STATUS_OK) {
        fwrite(text.data, 1, text.size, stdout);
        printf("\npage: %s\n", page);
    }
    buffer_free(&text);
    return s;
}

Status train_explain(Args *a, const Config *c, const ManifestOptions *manifest, Error *err) {
    TRY(check_explain(a, err));
    Explain e;
    ExplainOptions o = {.run = args_get(a, "out"),
                        .data = args_get(a, "data"),
                        .id = args_get(a, "case"),
                        .manifest = *manifest};
    char *page = args_get(a, "html") ? mem_strdup(args_get(a, "html")) : path_join(o.run, "explain.html");
    Status s = page ? explain_run(&e, &o, c, a->pool, &a->log, err) : mem_error(err, "the page's name");
    if (s == STATUS_OK && !args_get(a, "html")) s = dir_make(o.run, err);
    if (s == STATUS_OK) s = show(a, &e, page, err);
    if (page) explain_free(&e);
    mem_free(page);
    return s;
}

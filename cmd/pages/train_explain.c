#include "cmd/pages/train_explain.h"

#include <limits.h>
#include <stdio.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "train/pages/explain.h"

static Status check_options(const Args *a, Error *err) {
    if (!args_has(a, "out"))
        return args_wrong(
            a, err, "--explain needs --out RUN, for example:\n  msach train --explain --out runs/first");
    if (args_has(a, "stage1") || args_has(a, "resume"))
        return args_wrong(a, err, "--explain does not train; leave out --stage1 and --resume");
    return STATUS_OK;
}

static void warn_of_settings(const Args *a) {
    static const char *const names[] = {"bits", "seed", "split-seed", "config", "set", "ablate", NULL};
    for (const char *const *name = names; *name; name++)
        if (args_has(a, *name))
            log_warn(&a->log, "%s is trained: its own settings apply, and --%s has no effect",
                     args_get(a, "out"), *name);
}

/* Prints the text to stdout and writes the page. */
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

Status train_explain(Args *a, const Config *c, Error *err) {
    long step = 0;
    TRY(check_options(a, err));
    if (args_has(a, "step") && args_int(a, "step", 1, LONG_MAX, &step, err) != STATUS_OK)
        return args_wrong(
            a, err,
            "--step is '%s'; the number of a step of stage 2 was expected: 1 is the first, and a "
            "number beyond the last prints how many there are",
            args_get(a, "step"));
    if (step && args_has(a, "case"))
        return args_wrong(a, err, "--step follows the first case of its batch; leave out --case");
    Explain e;
    ExplainOptions o = {.run = args_get(a, "out"),
                        .data = args_get(a, "data"),
                        .id = args_get(a, "case"),
                        .step = step,
                        .manifest = args_manifest(a)};
    o.manifest.need_labels = true;
    char *page = args_get(a, "html") ? mem_strdup(args_get(a, "html")) : path_join(o.run, "explain.html");
    Status s = page ? explain_run(&e, &o, c, a->pool, &a->log, err) : mem_error(err, "the page's name");
    if (s == STATUS_OK && !args_get(a, "html")) s = dir_make(o.run, err);
    if (s == STATUS_OK) s = show(a, &e, page, err);
    if (page) explain_free(&e);
    mem_free(page);
    return s;
}

#include <stdio.h>
#include <string.h>

#include "cmd/cases.h"
#include "data/vocab_unknown.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"
#include "train/own_input.h"

static Status fill_manifest(Manifest *m, const CaseWords *w, Error *err) {
    enum { ID = 24 };
    int n = w->n_images + w->n_texts;
    m->path = mem_strdup(w->n_texts == 0 ? "--image" : w->n_images == 0 ? "--text" : "command line");
    m->cases = mem_calloc((size_t)n, sizeof *m->cases);
    m->text_block = mem_calloc((size_t)w->n_texts + 1, ID);
    if (!m->path || !m->cases || !m->text_block) return mem_error(err, "the cases");
    m->n = n;
    for (int i = 0; i < n; i++) {
        int k = i - w->n_images;
        Case *c = &m->cases[i];
        *c = (Case){.id = "", .image = "", .text = "", .group = i, .set = SET_NONE};
        if (k < 0) {
            c->id = c->image = w->images[i];
            if (!(c->image_path = mem_strdup(w->images[i]))) return mem_error(err, "the cases");
        } else {
            char *id = m->text_block + (size_t)k * ID;
            snprintf(id, ID, "text%d", k + 1);
            c->id = id;
            c->text = w->texts[k];
        }
    }
    return STATUS_OK;
}

Status cases_of_words(Cases *c, const ModelFile *f, const CaseWords *w, Pool *pool, const Log *log,
                      Error *err) {
    memset(c, 0, sizeof *c);
    bool want[2] = {w->n_images > 0, w->n_texts > 0};
    if (PART_ARRAYS) TRY(own_input_given(&f->model, (const char *const[2]){NULL, NULL}, want, err));
    for (int i = 0; PART_HINTS && i < w->n_texts; i++)
        if (vocab_unknown(&f->vocab, w->texts[i], NULL, NULL, err) != STATUS_OK)
            return error_prefix(err, "text %d", i + 1);
    TRY(fill_manifest(&c->manifest, w, err));
    return cases_load(c, f, want, pool, log, err);
}

#include <stdio.h>
#include <string.h>

#include "cmd/cases.h"
#include "nn/base/alloc.h"
#include "train/own_input.h"

Status cases_of_features(Cases *c, const ModelFile *f, const char *const features[2], Pool *pool,
                         Error *err) {
    enum { ID = 24 };
    memset(c, 0, sizeof *c);
    Modality k = features[MODALITY_IMAGE] ? MODALITY_IMAGE : MODALITY_TEXT;
    bool want[2] = {k == MODALITY_IMAGE, k == MODALITY_TEXT};
    Manifest *m = &c->manifest;
    TRY(own_input_given(&f->model, features, want, err));
    TRY(own_features_read(&c->own[k], features[k], NULL, err));
    size_t n = (size_t)c->own[k].n;
    m->path = mem_strdup(features[k]);
    m->cases = mem_calloc(n, sizeof *m->cases);
    m->text_block = mem_calloc(n, ID);
    if (!m->path || !m->cases || !m->text_block) return mem_error(err, "the cases");
    for (m->n = 0; m->n < (int)n; m->n++) {
        char *id = m->text_block + (size_t)m->n * ID;
        snprintf(id, ID, "row%d", m->n + 1);
        m->cases[m->n] = (Case){.id = id, .image = "", .text = "", .group = m->n, .set = SET_NONE};
    }
    return cases_load(c, f, want, pool, NULL, err);
}

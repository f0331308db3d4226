#include "cmd/cases.h"

#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"

/* Decodes the manifest and lists the cases of each modality. */
static Status load(Cases *c, const ModelFile *f, const bool want[2], Pool *pool, const Log *log, Error *err) {
    const Config *g = &f->config;
    size_t n = (size_t)c->manifest.n;
    TRY(dataset_load(&c->data, &c->manifest, want[MODALITY_TEXT] ? &f->vocab : NULL,
                     want[MODALITY_IMAGE] ? g->image_size : 0, (size_t)g->picture_mib << 20, pool, log, err));
    for (int m = 0; m < 2; m++)
        if (!(c->index[m] = mem_calloc(n, sizeof *c->index[m]))) return mem_error(err, "the cases");
    for (int i = 0; i < c->manifest.n; i++) {
        if (c->manifest.cases[i].image_path) c->index[MODALITY_IMAGE][c->count[MODALITY_IMAGE]++] = i;
        if (c->manifest.cases[i].text[0]) c->index[MODALITY_TEXT][c->count[MODALITY_TEXT]++] = i;
    }
    return STATUS_OK;
}

Status cases_read(Cases *c, const ModelFile *f, const char *manifest, const ManifestOptions *o,
                  const bool want[2], Pool *pool, const Log *log, Error *err) {
    memset(c, 0, sizeof *c);
    ManifestOptions options = *o;
    options.mask_labels = options.mask_labels || f->config.mask_labels;
    TRY(manifest_read(&c->manifest, manifest, &options, log, err));
    return load(c, f, want, pool, log, err);
}

/* ---- Pictures and texts of the command line ---- */

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
    TRY(fill_manifest(&c->manifest, w, err));
    return load(c, f, want, pool, log, err);
}

void cases_free(Cases *c) {
    for (int m = 0; m < 2; m++) mem_free(c->index[m]);
    dataset_free(&c->data);
    manifest_free(&c->manifest);
    memset(c, 0, sizeof *c);
}

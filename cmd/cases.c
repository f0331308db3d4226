#include "cmd/cases.h"

#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/parts.h"
#include "train/own_input.h"

Status cases_load(Cases *c, const ModelFile *f, const bool want[2], Pool *pool, const Log *log, Error *err) {
    const Config *g = &f->config;
    size_t n = (size_t)c->manifest.n;
    bool texts = want[MODALITY_TEXT] && !c->own[MODALITY_TEXT].x,
         images = want[MODALITY_IMAGE] && !c->own[MODALITY_IMAGE].x;
    TRY(dataset_load(&c->data, &c->manifest, texts ? &f->vocab : NULL, images ? g->image_size : 0,
                     (size_t)g->picture_mib << 20, pool, log, err));
    for (int m = 0; m < 2; m++) c->data.own[m] = c->own[m].x ? &c->own[m] : NULL;
    for (int m = 0; m < 2; m++)
        if (!(c->index[m] = mem_calloc(n, sizeof *c->index[m]))) return mem_error(err, "the cases");
    for (int i = 0; i < c->manifest.n; i++) {
        const Case *one = &c->manifest.cases[i];
        bool has[2] = {c->own[MODALITY_IMAGE].x || one->image_path, c->own[MODALITY_TEXT].x || one->text[0]};
        for (int m = 0; m < 2; m++)
            if (has[m]) c->index[m][c->count[m]++] = i;
    }
    return STATUS_OK;
}

Status cases_read(Cases *c, const ModelFile *f, const char *manifest, const ManifestOptions *o,
                  const bool want[2], Pool *pool, const Log *log, Error *err) {
    memset(c, 0, sizeof *c);
    ManifestOptions options = *o;
    options.mask_labels = options.mask_labels || f->config.mask_labels;
    if (PART_ARRAYS) TRY(own_input_given(&f->model, o->features, want, err));
    TRY(manifest_read(&c->manifest, manifest, &options, log, err));
    for (int m = 0; m < 2; m++)
        if (PART_ARRAYS && o->features[m])
            TRY(own_features_read(&c->own[m], o->features[m], &c->manifest, err));
    return cases_load(c, f, want, pool, log, err);
}

void cases_free(Cases *c) {
    for (int m = 0; PART_ARRAYS && m < 2; m++) own_features_free(&c->own[m]);
    for (int m = 0; m < 2; m++) mem_free(c->index[m]);
    dataset_free(&c->data);
    manifest_free(&c->manifest);
    memset(c, 0, sizeof *c);
}

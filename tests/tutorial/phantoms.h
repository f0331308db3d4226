/* Phantoms for the programs: small pictures and English reports with their labels, written to a folder and read back. */
#ifndef TUTORIAL_PHANTOMS_H
#define TUTORIAL_PHANTOMS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "data/phantom/phantom.h"
#include "nn/base/arena.h"
#include "nn/tensor.h"

enum { SIDE = 32, PHANTOMS = 400 };

/* A manifest of phantoms; its pictures, or the tokens of its reports. */
typedef struct {
    Manifest manifest;
    Vocab vocab;
    Dataset data;
} Phantoms;

/* folder: NULL takes a temporary one. buckets -1: pictures; else the vocabulary of the reports, of which `length` tokens count. */
static inline void phantoms_load(Phantoms *p, const char *folder, int buckets, int length) {
    Error err = {0};
    char path[512], temporary[] = "/tmp/phantomsXXXXXX";
    PhantomOptions o = {.cases = PHANTOMS, .size = SIDE, .lang = PHANTOM_EN, .seed = 3};
    memset(p, 0, sizeof *p);
    if (!folder) folder = mkdtemp(temporary);
    NN_REQUIRE(folder, "no temporary folder");
    snprintf(path, sizeof path, "%s/manifest.tsv", folder);
    Status s = phantom_write(folder, &o, NULL, NULL, &err);
    if (s == STATUS_OK)
        s = manifest_read(&p->manifest, path, &(ManifestOptions){.need_labels = true}, NULL, &err);
    NN_REQUIRE(s == STATUS_OK, "%s", err.message);
    const char *texts[PHANTOMS];
    for (int i = 0; i < p->manifest.n; i++) texts[i] = p->manifest.cases[i].text;
    const VocabOptions kept = {.max_words = 5000, .min_count = 8, .buckets = buckets, .length = length};
    if (buckets >= 0) s = vocab_build(&p->vocab, texts, NULL, p->manifest.n, &kept, &err);
    if (s == STATUS_OK)
        s = dataset_load(&p->data, &p->manifest, buckets >= 0 ? &p->vocab : NULL, buckets >= 0 ? 0 : SIDE, 0,
                         NULL, NULL, &err);
    NN_REQUIRE(s == STATUS_OK, "%s", err.message);
}

static inline void phantoms_free(Phantoms *p) {
    dataset_free(&p->data);
    vocab_free(&p->vocab);
    manifest_free(&p->manifest);
}

static inline bool phantoms_has(const Phantoms *p, int i, const char *label) {
    for (int k = 0; k < p->manifest.n_labels; k++)
        if (strcmp(p->manifest.label_names[k], label) == 0)
            return p->manifest.labels[i * p->manifest.n_labels + k];
    return false;
}

/* Pictures of cases with a cyst or a stone, not both. */
typedef struct {
    real *x; /* (n,SIDE,SIDE,1), about -1..3 */
    int label[PHANTOMS], n;
} Pictures;

static inline void pictures_load(Pictures *out, const char *folder, Arena *arena) {
    static Phantoms p;
    phantoms_load(&p, folder, -1, 0);
    *out = (Pictures){.x = arena_alloc(arena, sizeof *out->x * PHANTOMS * SIDE * SIDE)};
    for (int i = 0; i < p.manifest.n; i++) {
        bool stone = phantoms_has(&p, i, "stone");
        if (phantoms_has(&p, i, "cyst") == stone) continue;
        for (int k = 0; k < SIDE * SIDE; k++)
            out->x[out->n * SIDE * SIDE + k] = ((real)p.data.picture[i][k] - 64) / 64;
        out->label[out->n++] = stone;
    }
    phantoms_free(&p);
}

/* The reports as tokens, and y (n,labels): 1 where the case has the label. */
enum { REPORT = 48, REPORT_BUCKETS = 1024 };
typedef struct {
    Phantoms of;
    int32_t id[PHANTOMS * REPORT], gram[PHANTOMS * REPORT * TOKEN_NGRAMS];
    int length[PHANTOMS], labels;
    real y[PHANTOMS * PHANTOM_LABELS];
} Reports;

static inline void reports_tokens(const Vocab *v, const char *text, int32_t *id, int32_t *gram, int *n) {
    Error err = {0};
    NN_REQUIRE(tokens_encode(v, text, "text", id, gram, n, &err) == STATUS_OK, "%s", err.message);
}

static inline void reports_load(Reports *r, const char *folder) {
    phantoms_load(&r->of, folder, REPORT_BUCKETS, REPORT);
    r->labels = r->of.manifest.n_labels;
    for (int i = 0; i < PHANTOMS; i++)
        reports_tokens(&r->of.vocab, r->of.manifest.cases[i].text, r->id + i * REPORT,
                       r->gram + i * REPORT * TOKEN_NGRAMS, &r->length[i]);
    for (int i = 0; i < PHANTOMS * r->labels; i++) r->y[i] = r->of.manifest.labels[i];
}

#endif

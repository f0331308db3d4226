#include "train/calibrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/picture/descriptor.h"
#include "eval/ranking.h"
#include "hash/expert.h"
#include "nn/base/alloc.h"
#include "train/encode.h"

/* ---- Training cases ---- */

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static Status hash_cases(Calibration *c, const Session *s, Error *err) {
    int n = c->n_trained = s->count[SET_TRAIN];
    bool reports = !s->config.mask_labels && !s->manifest.masked && !s->own[MODALITY_TEXT].x;
    snprintf(c->salt, sizeof c->salt, "%08x%08x", s->manifest.crc, s->split.hash);
    c->trained = mem_calloc((size_t)n + 1, sizeof *c->trained);
    c->reports = reports ? mem_calloc((size_t)n + 1, sizeof *c->reports) : NULL;
    if (!c->trained || (reports && !c->reports)) return mem_error(err, "the calibration");
    for (int i = 0; i < n; i++) {
        const Case *one = &s->manifest.cases[s->index[SET_TRAIN][i]];
        c->trained[i] = calibration_hash(c->salt, one->id, NULL);
        if (reports) c->reports[i] = calibration_hash(c->salt, one->id, one->text);
    }
    qsort(c->trained, (size_t)n, sizeof *c->trained, by_number);
    if (reports) qsort(c->reports, (size_t)n, sizeof *c->reports, by_number);
    return STATUS_OK;
}

/* ---- Pairs ---- */

static size_t most_levels(const BitPlanes *labels) {
    size_t most = 1;
    for (size_t q = 0; q < labels->n; q++) {
        size_t levels = (size_t)bit_planes_count(labels, q) + 1;
        most = levels > most ? levels : most;
    }
    return most;
}

Status calibrate_count(const RetrievalTask *t, int64_t *pairs, int64_t *nearest, Error *err) {
    Ranking r;
    Status s = ranking_open(&r, t, err);
    size_t groups = (size_t)t->query->bits + 1,
           cells = s == STATUS_OK ? groups * most_levels(&r.query_labels) : 1;
    uint32_t *memory = mem_calloc(2 * (cells + groups), sizeof *memory);
    if (s == STATUS_OK && !memory) s = mem_error(err, "the calibration");
    for (size_t q = 0; s == STATUS_OK && q < t->query->n; q++) {
        TieTable table = {.count = memory};
        uint32_t *all = memory + 2 * cells, *relevant = all + groups;
        ranking_count(&r, q, &table, memory + cells);
        tie_table_sum(&table, all, relevant);
        bool found = false;
        for (size_t d = 0; d < groups; d++) {
            pairs[d] += all[d];
            pairs[groups + d] += relevant[d];
            if (nearest && all[d] && !found) nearest[d]++;
            found |= all[d] > 0;
        }
    }
    mem_free(memory);
    ranking_close(&r);
    return s;
}

static Status count_groups(Calibration *c, const Session *s, Error *err) {
    uint8_t *seen = mem_calloc((size_t)s->manifest.n_groups + 1, 1);
    if (!seen) return mem_error(err, "the calibration");
    for (int i = 0; i < s->count[SET_VAL]; i++) {
        uint8_t *flag = &seen[s->manifest.cases[s->index[SET_VAL][i]].group];
        c->groups += !*flag;
        *flag = 1;
    }
    mem_free(seen);
    return STATUS_OK;
}

/* The least distance within which all but 1 in CALIBRATION_FAR queries have a case; -1: no queries. */
static int usual_distance(const int64_t *nearest, int bits) {
    int64_t queries = 0, within = 0;
    for (int d = 0; d <= bits; d++) queries += nearest[d];
    for (int d = 0; d <= bits && queries; d++)
        if ((within += nearest[d]) >= queries - queries / CALIBRATION_FAR) return d;
    return -1;
}

/* codes: of the validation cases, by Modality. */
static Status count_validation(Calibration *c, const Session *s, uint8_t *const codes[MODALITIES],
                               const CaseSet *database, Error *err) {
    size_t direction = 2 * ((size_t)c->bits + 1);
    CaseSet query;
    Status status = evaluation_cases(&query, s, SET_VAL, err);
    query.bits = c->bits;
    c->pairs = mem_calloc(MODALITIES * direction, sizeof *c->pairs);
    c->range = mem_calloc(MODALITIES * direction, sizeof *c->range);
    if (status == STATUS_OK && !(c->pairs && c->range)) status = mem_error(err, "the calibration");
    for (Modality from = 0; status == STATUS_OK && from < MODALITIES; from++) {
        RetrievalTask t = {&query, database, from, true};
        query.code[from] = codes[from];
        int64_t nearest[CODE_MAX_BITS + 1] = {0};
        status = calibrate_count(&t, c->pairs + (size_t)from * direction, nearest, err);
        if (status == STATUS_OK) status = calibrate_range(&t, c->range + (size_t)from * direction, err);
        if (from == MODALITY_TEXT) c->usual = usual_distance(nearest, c->bits);
    }
    evaluation_cases_free(&query);
    if (status == STATUS_OK) status = count_groups(c, s, err);
    return status == STATUS_OK ? calibration_fit(c, err) : status;
}

/* ---- Pictures ---- */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* descriptor (n, dim) of the pictures of n cases. */
static Status describe(const Session *s, const int *index, int n, float *descriptor, Error *err) {
    size_t side = (size_t)s->data.side;
    uint8_t *scratch = mem_alloc(side * side);
    Status status = scratch ? STATUS_OK : mem_error(err, "the calibration");
    for (int i = 0; status == STATUS_OK && i < n; i++) {
        const uint8_t *picture;
        status = dataset_picture(&s->data, index[i], scratch, &picture, err);
        if (status == STATUS_OK)
            descriptor_make(picture, s->data.side, descriptor + (size_t)i * DESCRIPTOR_DIM);
    }
    mem_free(scratch);
    return status;
}

/* Means of three training pictures of different groups each: no descriptor of one patient is kept. */
static Status keep_pictures(Calibration *c, const Session *s, Error *err) {
    int all = s->count[SET_TRAIN], n = all < CALIBRATION_SOURCES ? all : CALIBRATION_SOURCES;
    int kept = n < CALIBRATION_PICTURES ? n : CALIBRATION_PICTURES;
    int *index = mem_calloc((size_t)n + 1, sizeof *index), *group = mem_calloc((size_t)n + 1, sizeof *group);
    float *own = mem_calloc((size_t)n + 1, DESCRIPTOR_DIM * sizeof *own);
    real *mean = mem_calloc((size_t)kept + 1, DESCRIPTOR_DIM * sizeof *mean);
    c->picture = mem_calloc((size_t)kept + 1, DESCRIPTOR_DIM * sizeof *c->picture);
    Status status =
        index && group && own && mean && c->picture ? STATUS_OK : mem_error(err, "the calibration");
    for (int i = 0; status == STATUS_OK && i < n; i++) {
        index[i] = s->index[SET_TRAIN][(size_t)i * (size_t)all / (size_t)n];
        group[i] = s->manifest.cases[index[i]].group;
    }
    if (status == STATUS_OK) status = describe(s, index, n, own, err);
    if (status == STATUS_OK) {
        expert_landmarks(own, n, DESCRIPTOR_DIM, group, kept, (uint64_t)s->config.seed, mean);
        c->n_pictures = kept;
        for (size_t i = 0; i < (size_t)kept * DESCRIPTOR_DIM; i++) c->picture[i] = (float)mean[i];
    }
    mem_free(mean);
    mem_free(own);
    mem_free(group);
    mem_free(index);
    return status;
}

static Status measure_usual(Calibration *c, const Session *s, Error *err) {
    size_t n = (size_t)s->count[SET_VAL];
    double *far = mem_calloc(n, sizeof *far);
    float *own = mem_calloc(n, DESCRIPTOR_DIM * sizeof *own);
    Status status = far && own ? STATUS_OK : mem_error(err, "the calibration");
    if (status == STATUS_OK) status = describe(s, s->index[SET_VAL], (int)n, own, err);
    for (size_t i = 0; status == STATUS_OK && i < n; i++)
        far[i] = calibration_nearest(c, own + i * DESCRIPTOR_DIM);
    if (status == STATUS_OK) {
        qsort(far, n, sizeof *far, by_size);
        c->unlike = far[n - 1 - n / CALIBRATION_UNUSUAL];
    }
    mem_free(own);
    mem_free(far);
    return status;
}

static Status use_validation(Calibration *c, const Session *s, const Model *m, const CaseSet *database,
                             Error *err) {
    size_t n = (size_t)s->count[SET_VAL];
    uint8_t *codes[MODALITIES];
    Status status = STATUS_OK;
    for (Modality k = 0; k < MODALITIES; k++) {
        Encoding out = {.codes = mem_calloc(n, code_bytes(c->bits))};
        codes[k] = out.codes;
        if (status == STATUS_OK && !out.codes) status = mem_error(err, "the calibration");
        if (status == STATUS_OK)
            status = encode_cases(m, &s->data, s->index[SET_VAL], (int)n, k, &out, s->pool, NULL, err);
    }
    if (status == STATUS_OK) status = count_validation(c, s, codes, database, err);
    bool pictures = s->data.side > 0; /* 0: features of another program stand in their place */
    if (status == STATUS_OK && pictures) status = keep_pictures(c, s, err);
    if (status == STATUS_OK && pictures) status = measure_usual(c, s, err);
    for (int k = 0; k < MODALITIES; k++) mem_free(codes[k]);
    return status;
}

Status calibrate(Calibration *c, const Session *s, const Model *m, const CaseSet *database, Error *err) {
    *c = (Calibration){.bits = m->config.bits, .dim = DESCRIPTOR_DIM, .chance_from = {-1, -1}, .usual = -1};
    TRY(hash_cases(c, s, err));
    return s->count[SET_VAL] ? use_validation(c, s, m, database, err) : STATUS_OK;
}

/* ---- Checking ---- */

Status calibrate_compare(const Calibration *c, const RetrievalTask *t, CalibrationBin bin[CALIBRATION_BINS],
                         int *n, Error *err) {
    size_t row = (size_t)c->bits + 1;
    double total = 0, before = 0;
    memset(bin, 0, CALIBRATION_BINS * sizeof *bin);
    *n = 0;
    if (!isfinite(calibration_share(c, t->from, 0))) return STATUS_OK;
    int64_t *pairs = mem_calloc(2 * row, sizeof *pairs);
    if (!pairs) return mem_error(err, "the calibration");
    Status s = calibrate_count(t, pairs, NULL, err);
    for (size_t d = 0; d < row; d++) total += (double)pairs[d];
    for (size_t d = 0; s == STATUS_OK && total > 0 && d < row; d++) {
        double here = (double)pairs[d];
        if (here <= 0) continue;
        /* the bin that holds the middle pair of this distance */
        CalibrationBin *b = &bin[(int)((before + here / 2) / total * CALIBRATION_BINS)];
        b->pairs += here;
        b->predicted += here * calibration_share(c, t->from, (int)d);
        b->low += here * calibration_bound(c, t->from, (int)d, 0);
        b->high += here * calibration_bound(c, t->from, (int)d, 1);
        b->observed += (double)pairs[row + d];
        before += here;
    }
    for (int i = 0; i < CALIBRATION_BINS; i++)
        if (bin[i].pairs > 0)
            bin[(*n)++] =
                (CalibrationBin){bin[i].predicted / bin[i].pairs, bin[i].low / bin[i].pairs,
                                 bin[i].high / bin[i].pairs, bin[i].observed / bin[i].pairs, bin[i].pairs};
    mem_free(pairs);
    return s;
}

/* All codes have the same length as vectors of -1 and +1, so that their cosines rank as their inner products do. */
Status evaluation_asymmetric(const Evaluation *e, Modality from, Retrieval *out, Pool *pool, Error *err) {
    Modality to = modality_other(from);
    CaseSet query = e->query, database = e->database;
    float *values = mem_calloc(database.n * (size_t)database.bits, sizeof *values);
    *out = (Retrieval){0};
    if (!values) return mem_error(err, "the asymmetric ranking");
    code_unpack(database.code[to], database.n, database.bits, values);
    query.dim = database.dim = database.bits;
    query.vector[from] = e->score[from];
    database.vector[to] = values;
    Status s =
        evaluate_vectors(out, &(RetrievalTask){&query, &database, from, e->own_group_left_out}, pool, err);
    mem_free(values);
    return s;
}

int calibrate_seen(const Calibration *c, const Session *s) {
    int seen = 0;
    for (int set = SET_VAL; set <= SET_DATABASE; set++)
        for (int i = 0; i < s->count[set]; i++) {
            const Case *one = &s->manifest.cases[s->index[set][i]];
            seen += calibration_trained_on(c, one->id, s->manifest.masked ? NULL : one->text) == 1;
        }
    if (seen)
        log_warn(s->log,
                 "%s: by their ids and reports the model was trained on %d of the validation and test cases; "
                 "the figures are too high",
                 s->manifest.path, seen);
    return seen;
}

#include "train/table/table_plan.h"

#include <stdio.h>
#include <string.h>

#include "hash/baselines/baselines.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

const char *const TABLE_SPLIT_NAMES[TABLE_SPLITS] = {"standard", "unseen", "masked"};
const char *const TABLE_PART_NAMES[TABLE_PARTS] = {"main",   "ablations", "lengths",   "dcmh",
                                                   "masked", "unseen",    "retrained", "raw-lengths"};

void plan_data_name(const char *manifest, char *name, size_t size) {
    const char *end = strrchr(manifest, '/'), *begin = end;
    if (!end) {
        snprintf(name, size, "%s", manifest);
        return;
    }
    while (begin > manifest && begin[-1] != '/') begin--;
    snprintf(name, size, "%.*s", (int)(end - begin), begin);
}

void plan_describe(const TableOptions *o, const PlannedCell *c, char *text, size_t size) {
    static const char *const names[] = {"RANDOM", "", "DCMH", "CLASSIFIER", "MSACH", "MSACH", "ORACLE"};
    char data[64];
    plan_data_name(o->data[c->data], data, sizeof data);
    const char *ablation = c->ablation && strcmp(c->ablation, "full") != 0 ? c->ablation : "";
    snprintf(text, size, "%s, %s split %d, %s%s%s%s, %d bits", data, TABLE_SPLIT_NAMES[c->split],
             c->split_seed, c->kind == CELL_SHALLOW ? BASELINES[c->method].name : names[c->kind],
             c->kind == CELL_SHALLOW && c->raw ? " on raw features" : "", *ablation ? " " : "", ablation,
             c->bits);
}

bool plan_same_split(const PlannedCell *a, const PlannedCell *b) {
    return a->data == b->data && a->split == b->split && a->split_seed == b->split_seed;
}

bool plan_open(const PlannedCell *c) {
    return c->wanted && !c->done && !c->skipped;
}

bool plan_runs_alone(CellKind kind) {
    return kind == CELL_DCMH || kind == CELL_RETRAINED;
}

/* ---- Settings and keys ---- */

/* DCMH (Jiang & Li, CVPR 2017) on our own networks, end to end; the codes are a linear function of u_m. Epochs,
 * batch, rate and augmentation are those of MSACH's stage 1. Its gamma = eta = 1 weigh sums over a batch,
 *     sum_ij (softplus(theta_ij) - S_ij theta_ij) + gamma sum_m |H_m - B|^2 + eta sum_m |H_m' 1|^2,
 * which in our means (b^2 L_like, b q L_qua, q b^2 L_bal), divided by b^2, are the weights 1, q/b and q. */
static void config_dcmh(Config *c) {
    c->end_to_end = 1;
    c->transformer = c->joint_pass = 0;
    c->weight_align = c->weight_manifold = c->weight_classification = c->weight_decorrelation = 0;
    c->weight_likelihood = 1;
    c->weight_quantisation = (double)c->bits / c->stage1_batch;
    c->weight_balance = c->bits < 1000 ? c->bits : 1000; /* the most that the setting allows */
    c->beta_start = c->beta_end = 1;
    c->laplacian = c->geodesic = 0;
    c->dropout = 0;
}

Status plan_config(const TableOptions *o, const PlannedCell *c, Config *out, Error *err) {
    *out = o->config;
    out->bits = c->bits;
    out->split_seed = c->split_seed;
    if (c->split == TABLE_MASKED) out->mask_labels = 1;
    if (c->kind == CELL_DCMH) config_dcmh(out);
    if (c->ablation) TRY(config_ablate(out, c->ablation, err));
    return config_check(out, err);
}

/* The settings that the cell depends on. One whose value is what builds without it did is left out, so that cells of those
 * builds stay finished. */
static void add_settings(Buffer *b, const Config *c, bool stage2) {
    for (int i = 0; i < CONFIG_COUNT; i++) {
        const ConfigOption *o = &CONFIG_TABLE[i];
        char text[64];
        bool wanted = o->scope == SCOPE_STAGE1 || (stage2 && o->scope != SCOPE_RESOURCES);
        if (wanted && config_number(c, o->name) != o->before)
            buffer_printf(b, "%s = %s\n", o->name, config_value(c, o, text));
    }
}

static void add_split(Buffer *b, const Plan *p, const TableOptions *o, const PlannedCell *c) {
    buffer_printf(b, "data %08x%s\nsplit %s %d\n", (unsigned)p->crc[c->data],
                  o->manifest.skip_bad ? " skip-bad" : "", TABLE_SPLIT_NAMES[c->split], c->split_seed);
    if (c->split == TABLE_UNSEEN) buffer_printf(b, "unseen %d\n", p->unseen[c->data]);
    if (c->split == TABLE_MASKED && p->words_crc) buffer_printf(b, "words %08x\n", (unsigned)p->words_crc);
}

static void hash_name(const Buffer *b, char *name) {
    const uint64_t start = 1469598103934665603u; /* of the names of all finished cells */
    uint64_t h = fnv1a(start, b->data, b->size);
    snprintf(name, 17, "%016llx", (unsigned long long)h);
}

/* All that determines the cell's results, as text. RANDOM and ORACLE stand on labels and split alone. */
static Status make_key(const Plan *p, const TableOptions *o, PlannedCell *c, Error *err) {
    static const char *const kinds[] = {"random", "shallow", "dcmh",  "classifier",
                                        "msach",  "msach",   "oracle"};
    Config config;
    Buffer b = {0};
    TRY(plan_config(o, c, &config, err));
    add_split(&b, p, o, c);
    buffer_printf(&b, "method %s%s%s%s%s\nbits %d\n", kinds[c->kind], c->kind == CELL_SHALLOW ? " " : "",
                  c->kind == CELL_SHALLOW ? BASELINES[c->method].name : "",
                  c->kind == CELL_SHALLOW ? c->raw ? " raw" : " stage1" : "", c->ablation ? c->ablation : "",
                  c->bits);
    if (c->kind == CELL_RANDOM || c->kind == CELL_ORACLE)
        buffer_printf(&b, "seed %d\n", config.seed);
    else
        add_settings(&b, &config, c->kind == CELL_MSACH || c->kind == CELL_RETRAINED);
    buffer_add(&b, "", 1);
    if (b.failed) {
        buffer_free(&b);
        return mem_error(err, "the table's plan");
    }
    b.size--;
    hash_name(&b, c->name);
    c->key = (char *)b.data;
    return STATUS_OK;
}

Status plan_stage1(const Plan *p, const TableOptions *o, const PlannedCell *c, Config *out, char *name,
                   Error *err) {
    PlannedCell plain = *c;
    Buffer b = {0};
    Error unused;
    plain.kind = CELL_CLASSIFIER;
    plain.ablation = NULL;
    TRY(plan_config(o, &plain, out, err));
    for (int i = 0; i < CONFIG_COUNT; i++) {
        const ConfigOption *option = &CONFIG_TABLE[i];
        char text[64];
        snprintf(text, sizeof text, "%.15g", option->standard);
        if (option->scope == SCOPE_STAGE2)
            config_set(out, option->name, text, &unused); /* a default is in range */
    }
    out->heads = out->layers = 1; /* divides any dim */
    add_split(&b, p, o, c);
    /* all settings, since a checkpoint names all: an older build's may have had other defaults */
    for (int i = 0; i < CONFIG_COUNT; i++) {
        char text[64];
        buffer_printf(&b, "%s = %s\n", CONFIG_TABLE[i].name, config_value(out, &CONFIG_TABLE[i], text));
    }
    if (b.failed) {
        buffer_free(&b);
        return mem_error(err, "the table's plan");
    }
    hash_name(&b, name);
    buffer_free(&b);
    return STATUS_OK;
}

/* ---- Cells ---- */

static Status add(Plan *p, size_t *capacity, PlannedCell c, Error *err) {
    if (!mem_grow(&p->cell, capacity, (size_t)p->n + 1, sizeof *p->cell))
        return mem_error(err, "the table's plan");
    p->cell[p->n++] = c;
    return STATUS_OK;
}

/* What stands on class probabilities or nothing at all, and the whole method. */
static Status add_own(Plan *p, size_t *capacity, PlannedCell c, Error *err) {
    static const CellKind kinds[] = {CELL_RANDOM, CELL_CLASSIFIER, CELL_ORACLE, CELL_MSACH};
    for (int i = 0; i < 4; i++) {
        c.kind = kinds[i];
        c.ablation = c.kind == CELL_MSACH ? "full" : NULL;
        TRY(add(p, capacity, c, err));
    }
    return STATUS_OK;
}

static Status add_shallow(Plan *p, size_t *capacity, PlannedCell c, int raw, Error *err) {
    c.kind = CELL_SHALLOW;
    c.raw = raw;
    for (c.method = 0; c.method < BASELINE_METHODS; c.method++) TRY(add(p, capacity, c, err));
    return STATUS_OK;
}

/* Those that share stage 1 (CELL_MSACH), or those that train one of their own. */
static Status add_ablations(Plan *p, size_t *capacity, PlannedCell c, CellKind kind, Error *err) {
    c.kind = kind;
    for (const Ablation *a = ABLATIONS; a->name; a++) {
        if (!a->settings[0] || ablation_retrains(a) != (kind == CELL_RETRAINED)) continue;
        c.ablation = a->name;
        TRY(add(p, capacity, c, err));
    }
    return STATUS_OK;
}

/* The cells of one part for one split seed of one data set at one length. */
static Status add_part(Plan *p, size_t *capacity, PlannedCell c, Error *err) {
    switch (c.part) {
    case PART_MAIN:
    case PART_MASKED:
    case PART_UNSEEN:
        TRY(add_own(p, capacity, c, err));
        TRY(add_shallow(p, capacity, c, 0, err));
        return add_shallow(p, capacity, c, 1, err);
    case PART_LENGTHS:
        TRY(add_own(p, capacity, c, err));
        return add_shallow(p, capacity, c, 0, err);
    case PART_RAW_LENGTHS:
        return add_shallow(p, capacity, c, 1, err);
    case PART_ABLATIONS:
        return add_ablations(p, capacity, c, CELL_MSACH, err);
    case PART_RETRAINED:
        return add_ablations(p, capacity, c, CELL_RETRAINED, err);
    default:
        c.kind = CELL_DCMH;
        return add(p, capacity, c, err);
    }
}

static bool has_part(const TableOptions *o, TablePart part, int seed) {
    bool every_seed = part == PART_MAIN || part == PART_ABLATIONS || part == PART_DCMH;
    if (o->quick) return every_seed && seed == 1;
    return seed <= (every_seed ? o->seeds : o->lengths_seeds);
}

/* One part for one seed of one data set, at its lengths. */
static Status add_lengths(Plan *p, size_t *capacity, const TableOptions *o, int data, int seed,
                          TablePart part, Error *err) {
    TableSplit split = part == PART_UNSEEN   ? TABLE_UNSEEN
                       : part == PART_MASKED ? TABLE_MASKED
                                             : TABLE_STANDARD;
    bool others = part == PART_LENGTHS || part == PART_RAW_LENGTHS;
    if (!has_part(o, part, seed) || (split == TABLE_UNSEEN && p->unseen[data] == 0) ||
        (p->fixed[data] && seed > 1))
        return STATUS_OK;
    for (int i = 0; i < o->n_bits; i++)
        if ((o->bits[i] != p->main_bits) == others)
            TRY(add_part(p, capacity,
                         (PlannedCell){.data = data,
                                       .split = split,
                                       .split_seed = seed,
                                       .bits = o->bits[i],
                                       .part = part,
                                       .wanted = o->parts == 0 || (o->parts >> part & 1)},
                         err));
    return STATUS_OK;
}

/* The order of TablePart: see there. */
static Status add_all(Plan *p, const TableOptions *o, Error *err) {
    size_t capacity = 0;
    for (int first = PART_MAIN, last; first < TABLE_PARTS; first = last + 1) {
        last = first == PART_MAIN ? PART_LENGTHS : first;
        for (int seed = 1; seed <= (o->quick ? 1 : o->seeds); seed++)
            for (int d = 0; d < o->n_data; d++)
                for (int part = first; part <= last; part++)
                    TRY(add_lengths(p, &capacity, o, d, seed, (TablePart)part, err));
    }
    return STATUS_OK;
}

/* A quarter of the labels, at least two, and two to train on. */
static Status look_at_data(Plan *p, const TableOptions *o, int d, const Log *log, Error *err) {
    Manifest m;
    ManifestOptions options = o->manifest;
    options.need_labels = true;
    Status s = manifest_read(&m, o->data[d], &options, log, err);
    if (s == STATUS_OK) {
        p->crc[d] = m.crc;
        p->cases[d] = m.n;
        p->fixed[d] = m.has_split;
        p->unseen[d] = m.n_labels < 4 || m.has_split ? 0 : m.n_labels / 4 < 2 ? 2 : m.n_labels / 4;
        if (p->unseen[d] == 0 && !o->quick)
            log_warn(log, "%s: no split with unseen classes: it needs four labels and no split of its own",
                     o->data[d]);
    }
    manifest_free(&m);
    return s;
}

static Status look_at_words(Plan *p, const TableOptions *o, Error *err) {
    unsigned char *words;
    size_t size;
    if (!o->mask_words) return STATUS_OK;
    TRY(file_read(o->mask_words, 1 << 20, &words, &size, err));
    p->words_crc = crc32_update(0, words, size);
    mem_free(words);
    return STATUS_OK;
}

static Status find_finished(PlannedCell *c, const Log *log, Error *err) {
    if (!path_exists(c->path)) return STATUS_OK;
    Status s = table_cell_read(&c->cell, c->key, c->path, err);
    c->done = s == STATUS_OK;
    if (s != STATUS_CHECK) return s;
    log_warn(log, "%s; it is computed again", err ? err->message : c->path);
    table_cell_free(&c->cell);
    if (err) *err = (Error){0};
    return STATUS_OK;
}

Status plan_make(Plan *p, const TableOptions *o, const Log *log, Error *err) {
    memset(p, 0, sizeof *p);
    p->main_bits = o->bits[0];
    for (int i = 0; i < o->n_bits; i++)
        if (o->bits[i] == 64) p->main_bits = 64;
    for (int d = 0; d < o->n_data; d++) TRY(look_at_data(p, o, d, log, err));
    TRY(look_at_words(p, o, err));
    TRY(add_all(p, o, err));
    for (int i = 0; i < p->n; i++) {
        PlannedCell *c = &p->cell[i];
        char name[48];
        TRY(make_key(p, o, c, err));
        snprintf(name, sizeof name, "cells/%s.txt", c->name);
        c->path = path_join(o->out, name);
        if (!c->path) return mem_error(err, "the table's plan");
        TRY(find_finished(c, log, err));
    }
    return STATUS_OK;
}

void plan_free(Plan *p) {
    for (int i = 0; i < p->n; i++) {
        mem_free(p->cell[i].key);
        mem_free(p->cell[i].path);
        table_cell_free(&p->cell[i].cell);
    }
    mem_free(p->cell);
    memset(p, 0, sizeof *p);
}

#include "train/table/table_plan.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "data/own_features.h"
#include "hash/baselines/baselines.h"
#include "nn/base/alloc.h"

const char *const TABLE_SPLIT_NAMES[TABLE_SPLITS] = {"standard", "unseen", "masked"};
const char *const TABLE_PART_NAMES[TABLE_PARTS] = {"main",   "ablations", "lengths",   "dcmh",
                                                   "masked", "unseen",    "retrained", "raw-lengths"};

const char *const FEATURE_NAMES[FEATURE_KINDS] = {"stage1", "raw", "semantic"};

/* The rows of a part. OWN: RANDOM, CLASSIFIER, ORACLE and the whole method. ON_SEMANTIC: with the posteriors as real numbers. */
enum { OWN = 1, ON_STAGE1 = 2, ON_RAW = 4, SHARED = 8, RETRAINED = 16, DCMH = 32, ON_SEMANTIC = 64 };
static const struct {
    TableSplit split;
    bool every_seed; /* split seeds 1..seeds; else 1..lengths_seeds */
    bool main_bits;  /* the main bits; else all others */
    unsigned rows;
} PARTS[TABLE_PARTS] = {[PART_MAIN] = {TABLE_STANDARD, true, true, OWN | ON_STAGE1 | ON_RAW | ON_SEMANTIC},
                        [PART_ABLATIONS] = {TABLE_STANDARD, true, true, SHARED},
                        [PART_LENGTHS] = {TABLE_STANDARD, false, false, OWN | ON_STAGE1},
                        [PART_DCMH] = {TABLE_STANDARD, true, true, DCMH},
                        [PART_MASKED] = {TABLE_MASKED, false, true, OWN | ON_STAGE1 | ON_RAW | ON_SEMANTIC},
                        [PART_UNSEEN] = {TABLE_UNSEEN, false, true, OWN | ON_STAGE1 | ON_RAW | ON_SEMANTIC},
                        [PART_RETRAINED] = {TABLE_STANDARD, false, true, RETRAINED},
                        [PART_RAW_LENGTHS] = {TABLE_STANDARD, false, false, ON_RAW}};

void plan_describe(const TableOptions *o, const PlannedCell *c, char *text, size_t size) {
    static const char *const names[] = {
        "RANDOM", "", "DCMH", "CLASSIFIER", "REAL-VALUED by posteriors", "MSACH", "MSACH", "ORACLE", ""};
    static const char *const on[FEATURE_KINDS] = {"", " on raw features", " on semantic features"};
    char data[64];
    manifest_name(o->data[c->data], data, sizeof data);
    const char *ablation = c->ablation && strcmp(c->ablation, "full") != 0 ? c->ablation : "";
    snprintf(text, size, "%s, %s split %d, %s%s%s%s, %d bits", data, TABLE_SPLIT_NAMES[c->split],
             c->split_seed,
             c->kind == CELL_SHALLOW ? BASELINES[c->method].name
             : c->codes              ? c->codes->name
                                     : names[c->kind],
             on[c->features], *ablation ? " " : "", ablation, c->bits);
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

/* DCMH (Jiang & Li, CVPR 2017) on the networks of MSACH, end to end; the codes are a linear function of u_m. Epochs, batch,
 * rate and augmentation are those of stage 1. Its gamma = eta = 1 weigh sums over a batch,
 *     sum_ij (softplus(theta_ij) - S_ij theta_ij) + gamma sum_m |H_m - B|^2 + eta sum_m |H_m' 1|^2.
 * The terms here are means (b^2 L_like, b q L_qua, q b^2 L_bal), so that after division by b^2 the weights are 1, q/b, q. */
static void config_dcmh(Config *c) {
    c->end_to_end = 1;
    c->transformer = c->joint_pass = 0;
    c->weight_align = c->weight_manifold = c->weight_classification = c->weight_decorrelation = 0;
    c->weight_likelihood = 1;
    c->weight_quantisation = (double)c->bits / c->stage1_batch;
    c->weight_balance = c->bits < 1000 ? c->bits : 1000; /* the highest value of the setting */
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
    if (o->manifest.features[0] || o->manifest.features[1]) out->landmarks = 0; /* as in session_open */
    return config_check(out, err);
}

static void add_split(Buffer *b, const Plan *p, const TableOptions *o, const PlannedCell *c) {
    buffer_printf(b, "data %08x%s split %s %d", (unsigned)p->crc[c->data],
                  o->manifest.skip_bad ? " skip-bad" : "", TABLE_SPLIT_NAMES[c->split], c->split_seed);
    if (p->own[0] || p->own[1])
        buffer_printf(b, " features %08x %08x", (unsigned)p->own[0], (unsigned)p->own[1]);
    if (c->split == TABLE_UNSEEN) buffer_printf(b, " unseen %d", p->unseen[c->data]);
    if (c->split == TABLE_MASKED && p->words_crc) buffer_printf(b, " words %08x", (unsigned)p->words_crc);
}

/* The settings of a scope and of those before it. A setting that older builds lack is listed only where its value differs from their
 * behaviour, so that finished cells stay valid. */
static void add_settings(Buffer *b, const Config *c, ConfigScope last) {
    for (int i = 0; i < CONFIG_COUNT; i++) {
        const ConfigOption *o = &CONFIG_TABLE[i];
        char text[64];
        if (o->scope <= last && config_number(c, o->name) != o->before)
            buffer_printf(b, " %s=%s", o->name, config_value(c, o, text));
    }
}

/* The other settings on which the posteriors of stage 1 depend, where they differ from the defaults. */
static void add_experts(Buffer *b, const Config *c) {
    Config standard;
    config_default(&standard);
    if (c->landmarks != standard.landmarks) buffer_printf(b, " landmarks=%d", c->landmarks);
}

static void hash_name(const Buffer *b, char name[17]) {
    snprintf(name, 17, "%016llx", (unsigned long long)fnv1a(FNV1A_START, b->data, b->size));
}

/* The key, one line with everything that determines the results of the cell, and the path derived from it. RANDOM and ORACLE depend only
 * on labels and split. */
static Status make_key(const Plan *p, const TableOptions *o, PlannedCell *c, Error *err) {
    static const char *const kinds[] = {"random", "",       "dcmh", "classifier", "posterior", "msach",
                                        "msach",  "oracle", ""};
    Config config;
    Buffer b = {0};
    char file[48];
    bool own = c->kind == CELL_MSACH || c->kind == CELL_RETRAINED;
    TRY(plan_config(o, c, &config, err));
    add_split(&b, p, o, c);
    if (c->kind == CELL_SHALLOW)
        buffer_printf(&b, " method %s %s", BASELINES[c->method].name, FEATURE_NAMES[c->features]);
    else if (c->codes)
        buffer_printf(&b, " codes %016llx %s", (unsigned long long)c->codes->hash, c->codes->name);
    else
        buffer_printf(&b, " method %s %s", kinds[c->kind], c->ablation ? c->ablation : "-");
    buffer_printf(&b, " bits %d", c->bits);
    if (c->kind == CELL_RANDOM || c->kind == CELL_ORACLE || c->kind == CELL_CODES)
        buffer_printf(&b, " seed=%d", config.seed);
    else
        add_settings(&b, &config, own ? SCOPE_STAGE2 : SCOPE_STAGE1);
    if (c->kind == CELL_CLASSIFIER || c->kind == CELL_POSTERIOR ||
        (c->kind == CELL_SHALLOW && c->features == FEATURES_SEMANTIC))
        add_experts(&b, &config);
    if (!b.failed) hash_name(&b, c->name);
    buffer_add(&b, "", 1);
    if (b.failed) {
        buffer_free(&b);
        return mem_error(err, "the cells of the table");
    }
    c->key = (char *)b.data;
    snprintf(file, sizeof file, "cells/%s.tsv", c->name);
    c->path = path_join(o->out, file);
    return c->path ? STATUS_OK : mem_error(err, "the cells of the table");
}

Status plan_stage1(const Plan *p, const TableOptions *o, const PlannedCell *c, Config *out, char name[17],
                   Error *err) {
    PlannedCell plain = *c;
    Buffer b = {0};
    Config standard;
    Error unused;
    char text[64];
    plain.kind = CELL_CLASSIFIER;
    plain.ablation = NULL;
    config_default(&standard);
    TRY(plan_config(o, &plain, out, err));
    int landmarks = out->landmarks; /* the experts are those of the whole method */
    for (int i = 0; i < CONFIG_COUNT; i++)
        if (CONFIG_TABLE[i].scope == SCOPE_STAGE2) /* a default is in range */
            config_set(out, CONFIG_TABLE[i].name, config_value(&standard, &CONFIG_TABLE[i], text), &unused);
    out->heads = out->layers = 1; /* divides any dim */
    out->landmarks = landmarks;
    add_split(&b, p, o, c);
    add_settings(&b, out, SCOPE_STAGE1);
    add_experts(&b, out);
    if (!b.failed) hash_name(&b, name);
    buffer_free(&b);
    return b.failed ? mem_error(err, "the cells of the table") : STATUS_OK;
}

/* ---- Cells ---- */

static Status add(Plan *p, PlannedCell c, Error *err) {
    if (!mem_grow(&p->cell, &p->capacity, (size_t)p->n + 1, sizeof *p->cell))
        return mem_error(err, "the cells of the table");
    p->cell[p->n++] = c;
    return STATUS_OK;
}

static Status add_shallow(Plan *p, PlannedCell c, FeatureKind features, Error *err) {
    c.kind = CELL_SHALLOW;
    c.features = features;
    for (c.method = 0; c.method < BASELINE_METHODS; c.method++) TRY(add(p, c, err));
    return STATUS_OK;
}

static Status add_kind(Plan *p, PlannedCell c, CellKind kind, const char *ablation, Error *err) {
    c.kind = kind;
    c.ablation = ablation;
    return add(p, c, err);
}

/* Rows of a part; c holds data, split, seed and bits. */
static Status add_rows(Plan *p, PlannedCell c, unsigned rows, Error *err) {
    if (rows & OWN) {
        TRY(add_kind(p, c, CELL_RANDOM, NULL, err));
        TRY(add_kind(p, c, CELL_CLASSIFIER, NULL, err));
        TRY(add_kind(p, c, CELL_ORACLE, NULL, err));
        TRY(add_kind(p, c, CELL_MSACH, "full", err));
    }
    if (rows & ON_STAGE1) TRY(add_shallow(p, c, FEATURES_STAGE1, err));
    if (rows & ON_RAW) TRY(add_shallow(p, c, FEATURES_RAW, err));
    if (rows & ON_SEMANTIC) {
        TRY(add_shallow(p, c, FEATURES_SEMANTIC, err));
        TRY(add_kind(p, c, CELL_POSTERIOR, NULL, err));
    }
    for (int i = 1; ABLATIONS[i].name; i++) {
        bool retrains = ablation_retrains(&ABLATIONS[i]);
        if (rows & (retrains ? RETRAINED : SHARED))
            TRY(add_kind(p, c, retrains ? CELL_RETRAINED : CELL_MSACH, ABLATIONS[i].name, err));
    }
    return rows & DCMH ? add_kind(p, c, CELL_DCMH, NULL, err) : STATUS_OK;
}

/* Codes of another program that belong to this split; they are evaluated with every choice of parts. */
static Status add_codes(Plan *p, int data, int seed, Error *err) {
    for (int i = 0; i < p->n_codes; i++) {
        PlannedCell c = {.data = data, .split_seed = seed, .wanted = true, .codes = &p->codes[i]};
        c.bits = c.codes->folder.query.bits;
        if (c.codes->data == data && c.codes->split_seed == seed) TRY(add_kind(p, c, CELL_CODES, NULL, err));
    }
    return STATUS_OK;
}

/* The cells of one part for one split seed of one data set. */
static Status add_part(Plan *p, const TableOptions *o, int data, int seed, TablePart part, Error *err) {
    bool every_seed = PARTS[part].every_seed;
    int seeds = o->quick ? every_seed : every_seed ? o->seeds : o->lengths_seeds;
    if (seed > seeds || (seed > 1 && p->fixed[data]) || (part == PART_UNSEEN && p->unseen[data] == 0))
        return STATUS_OK;
    for (int i = 0; i < o->n_bits; i++) {
        PlannedCell c = {.data = data,
                         .split = PARTS[part].split,
                         .split_seed = seed,
                         .bits = o->bits[i],
                         .wanted = o->parts == 0 || (o->parts >> part & 1)};
        if ((c.bits == p->main_bits) == PARTS[part].main_bits) TRY(add_rows(p, c, PARTS[part].rows, err));
    }
    return STATUS_OK;
}

/* In the order of TablePart. */
static Status add_all(Plan *p, const TableOptions *o, Error *err) {
    for (int first = PART_MAIN, last; first < TABLE_PARTS; first = last + 1) {
        last = first == PART_MAIN ? PART_LENGTHS : first;
        for (int seed = 1; seed <= o->seeds; seed++)
            for (int d = 0; d < o->n_data; d++) {
                if (first == PART_MAIN) TRY(add_codes(p, d, seed, err));
                for (int part = first; part <= last; part++)
                    TRY(add_part(p, o, d, seed, (TablePart)part, err));
            }
    }
    return STATUS_OK;
}

static Status read_codes(Plan *p, const TableOptions *o, const Log *log, Error *err) {
    for (int i = 0; i < o->n_codes; i++) {
        p->n_codes++;
        TRY(own_codes_read(&p->codes[i], &o->codes[i], o, log, err));
        int bits = p->codes[i].folder.query.bits, known = 0;
        for (int k = 0; k < o->n_bits; k++) known += o->bits[k] == bits;
        if (!known)
            return error_set(err, STATUS_INPUT, "%s: codes of %d bits; add %d to --bits", o->codes[i].folder,
                             bits, bits);
    }
    return STATUS_OK;
}

static Status match_codes(Plan *p, const TableOptions *o, int d, const Manifest *m, Error *err) {
    for (int i = 0; i < p->n_codes; i++)
        TRY(own_codes_match(&p->codes[i], o, d, m, o->quick || m->has_split ? 1 : o->seeds, err));
    return STATUS_OK;
}

static Status check_codes(Plan *p, const TableOptions *o, const Log *log, Error *err) {
    for (int i = 0; i < p->n_codes; i++) {
        OwnCodes *c = &p->codes[i];
        Manifest m;
        if (c->data < 0)
            return error_set(err, STATUS_INPUT,
                             "%s: no id of ids_query is a test query of a split of this table; the ids that "
                             "`msach eval --dump` writes were expected",
                             c->path);
        for (int k = 0; k < i; k++)
            if (strcmp(c->name, p->codes[k].name) == 0 && c->data == p->codes[k].data &&
                c->split_seed == p->codes[k].split_seed &&
                c->folder.query.bits == p->codes[k].folder.query.bits)
                return error_set(err, STATUS_INPUT, "%s and %s: both hold codes of %s for split seed %d",
                                 p->codes[k].path, c->path, c->name, c->split_seed);
        Status s = manifest_read(&m, o->data[c->data], &o->manifest, log, err);
        if (s == STATUS_OK) s = own_codes_check(c, o, &m, err);
        manifest_free(&m);
        TRY(s);
    }
    return STATUS_OK;
}

/* The unseen split leaves out a quarter of the labels, at least two, and needs two others to train on. */
static Status look_at_data(Plan *p, const TableOptions *o, int d, const Log *log, Error *err) {
    Manifest m;
    Status s = manifest_read(&m, o->data[d], &o->manifest, log, err);
    for (int k = 0; s == STATUS_OK && k < 2; k++) {
        OwnFeatures f = {.x = NULL};
        if (o->manifest.features[k]) s = own_features_read(&f, o->manifest.features[k], &m, err);
        p->own[k] = f.crc;
        own_features_free(&f);
    }
    if (s == STATUS_OK) s = match_codes(p, o, d, &m, err);
    if (s == STATUS_OK) {
        p->crc[d] = m.crc;
        p->cases[d] = m.n;
        p->fixed[d] = m.has_split;
        p->unseen[d] = m.n_labels < 4 || m.has_split ? 0 : m.n_labels / 4 < 2 ? 2 : m.n_labels / 4;
        if (p->unseen[d] == 0 && !o->quick)
            log_warn(log, "%s: no unseen split: it needs four labels, and a manifest without a split column",
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

/* ---- Finished cells ---- */

/* Cells of older builds have another format and are not read. */
static Status look_at_older(const TableOptions *o, const Log *log, Error *err) {
    char *folder = path_join(o->out, "cells");
    int older = 0;
    if (!folder) return mem_error(err, "the cells of the table");
    DIR *d = opendir(folder);
    for (const struct dirent *e; d && (e = readdir(d));) older += strstr(e->d_name, ".txt") != NULL;
    if (d) closedir(d);
    if (older)
        log_warn(
            log,
            "%s: holds %d cell file%s of an older msach (*.txt), which this one does not read; the cells are "
            "computed again; delete the *.txt files",
            folder, older, older == 1 ? "" : "s");
    mem_free(folder);
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
    *p = (Plan){.main_bits = o->bits[0]};
    for (int i = 0; i < o->n_bits; i++)
        if (o->bits[i] == 64) p->main_bits = 64;
    TRY(read_codes(p, o, log, err));
    for (int d = 0; d < o->n_data; d++) TRY(look_at_data(p, o, d, log, err));
    TRY(check_codes(p, o, log, err));
    TRY(look_at_words(p, o, err));
    TRY(look_at_older(o, log, err));
    TRY(add_all(p, o, err));
    for (int i = 0; i < p->n; i++) {
        TRY(make_key(p, o, &p->cell[i], err));
        TRY(find_finished(&p->cell[i], log, err));
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
    for (int i = 0; i < p->n_codes; i++) own_codes_free(&p->codes[i]);
    *p = (Plan){0};
}

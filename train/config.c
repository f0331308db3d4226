#include "train/config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/nearest.h"

#define INT(field, standard, low, high, meaning)                                                             \
    { #field, OPTION_INT, offsetof(Config, field), standard, low, high, meaning }
#define REAL(field, standard, low, high, meaning)                                                            \
    { #field, OPTION_REAL, offsetof(Config, field), standard, low, high, meaning }

const ConfigOption CONFIG_TABLE[] = {
    INT(bits, 64, CODE_MIN_BITS, CODE_MAX_BITS, "q, length of a code; a multiple of 8"),
    INT(seed, 1, 0, 1e9, "of weights, order and augmentation"),
    INT(split_seed, 1, 0, 1e9, "of the split alone"),
    INT(train_cases, 0, 0, 1e9, "train on so many cases, whole groups, drawn by the split seed; 0: on all"),
    INT(mask_labels, 0, 0, 1, "1: label words are removed from the texts"),
    INT(end_to_end, 0, 0, 1, "1: no segmented training (ablation)"),

    INT(image_size, 80, 16, 512, "S, side of the square images; a multiple of 16"),
    INT(width, 24, 4, 128, "W, channels of the first residual stage"),
    INT(blocks, 1, 1, CNN_MAX_BLOCKS, "residual blocks in each of the four stages"),
    INT(dim, 128, 8, 1024, "d, width of tokens and encoder"),
    INT(text_length, 256, 4, 1024,
        "N_t, most tokens of a text; a longer one keeps its impression, then its findings, then the rest"),
    INT(max_words, 20000, 1, 1000000, "largest vocabulary"),
    INT(min_count, 2, 1, 1000, "a word enters the vocabulary when training texts hold it so often"),
    INT(buckets, 8192, 0, 1 << 22, "rows of the subword table; 0: no subwords"),
    INT(layers, 1, 1, TRANSFORMER_MAX_LAYERS, "l, layers of the encoder"),
    INT(heads, 4, 1, 64, "h, attention heads; divides dim"),
    INT(transformer, 1, 0, 1, "0: c_m = LN(u_m) (ablation)"),

    INT(stage1_epochs, 36, 1, 10000, "passes over the training pairs in stage 1"),
    INT(stage1_batch, 32, 2, 4096, "b of stage 1"),
    REAL(stage1_lr, 3e-3, 1e-8, 1, "peak of the one-cycle schedule of stage 1"),
    REAL(stage1_decay, 0.1, 0, 10, "AdamW weight decay of stage 1"),
    REAL(warmup, 0.25, 0, 1, "share of the steps with a rising rate"),
    REAL(clip, 5, 0, 1e9, "largest norm of all gradients; 0: no clipping"),
    REAL(image_dropout, 0.3, 0, 0.95, "on u_v before its classifier"),
    REAL(text_dropout, 0.4, 0, 0.95, "on u_t before its classifier"),
    REAL(word_dropout, 0.25, 0, 0.95, "a word becomes the unknown word"),
    REAL(shift, 0.1, 0, 0.5, "augmentation: largest shift, of the side"),
    REAL(scale, 0.15, 0, 1, "augmentation: largest |log| of the zoom"),
    REAL(rotation, 7, 0, 180, "augmentation: largest rotation, degrees"),
    REAL(gain, 0.15, 0, 1, "augmentation: brightness factor"),
    REAL(contrast, 0.15, 0, 1, "augmentation: contrast factor"),
    REAL(speckle, 0.1, 0, 1, "augmentation: deviation of multiplicative noise"),
    REAL(erase, 0.25, 0, 1, "augmentation: probability of an erased rectangle"),
    REAL(flip, 0, 0, 1, "augmentation: probability of a left-right flip; anatomy has sides"),
    REAL(mixup, 0.2, 0, 4, "images: mixing weight ~ Beta(a,a) within the batch; 0: none"),
    REAL(smoothing, 0.1, 0, 0.9, "label smoothing of the classifiers of both stages"),
    REAL(eta, 0, 0, 100, "weight of the alignment term in stage 1"),
    REAL(tau1, 0.1, 1e-3, 10, "its temperature"),

    INT(views, 3, 1, 64, "V, augmented views of each training case kept as features"),
    INT(stage2_epochs, 12, 1, 10000, "passes over the training pairs in stage 2"),
    INT(stage2_batch, 32, 2, 4096, "b of stage 2"),
    INT(joint_pass, 1, 0, 1, "1: the joint pass c_vt teaches alignment"),
    REAL(stage2_lr, 1e-3, 1e-8, 1, "peak of the one-cycle schedule of stage 2"),
    REAL(stage2_decay, 0.1, 0, 10, "AdamW weight decay of stage 2"),
    REAL(dropout, 0.2, 0, 0.95, "in the encoder and on u"),
    REAL(noise, 0.3, 0, 10, "noise on the features, in their standard deviations"),
    REAL(beta_start, 1, 1e-3, 1e3, "H = tanh(beta s): beta of the first epoch"),
    REAL(beta_end, 3, 1e-3, 1e3, "and of the last"),
    INT(encode_views, 1, 1, ENCODE_VIEWS,
        "contexts of an image averaged over the picture and copies moved by S/24 pixels: 1, or up to 9"),
    INT(neighbours, 15, 1, 10000, "k of the neighbour graphs"),
    INT(geodesic, 0, 0, 1, "1: graph distance in the kernel (variant)"),
    INT(laplacian, 0, 0, 1, "1: Laplacian form of the manifold term (variant)"),
    REAL(rho, 0.5, 0, 1, "walk: share of common neighbours against common neighbour labels"),
    REAL(omega, 0.5, 0, 1, "target: share of labels against the walk; 1: no walk"),
    REAL(posterior, 0.5, 0, 1, "a, target: share of what stage 1 knows of the labels of this case; 0: none"),
    REAL(t0, -1, -1, 1, "target of unrelated cases is -t0; -1: 1/(classes-1)"),
    REAL(tau, 0.1, 1e-3, 10, "temperature of the alignment"),
    REAL(bce_weight, 2, 0, 1e3, "factor of the cross-entropy of many labels"),
    REAL(lambda_w, 1e-4, 0, 10, "on |W_c|^2"),
    REAL(weight_align, 0.03, 0, 1e3, "l_a"),
    REAL(weight_manifold, 1, 0, 1e3, "l_m"),
    REAL(weight_balance, 0.1, 0, 1e3, "l_b"),
    REAL(weight_classification, 0.02, 0, 1e3, "l_c"),
    REAL(weight_quantisation, 0.02, 0, 1e3, "l_q"),
    REAL(weight_likelihood, 0, 0, 1e3, "l_p"),
    REAL(weight_decorrelation, 0, 0, 1e3, "l_d"),

    INT(picture_mib, 512, 1, 1 << 20, "most memory for decoded pictures, MiB"),
    INT(feature_mib, 1024, 1, 1 << 20, "features beyond it live in a mapped file, MiB"),
};
const int CONFIG_COUNT = (int)(sizeof CONFIG_TABLE / sizeof CONFIG_TABLE[0]);

static void store(Config *c, const ConfigOption *o, double value) {
    char *at = (char *)c + o->offset;
    if (o->type == OPTION_INT) {
        int v = (int)value;
        memcpy(at, &v, sizeof v);
    } else {
        memcpy(at, &value, sizeof value);
    }
}

void config_default(Config *c) {
    memset(c, 0, sizeof *c);
    for (int i = 0; i < CONFIG_COUNT; i++) store(c, &CONFIG_TABLE[i], CONFIG_TABLE[i].standard);
}

static const ConfigOption *find(const char *name) {
    for (int i = 0; i < CONFIG_COUNT; i++)
        if (strcmp(CONFIG_TABLE[i].name, name) == 0) return &CONFIG_TABLE[i];
    return NULL;
}

static Status unknown(const char *name, Error *err) {
    const char *names[sizeof CONFIG_TABLE / sizeof CONFIG_TABLE[0]];
    for (int i = 0; i < CONFIG_COUNT; i++) names[i] = CONFIG_TABLE[i].name;
    const char *near = nearest_word(name, names, CONFIG_COUNT);
    return error_set(err, STATUS_USAGE, "unknown setting '%s'%s%s%s; `msach train --list-settings` lists all",
                     name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

Status config_set(Config *c, const char *name, const char *value, Error *err) {
    const ConfigOption *o = find(name);
    if (!o) return unknown(name, err);
    char *end;
    errno = 0;
    double v = strtod(value, &end);
    while (*end == ' ' || *end == '\t' || *end == '\r') end++;
    if (end == value || *end || !isfinite(v))
        return error_set(err, STATUS_USAGE, "setting %s: '%s' is not a number", name, value);
    if (v < o->low || v > o->high)
        return error_set(err, STATUS_USAGE, "setting %s: %s is outside %g to %g", name, value, o->low,
                         o->high);
    if (o->type == OPTION_INT && v != floor(v))
        return error_set(err, STATUS_USAGE, "setting %s: %s is not a whole number", name, value);
    store(c, o, v);
    return STATUS_OK;
}

Status config_assign(Config *c, const char *assignment, Error *err) {
    const char *equals = strchr(assignment, '=');
    char name[64];
    if (!equals || equals == assignment || (size_t)(equals - assignment) >= sizeof name)
        return error_set(err, STATUS_USAGE, "'%s' is not KEY=VALUE", assignment);
    size_t n = (size_t)(equals - assignment);
    while (n && assignment[n - 1] == ' ') n--;
    memcpy(name, assignment, n);
    name[n] = 0;
    return config_set(c, name, equals + 1, err);
}

const char *config_older(const char *name) {
    return strcmp(name, "posterior") == 0 ? "0" : NULL;
}

/* The file of a run names every setting that its build knew; others are what that build did. To be called before the
 * lines are read. */
static void take_older(Config *c, const char *text) {
    Error unused;
    if (!strstr(text, "\ndata = ")) return;
    for (int i = 0; i < CONFIG_COUNT; i++) {
        const char *older = config_older(CONFIG_TABLE[i].name);
        if (older) config_set(c, CONFIG_TABLE[i].name, older, &unused); /* such a value is in range */
    }
}

/* One line of a config file, changed in place. */
static Status read_line(Config *c, char *line, Error *err) {
    char *comment = strchr(line, '#');
    if (comment) *comment = 0;
    while (*line == ' ' || *line == '\t') line++;
    if (line[strspn(line, " \t\r")] == 0 || strncmp(line, "data =", 6) == 0) return STATUS_OK;
    return config_assign(c, line, err);
}

Status config_read(Config *c, const char *path, Error *err) {
    unsigned char *data;
    size_t size;
    TRY(file_read(path, 1 << 20, &data, &size, err));
    Status s = STATUS_OK;
    if (memchr(data, 0, size))
        s = error_set(err, STATUS_INPUT, "%s: holds a NUL byte; text was expected", path);
    else
        take_older(c, (const char *)data);
    int number = 1;
    for (char *line = (char *)data; s == STATUS_OK && line; number++) {
        char *next = strchr(line, '\n');
        if (next) *next++ = 0;
        s = read_line(c, line, err);
        if (s != STATUS_OK) {
            error_prefix(err, "%s:%d", path, number);
            s = err ? (err->status = STATUS_INPUT) : STATUS_INPUT;
        }
        line = next;
    }
    mem_free(data);
    return s;
}

Status config_data(const char *path, char **data, Error *err) {
    unsigned char *text;
    size_t size;
    *data = NULL;
    TRY(file_read(path, 1 << 20, &text, &size, err));
    const char *line = strstr((const char *)text, "\ndata = ");
    if (line) {
        line += strlen("\ndata = ");
        size_t n = strcspn(line, "\r\n");
        *data = mem_alloc(n + 1);
        if (*data) memcpy(*data, line, n), (*data)[n] = 0;
    }
    mem_free(text);
    if (line && !*data) return mem_error(err, path);
    return line
               ? STATUS_OK
               : error_set(err, STATUS_INPUT, "%s: has no line 'data = MANIFEST'; name it with --data", path);
}

const char *config_value(const Config *c, const ConfigOption *o, char text[64]) {
    const char *at = (const char *)c + o->offset;
    if (o->type == OPTION_INT) {
        int v;
        memcpy(&v, at, sizeof v);
        snprintf(text, 64, "%d", v);
    } else {
        double v;
        memcpy(&v, at, sizeof v);
        for (int digits = 15; digits <= 17; digits++) { /* as few as give back the same number */
            snprintf(text, 64, "%.*g", digits, v);
            if (strtod(text, NULL) == v) break;
        }
    }
    return text;
}

Status config_write(const Config *c, const char *data, const char *path, Error *err) {
    FileWriter w;
    TRY(file_begin(&w, path, err));
    file_printf(&w, "# Every setting of this run. Use again with: msach train --config FILE\ndata = %s\n",
                data);
    for (int i = 0; i < CONFIG_COUNT; i++) {
        char text[64];
        file_printf(&w, "%s = %s  # %s\n", CONFIG_TABLE[i].name, config_value(c, &CONFIG_TABLE[i], text),
                    CONFIG_TABLE[i].meaning);
    }
    return file_commit(&w, err);
}

/* ---- Ablations ---- */

const Ablation ABLATIONS[] = {
    {"full", "the whole method"},
    {"no-manifold", "without the manifold similarity constraint"},
    {"no-walk", "manifold target from labels alone (omega = 1)"},
    {"no-posterior", "manifold target without what stage 1 knows of a case (a = 0)"},
    {"no-balance", "without the balance constraint"},
    {"no-classification", "without the linear classification constraint"},
    {"no-constraints", "without all three"},
    {"no-transformer", "c_m = LN(u_m), no encoder and so no joint pass"},
    {"no-joint-pass", "without the pass over both modalities that teaches alignment"},
    {"no-alignment", "without the alignment term"},
    {"no-quantisation", "without the quantisation term"},
    {"no-subwords", "words alone"},
    {"end-to-end", "both stages at once, no frozen features"},
    {NULL, NULL},
};

Status config_ablate(Config *c, const char *name, Error *err) {
    const char *names[sizeof ABLATIONS / sizeof ABLATIONS[0]];
    int n = 0, which = -1;
    for (; ABLATIONS[n].name; n++) {
        names[n] = ABLATIONS[n].name;
        if (strcmp(name, names[n]) == 0) which = n;
    }
    if (which < 0) {
        const char *near = nearest_word(name, names, n);
        return error_set(err, STATUS_USAGE, "unknown ablation '%s'%s%s%s", name,
                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    int none = strcmp(name, "no-constraints") == 0;
    if (none || strcmp(name, "no-manifold") == 0) c->weight_manifold = 0;
    if (none || strcmp(name, "no-balance") == 0) c->weight_balance = 0;
    if (none || strcmp(name, "no-classification") == 0) c->weight_classification = 0;
    if (strcmp(name, "no-walk") == 0) c->omega = 1;
    if (strcmp(name, "no-posterior") == 0) c->posterior = 0;
    if (strcmp(name, "no-transformer") == 0) c->transformer = c->joint_pass = 0;
    if (strcmp(name, "no-joint-pass") == 0) c->joint_pass = 0;
    if (strcmp(name, "no-alignment") == 0) c->weight_align = 0;
    if (strcmp(name, "no-quantisation") == 0) c->weight_quantisation = 0;
    if (strcmp(name, "no-subwords") == 0) c->buckets = 0;
    if (strcmp(name, "end-to-end") == 0) c->end_to_end = 1;
    return STATUS_OK;
}

Status config_check(const Config *c, Error *err) {
    if (c->bits % 8) return error_set(err, STATUS_USAGE, "bits %d is not a multiple of 8", c->bits);
    if (c->image_size % CNN_SHRINK)
        return error_set(err, STATUS_USAGE, "image_size %d is not a multiple of %d", c->image_size,
                         CNN_SHRINK);
    if (c->dim % c->heads)
        return error_set(err, STATUS_USAGE, "heads %d do not divide dim %d", c->heads, c->dim);
    if (!c->transformer && c->joint_pass)
        return error_set(err, STATUS_USAGE, "transformer = 0 has no joint pass; set joint_pass = 0 as well");
    if (c->end_to_end && c->laplacian)
        return error_set(err, STATUS_USAGE,
                         "laplacian = 1 needs the neighbour graph, which end_to_end = 1 does not have");
    return STATUS_OK;
}

ModelConfig config_model(const Config *c) {
    return (ModelConfig){.image_size = c->image_size,
                         .width = c->width,
                         .blocks = c->blocks,
                         .dim = c->dim,
                         .text_length = c->text_length,
                         .buckets = c->buckets,
                         .layers = c->layers,
                         .heads = c->heads,
                         .bits = c->bits,
                         .transformer = c->transformer,
                         .encode_views = c->encode_views,
                         .deviation = 1};
}

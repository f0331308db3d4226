/* Every hyper-parameter in ONE table: name, default, range, meaning. The same names stand in config.txt, in
 * --set, in the model file's metadata and in the paper's symbols. Defaults were chosen on validation queries
 * alone. */
#ifndef TRAIN_CONFIG_H
#define TRAIN_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "hash/model.h"
#include "nn/base/error.h"

typedef struct {
    /* what and from where */
    int bits, seed, split_seed, train_cases, mask_labels, end_to_end;
    /* the networks */
    int image_size, width, blocks, dim, text_length, max_words, min_count, buckets, layers, heads,
        transformer;
    /* stage 1 */
    int stage1_epochs, stage1_batch;
    double stage1_lr, stage1_decay, warmup, clip, image_dropout, text_dropout, word_dropout;
    double shift, scale, rotation, gain, contrast, speckle, erase, flip, mixup, smoothing, eta, tau1;
    /* stage 2 */
    int views, stage2_epochs, stage2_batch, joint_pass;
    int encode_views;
    double stage2_lr, stage2_decay, dropout, noise, beta_start, beta_end;
    int neighbours, geodesic, laplacian;
    double rho, omega, posterior, t0, tau, bce_weight, lambda_w;
    double weight_align, weight_manifold, weight_balance, weight_classification, weight_quantisation,
        weight_likelihood, weight_decorrelation;
    /* memory */
    int picture_mib, feature_mib;
} Config;

typedef enum { OPTION_INT, OPTION_REAL } OptionType;

/* One row of the table. */
typedef struct {
    const char *name;
    OptionType type;
    size_t offset;
    double standard, low, high;
    const char *meaning;
} ConfigOption;

extern const ConfigOption CONFIG_TABLE[];
extern const int CONFIG_COUNT;

void config_default(Config *c);
/* Sets one option from text. Unknown names name the nearest; values out of range name the range. */
Status config_set(Config *c, const char *name, const char *value, Error *err);
/* "KEY=VALUE" */
Status config_assign(Config *c, const char *assignment, Error *err);
/* Lines "name = value"; '#' begins a comment. The line "data = PATH" is what config_data reads. */
/* What builds that did not know the setting did, as a value of it: for files that do not name it. NULL: every build knew it. */
const char *config_older(const char *name);
Status config_read(Config *c, const char *path, Error *err);
/* The manifest that a run's config.txt names; *data is the caller's to mem_free. */
Status config_data(const char *path, char **data, Error *err);
/* One option's value as text; returns text. */
const char *config_value(const Config *c, const ConfigOption *o, char text[64]);
Status config_write(const Config *c, const char *data, const char *path, Error *err);

/* Ablations by name; NULL-terminated. */
typedef struct {
    const char *name, *meaning;
} Ablation;
extern const Ablation ABLATIONS[];
Status config_ablate(Config *c, const char *name, Error *err);

/* Checks that hold between options (bits a multiple of 8, heads divide dim, ...). */
Status config_check(const Config *c, Error *err);

/* The model's part; words, classes, mean and deviation are the caller's to fill. */
ModelConfig config_model(const Config *c);

#endif

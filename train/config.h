/* Every setting: train/settings.inc lists them once. The same names stand in config.txt, in --set and in the metadata of a
 * model file. */
#ifndef TRAIN_CONFIG_H
#define TRAIN_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "data/vocab.h"
#include "hash/model.h"
#include "nn/base/error.h"

typedef struct {
#define SETTING(name, type, scope, standard, low, high, before, meaning) type name;
#include "train/settings.inc"
} Config;

typedef enum { OPTION_INT, OPTION_REAL } OptionType;

/* The first thing that a setting changes. Everything after it changes too: another split changes both stages, another
 * setting of stage 1 changes stage 2. Settings of resources change no result. */
typedef enum { SCOPE_SPLIT, SCOPE_STAGE1, SCOPE_STAGE2, SCOPE_RESOURCES } ConfigScope;

/* One row of the table. */
typedef struct {
    const char *name;
    OptionType type;
    ConfigScope scope;
    size_t offset;
    double standard, low, high;
    double
        before; /* the value that stands for what builds without the setting did; NAN: every build has it */
    const char *meaning;
} ConfigOption;

extern const ConfigOption CONFIG_TABLE[];
extern const int CONFIG_COUNT;

void config_default(Config *c);
/* Gives each setting that builds before it did not have the value `before` of its row: what those builds did. */
void config_older(Config *c);
/* Sets one option from text. STATUS_USAGE where the name is unknown (the message suggests the nearest), or the value is no
 * number, out of range, or not whole where it must be. */
Status config_set(Config *c, const char *name, const char *value, Error *err);
/* The same from "KEY=VALUE". */
Status config_assign(Config *c, const char *assignment, Error *err);
/* "key=value key=value": each in turn. */
Status config_assign_all(Config *c, const char *settings, Error *err);
/* config_read.c, of the part variants. Reads lines "name = value" into c; '#' begins a comment. The line "data = PATH", which config_write writes, is skipped
 * (config_data reads it) and marks the file of a run: settings that it does not name get the value `before` of their row,
 * those of any other file stay as they are in c. STATUS_INPUT with path and line where a line is wrong. */
Status config_read(Config *c, const char *path, Error *err);
/* *data: the manifest that a run's config.txt names; the caller frees it with mem_free. */
Status config_data(const char *path, char **data, Error *err);
/* One option's value with as few digits as give back the same number; returns text. */
const char *config_value(const Config *c, const ConfigOption *o, char text[64]);
Status config_write(const Config *c, const char *data, const char *path, Error *err);

/* The value of any setting as a number. The name must exist. */
double config_number(const Config *c, const char *name);

/* A part left out, by name. settings: assignments "KEY=VALUE", separated by blanks. */
typedef struct {
    const char *name, *settings, *meaning;
} Ablation;
extern const Ablation ABLATIONS[]; /* ends with a row whose name is NULL */
Status config_ablate(Config *c, const char *name, Error *err);
/* Whether the ablation needs a stage 1 of its own: it changes a setting of stage 1, or trains both stages at once. */
bool ablation_retrains(const Ablation *a);

/* Checks what must hold between settings: bits is a multiple of 8, heads divides dim, and the like. STATUS_USAGE. */
Status config_check(const Config *c, Error *err);

/* What a word needs to enter the vocabulary. */
VocabOptions config_vocab(const Config *c);

/* The settings of the model. The caller fills in words, classes, mean, deviation and the extra parameters. */
ModelConfig config_model(const Config *c);

#endif

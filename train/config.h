/* Every setting: train/settings.inc lists them once. config.txt, --set and the metadata of a model file use the same names. */
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
    double before; /* the value with the behaviour of builds that lack the setting; NAN: none lacks it */
    const char *meaning;
} ConfigOption;

extern const ConfigOption CONFIG_TABLE[];
extern const int CONFIG_COUNT;

void config_default(Config *c);
/* Sets each setting that older builds lack to the value `before` of its row, which gives the behaviour of those builds. */
void config_older(Config *c);
/* Sets one option from text. STATUS_USAGE where the name is unknown (the message suggests the nearest), or the value is no
 * number, out of range, or not whole where it must be. */
Status config_set(Config *c, const char *name, const char *value, Error *err);
/* The same from "KEY=VALUE". */
Status config_assign(Config *c, const char *assignment, Error *err);
/* "key=value key=value": each in turn. */
Status config_assign_all(Config *c, const char *settings, Error *err);
/* Reads lines "name = value" into c; '#' begins a comment. The line "data = PATH", which config_write writes, is skipped (config_data reads
 * it) and marks the file of a run: settings that such a file lacks get the value `before` of their row. Settings that another file lacks
 * stay unchanged in c. STATUS_INPUT with path and line where a line is wrong. (config_read.c, of the part variants) */
Status config_read(Config *c, const char *path, Error *err);
/* *data: the manifest that a run's config.txt names; the caller frees it with mem_free. STATUS_INPUT where it names none. */
Status config_data(const char *path, char **data, Error *err);
/* One option's value with the fewest digits that parse to the same number; returns text. */
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

/* The conditions for a word to enter the vocabulary. */
VocabOptions config_vocab(const Config *c);

/* The settings of the model. The caller fills in words, classes, mean, deviation and the extra parameters. */
ModelConfig config_model(const Config *c);

#endif

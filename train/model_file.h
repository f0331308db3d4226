/* A model on disk: one safetensors file, which is sufficient for encoding and search. Weights have their published names. Metadata: every
 * setting, mean, std, words, classes, vocabulary with the groups of each word, label names, checksums of data and split, results, and a
 * notice that it is not a medical device. No byte depends on the machine, the date or the number of threads. */
#ifndef TRAIN_MODEL_FILE_H
#define TRAIN_MODEL_FILE_H

#include "data/tokens.h"
#include "nn/safetensors.h"
#include "train/calibration.h"
#include "train/config.h"

typedef struct {
    Config config;
    Model model;
    Vocab vocab;
    char **label_names;
    int n_labels;
    char hash[9];            /* crc32 of the file, which identifies the model in an index */
    Calibration calibration; /* its arrays are NULL in files of older versions */
    StFile file;             /* metadata as read: st_get(&file, "map_image_to_text") */
} ModelFile;

/* A result for the metadata. */
typedef struct {
    const char *key;
    char value[64];
} Fact;

/* calibration: or NULL. */
Status model_save(const char *path, const Model *m, const Config *c, const Vocab *v, char *const *label_names,
                  int n_labels, const Calibration *calibration, const Fact *facts, int n_facts, Error *err);

/* path: a model file, or the directory of a run. Checks checksum, names, shapes and sizes; STATUS_INPUT where one is wrong.
 * A setting that the file does not have gets the value `before` of its row (config.h). model_close in every case. */
Status model_open(ModelFile *f, const char *path, Error *err);
void model_close(ModelFile *f);
/* The manifest with this checksum is that of the training. */
bool model_is_of(const ModelFile *f, uint32_t crc);

/* Copies each weight whose name begins with one of the prefixes and that has the same name and shape in both models. (run_stage1.c, of the
 * part resume) */
void model_copy_weights(Model *to, const Model *from, const char *const *prefixes, int n);

#endif

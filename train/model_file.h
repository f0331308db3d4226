/* A model on disk: one safetensors file that search needs nothing else for. Weights under the published
 * names; metadata: the configuration table, mean, std, words, classes, vocabulary, label names, hashes of
 * data and split, results, and the line "not a medical device". Nothing in it depends on the machine, the
 * date or the number of threads. */
#ifndef TRAIN_MODEL_FILE_H
#define TRAIN_MODEL_FILE_H

#include "data/tokens.h"
#include "nn/safetensors.h"
#include "train/config.h"

typedef struct {
    Config config;
    Model model;
    Vocab vocab;
    char **label_names;
    int n_labels;
    char hash[9]; /* crc32 of the file: names the model in an index */
    StFile file;  /* metadata as read: st_get(&file, "map_image_to_text") */
} ModelFile;

/* Results that go into the metadata, as key and text; NULL-terminated keys. */
typedef struct {
    const char *key;
    char value[64];
} Fact;

Status model_save(const char *path, const Model *m, const Config *c, const Vocab *v, char *const *label_names,
                  int n_labels, const Fact *facts, int n_facts, Error *err);

/* path: a model file, or the directory of a run. Checks checksum, names and shapes. model_close in every case. */
Status model_open(ModelFile *f, const char *path, Error *err);
void model_close(ModelFile *f);

/* Copies the weights of the same names and shapes whose names begin with one of the prefixes. */
void model_copy_weights(Model *to, const Model *from, const char *const *prefixes, int n);

#endif

/* What `inspect` prints beyond the facts of a model and an index. */
#ifndef CMD_INSPECT_MORE_H
#define CMD_INSPECT_MORE_H

#include <stdbool.h>

#include "hash/model.h"
#include "hash/search/index.h"

/* Type and shape of a .npy array. */
Status inspect_array(const char *path, Error *err);
/* A checkpoint, or the tensors of another program. *model: the file is a model of ours; then nothing is printed. */
Status inspect_weights(const char *path, bool *model, Error *err);
/* text (size), or instead what the model takes in place of pictures or texts. */
const char *inspect_own(const ModelConfig *m, Modality k, char *text, size_t size);
/* The number of groups, and each label with its cases, the most frequent first. */
Status inspect_labels(const Index *x, Error *err);
/* Loss and validation of every epoch of a run, where it has a metrics.tsv. */
Status inspect_epochs(const char *run, Error *err);

#endif

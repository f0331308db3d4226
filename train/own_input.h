/* Features of another program instead of pictures or texts: their part of training, encoding and the model file. */
#ifndef TRAIN_OWN_INPUT_H
#define TRAIN_OWN_INPUT_H

#include "nn/safetensors.h"
#include "train/session.h"

/* Metadata "image_features" and "text_features": tokens, width and checksum; none where the modality takes no features. */
void own_input_store(const OwnInput *own, Modality k, StFile *f);
Status own_input_read(OwnInput *own, Modality k, const StFile *f, const char *path, Error *err);

/* Sets mean and scale of modality k from the training cases. Warns where these are all alike. */
void own_input_measure(const Session *s, Modality k, Model *m);

/* Checks that features of another program (paths by Modality, NULL: none) are given for the modalities for which the model needs them, and
 * for no other. want: the modalities to encode. STATUS_INPUT otherwise. */
Status own_input_given(const Model *m, const char *const features[MODALITIES], const bool want[MODALITIES],
                       Error *err);
/* STATUS_INPUT where the data set's own features do not have the tokens and width of the model's. */
Status own_input_check(const Model *m, const Dataset *d, Modality k, Error *err);

#endif

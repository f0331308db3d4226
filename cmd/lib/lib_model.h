/* The handle of a model. */
#ifndef CMD_LIB_MODEL_H
#define CMD_LIB_MODEL_H

#include "cmd/lib/msach.h"
#include "train/model_file.h"

struct msach_model {
    ModelFile file;
};

#endif

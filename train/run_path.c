#include "train/run_path.h"

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

char *run_model_path(const char *run_or_file) {
    return path_is_dir(run_or_file) ? path_join(run_or_file, "model.safetensors") : mem_strdup(run_or_file);
}

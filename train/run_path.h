/* Where a run keeps its model; apart from the trainer, for what only reads models. */
#ifndef TRAIN_RUN_PATH_H
#define TRAIN_RUN_PATH_H

/* The model of a run's directory; a name that is no directory is given back as it is (a model by its path). NULL where
 * memory ran out; mem_free it. */
char *run_model_path(const char *run_or_file);

#endif

/* The lines "name  value" that `inspect` prints to stdout. */
#ifndef CMD_INSPECT_FACTS_H
#define CMD_INSPECT_FACTS_H

#include "nn/safetensors.h"

/* On a terminal, text is cut to its width. */
void fact(const char *name, const char *text);
void fact_number(const char *name, double v);
/* The size of a file; nothing where it is not there. */
void fact_size(const char *path);
/* Name, type and shape of every tensor. */
void fact_tensors(const StFile *f);

#endif

/* Warnings of a manifest that is read as it is written, but hardly as it is meant. (of the part hints) */
#ifndef DATA_MANIFEST_WARNINGS_H
#define DATA_MANIFEST_WARNINGS_H

#include "data/manifest.h"

/* Warns once of fields in quotes, as Excel and pandas write them (tsv), and once of labels that hold ';' or ',' where none is separated
 * by '|'. */
void manifest_warn(const Manifest *m, bool tsv, const Log *log);

#endif

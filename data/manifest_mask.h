/* Removing words from the texts of a manifest, so that a report does not give its label away. */
#ifndef DATA_MANIFEST_MASK_H
#define DATA_MANIFEST_MASK_H

#include "data/manifest.h"

/* Removes the words and phrases that the options name from all texts, in place. */
Status manifest_mask(Manifest *m, const ManifestOptions *o, Error *err);

#endif

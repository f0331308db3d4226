/* Outputs that would destroy a file. */
#ifndef CMD_OUTPUTS_H
#define CMD_OUTPUTS_H

#include "cmd/args.h"

/* Looks at each option that WRITES before the verb runs. STATUS_USAGE where its file is an input of the same command, STATUS_INPUT where
 * the file exists and is of another kind than the verb writes: an index may take the place of an index alone, and so on. An empty file
 * has no kind. A FIFO or device is written to, except for an index, which the verb reads again. Of a folder (DIR): STATUS_USAGE where
 * an input is that folder, or an array in it. Warns where `index` replaces all cases of an index. */
Status outputs_check(const Args *a, Error *err);

#endif

/* Files that another program shortens while they are mapped: a read behind the new end raises SIGBUS, which would kill the process. */
#ifndef CMD_CUT_H
#define CMD_CUT_H

#include <stdbool.h>

/* From now on such a read prints a message and ends the process with STATUS_INPUT. */
void cut_watch(void);

/* From now on such a read of this thread gives zeros, and the thread goes on. Readers of mapped files check what they read, so that zeros do no
 * harm; the answer made from them is wrong. The page stays zero until the file is mapped again. */
void cut_survive(void);
/* Whether this thread has read such zeros since its last call. */
bool cut_happened(void);

#endif

/* The codes of a run, for `inspect`. */
#ifndef CMD_INSPECT_CODES_H
#define CMD_INSPECT_CODES_H

#include "cmd/args.h"

/* Encodes queries and database of the run, prints the health of the codes and draws them: to --html, else RUN/inspect.html. Without its data a
 * run still prints what its files hold: missing data are an error only where the user named --html or --data. */
Status inspect_codes(Args *a, const char *run, Error *err);

#endif

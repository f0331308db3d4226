/* `msach --man` and `msach --completion`, written from the option tables of the verbs. */
#ifndef CMD_MANUAL_H
#define CMD_MANUAL_H

#include <stdio.h>

void manual_man(FILE *to);        /* mdoc(7) */
void manual_completion(FILE *to); /* for bash */

#endif

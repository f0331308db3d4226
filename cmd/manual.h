/* The man page and the bash completion, made from the option tables of the verbs: `msach --man`, `msach --completion`. */
#ifndef CMD_MANUAL_H
#define CMD_MANUAL_H

#include <stdio.h>

void manual_man(FILE *to);        /* mdoc(7) */
void manual_completion(FILE *to); /* for bash */

#endif

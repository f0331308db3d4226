/* `msach --man` and `msach --completion`, written from the option tables of the verbs. */
#ifndef CMD_MANUAL_H
#define CMD_MANUAL_H

#include <stdbool.h>
#include <stdio.h>

void manual_man(FILE *to); /* mdoc(7) */
/* shell: "bash", "zsh", "fish", or NULL for bash; false where it is another. */
bool manual_completion(FILE *to, const char *shell);

#endif

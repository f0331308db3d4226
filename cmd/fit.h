/* Text from data, fitted to the columns of a terminal. A CJK character takes two columns; control characters are replaced. */
#ifndef CMD_FIT_H
#define CMD_FIT_H

#include <stdbool.h>
#include <stdio.h>

/* Width of the terminal on stdout; of $COLUMNS if set; 120 without either. */
int fit_columns(void);

/* Columns of text on one line. */
int fit_width(const char *text);

/* Writes at most `limit` columns of text on one line: cut with an ellipsis; padded with spaces if fill. Control characters and newlines
 * become spaces, bytes that are not UTF-8 become '?'. */
void fit_text(FILE *to, const char *text, int limit, bool fill);

#endif

/* Text from data, fitted to the columns of a terminal. A CJK character takes two columns; control characters are replaced. */
#ifndef CMD_FIT_H
#define CMD_FIT_H

#include <stdbool.h>
#include <stdio.h>

/* $COLUMNS if set, else the width of the terminal on stdout; FIT_NO_LIMIT without either: a file or a pipe gets whole fields. */
enum { FIT_NO_LIMIT = 1 << 30 };
int fit_columns(void);

/* Columns of text on one line. */
int fit_width(const char *text);

/* Writes at most `limit` columns of text on one line: cut with an ellipsis; padded with spaces if fill. Control characters and newlines
 * become spaces, bytes that are not UTF-8 become '?'. */
void fit_text(FILE *to, const char *text, int limit, bool fill);

#endif

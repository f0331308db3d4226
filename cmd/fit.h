/* Text from data in columns of a terminal: as wide as it looks (a CJK character takes two), nothing that a
 * terminal would obey. */
#ifndef CMD_FIT_H
#define CMD_FIT_H

#include <stdio.h>

/* Columns of the terminal behind stdout; of $COLUMNS or 120 where there is none. */
int fit_columns(void);

/* Columns that text takes on one line. */
int fit_width(const char *text);

/* At most `limit` columns of text on one line, cut with an ellipsis, filled with spaces where fill. Control
 * characters and newlines become spaces, what is no UTF-8 becomes '?'. */
void fit_text(FILE *to, const char *text, int limit, int fill);

#endif

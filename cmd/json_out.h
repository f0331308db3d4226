/* JSON on stdout, piece by piece, so that a reader behind a pipe receives each result at once; JSON in a buffer. */
#ifndef CMD_JSON_OUT_H
#define CMD_JSON_OUT_H

#include <stddef.h>

#include "nn/base/bytes.h"

/* A quoted string. Bytes that are not UTF-8 become U+FFFD; NULL becomes "". */
void json_text(const char *text);
/* A number with 9 significant digits; null where it is not finite. */
void json_number(double v);
/* One field of an object: ,"name":value */
void json_number_field(const char *name, double v);
void json_text_field(const char *name, const char *text);

/* A quoted string as json_text, and ["a","b"] of texts (n), at the end of b. */
void json_add_text(Buffer *b, const char *text);
void json_add_texts(Buffer *b, const char *const *texts, size_t n);

#endif

/* Text from data inside HTML and SVG: escaped, valid UTF-8, nothing that a browser would run. */
#ifndef EVAL_MARKUP_H
#define EVAL_MARKUP_H

#include <stddef.h>

#include "nn/base/bytes.h"

/* & < > " ' as entities; control characters but tab and newline, and bytes that are no UTF-8, as U+FFFD. NULL
 * is empty. Serves element content and quoted attributes alike. */
void markup_text(Buffer *b, const char *text);
/* The text that a format makes, escaped as a whole: also what was literal in the format. At most 4,095 bytes.
 */
void markup_printf(Buffer *b, const char *fmt, ...) NN_PRINTF(2, 3);
void markup_vprintf(Buffer *b, const char *fmt, va_list args);

/* RFC 4648 base64 with padding. */
void markup_base64(Buffer *b, const unsigned char *data, size_t size);

/* Raw text, as it stands. */
void markup_raw(Buffer *b, const char *text);

/* Length of the valid UTF-8 sequence at s (1 to 4), or 0 where it is none (also for surrogates and
 * overlong forms). */
size_t markup_utf8(const unsigned char *s);

#endif

/* Writes text from data into HTML and SVG: escaped, valid UTF-8, nothing that a browser would run. */
#ifndef EVAL_MARKUP_H
#define EVAL_MARKUP_H

#include <stddef.h>

#include "nn/base/bytes.h"

/* Writes & < > " ' as entities. Control characters except tab and newline, and bytes that are not UTF-8, become U+FFFD. NULL
 * is empty. The result is safe as element content and in quoted attributes. */
void markup_text(Buffer *b, const char *text);
/* Formats, then escapes the whole result, including the literal part of the format. At most 4,095 bytes; the rest is cut. */
void markup_printf(Buffer *b, const char *fmt, ...) NN_PRINTF(2, 3);
void markup_vprintf(Buffer *b, const char *fmt, va_list args);

/* Base64 with padding (RFC 4648). */
void markup_base64(Buffer *b, const unsigned char *data, size_t size);

/* Text as it is, without escaping. */
void markup_raw(Buffer *b, const char *text);

/* The length of the valid UTF-8 sequence at s, 1 to 4, or 0 where there is none. Surrogates and overlong forms are not
 * valid. */
size_t markup_utf8(const unsigned char *s);

#endif

/* Text files of any encoding as UTF-8: plain or .gz, with or without a byte order mark. */
#ifndef DATA_TEXT_READ_H
#define DATA_TEXT_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/base/error.h"

enum { TEXT_MAX_BYTES = 1 << 30 /* of a file, unpacked */ };

/* wanted: the name of an encoding that iconv knows, or NULL to guess it (encoding_guess). found: the encoding of the text, a constant
 * string or `wanted`. A byte order mark of UTF-8 or UTF-16 overrides `wanted`. */
typedef struct {
    const char *wanted, *found;
} TextEncoding;

/* Whether this system converts the encoding of this name to UTF-8. */
bool text_encoding_known(const char *name);

/* Reads a whole file as UTF-8: *size bytes and one 0 behind them; the caller frees *text with mem_free. A file whose name ends in .gz is
 * unpacked. encoding NULL: guessed, and not returned. A text that holds a 0 byte, whose encoding cannot be guessed, or that is not in the
 * wanted encoding is an input error with the line. */
Status text_read(const char *path, char **text, size_t *size, TextEncoding *encoding, Error *err);

/* The same for bytes in memory: *text is a copy. path: for messages. */
Status text_decode(const char *path, const unsigned char *data, size_t size, char **text, size_t *out_size,
                   TextEncoding *encoding, Error *err);

#endif

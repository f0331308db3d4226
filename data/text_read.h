/* Text files of any encoding as UTF-8: plain or .gz, with or without a byte order mark. */
#ifndef DATA_TEXT_READ_H
#define DATA_TEXT_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/base/error.h"

enum { TEXT_MAX_BYTES = 1 << 30 /* of a file, unpacked */ };

/* wanted: the name of an encoding that iconv knows, or NULL to decide by evidence (encoding_guess). found: the one that the text
 * was read in, a constant string or `wanted`. A byte order mark of UTF-8 or UTF-16 overrides both. */
typedef struct {
    const char *wanted, *found;
} TextEncoding;

/* Whether this system converts the encoding of this name to UTF-8. */
bool text_encoding_known(const char *name);

/* Reads a whole file as UTF-8 with one 0 behind it; the caller frees *text with mem_free. A name that ends in .gz is unpacked.
 * encoding may be NULL (no wish, no answer). A text that holds a 0 byte, and one whose encoding cannot be found or is another
 * than the wanted one, is an input error with the line. */
Status text_read(const char *path, char **text, size_t *size, TextEncoding *encoding, Error *err);

/* The same for bytes in memory: *text is a copy. path: for messages. */
Status text_decode(const char *path, const unsigned char *data, size_t size, char **text, size_t *out_size,
                   TextEncoding *encoding, Error *err);

#endif

/* Text files as they come: plain or .gz, UTF-8 with or without a byte order mark, or GB18030. */
#ifndef DATA_TEXT_READ_H
#define DATA_TEXT_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/base/error.h"

enum { TEXT_MAX_BYTES = 1 << 30 /* of a file, unpacked */ };

/* Reads a whole file as UTF-8 with one 0 behind it; the caller frees *text with mem_free. A name that ends in .gz is unpacked.
 * What is no UTF-8 is read as GB18030 (*converted, may be NULL, tells so); what is neither, holds a 0 byte or is UTF-16 is an input
 * error with the line. */
Status text_read(const char *path, char **text, size_t *size, bool *converted, Error *err);

/* The same for bytes in memory: *text is a copy. path: for messages. */
Status text_decode(const char *path, const unsigned char *data, size_t size, char **text, size_t *out_size,
                   bool *converted, Error *err);

#endif

/* DEFLATE, RFC 1951: the compression within zip files. */
#ifndef NN_BASE_INFLATE_H
#define NN_BASE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes in (in_size) to exactly out_size bytes. False where the stream is damaged, ends early, or holds more or less. */
bool inflate_bytes(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size);

#endif

/* Inputs that are valid but for one part. Flipped bytes alone die at checksums and lengths; these changes keep both right. */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* Changes one part of data in place, which has room for `most` bytes; the new size, or 0 where the bytes have no such part. */
typedef size_t MutateFn(uint8_t *data, size_t size, size_t most, unsigned seed);

/* dicom: one element gets another value, length, representation or place. safetensors: one number of the header. index: one field of a
 * slot, of a segment's header or of its columns, checksums right. NULL for other targets. */
MutateFn *mutate_of(const char *target);

#endif

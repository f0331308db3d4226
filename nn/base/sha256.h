/* SHA-256 (FIPS 180-4), for checksums that can be signed. */
#ifndef NN_BASE_SHA256_H
#define NN_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_TEXT = 65 }; /* 64 hexadecimal digits and a 0 */

typedef struct {
    uint32_t state[8];
    uint64_t size; /* bytes so far */
    unsigned char block[64];
} Sha256;

void sha256_begin(Sha256 *h);
void sha256_add(Sha256 *h, const void *data, size_t size);
void sha256_end(Sha256 *h, char text[SHA256_TEXT]); /* text: the sum in lower-case hexadecimal digits */

#endif

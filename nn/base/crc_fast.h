/* The crc of long data, of the part fast. */
#ifndef NN_BASE_CRC_FAST_H
#define NN_BASE_CRC_FAST_H

#include <stddef.h>
#include <stdint.h>

/* n pieces of eight bytes; c is the inverted crc before and after them. */
uint32_t crc32_eights(uint32_t c, const unsigned char *p, size_t n);

#endif

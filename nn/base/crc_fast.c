#include "nn/base/crc_fast.h"

#include "nn/base/bytes.h"

/* "Slicing by eight": table[k][b] is the crc of byte b followed by k zero bytes. Each call builds the table (2,048 steps), which avoids global
 * state. */
uint32_t crc32_eights(uint32_t c, const unsigned char *p, size_t n) {
    uint32_t table[8][256];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t t = i;
        for (int k = 0; k < 8; k++) t = t >> 1 ^ (0xEDB88320u & (0u - (t & 1)));
        table[0][i] = t;
    }
    for (int k = 1; k < 8; k++)
        for (int i = 0; i < 256; i++) table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 255];
    for (; n; n--, p += 8) {
        uint32_t a = c ^ get_u32(p), b = get_u32(p + 4);
        c = table[7][a & 255] ^ table[6][a >> 8 & 255] ^ table[5][a >> 16 & 255] ^ table[4][a >> 24] ^
            table[3][b & 255] ^ table[2][b >> 8 & 255] ^ table[1][b >> 16 & 255] ^ table[0][b >> 24];
    }
    return c;
}

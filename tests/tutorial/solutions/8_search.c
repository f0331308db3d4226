/* Solutions of lesson 8. */
#include <stdint.h>
#include <string.h>

#include "hash/search/scan.h"
#include "nn/base/rng.h"
#include "tests/tutorial/solutions/check.h"

enum { BYTES = 8, N = 1000000, K = 10 };

int main(void) {
    Rng rng = rng_stream(1, RNG_TEST, 8);
    for (int round = 0; round < 1000; round++) {
        int piece[4] = {0}, least = 64;
        uint64_t flipped = 0;
        while (__builtin_popcountll(flipped) < 7) flipped |= UINT64_C(1) << rng_below(&rng, 64);
        for (int j = 0; j < 64; j++) piece[j / 16] += (int)(flipped >> j & 1);
        for (int m = 0; m < 4; m++) least = piece[m] < least ? piece[m] : least;
        CLAIM(least <= 7 / 4);
    }
    printf("exercise 1: seven flips in four pieces: if each had 2, there were 8. One piece has at most 1\n");

    static uint8_t codes[N * BYTES];
    uint8_t query[BYTES];
    Hit hit[K];
    size_t found;
    Error err = {0};
    for (int i = 0; i < N * BYTES; i++) codes[i] = (uint8_t)rng_below(&rng, 256);
    for (int i = 0; i < BYTES; i++) query[i] = (uint8_t)rng_below(&rng, 256);
    if (scan_search(query, 1, codes, N, 64, K, -1, NULL, hit, &found, NULL, &err) != STATUS_OK) return 1;
    int least = hit[0].distance / 4;
    long values = 0, choose = 1; /* of 16 bits, those within `least` flips */
    for (int flips = 0; flips <= least; flips++, choose = choose * (17 - flips) / flips) values += choose;
    printf("exercise 2: the nearest of a million random codes is %d bits away: one piece differs in %d bits "
           "or fewer, so each table "
           "looks up %ld of 65,536 values to find it; a search of centres looks up few\n",
           hit[0].distance, least, values);
    CLAIM(hit[0].distance >= 8 && hit[0].distance <= 20);

    int ties = 0;
    for (int i = 1; i < K; i++)
        if (hit[i].distance == hit[i - 1].distance) {
            ties++;
            CLAIM(hit[i].row > hit[i - 1].row);
        }
    printf("exercise 3: %d of %d neighbours tie; they come by row. Without a promise two machines would "
           "answer differently\n",
           ties, K - 1);
    CLAIM(ties > 0);
    return 0;
}

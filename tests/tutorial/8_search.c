/* 8. Search: codes, distances, ties, and why tables beat looking at everything.
 *
 * Two million codes of 64 bits near 20,000 centres, as learned codes cluster. The scan looks at every code; multi-index hashing
 * (Norouzi et al. 2014) looks a code up by its pieces: two codes within distance r agree within r/m bits in one of m pieces.
 * Both give the same ten rows, ties in the order of the rows. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hash/code.h"
#include "hash/search/mih.h"
#include "hash/search/scan.h"
#include "nn/base/rng.h"
#include "tests/tutorial/plot.h"

enum { N = 2000000, BITS = 64, BYTES = BITS / 8, CENTRES = 20000, QUERIES = 50, K = 10 };

/* A random centre with up to three bits flipped. */
static void draw(uint8_t *code, size_t n, uint32_t stream) {
    Rng centres = rng_stream(1, RNG_TEST, 0), rng = rng_stream(1, RNG_TEST, stream);
    static uint8_t centre[CENTRES * BYTES];
    for (int i = 0; i < CENTRES * BYTES; i++) centre[i] = (uint8_t)rng_below(&centres, 256);
    for (size_t i = 0; i < n; i++) {
        memcpy(code + i * BYTES, centre + rng_below(&rng, CENTRES) * BYTES, BYTES);
        for (int flip = 0; flip < 3; flip++) {
            uint32_t j = rng_below(&rng, BITS);
            code[i * BYTES + j / 8] ^= (uint8_t)(1 << j % 8);
        }
    }
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool same(const Hit *a, const Hit *b) {
    for (int i = 0; i < QUERIES * K; i++)
        if (a[i].row != b[i].row || a[i].distance != b[i].distance) return false;
    return true;
}

int main(int argc, char **argv) {
    Error err = {0};
    uint8_t *codes = malloc((size_t)N * BYTES), queries[QUERIES * BYTES];
    static Hit scan[QUERIES * K], tables[QUERIES * K];
    size_t found[QUERIES];
    if (!codes) return 1;
    draw(codes, N, 1);
    draw(queries, QUERIES, 2);

    double start = now();
    if (scan_search(queries, QUERIES, codes, N, BITS, K, -1, NULL, scan, found, NULL, &err) != STATUS_OK)
        return 1;
    double scanned = now() - start;

    Mih *mih;
    if (mih_build(&mih, codes, N, BITS, 0, NULL, NULL, &err) != STATUS_OK) return 1;
    start = now();
    if (mih_search(mih, queries, QUERIES, K, -1, NULL, tables, found, NULL, NULL, &err) != STATUS_OK)
        return 1;
    double looked_up = now() - start;

    printf("first query: ");
    for (int i = 0; i < K; i++) printf("%d%s", scan[i].distance, i < K - 1 ? " " : " bits away\n");
    printf("the same %d rows for every query: %s\n", K, same(scan, tables) ? "yes" : "NO");
    printf("%d pieces; tables took %.2f of the scan's time\n", mih_m(mih), looked_up / scanned);
    double ms[] = {1000 * scanned / QUERIES, 1000 * looked_up / QUERIES};
    SvgBar bar[] = {{"scan", ms[0], ms[0], ms[0], 0}, {"tables", ms[1], ms[1], ms[1], 1}};
    const Figures to = plot_folder(argc, argv);
    plot_bars(&to, "Time of a query", "milliseconds, one thread", bar, 2);
    mih_free(mih);
    free(codes);
    return 0;
}

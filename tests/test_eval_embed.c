/* Maps of data with a known shape. */
#include <math.h>
#include <string.h>

#include "eval/embed.h"
#include "nn/base/rng.h"
#include "tests/check.h"

enum { N = 150, DIM = 16 };

static float x[N * DIM];
static double map[2 * N], other[2 * N];

static double plane_distance(const double *m, int i, int j) {
    return hypot(m[2 * i] - m[2 * j], m[2 * i + 1] - m[2 * j + 1]);
}

/* Points of a plane in 16 dimensions keep their distances; the shares are those of the two axes. */
Test(eval_embed, principal_components_of_a_plane_keep_all_distances) {
    Rng r = rng_stream(1, RNG_TEST, 1);
    for (int i = 0; i < N; i++) {
        double a = 3.0 * rng_normal(&r), b = rng_normal(&r);
        for (int j = 0; j < DIM; j++) /* two orthogonal directions of length 1, and a shift */
            x[i * DIM + j] = (float)(0.25 * a + (j % 2 ? -0.25 : 0.25) * b + j);
    }
    double share[2];
    cr_assert_eq(embed_pca(x, N, DIM, map, share, NULL), STATUS_OK);
    for (int i = 0; i < N; i += 7)
        for (int j = 0; j < N; j += 5) {
            double square = 0.0;
            for (int k = 0; k < DIM; k++) square += pow((double)x[i * DIM + k] - (double)x[j * DIM + k], 2);
            cr_assert_float_eq(plane_distance(map, i, j), sqrt(square), 1e-5);
        }
    cr_assert_float_eq(share[0] + share[1], 1.0, 1e-6);
    cr_assert_float_eq(share[0], 0.9, 0.03);
}

Test(eval_embed, equal_vectors_lie_at_the_origin_of_the_components) {
    for (int i = 0; i < N * DIM; i++) x[i] = 1.f;
    double share[2];
    cr_assert_eq(embed_pca(x, N, DIM, map, share, NULL), STATUS_OK);
    for (int i = 0; i < 2 * N; i++) cr_assert(map[i] == 0.0);
    cr_assert(share[0] == 0.0 && share[1] == 0.0);
}

/* Codes of three words with bits flipped; a third of the codes are copies. */
static void fill_codes(void) {
    Rng r = rng_stream(4, RNG_TEST, 2);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < DIM; j++) {
            Rng word = rng_stream(4, RNG_TEST, (uint32_t)(100 + 20 * (i % 3) + j));
            int flip = i % 9 > 2 && rng_below(&r, 10) == 0;
            x[i * DIM + j] = (rng_u32(&word) & 1u) == (uint32_t)flip ? -1.f : 1.f;
        }
}

Test(eval_embed, tsne_keeps_each_kind_of_code_together) {
    fill_codes();
    double early, late;
    cr_assert_eq(embed_tsne(x, N, DIM, &(TsneOptions){0, 10, 1}, map, &early, NULL, NULL), STATUS_OK);
    cr_assert_eq(embed_tsne(x, N, DIM, &(TsneOptions){0, 0, 1}, map, &late, NULL, NULL), STATUS_OK);
    cr_assert(late < 0.5 * early && late > 0.0);
    int strays = 0;
    for (int i = 0; i < N; i++) {
        int nearest = -1;
        cr_assert(isfinite(map[2 * i]) && isfinite(map[2 * i + 1]));
        for (int j = 0; j < N; j++)
            if (j != i && (nearest < 0 || plane_distance(map, i, j) < plane_distance(map, i, nearest)))
                nearest = j;
        strays += nearest % 3 != i % 3;
    }
    cr_assert_lt(strays, 4); /* a code with many flips may really be nearest to another kind */
}

Test(eval_embed, map_is_the_same_at_any_number_of_threads) {
    fill_codes();
    Pool *pool;
    cr_assert_eq(pool_create(&pool, 3, NULL), STATUS_OK);
    TsneOptions o = {12, 60, 3};
    cr_assert_eq(embed_tsne(x, N, DIM, &o, map, NULL, pool, NULL), STATUS_OK);
    pool_free(pool);
    cr_assert_eq(embed_tsne(x, N, DIM, &o, other, NULL, NULL, NULL), STATUS_OK);
    cr_assert_eq(memcmp(map, other, sizeof map), 0);
}

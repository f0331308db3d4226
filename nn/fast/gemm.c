#include "nn/fast/gemm.h"

#include <string.h>

#include "nn/base/ints.h"
#include "nn/fast/kernels.h"

size_t panels_size(int n, int k) {
    return (size_t)panels_of(n) * PANEL * (size_t)(k > 0 ? k : 1);
}

real *panels_bias(Tape *t, const Tensor *b) {
    real *bias = arena_calloc(&t->arena, (size_t)panels_of(b->dim[0]) * PANEL, sizeof *bias);
    return memcpy(bias, b->data, (size_t)b->dim[0] * sizeof *bias);
}

/* C = A B + C where C is beta C already, or 0. */
static void product_of_columns(int m, int n, int k, const real *a, int lda, const real *panels, real *c,
                               int ldc) {
    const Kernels *kernel = kernels();
    for (int j = 0; j < n; j += KERNEL_COLUMNS) {
        Outer o = {.segments = 1,
                   .length = k,
                   .a_step = (size_t)lda,
                   .columns = int_min(KERNEL_COLUMNS, n - j),
                   .ldc = (size_t)ldc,
                   .b_panel = (size_t)k * PANEL};
        for (int i = 0; i < m; i += kernel->rows)
            kernel->outer(&o, m - i < kernel->rows ? m - i : kernel->rows, a + i,
                          panels + (size_t)j * (size_t)k, c + (size_t)i * (size_t)ldc + j);
    }
}

void gemm_packed(int m, int n, int k, const real *a, int lda, const real *panels, Epilogue end, real *c,
                 int ldc) {
    /* Rows of A that stay in the second-level cache while all panels pass. */
    enum { BLOCK_BYTES = 128 << 10, BLOCK_ROWS = 18 * KERNEL_ROWS };
    const Kernels *kernel = kernels();
    ptrdiff_t offset = 0;
    size_t from[BLOCK_ROWS], at[BLOCK_ROWS];
    int rows = kernel->rows, fit = BLOCK_BYTES / (int)sizeof(real) / int_max(k, 1),
        block = int_max(1, int_min(fit, BLOCK_ROWS) / rows) * rows;
    for (int r = 0; r < int_min(m, block); r++) {
        from[r] = (size_t)r * (size_t)lda;
        at[r] = (size_t)r * (size_t)ldc;
    }
    for (int first = 0; first < m; first += block) {
        size_t row = (size_t)first * (size_t)ldc;
        int count = int_min(block, m - first);
        for (int j = 0; j < n; j += KERNEL_COLUMNS) {
            Tile t = {.taps = 1,
                      .depth = k,
                      .offset = &offset,
                      .a = a + (size_t)first * (size_t)lda,
                      .b = panels + (size_t)j * (size_t)k,
                      .c = c + row + j,
                      .c_panel = PANEL,
                      .end = {int_min(KERNEL_COLUMNS, n - j), end.bias ? end.bias + j : NULL,
                              end.add ? end.add + row + j : NULL, end.relu}};
            for (int i = 0; i < count; i += rows)
                kernel->tile(&t, int_min(rows, count - i), from + i, at + i);
        }
    }
}

/* The rows of a panel are cut evenly, 6 + 5 + 5: small tiles leave multipliers idle. */
void gemm_outer_panels(int m, int n, int k, int panel_rows, const real *a, const real *b, real *c, int ldc) {
    const Kernels *kernel = kernels();
    Outer o = {.segments = 1,
               .length = k,
               .a_step = PANEL,
               .ldc = (size_t)ldc,
               .b_panel = (size_t)panel_rows * PANEL};
    for (int i = 0; i < m; i += PANEL) {
        int rows = m - i < PANEL ? m - i : PANEL, cuts = (rows + kernel->rows - 1) / kernel->rows;
        for (int j = 0; j < n; j += KERNEL_COLUMNS)
            for (int cut = 0; cut < cuts; cut++) {
                int from = rows * cut / cuts, to = rows * (cut + 1) / cuts;
                o.columns = int_min(KERNEL_COLUMNS, n - j);
                kernel->outer(&o, to - from, a + (size_t)i * (size_t)panel_rows + from,
                              b + (size_t)j * (size_t)panel_rows, c + (size_t)(i + from) * (size_t)ldc + j);
            }
    }
}

static void scale(int m, int n, real beta, real *c, int ldc) {
    for (size_t i = 0; i < (size_t)m; i++) {
        real *row = c + i * (size_t)ldc;
        for (int j = 0; j < n; j++) row[j] = beta == 0 ? 0 : beta * row[j];
    }
}

void gemm_tiled(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb,
                real beta, real *c, int ldc, real *scratch) {
    const real *panels = scratch ? scratch : b;
    if (scratch) panels_pack(tb, n, k, b, ldb, scratch);
    if (beta != 1 && (ta || beta != 0)) scale(m, n, beta, c, ldc);
    if (ta)
        product_of_columns(m, n, k, a, lda, panels, c, ldc);
    else
        gemm_packed(m, n, k, a, lda, panels, (Epilogue){.add = beta == 0 ? NULL : c}, c, ldc);
}

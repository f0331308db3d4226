/* 3x3 convolution with stride 1 by Winograd's F(4x4,3x3): a tile of 4x4 outputs is 36 products of channels
 * instead of 144. Lavin & Gray 2016 (arXiv 1509.09308). forward            Y = A' [ (G w G') . (B' x B) ] A
 * at each of 36 places a product (tiles,ci)(ci,co) gradient of x      the forward of dy with the filter
 * turned round and its channels exchanged gradient of w      dw = G' [ sum over tiles of (B' x B)' (A dy A')
 * ] G        at each place (ci,tiles)(tiles,co) Transformed tiles stand as [place][panel of
 * channels][tile][PANEL], so that a product reads whole cache lines. In float its error is about ten times
 * that of the direct sum, a few 1e-6 of the largest output. Tiles are counted through the whole batch; a
 * block of them is a piece of work. No sum of the forward runs over tiles, so an output's bits do not depend
 * on the block. */
#include <string.h>

#include "nn/conv2d.h"
#include "nn/gemm.h"

enum {
    PLACES = 36,
    OUT = 4,
    IN = 6,
    SKEW = PANEL /* keeps the places of a tile from falling on one cache set */
};

static int at_most(int a, int b) {
    return a < b ? a : b;
}
static int tiles_along(int n) {
    return (n + OUT - 1) / OUT;
}

/* Many small maps are not worth it: 36 products a tile, and the transforms count for about as much again at
 * few channels. */
bool conv_winograd_fits(const ConvShape *s) {
    bool shape =
        s->kh == 3 && s->kw == 3 && s->stride == 1 && s->pad <= 2 && s->ci >= PANEL / 2 && s->co >= PANEL / 2;
    return shape && tiles_along(s->oh) * tiles_along(s->ow) * 13 <= 2 * s->oh * s->ow;
}

/* A map seen in tiles: tile k of the batch is image k / (rows columns), row, column. */
typedef struct {
    int h, w, c, pad;        /* pad: rows and columns of zeros before the map */
    int rows, columns, side; /* tiles an image; pixels read along a tile's side */
    int panels;
} Tiling;

static Tiling tiling(int h, int w, int c, int pad, int oh, int ow, int side) {
    return (Tiling){h, w, c, pad, tiles_along(oh), tiles_along(ow), side, panels_of(c)};
}

static void tile_place(const Tiling *g, int k, int *image, int *row, int *column) {
    *image = k / (g->rows * g->columns);
    *row = k / g->columns % g->rows * OUT - g->pad;
    *column = k % g->columns * OUT - g->pad;
}

/* A tile that reaches over the edge: its pixels (side,side,c) with zeros outside. */
static void copy_edge_tile(const Tiling *g, const real *image, int row, int column, real *to) {
    size_t c = (size_t)g->c;
    for (int i = row; i < row + g->side; i++)
        for (int j = column; j < column + g->side; j++, to += c) {
            if (i >= 0 && i < g->h && j >= 0 && j < g->w)
                memcpy(to, image + ((size_t)i * (size_t)g->w + (size_t)j) * c, c * sizeof(real));
            else
                memset(to, 0, c * sizeof(real));
        }
}

typedef void TileTransform(const real *d, Pixels at, int channels, real *v, size_t position_stride);

/* Transforms `count` tiles from `first` on to v, places place_stride apart, panels panel_stride. edge:
 * scratch of side^2 c reals. */
static void transform_tiles(const Tiling *g, TileTransform *transform, const real *x, int first, int count,
                            real *v, size_t place_stride, size_t panel_stride, real *edge) {
    size_t c = (size_t)g->c;
    for (int k = 0; k < count; k++) {
        int image, row, column;
        tile_place(g, first + k, &image, &row, &column);
        const real *map = x + (size_t)image * (size_t)g->h * (size_t)g->w * c, *from = edge;
        Pixels at = {(size_t)g->side * c, c};
        if (row >= 0 && column >= 0 && row + g->side <= g->h && column + g->side <= g->w) {
            from = map + ((size_t)row * (size_t)g->w + (size_t)column) * c;
            at.row = (size_t)g->w * c;
        } else
            copy_edge_tile(g, map, row, column, edge);
        for (int q = 0; q < g->panels; q++)
            transform(from + q * PANEL, at, at_most(PANEL, g->c - q * PANEL),
                      v + (size_t)q * panel_stride + (size_t)k * PANEL, place_stride);
    }
}

/* ---- Filters: U [place][panel of outputs][input rounded up][PANEL] ---- */
typedef struct {
    int in, out, depth;    /* depth: in rounded up to PANEL */
    bool turned;           /* w (in,out,3,3) turned round, else (out,in,3,3) */
    const real *w, *scale; /* scale (out) or NULL */
    real *u;
} Filters;

static void filter_panel(void *ctx, int panel, int worker) {
    const Filters *f = ctx;
    (void)worker;
    const Kernels *kernel = kernels();
    int first = panel * PANEL, columns = at_most(PANEL, f->out - first);
    size_t place_stride = (size_t)panels_of(f->out) * (size_t)f->depth * PANEL;
    for (int c = 0; c < f->depth; c++) {
        real g[9 * PANEL] = {0};
        for (int j = 0; c < f->in && j < columns; j++) {
            size_t o = (size_t)(first + j), i = (size_t)c;
            const real *w = f->w + (f->turned ? i * (size_t)f->out + o : o * (size_t)f->in + i) * 9;
            for (int k = 0; k < 9; k++)
                g[k * PANEL + j] = (f->scale ? f->scale[o] : 1) * w[f->turned ? 8 - k : k];
        }
        kernel->winograd_filter(g, f->u + ((size_t)panel * (size_t)f->depth + (size_t)c) * PANEL,
                                place_stride);
    }
}

/* ---- The product ---- */
typedef struct {
    Tiling in;
    int oh, ow, co, out_panels, depth;
    int tiles, block;
    const real *x, *u;
    ConvEnd end;
    real *y;
    real *scratch; /* per worker: V, M and an edge tile */
    size_t scratch_size, v_place, m_place;
    const ptrdiff_t *offset; /* of the channel panels in V */
    const size_t *rows;      /* k PANEL */
} Winograd;

static void multiply_block(const Winograd *a, const real *v, int count, real *m) {
    const Kernels *kernel = kernels();
    for (int place = 0; place < PLACES; place++)
        for (int j = 0; j < a->out_panels; j++) {
            Tile tile = {.taps = a->in.panels,
                         .depth = PANEL,
                         .offset = a->offset,
                         .a = v + (size_t)place * a->v_place,
                         .b = a->u + (size_t)(place * a->out_panels + j) * (size_t)a->depth * PANEL,
                         .c = m + (size_t)place * a->m_place + (size_t)(j * a->block) * PANEL,
                         .end = {.columns = PANEL}};
            for (int k = 0; k < count; k += kernel->rows)
                kernel->tile(&tile, at_most(kernel->rows, count - k), a->rows + k, a->rows + k);
        }
}

static void store_block(const Winograd *a, const real *m, int first, int count) {
    const Kernels *kernel = kernels();
    Tiling out = a->in;
    out.pad = 0;
    for (int k = 0; k < count; k++) {
        int image, row, column;
        tile_place(&out, first + k, &image, &row, &column);
        size_t at =
            (((size_t)image * (size_t)a->oh + (size_t)row) * (size_t)a->ow + (size_t)column) * (size_t)a->co;
        Pixels pixels = {(size_t)a->ow * (size_t)a->co, (size_t)a->co};
        for (int j = 0; j < a->out_panels; j++, at += PANEL) {
            Epilogue e = {at_most(PANEL, a->co - j * PANEL), a->end.bias ? a->end.bias + j * PANEL : NULL,
                          a->end.add ? a->end.add + at : NULL, a->end.relu};
            kernel->winograd_output(m + (size_t)(j * a->block + k) * PANEL, a->m_place,
                                    at_most(OUT, a->oh - row), at_most(OUT, a->ow - column), &e, a->y + at,
                                    pixels);
        }
    }
}

static void winograd_block(void *ctx, int item, int worker) {
    const Winograd *a = ctx;
    int first = item * a->block, count = at_most(a->block, a->tiles - first);
    real *v = a->scratch + (size_t)worker * a->scratch_size, *m = v + PLACES * a->v_place,
         *edge = m + PLACES * a->m_place;
    transform_tiles(&a->in, kernels()->winograd_input, a->x, first, count, v, a->v_place,
                    (size_t)a->block * PANEL, edge);
    multiply_block(a, v, count, m);
    store_block(a, m, first, count);
}

/* Tiles of a block: the transformed ones about fill half of a second-level cache. */
static int block_of(int panels, int tiles) {
    enum { BYTES = 256 << 10, LEAST = 24, MULTIPLE = 6 };
    int block = BYTES / (PLACES * PANEL * (int)sizeof(real) * panels) / MULTIPLE * MULTIPLE;
    if (block < LEAST) block = LEAST;
    return at_most(block, tiles);
}

static void run(Tape *t, Winograd *a, Filters *f, int b) {
    ArenaMark mark = tape_mark(t);
    a->out_panels = panels_of(a->co), a->depth = f->depth = a->in.panels * PANEL;
    a->tiles = tape_dim((size_t)b * (size_t)(a->in.rows * a->in.columns));
    a->block = block_of(a->in.panels + a->out_panels, a->tiles);
    a->v_place = (size_t)(a->in.panels * a->block) * PANEL + SKEW;
    a->m_place = (size_t)(a->out_panels * a->block) * PANEL + SKEW;
    a->scratch_size = PLACES * (a->v_place + a->m_place) + IN * IN * (size_t)a->depth;
    f->u = arena_alloc(&t->arena, PLACES * (size_t)(a->out_panels * a->depth) * PANEL * sizeof(real));
    a->scratch = arena_alloc(&t->arena, (size_t)pool_threads(t->pool) * a->scratch_size * sizeof(real));
    ptrdiff_t *offset = arena_alloc(&t->arena, (size_t)a->in.panels * sizeof *offset);
    size_t *rows = arena_alloc(&t->arena, (size_t)a->block * sizeof *rows);
    for (int q = 0; q < a->in.panels; q++) offset[q] = (ptrdiff_t)q * a->block * PANEL;
    for (int k = 0; k < a->block; k++) rows[k] = (size_t)k * PANEL;
    a->u = f->u, a->offset = offset, a->rows = rows;
    pool_for(t->pool, a->out_panels, filter_panel, f);
    pool_for(t->pool, (a->tiles + a->block - 1) / a->block, winograd_block, a);
    tape_release(t, mark);
}

void conv_winograd_forward(Tape *t, const ConvShape *s, const real *x, const real *w, ConvEnd end, real *y) {
    Winograd a = {.in = tiling(s->h, s->w, s->ci, s->pad, s->oh, s->ow, IN),
                  .oh = s->oh,
                  .ow = s->ow,
                  .co = s->co,
                  .x = x,
                  .end = end,
                  .y = y};
    run(t, &a, &(Filters){.in = s->ci, .out = s->co, .w = w, .scale = end.scale}, s->b);
}

void conv_winograd_grad_x(Tape *t, const ConvShape *s, const real *dy, const real *w, real *dx, bool fresh) {
    Winograd a = {.in = tiling(s->oh, s->ow, s->co, 2 - s->pad, s->h, s->w, IN),
                  .oh = s->h,
                  .ow = s->w,
                  .co = s->ci,
                  .x = dy,
                  .end = {.add = fresh ? NULL : dx},
                  .y = dx};
    run(t, &a, &(Filters){.in = s->co, .out = s->ci, .turned = true, .w = w}, s->b);
}

/* ---- Gradient of the weights ---- */
typedef struct {
    Tiling x, dy;
    int tiles, group, block; /* tiles in all, of a group, of a piece of its transform */
    int first, count;        /* the group at work */
    const real *from_x, *from_dy;
    real *v, *d, *du,
        *edge; /* v, d: the group transformed; du [place][ci rounded up][co rounded up]; edge per worker */
    size_t edge_size;
    int ci, co;
    real *dw;
} WeightGradient;

static size_t place_stride(const WeightGradient *g, int panels) {
    return (size_t)(panels * g->group) * PANEL + SKEW;
}

static void transform_piece(void *ctx, int item, int worker) {
    const WeightGradient *g = ctx;
    int from = item * g->block, count = at_most(g->block, g->count - from);
    real *edge = g->edge + (size_t)worker * g->edge_size;
    size_t panel = (size_t)g->group * PANEL;
    transform_tiles(&g->x, kernels()->winograd_input, g->from_x, g->first + from, count, g->v + from * PANEL,
                    place_stride(g, g->x.panels), panel, edge);
    transform_tiles(&g->dy, kernels()->winograd_gradient, g->from_dy, g->first + from, count,
                    g->d + from * PANEL, place_stride(g, g->dy.panels), panel, edge);
}

/* du += v' d at one place for one panel of ci. */
static void product_piece(void *ctx, int item, int worker) {
    const WeightGradient *g = ctx;
    (void)worker;
    int place = item / g->x.panels, q = item % g->x.panels, ldc = g->dy.panels * PANEL;
    const real *v = g->v + (size_t)place * place_stride(g, g->x.panels) + (size_t)(q * g->group) * PANEL;
    const real *d = g->d + (size_t)place * place_stride(g, g->dy.panels);
    gemm_outer_panels(PANEL, ldc, g->count, g->group, v, d, g->du + (size_t)(item * PANEL) * (size_t)ldc,
                      ldc);
}

/* dw[o,c] += G' du G for one input channel c. */
static void filter_gradient_row(void *ctx, int c, int worker) {
    const WeightGradient *g = ctx;
    (void)worker;
    size_t ldc = (size_t)g->dy.panels * PANEL, place = (size_t)g->x.panels * PANEL * ldc;
    real sum[9 * PANEL];
    for (int j = 0; j < g->co; j += PANEL) {
        kernels()->winograd_filter_gradient(g->du + (size_t)c * ldc + j, place, sum);
        for (int o = j; o < at_most(g->co, j + PANEL); o++)
            for (int k = 0; k < 9; k++)
                g->dw[((size_t)o * (size_t)g->ci + (size_t)c) * 9 + (size_t)k] += sum[k * PANEL + o - j];
    }
}

void conv_winograd_grad_w(Tape *t, const ConvShape *s, const real *x, const real *dy, real *dw) {
    enum { GROUP_BYTES = 4 << 20, LEAST = 128, BLOCK = 16 };
    ArenaMark mark = tape_mark(t);
    WeightGradient g = {.x = tiling(s->h, s->w, s->ci, s->pad, s->oh, s->ow, IN),
                        .dy = tiling(s->oh, s->ow, s->co, 0, s->oh, s->ow, OUT),
                        .block = BLOCK,
                        .from_x = x,
                        .from_dy = dy,
                        .ci = s->ci,
                        .co = s->co,
                        .dw = dw};
    int panels = g.x.panels + g.dy.panels,
        group = GROUP_BYTES / (PLACES * PANEL * (int)sizeof(real) * panels);
    g.tiles = tape_dim((size_t)s->b * (size_t)(g.x.rows * g.x.columns));
    g.group = at_most(group < LEAST ? LEAST : group, g.tiles);
    size_t du = PLACES * (size_t)(g.x.panels * g.dy.panels) * PANEL * PANEL;
    g.edge_size = IN * IN * (size_t)(s->ci > s->co ? s->ci : s->co);
    g.v = arena_alloc(&t->arena, PLACES * place_stride(&g, g.x.panels) * sizeof(real));
    g.d = arena_alloc(&t->arena, PLACES * place_stride(&g, g.dy.panels) * sizeof(real));
    g.du = arena_calloc(&t->arena, du, sizeof(real));
    g.edge = arena_alloc(&t->arena, (size_t)pool_threads(t->pool) * g.edge_size * sizeof(real));
    for (g.first = 0; g.first < g.tiles; g.first += g.group) {
        g.count = at_most(g.group, g.tiles - g.first);
        pool_for(t->pool, (g.count + BLOCK - 1) / BLOCK, transform_piece, &g);
        pool_for(t->pool, PLACES * g.x.panels, product_piece, &g);
    }
    pool_for(t->pool, s->ci, filter_gradient_row, &g);
    tape_release(t, mark);
}

/* 3x3 convolution of stride 1 by Winograd's algorithm: a tile of 4x4 outputs takes 36 products of channels instead of 144. Stride 2 is
 * conv_direct.c's: its Winograd form (81 products) took 1.0 to 1.5 times as long on an EPYC and about twice as long on a Xeon, both with AVX-512.
 *
 *     forward          Y = A' [ (G w G') . (B' x B) ] A        at each place a product (tiles,ci)(ci,co)
 *     gradient of x    the same of dy, with the filter turned round and its channels exchanged
 *     gradient of w    dw = G' [ sum over tiles of (B' x B)' (A dy A') ] G     at each place (ci,tiles)(tiles,co)
 *
 * Transformed tiles stand as [place][panel of channels][tile][PANEL], so that a product reads whole cache lines.
 * Tiles are counted through the whole batch; a block of them is a piece of work. No sum of the forward runs over
 * tiles, so an output's bits do not depend on the block. */
#include <string.h>

#include "nn/base/ints.h"
#include "nn/fast/conv.h"
#include "nn/fast/gemm.h"
#include "nn/tape_reuse.h"

enum {
    OUT = WINOGRAD_OUT,
    IN = WINOGRAD_IN,
    PLACES = WINOGRAD_PLACES,
    SKEW = PANEL /* keeps the positions of a tile out of one cache set */
};

/* Cost model: a tile costs PLACES products plus half as much for its transforms; a direct output costs 9 products. */
bool conv_winograd_fits(const ConvShape *s) {
    if (s->kh != 3 || s->kw != 3 || s->stride != 1 || s->pad > 2 || s->ci < PANEL / 2 || s->co < PANEL / 2)
        return false;
    int tiles = int_divide_up(s->oh, OUT) * int_divide_up(s->ow, OUT);
    return tiles * PLACES * 3 <= 2 * 9 * s->oh * s->ow;
}

/* A map seen in tiles: tile k of the batch is image k / (rows columns), row, column; it covers `side` pixels from
 * row step - before on, and in the same way in columns. */
typedef struct {
    int h, w, c;
    int before, step, side;
    int rows, columns; /* tiles an image */
    int panels;
} Tiling;

static void tile_place(const Tiling *g, int k, int *image, int *row, int *column) {
    *image = k / (g->rows * g->columns);
    *row = k / g->columns % g->rows * g->step - g->before;
    *column = k % g->columns * g->step - g->before;
}

static Tiling tiling_of(const ConvShape *s) {
    return (Tiling){s->h,
                    s->w,
                    s->ci,
                    s->pad,
                    OUT,
                    IN,
                    int_divide_up(s->oh, OUT),
                    int_divide_up(s->ow, OUT),
                    panels_of(s->ci)};
}

/* Transforms `count` tiles from `first` on to v, places place_stride apart, panels panel_stride. */
static void transform_tiles(const Tiling *g, TileInput *transform, const real *x, int first, int count,
                            real *v, size_t place_stride, size_t panel_stride) {
    TileSource s = {.row = (ptrdiff_t)g->w * g->c, .pixel = g->c};
    for (int k = 0; k < count; k++) {
        int image, row, column;
        tile_place(g, first + k, &image, &row, &column);
        s.map = x + (size_t)image * (size_t)g->h * (size_t)s.row;
        s.first = row * s.row + column * s.pixel;
        s.top = int_max(0, -row), s.bottom = int_min(g->side, g->h - row);
        s.left = int_max(0, -column), s.right = int_min(g->side, g->w - column);
        for (int q = 0; q < g->panels; q++, s.map += PANEL) {
            s.channels = int_min(PANEL, g->c - q * PANEL);
            transform(&s, v + (size_t)q * panel_stride + (size_t)k * PANEL, place_stride);
        }
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
    int first = panel * PANEL, columns = int_min(PANEL, f->out - first);
    size_t place_stride = (size_t)panels_of(f->out) * (size_t)f->depth * PANEL;
    for (int c = 0; c < f->depth; c++) {
        real g[9 * PANEL] = {0};
        for (int j = 0; c < f->in && j < columns; j++) {
            size_t o = (size_t)(first + j), i = (size_t)c;
            const real *w = f->w + (f->turned ? i * (size_t)f->out + o : o * (size_t)f->in + i) * 9;
            for (int k = 0; k < 9; k++)
                g[k * PANEL + j] = (f->scale ? f->scale[o] : 1) * w[f->turned ? 8 - k : k];
        }
        kernels()->winograd.filter(g, f->u + ((size_t)panel * (size_t)f->depth + (size_t)c) * PANEL,
                                   place_stride);
    }
}

/* ---- The product ----
 * A piece of work is a block of tiles with all of its places, whose transformed tiles stay in the second-level cache;
 * or, where blocks are too few to share out, one place of all tiles. Measured on one image and two cores of an EPYC with
 * AVX-512: 2.28 ms, by blocks alone 2.53; by places throughout, 16 images take 1.5 times as long. */
typedef struct {
    Tiling in, out;
    int depth;
    int tiles, block; /* in all, and of a block; the same where work goes by places */
    bool by_place;
    const real *x, *u;
    ConvEnd end;
    real *y;
    real *scratch; /* V and M: per worker, or of all tiles */
    size_t scratch_size, v_place, m_place;
    const ptrdiff_t *offset; /* of the channel panels in V */
    const size_t *rows;      /* k PANEL */
} Product;

static real *v_of(const Product *a, int worker) {
    return a->scratch + (a->by_place ? 0 : (size_t)worker * a->scratch_size);
}
static real *m_of(const Product *a, int worker) {
    return v_of(a, worker) + (size_t)PLACES * a->v_place;
}

/* Tiles [from, from + count) of the block that begins with tile `first`. */
static void transform_block(const Product *a, int first, int from, int count, int worker) {
    transform_tiles(&a->in, kernels()->winograd.input, a->x, first + from, count,
                    v_of(a, worker) + (size_t)from * PANEL, a->v_place, (size_t)a->block * PANEL);
}

/* The rows are cut evenly, 8 + 8 instead of 14 + 2: small tiles wait for the filters. */
static void multiply_place(const Product *a, int place, int count, int worker) {
    const Kernels *kernel = kernels();
    int cuts = int_divide_up(count, kernel->rows);
    const real *v = v_of(a, worker);
    real *m = m_of(a, worker);
    for (int j = 0; j < a->out.panels; j += 2) {
        Tile tile = {.taps = a->in.panels,
                     .depth = PANEL,
                     .offset = a->offset,
                     .a = v + (size_t)place * a->v_place,
                     .b = a->u + (size_t)(place * a->out.panels + j) * (size_t)a->depth * PANEL,
                     .c = m + (size_t)place * a->m_place + (size_t)(j * a->block) * PANEL,
                     .c_panel = (size_t)a->block * PANEL,
                     .end = {.columns = PANEL * int_min(2, a->out.panels - j)}};
        for (int cut = 0; cut < cuts; cut++) {
            int k = count * cut / cuts, next = count * (cut + 1) / cuts;
            kernel->tile(&tile, next - k, a->rows + k, a->rows + k);
        }
    }
}

static void store_block(const Product *a, int first, int from, int count, int worker) {
    const Tiling *out = &a->out;
    const real *m = m_of(a, worker);
    Pixels pixels = {(size_t)out->w * (size_t)out->c, (size_t)out->c};
    for (int k = from; k < from + count; k++) {
        int image, row, column;
        tile_place(out, first + k, &image, &row, &column);
        size_t at =
            ((size_t)image * (size_t)out->h + (size_t)row) * pixels.row + (size_t)column * pixels.pixel;
        for (int j = 0; j < out->panels; j++, at += PANEL) {
            Epilogue e = {int_min(PANEL, out->c - j * PANEL), a->end.bias ? a->end.bias + j * PANEL : NULL,
                          a->end.add ? a->end.add + at : NULL, a->end.relu};
            kernels()->winograd.output(m + (size_t)(j * a->block + k) * PANEL, a->m_place,
                                       int_min(out->side, out->h - row), int_min(out->side, out->w - column),
                                       &e, a->y + at, pixels);
        }
    }
}

static void whole_block(void *ctx, int item, int worker) {
    const Product *a = ctx;
    int first = item * a->block, count = int_min(a->block, a->tiles - first);
    transform_block(a, first, 0, count, worker);
    for (int place = 0; place < PLACES; place++) multiply_place(a, place, count, worker);
    store_block(a, first, 0, count, worker);
}

enum { PIECE = 2 }; /* tiles transformed at once where work goes by places */
static void transform_piece_of(void *ctx, int item, int worker) {
    const Product *a = ctx;
    transform_block(a, 0, item * PIECE, int_min(PIECE, a->tiles - item * PIECE), worker);
}
static void multiply_one_place(void *ctx, int place, int worker) {
    const Product *a = ctx;
    multiply_place(a, place, a->tiles, worker);
}
static void store_piece(void *ctx, int item, int worker) {
    const Product *a = ctx;
    store_block(a, 0, item * PIECE, int_min(PIECE, a->tiles - item * PIECE), worker);
}

static void multiply(Tape *t, Product *a) {
    if (!a->by_place) {
        pool_for(t->pool, int_divide_up(a->tiles, a->block), whole_block, a);
        return;
    }
    pool_for(t->pool, int_divide_up(a->tiles, PIECE), transform_piece_of, a);
    pool_for(t->pool, PLACES, multiply_one_place, a);
    pool_for(t->pool, int_divide_up(a->tiles, PIECE), store_piece, a);
}

/* Tiles of a block: the transformed ones about fill half of a second-level cache. */
static int block_of(int panels, int tiles) {
    enum { BYTES = 256 << 10, LEAST = 24, MULTIPLE = 6 };
    int block = BYTES / (PLACES * PANEL * (int)sizeof(real) * panels) / MULTIPLE * MULTIPLE;
    return int_min(block < LEAST ? LEAST : block, tiles);
}

static void plan(Product *a, int workers) {
    enum { BLOCKS = 4 };
    a->block = block_of(a->in.panels + a->out.panels, a->tiles);
    a->by_place = int_divide_up(a->tiles, a->block) < BLOCKS * workers;
    if (a->by_place) a->block = a->tiles;
}

static void run(Tape *t, Product *a, Filters *f, int b) {
    ArenaMark mark = tape_mark(t);
    size_t places = PLACES, workers = (size_t)pool_threads(t->pool);
    a->depth = f->depth = a->in.panels * PANEL;
    a->tiles = tape_dim((size_t)b * (size_t)(a->in.rows * a->in.columns));
    plan(a, (int)workers);
    a->v_place = (size_t)(a->in.panels * a->block) * PANEL + SKEW;
    a->m_place = (size_t)(a->out.panels * a->block) * PANEL + SKEW;
    a->scratch_size = places * (a->v_place + a->m_place);
    bool ready;
    f->u = tape_cache(t, f->w, places * (size_t)(a->out.panels * a->depth) * PANEL, &ready);
    a->scratch = arena_alloc(&t->arena, (a->by_place ? 1 : workers) * a->scratch_size * sizeof(real));
    ptrdiff_t *offset = arena_alloc(&t->arena, (size_t)a->in.panels * sizeof *offset);
    size_t *rows = arena_alloc(&t->arena, (size_t)a->block * sizeof *rows);
    for (int q = 0; q < a->in.panels; q++) offset[q] = (ptrdiff_t)q * a->block * PANEL;
    for (int k = 0; k < a->block; k++) rows[k] = (size_t)k * PANEL;
    a->u = f->u, a->offset = offset, a->rows = rows;
    if (!ready) pool_for(t->pool, a->out.panels, filter_panel, f);
    multiply(t, a);
    tape_release(t, mark);
}

void conv_winograd_forward(Tape *t, const ConvShape *s, const real *x, const real *w, ConvEnd end, real *y) {
    Tiling in = tiling_of(s);
    Tiling out = {s->oh, s->ow, s->co, 0, OUT, OUT, in.rows, in.columns, panels_of(s->co)};
    Product a = {.in = in, .out = out, .x = x, .end = end, .y = y};
    run(t, &a, &(Filters){.in = s->ci, .out = s->co, .w = w, .scale = end.scale}, s->b);
}

void conv_winograd_grad_x(Tape *t, const ConvShape *s, const real *dy, const real *w, real *dx, bool fresh) {
    int rows = int_divide_up(s->h, OUT), columns = int_divide_up(s->w, OUT);
    Tiling in = {s->oh, s->ow, s->co, 2 - s->pad, OUT, IN, rows, columns, panels_of(s->co)};
    Tiling out = {s->h, s->w, s->ci, 0, OUT, OUT, rows, columns, panels_of(s->ci)};
    Product a = {.in = in, .out = out, .x = dy, .end = {.add = fresh ? NULL : dx}, .y = dx};
    run(t, &a, &(Filters){.in = s->co, .out = s->ci, .turned = true, .w = w}, s->b);
}

/* ---- Gradient of the weights ---- */
typedef struct {
    Tiling x, dy;
    int tiles, group, block; /* tiles in all, of a group, of a piece of its transform */
    int first, count;        /* the group at work */
    const real *from_x, *from_dy;
    real *v, *d, *du; /* v, d: the group transformed; du [place][ci rounded up][co rounded up] */
    real *dw;
} WeightGradient;

static size_t place_stride(const WeightGradient *g, int panels) {
    return (size_t)(panels * g->group) * PANEL + SKEW;
}

static void transform_piece(void *ctx, int item, int worker) {
    const WeightGradient *g = ctx;
    (void)worker;
    int from = item * g->block, count = int_min(g->block, g->count - from);
    size_t panel = (size_t)g->group * PANEL;
    transform_tiles(&g->x, kernels()->winograd.input, g->from_x, g->first + from, count, g->v + from * PANEL,
                    place_stride(g, g->x.panels), panel);
    transform_tiles(&g->dy, kernels()->winograd.gradient, g->from_dy, g->first + from, count,
                    g->d + from * PANEL, place_stride(g, g->dy.panels), panel);
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
    int ci = g->x.c, co = g->dy.c;
    size_t ldc = (size_t)g->dy.panels * PANEL, place = (size_t)g->x.panels * PANEL * ldc;
    real sum[9 * PANEL];
    for (int j = 0; j < co; j += PANEL) {
        kernels()->winograd.filter_gradient(g->du + (size_t)c * ldc + j, place, sum);
        for (int o = j; o < int_min(co, j + PANEL); o++)
            for (int k = 0; k < 9; k++)
                g->dw[((size_t)o * (size_t)ci + (size_t)c) * 9 + (size_t)k] += sum[k * PANEL + o - j];
    }
}

/* A group is as many tiles as the third-level cache holds transformed. */
static int group_of(int panels, int tiles) {
    enum { BYTES = 4 << 20, LEAST = 128 };
    int group = BYTES / (PLACES * PANEL * (int)sizeof(real) * panels);
    return int_min(group < LEAST ? LEAST : group, tiles);
}

void conv_winograd_grad_w(Tape *t, const ConvShape *s, const real *x, const real *dy, real *dw) {
    enum { BLOCK = 16 };
    ArenaMark mark = tape_mark(t);
    size_t places = PLACES;
    WeightGradient g = {.x = tiling_of(s), .block = BLOCK, .from_x = x, .from_dy = dy, .dw = dw};
    g.dy = (Tiling){s->oh, s->ow, s->co, 0, OUT, OUT, g.x.rows, g.x.columns, panels_of(s->co)};
    g.tiles = tape_dim((size_t)s->b * (size_t)(g.x.rows * g.x.columns));
    g.group = group_of(g.x.panels + g.dy.panels, g.tiles);
    g.v = arena_alloc(&t->arena, places * place_stride(&g, g.x.panels) * sizeof(real));
    g.d = arena_alloc(&t->arena, places * place_stride(&g, g.dy.panels) * sizeof(real));
    g.du = arena_calloc(&t->arena, places * (size_t)(g.x.panels * g.dy.panels) * PANEL * PANEL, sizeof(real));
    for (g.first = 0; g.first < g.tiles; g.first += g.group) {
        g.count = int_min(g.group, g.tiles - g.first);
        pool_for(t->pool, int_divide_up(g.count, BLOCK), transform_piece, &g);
        pool_for(t->pool, PLACES * g.x.panels, product_piece, &g);
    }
    pool_for(t->pool, s->ci, filter_gradient_row, &g);
    tape_release(t, mark);
}

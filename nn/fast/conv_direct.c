/* Direct convolution. A piece of work is a band of output rows of one image. Its input rows are copied once with their zero
 * padding; each register tile then reads its pixels from that band. A filter row (kw pixels of ci channels, which lie side by
 * side) is one tap.
 *
 * The gradient of the input is the same product. With stride s, input pixel (s i + a, .) meets the filter
 * rows u = (a + pad) mod s + m s of output rows i + (a + pad)/s - m: for each residue a a convolution of dy
 * with a part of the filter, turned round, whose outputs lie s apart. */
#include <string.h>

#include "nn/base/ints.h"
#include "nn/fast/conv.h"
#include "nn/tape_reuse.h"

enum { BAND_PIXELS = 128 };

/* ---- Weights in panels ---- */

/* to[panel][tap depth + i][j] = scale[j] w[j column + i inner + place[tap]] */
typedef struct {
    int columns, taps, depth;
    size_t column, inner;
    const int *place;
    const real *w, *scale;
    real *to;
} Packing;

static void pack_panel(void *ctx, int panel, int worker) {
    const Packing *p = ctx;
    (void)worker;
    int first = panel * PANEL, columns = int_min(PANEL, p->columns - first);
    real *to = p->to + (size_t)panel * (size_t)p->taps * (size_t)p->depth * PANEL;
    memset(to, 0, (size_t)p->taps * (size_t)p->depth * PANEL * sizeof(real));
    for (int j = 0; j < columns; j++) {
        real scale = p->scale ? p->scale[first + j] : 1;
        const real *w = p->w + (size_t)(first + j) * p->column;
        for (int tap = 0; tap < p->taps; tap++)
            for (int i = 0; i < p->depth; i++)
                to[(size_t)(tap * p->depth + i) * PANEL + (size_t)j] =
                    scale * w[(size_t)i * p->inner + (size_t)p->place[tap]];
    }
}

static void pack(Tape *t, Packing *p) {
    pool_for(t->pool, panels_of(p->columns), pack_panel, p);
}

/* ---- A band: rows [top, top + rows) of an image with `left` zero columns before it, `wide` columns in all ---- */
typedef struct {
    int h, w, c; /* of the image */
    int left, wide;
} Band;

static void copy_band(const Band *b, const real *image, int top, int rows, real *to) {
    size_t c = (size_t)b->c, line = (size_t)b->wide * c;
    int inside = int_min(b->w, b->wide - b->left);
    for (int r = 0; r < rows; r++, to += line) {
        int row = top + r;
        if (row < 0 || row >= b->h) {
            memset(to, 0, line * sizeof(real));
            continue;
        }
        size_t before = (size_t)b->left * c, middle = (size_t)inside * c;
        memset(to, 0, before * sizeof(real));
        memcpy(to + before, image + (size_t)row * (size_t)b->w * c, middle * sizeof(real));
        memset(to + before + middle, 0, (line - before - middle) * sizeof(real));
    }
}

/* The band itself where it needs no padding, else its copy in `to`. */
static const real *band_of(const Band *b, const real *image, int top, int rows, real *to) {
    if (b->left == 0 && b->wide == b->w && top >= 0 && top + rows <= b->h)
        return image + (size_t)top * (size_t)b->w * (size_t)b->c;
    copy_band(b, image, top, rows, to);
    return to;
}

/* ---- Forward and gradient of the input: products of a band ---- */

/* The outputs (i,j) -> pixel (step i + row, step j + column) that one set of taps makes. */
typedef struct {
    int taps, depth;
    const ptrdiff_t *offset; /* of the taps in the band, in reals */
    size_t from;             /* of output (0,0)'s place in the band */
    const real *panels;
    int row, column;
} Part;

typedef struct {
    Band band;
    int rows,
        band_top;    /* source rows of a full piece; source row of output row i: i source_step + band_top */
    int source_step; /* source rows and columns from one output of a part to the next */
    int step, parts; /* outputs of a part lie `step` pixels apart */
    const Part *part;
    int b, oh, ow, co;      /* of the result */
    int piece_rows, pieces; /* rows of a part, and pieces, an image */
    ConvEnd end;
    const real *x;
    real *y;
    real *scratch; /* per worker: the band */
    size_t scratch_size;
    size_t *places; /* per worker: from and at of all pixels of a piece */
    size_t places_size;
} Products;

static int outputs_of(int size, int step, int first) {
    return int_divide_up(size - first, step);
}

static void run_part(const Products *p, const Part *part, int image, int piece, const real *band,
                     size_t *from) {
    int first = piece * p->piece_rows,
        rows = int_min(p->piece_rows, outputs_of(p->oh, p->step, part->row) - first);
    int columns = outputs_of(p->ow, p->step, part->column), pixels = rows * columns, n = 0;
    if (rows <= 0 || columns <= 0) return;
    size_t *at = from + p->places_size / 2, c = (size_t)p->band.c, line = (size_t)p->band.wide * c;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++, n++) {
            from[n] = part->from + (size_t)(i * p->source_step) * line + (size_t)(j * p->source_step) * c;
            size_t row = (size_t)((first + i) * p->step + part->row),
                   column = (size_t)(j * p->step + part->column);
            at[n] = (((size_t)image * (size_t)p->oh + row) * (size_t)p->ow + column) * (size_t)p->co;
        }
    const Kernels *kernel = kernels();
    for (int j = 0; j < p->co; j += KERNEL_COLUMNS) {
        Tile tile = {part->taps, part->depth, part->offset, band, part->panels, p->y + j, PANEL, {0}};
        tile.b += (size_t)j * (size_t)part->taps * (size_t)part->depth;
        tile.end = (Epilogue){int_min(KERNEL_COLUMNS, p->co - j), p->end.bias ? p->end.bias + j : NULL,
                              p->end.add ? p->end.add + j : NULL, p->end.relu};
        for (int k = 0; k < pixels; k += kernel->rows)
            kernel->tile(&tile, int_min(kernel->rows, pixels - k), from + k, at + k);
    }
}

static void products_piece(void *ctx, int item, int worker) {
    const Products *p = ctx;
    int image = item / p->pieces, piece = item % p->pieces;
    size_t *places = p->places + (size_t)worker * p->places_size;
    const real *x = p->x + (size_t)image * (size_t)p->band.h * (size_t)p->band.w * (size_t)p->band.c;
    const real *band = band_of(&p->band, x, piece * p->piece_rows * p->source_step + p->band_top, p->rows,
                               p->scratch + (size_t)worker * p->scratch_size);
    for (int i = 0; i < p->parts; i++) run_part(p, &p->part[i], image, piece, band, places);
}

/* p: all fields except scratch, places and pieces. part_rows, part_columns: outputs of the largest part. extra: source
 * rows beyond one per output row. */
static void run_products(Tape *t, Products *p, int part_rows, int part_columns, int extra) {
    size_t workers = (size_t)pool_threads(t->pool);
    p->piece_rows = int_min(part_rows, int_max(1, BAND_PIXELS / part_columns));
    p->pieces = int_divide_up(part_rows, p->piece_rows);
    p->rows = (p->piece_rows - 1) * p->source_step + 1 + extra;
    p->scratch_size = (size_t)p->rows * (size_t)p->band.wide * (size_t)p->band.c;
    p->places_size = 2 * (size_t)p->piece_rows * (size_t)part_columns;
    p->scratch = arena_alloc(&t->arena, workers * p->scratch_size * sizeof(real));
    p->places = arena_alloc(&t->arena, workers * p->places_size * sizeof(size_t));
    pool_for(t->pool, p->b * p->pieces, products_piece, p);
}

void conv_direct_forward(Tape *t, const ConvShape *s, const real *x, const real *w, ConvEnd end, real *y) {
    ArenaMark mark = tape_mark(t);
    int filter = s->kh * s->kw, wide = s->w + 2 * s->pad;
    bool ready;
    real *panels = tape_cache(t, w, (size_t)panels_of(s->co) * PANEL * (size_t)(filter * s->ci), &ready);
    int *place = arena_alloc(&t->arena, (size_t)filter * sizeof *place);
    ptrdiff_t *offset = arena_alloc(&t->arena, (size_t)s->kh * sizeof *offset);
    for (int i = 0; i < filter; i++) place[i] = i;
    for (int u = 0; u < s->kh; u++) offset[u] = (ptrdiff_t)u * wide * s->ci;
    if (!ready)
        pack(t, &(Packing){.columns = s->co,
                           .taps = filter,
                           .depth = s->ci,
                           .column = (size_t)(s->ci * filter),
                           .inner = (size_t)filter,
                           .place = place,
                           .w = w,
                           .scale = end.scale,
                           .to = panels});
    Part part = {.taps = s->kh, .depth = s->kw * s->ci, .offset = offset, .panels = panels};
    Products p = {.band = {s->h, s->w, s->ci, s->pad, wide},
                  .band_top = -s->pad,
                  .source_step = s->stride,
                  .step = 1,
                  .parts = 1,
                  .part = &part,
                  .b = s->b,
                  .oh = s->oh,
                  .ow = s->ow,
                  .co = s->co,
                  .end = end,
                  .x = x,
                  .y = y};
    run_products(t, &p, s->oh, s->ow, s->kh - 1);
    tape_release(t, mark);
}

/* The taps m = 0.. of residue a: filter rows (a + pad) mod s + m s. */
static int first_tap(int a, int pad, int stride) {
    return (a + pad) % stride;
}
static int taps_of(int k, int first, int stride) {
    return first < k ? int_divide_up(k - first, stride) : 0;
}

/* Part (a,b) of the gradient: its taps in rising source row and column, so with falling u and v. */
static Part grad_part(Tape *t, const ConvShape *s, const real *w, int a, int b, int lead_u, int lead_v,
                      int wide) {
    int u0 = first_tap(a, s->pad, s->stride), v0 = first_tap(b, s->pad, s->stride);
    int nu = taps_of(s->kh, u0, s->stride), nv = taps_of(s->kw, v0, s->stride), filter = s->kh * s->kw;
    Part part = {.taps = nv > 0 ? nu : 0, .depth = nv * s->co, .row = a, .column = b};
    size_t reals = (size_t)panels_of(s->ci) * PANEL * (size_t)(nu * nv * s->co);
    real *panels = arena_alloc(&t->arena, reals * sizeof(real));
    int *place = arena_alloc(&t->arena, (size_t)(nu * nv) * sizeof *place);
    ptrdiff_t *offset = arena_alloc(&t->arena, (size_t)nu * sizeof *offset);
    for (int m = 0; m < nu; m++) {
        offset[m] = (ptrdiff_t)m * wide * s->co;
        for (int n = 0; n < nv; n++)
            place[m * nv + n] = (u0 + (nu - 1 - m) * s->stride) * s->kw + v0 + (nv - 1 - n) * s->stride;
    }
    pack(t, &(Packing){.columns = s->ci,
                       .taps = nu * nv,
                       .depth = s->co,
                       .column = (size_t)filter,
                       .inner = (size_t)(s->ci * filter),
                       .place = place,
                       .w = w,
                       .to = panels});
    int row = lead_u + (a + s->pad) / s->stride - (nu - 1),
        column = lead_v + (b + s->pad) / s->stride - (nv - 1);
    part.from = nu > 0 && nv > 0 ? ((size_t)row * (size_t)wide + (size_t)column) * (size_t)s->co : 0;
    part.offset = offset;
    part.panels = panels;
    return part;
}

void conv_direct_grad_x(Tape *t, const ConvShape *s, const real *dy, const real *w, real *dx, bool fresh) {
    ArenaMark mark = tape_mark(t);
    int stride = s->stride, lead_u = int_divide_up(s->kh, stride) - 1,
        lead_v = int_divide_up(s->kw, stride) - 1;
    int reach = (stride - 1 + s->pad) / stride; /* the farthest source row beyond an output row */
    int part_rows = int_divide_up(s->h, stride), part_columns = int_divide_up(s->w, stride);
    int wide = lead_v + part_columns + reach;
    Part *part = arena_alloc(&t->arena, (size_t)(stride * stride) * sizeof *part);
    for (int a = 0; a < stride; a++)
        for (int b = 0; b < stride; b++)
            part[a * stride + b] = grad_part(t, s, w, a, b, lead_u, lead_v, wide);
    Products p = {.band = {s->oh, s->ow, s->co, lead_v, wide},
                  .band_top = -lead_u,
                  .source_step = 1,
                  .step = stride,
                  .parts = stride * stride,
                  .part = part,
                  .b = s->b,
                  .oh = s->h,
                  .ow = s->w,
                  .co = s->ci,
                  .end = {.add = fresh ? NULL : dx},
                  .x = dy,
                  .y = dx};
    run_products(t, &p, part_rows, part_columns, lead_u + reach);
    tape_release(t, mark);
}

/* ---- Gradient of the weights ---- */

typedef struct {
    const ConvShape *s;
    Band band;
    int piece_rows, chunk; /* output rows of a piece; images of a chunk, whose sums are one partial result */
    const real *x, *dy;
    real *partial; /* (chunks, kh kw ci, co) */
    size_t partial_size;
    real *scratch; /* per worker: the band, then dy in panels */
    size_t band_size, scratch_size;
    int chunks;
    real *dw;
} WeightGradient;

/* partial += x' dy over the output rows [first, first + rows) of one image. */
static void grad_w_rows(const WeightGradient *g, int image, int first, int rows, real *partial,
                        real *scratch) {
    const ConvShape *s = g->s;
    real *panels = scratch + g->band_size;
    int pixels = rows * s->ow, line = s->kw * s->ci;
    const real *x = g->x + (size_t)image * (size_t)s->h * (size_t)s->w * (size_t)s->ci;
    const real *dy = g->dy + ((size_t)image * (size_t)s->oh + (size_t)first) * (size_t)s->ow * (size_t)s->co;
    const real *band =
        band_of(&g->band, x, first * s->stride - s->pad, (rows - 1) * s->stride + s->kh, scratch);
    panels_pack(false, s->co, pixels, dy, s->co, panels);
    const Kernels *kernel = kernels();
    Outer o = {.segments = rows,
               .length = s->ow,
               .a_segment = (size_t)(s->stride * g->band.wide * s->ci),
               .a_step = (size_t)(s->stride * s->ci),
               .ldc = (size_t)s->co,
               .b_panel = (size_t)pixels * PANEL};
    for (int j = 0; j < s->co; j += KERNEL_COLUMNS)
        for (int u = 0; u < s->kh; u++)
            for (int i = 0; i < line; i += kernel->rows) {
                o.columns = int_min(KERNEL_COLUMNS, s->co - j);
                kernel->outer(&o, int_min(kernel->rows, line - i),
                              band + (size_t)(u * g->band.wide * s->ci + i),
                              panels + (size_t)j * (size_t)pixels,
                              partial + (size_t)(u * line + i) * (size_t)s->co + j);
            }
}

static void grad_w_chunk(void *ctx, int chunk, int worker) {
    const WeightGradient *g = ctx;
    real *partial = g->partial + (size_t)chunk * g->partial_size;
    memset(partial, 0, g->partial_size * sizeof(real));
    int last = int_min(g->s->b, (chunk + 1) * g->chunk);
    for (int image = chunk * g->chunk; image < last; image++)
        for (int row = 0; row < g->s->oh; row += g->piece_rows)
            grad_w_rows(g, image, row, int_min(g->piece_rows, g->s->oh - row), partial,
                        g->scratch + (size_t)worker * g->scratch_size);
}

/* dw[o,c,u,v] += the chunks' sums in their order, for filter place k = (u,v). */
static void grad_w_sum(void *ctx, int k, int worker) {
    const WeightGradient *g = ctx;
    (void)worker;
    size_t ci = (size_t)g->s->ci, co = (size_t)g->s->co, filter = (size_t)(g->s->kh * g->s->kw);
    for (size_t c = 0; c < ci; c++) {
        real *row = g->partial + ((size_t)k * ci + c) * co;
        for (int chunk = 1; chunk < g->chunks; chunk++)
            for (size_t o = 0; o < co; o++) row[o] += row[(size_t)chunk * g->partial_size + o];
        for (size_t o = 0; o < co; o++) g->dw[(o * ci + c) * filter + (size_t)k] += row[o];
    }
}

void conv_direct_grad_w(Tape *t, const ConvShape *s, const real *x, const real *dy, real *dw) {
    enum { CHUNKS = 8 };
    ArenaMark mark = tape_mark(t);
    size_t workers = (size_t)pool_threads(t->pool);
    WeightGradient g = {
        .s = s, .band = {s->h, s->w, s->ci, s->pad, s->w + 2 * s->pad}, .x = x, .dy = dy, .dw = dw};
    g.chunk = int_divide_up(s->b, CHUNKS);
    g.chunks = int_divide_up(s->b, g.chunk);
    g.piece_rows = int_min(s->oh, int_max(1, BAND_PIXELS / s->ow));
    g.partial_size = (size_t)(s->kh * s->kw * s->ci) * (size_t)s->co;
    g.band_size = (size_t)((g.piece_rows - 1) * s->stride + s->kh) * (size_t)g.band.wide * (size_t)s->ci;
    g.scratch_size = g.band_size + (size_t)(g.piece_rows * s->ow) * (size_t)panels_of(s->co) * PANEL;
    g.partial = arena_alloc(&t->arena, (size_t)g.chunks * g.partial_size * sizeof(real));
    g.scratch = arena_alloc(&t->arena, workers * g.scratch_size * sizeof(real));
    pool_for(t->pool, g.chunks, grad_w_chunk, &g);
    pool_for(t->pool, s->kh * s->kw, grad_w_sum, &g);
    tape_release(t, mark);
}

#include "train/encode.h"

/* y (S,S): x moved by (right, down) pixels; black where x has no pixel. */
static void move_picture(const float *x, int side, int right, int down, float black, float *y) {
    for (int r = 0; r < side; r++)
        for (int c = 0; c < side; c++) {
            int row = r - down, column = c - right;
            bool inside = row >= 0 && row < side && column >= 0 && column < side;
            y[r * side + c] = inside ? x[row * side + column] : black;
        }
}

const float *encode_moved(Tape *t, const Model *m, const float *x, int n, int v) {
    static const int move[ENCODE_VIEWS][2] = {{0, 0}, {1, 0},   {-1, 0}, {0, 1}, {0, -1},
                                              {1, 1}, {-1, -1}, {1, -1}, {-1, 1}};
    int side = m->config.image_size, step = (side + 12) / 24;
    size_t pixels = (size_t)side * (size_t)side;
    float black = (float)(-m->config.mean / m->config.deviation);
    float *moved = arena_alloc(&t->arena, (size_t)n * pixels * sizeof *moved);
    for (int i = 0; i < n; i++)
        move_picture(x + (size_t)i * pixels, side, move[v][0] * step, move[v][1] * step, black,
                     moved + (size_t)i * pixels);
    return moved;
}

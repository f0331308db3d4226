#!/bin/sh
# The new op of nn/README.md, taken out of the page, built and compared with its formula and with differences: the example cannot
# drift. usage: check_example.sh [BUILD]      (the folder of objects, build/release)
set -eu
cd "$(dirname "$0")/.."
objects=${1:-build/release}
work=build/example
mkdir -p $work
# The second block of C is the op's file; the first is its line in ops.h; the page's section must stay under 60 lines.
block() { awk -v want="$1" '/^```c/ { n++; on = n == want; next } /^```/ { on = 0 } on' nn/README.md; }
lines=$(sed -n '/^## A new op, whole/,$p' nn/README.md | wc -l)
[ "$lines" -lt 60 ] || { echo "check_example: the new op takes $lines lines of nn/README.md, not under 60" >&2; exit 1; }
{
    block 1 | sed 's/^Tensor/\#include "nn\/tape.h"\nTensor/'
    block 2
    cat <<'C'
#include <stdio.h>
int main(void) {
    int wrong = 0;
    Tape t;
    tape_init(&t, NULL);
    for (int i = -6; i <= 6; i++) {
        real v = (real)(3.5 * i);
        Tensor *x = tape_input(&t, 1, (int[]){1}, &v);
        x->needs_grad = true;
        Tensor *y = op_softplus(&t, x);
        tape_backward(&t, y);
        double wanted = log(1 + exp((double)v)), slope = 1 / (1 + exp(-(double)v));
        wrong += !(fabs((double)y->data[0] - wanted) <= 1e-5 * (1 + wanted)) || !(fabs((double)x->grad[0] - slope) <= 1e-5);
        tape_reset(&t);
    }
    tape_free(&t);
    printf("check_example: the new op of nn/README.md %s\n", wrong ? "is WRONG" : "builds and is right");
    return wrong != 0;
}
C
} >$work/op_softplus.c
# shellcheck disable=SC2046 # lists of words
${CC:-cc} -std=c11 -Wall -Wextra -Werror -I. -o $work/op_softplus $work/op_softplus.c $(ls "$objects"/nn/*.o "$objects"/nn/fast/*.o "$objects"/nn/base/*.o) \
    $(pkg-config --libs openblas jansson zlib 2>/dev/null || echo -lopenblas -ljansson -lz) -lpthread -lm
$work/op_softplus

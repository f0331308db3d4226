#!/bin/sh
# The same seed gives the same bytes: run to run, at --threads 1 to 4, whatever is encoded in one batch, and, with BLAS=builtin, from
# gcc and clang at -O2 and -O3. Compares models, checkpoints, metrics, codes, features and an index.
# usage: determinism.sh [COMPILER-LEVEL...]    e.g. gcc-O2 clang-O3; all four by default, those that are there
set -u
cd "$(dirname "$0")/.." || exit 2
work=$(pwd)/build/determinism
mkdir -p "$work" || exit 4
failed=0
export SOURCE_DATE_EPOCH=0 # the day on a report's page, which is compared too
settings="image_size=32 width=4 dim=16 heads=2 buckets=256 stage1_epochs=3 stage2_epochs=3 views=2"

# same WHAT FILE FILE
compared=0
same() {
    compared=$((compared + 1))
    cmp -s "$2" "$3" && return
    echo "determinism: other bytes with $1: $3"
    failed=$((failed + 1))
}

# results MSACH THREADS FOLDER: all that a model's life leaves. The run's own folder is always the same, since it is written down.
results() {
    rm -rf "$work/run" "$3" && mkdir -p "$3"
    "$1" train -q --threads "$2" --data "$work/data/manifest.tsv" --out "$work/run" --set $settings >"$work/train.log" 2>&1 || return 1
    for kind in image text; do
        "$1" encode -q --threads "$2" --model "$work/run" --data "$work/data/manifest.tsv" --as $kind --out "$3/$kind.npy" --dump "$3/$kind" >/dev/null || return 1
    done
    "$1" index -q --threads "$2" --model "$work/run" --data "$work/data/manifest.tsv" --out "$work/a.idx" --substrings 4 >/dev/null || return 1
    "$1" search --threads "$2" --model "$work/run" --index "$work/a.idx" --text "anechoic cyst" --json >"$3/answers" || return 1
    cp "$work/run"/*.safetensors "$work/run/metrics.tsv" "$work/run/report.html" "$work/a.idx" "$3"
}

same_results() { # WHAT FOLDER FOLDER
    for file in model.safetensors checkpoint.safetensors metrics.tsv report.html a.idx answers image.npy text.npy image/features.npy \
        image/scores.npy text/features.npy text/scores.npy; do
        same "$1" "$2/$file" "$3/$file"
    done
}

# Rows of pictures encoded one at a time against the same rows of the whole archive, which goes through in batches of 16.
one_at_a_time() { # MSACH FOLDER
    : >"$work/single"
    row=0
    while [ $row -lt 20 ]; do
        picture=$(sed -n "$((row + 2))p" "$work/data/manifest.tsv" | cut -f 2)
        "$1" encode -q --threads 1 --model "$work/run" --image "$work/data/$picture" --out "$work/one.npy" --dump "$work/one" >/dev/null || return 1
        tail -c +129 "$work/one/features.npy" >>"$work/single"
        row=$((row + 1))
    done
    tail -c +129 "$2/image/features.npy" | head -c "$(wc -c <"$work/single")" >"$work/batched"
    same "cases encoded one at a time" "$work/batched" "$work/single"
}

first=
[ $# -gt 0 ] || set -- gcc-O2 gcc-O3 clang-O2 clang-O3
for variant in "$@"; do
    compiler=${variant%-*} level=-${variant##*-}
    command -v "$compiler" >/dev/null || { echo "determinism: skipped $variant: no $compiler"; continue; }
    make --no-print-directory -j"${JOBS:-2}" CC="$compiler" CFLAGS="$level" BLAS=builtin BUILD="build/determinism/$variant" \
        "build/determinism/$variant/msach" >"$work/$variant.log" 2>&1 || { echo "determinism: cannot build $variant: $work/$variant.log"; exit 1; }
    msach=$work/$variant/msach
    [ -d "$work/data" ] || "$msach" phantom --out "$work/data" --cases 60 --size 32 >/dev/null || exit 1
    results "$msach" 1 "$work/$variant-1" || { echo "determinism: $variant: a command failed"; exit 1; }
    one_at_a_time "$msach" "$work/$variant-1"
    for threads in 1 2 3 4; do # the first is run to run
        results "$msach" $threads "$work/$variant-again" || exit 1
        same_results "$variant, --threads $threads" "$work/$variant-1" "$work/$variant-again"
    done
    [ -z "$first" ] || same_results "$variant against $first" "$work/$first-1" "$work/$variant-1"
    echo "determinism: $variant: run to run, --threads 1 to 4, one at a time${first:+, against $first}"
    first=${first:-$variant}
done
echo "determinism: $compared files compared, $failed with other bytes"
[ "$failed" = 0 ]

#!/bin/sh
# What each constraint does to codes of real runs: phantoms, one stage 1, the constraints with one of them off in turn, 16 bits; codes of
# 120 phantoms of another seed. Writes charts into OUT and prints a table. About two minutes on two cores.
# usage: tests/constraints.sh MSACH DRAW_CODES OUT
set -eu
msach=$1 draw=$2 out=$3
variants="all no_manifold no_balance no_classification no_quantisation default_weights"
stage1="image_size=48 width=12 stage1_epochs=40 mixup=0 smoothing=0.05 erase=0 speckle=0"
stage2="stage2_batch=32 stage2_epochs=30"
# Large enough that each is seen; L_soft, which asks the same as the manifold term, is off.
weights="weight_soft_pairs=0 weight_manifold=1 weight_balance=0.2 weight_classification=0.1 weight_quantisation=0.1"
rm -rf "$out"
mkdir -p "$out"
"$msach" phantom -q --out "$out/phantoms" --cases 500 --lang en >/dev/null
"$msach" phantom -q --out "$out/fresh" --cases 120 --lang en --seed 2 >/dev/null
for name in $variants; do
    case $name in
    all) part=$weights ;;
    default_weights) part="--stage1 $out/all" ;;
    *) part="$weights weight_${name#no_}=0 --stage1 $out/all" ;;
    esac
    # shellcheck disable=SC2086 # lists of settings and options
    "$msach" train -q --data "$out/phantoms/manifest.tsv" --out "$out/$name" --bits 16 --set $stage1 $stage2 $part >/dev/null
    for kind in image text; do
        "$msach" encode -q --model "$out/$name" --data "$out/fresh/manifest.tsv" --as $kind --out "$out/$name-$kind.npy" >/dev/null
    done
done
# shellcheck disable=SC2086
"$draw" "$out" "$out/fresh/manifest.tsv" $variants >"$out/output.txt"
cat "$out/output.txt"

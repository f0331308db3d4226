#!/bin/sh
# Time and candidates of a search as the archive grows, on codes near those of models trained with and without the balance
# constraint, and on random codes; from 1e8 codes on random ones of 64 bits alone, and of 1e9 the scan alone, which needs 8 GB of
# memory. Writes OUT/growth.jsonl and the page OUT/growth.html; the sizes up to 1e7 take about five minutes.
#   tests/growth.sh [MSACH] [OUT] [SIZES]
set -eu
msach=${1:-./msach}
out=${2:-build/growth}
sizes=${3:-100000 1000000 10000000 100000000 1000000000}
settings="image_size=64 width=16 stage1_epochs=50 stage1_batch=32 stage2_epochs=16 stage2_batch=32 mixup=0 smoothing=0.05
    word_dropout=0.15 text_dropout=0.2 image_dropout=0.1 erase=0 speckle=0"

mkdir -p "$out"
if [ ! -f "$out/archive.tsv" ]; then
    rm -rf "$out/phantom" "$out/archive"
    "$msach" phantom --out "$out/phantom" --cases 700 --quiet >/dev/null
    "$msach" phantom --out "$out/archive" --cases 3000 --seed 2 --quiet >/dev/null
    cp "$out/archive/manifest.tsv" "$out/archive.tsv"
fi

# codes NAME BITS [OPTION...]: trains, and writes the image codes of the archive
codes() {
    name=$1$2 bits=$2
    shift 2
    [ ! -f "$out/$name.npy" ] || return 0
    rm -rf "${out:?}/$name"
    # shellcheck disable=SC2086 # a list of settings
    "$msach" train --data "$out/phantom/manifest.tsv" --out "$out/$name" --bits "$bits" --quiet "$@" --set $settings >/dev/null
    "$msach" encode --model "$out/$name" --data "$out/archive/manifest.tsv" --as image --out "$out/$name.npy" --quiet >/dev/null
}
codes full 64
codes full 128 --stage1 "$out/full64"
codes no-balance 64 --stage1 "$out/full64" --ablate no-balance
codes no-balance 128 --stage1 "$out/full64" --ablate no-balance

: >"$out/growth.part"
for n in $sizes; do
    if [ "$n" -ge 100000000 ]; then
        method=both
        [ "$n" -lt 1000000000 ] || method=scan
        "$msach" bench search --n "$n" --method $method --name random --queries 64 --rounds 5 --json >>"$out/growth.part" ||
            echo "$n codes are left out" >&2
        continue
    fi
    for bits in 64 128; do
        for name in full no-balance random; do
            kind=near:$out/$name$bits.npy
            [ $name != random ] || kind=random
            "$msach" bench search --n "$n" --bits "$bits" --codes "$kind" --name "$name" --rounds 5 --json >>"$out/growth.part"
        done
    done
done
mv "$out/growth.part" "$out/growth.jsonl"
"$msach" bench page --from "$out/growth.jsonl" --html "$out/growth.html"

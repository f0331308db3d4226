#!/bin/sh
# What each constraint does: phantoms, three seeds of split and weights, stage 1 shared within a seed. Prints a Markdown table of the mean
# over both directions of the expected test MAP, and of the difference to the full method.
#   tests/ablation.sh [MSACH] [OUT]
set -eu
msach=${1:-./msach}
out=${2:-build/ablation}
variants="full no-manifold no-balance no-classification no-constraints"
settings="image_size=64 width=16 stage1_epochs=50 stage1_batch=32 stage2_epochs=16 stage2_batch=32 mixup=0 smoothing=0.05
    word_dropout=0.15 text_dropout=0.2 image_dropout=0.1 erase=0 speckle=0"

rm -rf "$out"
mkdir -p "$out"
"$msach" phantom --out "$out/phantom" --cases 700 --lang en --quiet >/dev/null

# name seed [more options]: trains and prints the mean test MAP of both directions
map() {
    name=$1 seed=$2
    shift 2
    # shellcheck disable=SC2086 # a list of settings
    "$msach" train --data "$out/phantom/manifest.tsv" --out "$out/$name$seed" --seed "$seed" --split-seed "$seed" --quiet "$@" \
        --set $settings >/dev/null
    "$msach" eval --run "$out/$name$seed" --json --quiet |
        tr ',{}' '\n\n\n' | awk -F: '/"expected"/ { sum += $2; n++ } END { printf "%.4f", sum / n }'
}

for seed in 1 2 3; do
    for name in $variants; do
        if [ "$name" = full ]; then
            value=$(map "$name" "$seed")
        else
            value=$(map "$name" "$seed" --stage1 "$out/full$seed" --ablate "$name")
        fi
        printf '%s %s %s\n' "$name" "$seed" "$value" | tee -a "$out/maps.txt" >&2
    done
done

awk '
    { map[$1, $2] = $3; sum[$1] += $3; if (!($1 in seen)) { seen[$1] = 1; order[++n] = $1 } }
    END {
        print "| variant | seed 1 | seed 2 | seed 3 | mean | difference, mean (least to most) |"
        print "|---|---|---|---|---|---|"
        for (i = 1; i <= n; i++) {
            v = order[i]; least = 9; most = -9; total = 0
            for (s = 1; s <= 3; s++) {
                d = map[v, s] - map["full", s]; total += d
                if (d < least) least = d
                if (d > most) most = d
            }
            printf "| %s | %.3f | %.3f | %.3f | %.3f | ", v, map[v, 1], map[v, 2], map[v, 3], sum[v] / 3
            if (v == "full") print "|"
            else printf "%+.3f (%+.3f to %+.3f) |\n", total / 3, least, most
        }
    }' "$out/maps.txt"

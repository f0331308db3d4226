#!/bin/sh
# What each constraint does to codes of real runs: phantoms, one stage 1, the constraints with one of them off in turn, 16 bits; codes of
# 120 phantoms of another seed. Writes charts into OUT and prints a table. About two minutes on two cores.
# With `choose` it tries the set-ups of weights below on 120 validation phantoms instead, which no figure shows, and names the set-up whose
# smallest effect is the largest: ten minutes. `weights` is that set-up.
# usage: tests/constraints.sh MSACH DRAW_CODES OUT [choose]
set -eu
msach=$1 draw=$2 out=$3 choose=${4:-}
constraints="manifold balance classification quantisation"
setups="1,0.2,0.1,0.1 2,0.5,0.2,0.5 1,0.1,0.05,0.1 1,0.5,0.2,0.1 1,0.3,0.2,0.3 0.5,0.2,0.1,0.2 1,0.5,0.2,0.5 0.5,0.3,0.05,0.1"
weights=1,0.5,0.2,0.5
seed_validation=3 seed_shown=4
stage1="image_size=48 width=12 stage1_epochs=40 mixup=0 smoothing=0.05 erase=0 speckle=0"
stage2="stage2_batch=32 stage2_epochs=30"

# train NAME [SETTING...]: a run of 16 bits; those after the first take its stage 1
first=
train() {
    name=$1
    shift
    # shellcheck disable=SC2086 # lists of settings and options
    "$msach" train -q --data "$out/phantoms/manifest.tsv" --out "$out/$name" --bits 16 --set $stage1 $stage2 "$@" ${first:+--stage1 "$out/$first"} >/dev/null
    first=${first:-$name}
    for kind in image text; do
        "$msach" encode -q --model "$out/$name" --data "$out/fresh/manifest.tsv" --as $kind --out "$out/$name-$kind.npy" >/dev/null
    done
}
# settings WEIGHTS [OFF]: weights of the four constraints, 0 for OFF. L_soft, which asks the same as the manifold term, is off.
settings() {
    echo "$1" | awk -F, -v off="${2:-}" -v names="$constraints" '{ split(names, name, " "); printf "weight_soft_pairs=0"
        for (i = 1; i <= NF; i++) printf " weight_%s=%s", name[i], name[i] == off ? 0 : $i }'
}
# setup PREFIX WEIGHTS: all constraints, then each off in turn
setup() {
    # shellcheck disable=SC2046
    train "$1all" $(settings "$2")
    for term in $constraints; do
        # shellcheck disable=SC2046
        train "$1no_$term" $(settings "$2" "$term")
    done
}

# effects FILE: what each term moves in its own column of a table: how far correlation, accuracy and agreement fall without it, and how
# far imbalance rises; last, the smallest
effects() {
    awk 'NR == 2 { for (i = 2; i <= 5; i++) all[i] = $i }
        /no manifold/ { e[1] = all[2] - $3 } /no balance/ { e[2] = $4 - all[3] }
        /no classification/ { e[3] = all[4] - $5 } /no quantisation/ { e[4] = all[5] - $6 }
        END { least = e[1]; for (i = 2; i <= 4; i++) if (e[i] < least) least = e[i]
            printf "manifold %.3f, balance %.3f, classification %.3f, quantisation %.3f; smallest %.3f\n", e[1], e[2], e[3], e[4], least }' "$1"
}

rm -rf "$out"
mkdir -p "$out"
seed=$seed_shown
[ -z "$choose" ] || seed=$seed_validation
"$msach" phantom -q --out "$out/phantoms" --cases 500 --lang en >/dev/null
"$msach" phantom -q --out "$out/fresh" --cases 120 --lang en --seed $seed >/dev/null
if [ -n "$choose" ]; then
    n=0
    for tried in $setups; do
        n=$((n + 1))
        setup $n "$tried"
        "$draw" "$out" "$out/fresh/manifest.tsv" ${n}all ${n}no_manifold ${n}no_balance ${n}no_classification ${n}no_quantisation >"$out/$n.txt"
        echo "$tried: $(effects "$out/$n.txt")" | tee -a "$out/effects.txt"
    done
    awk '{ if (NR == 1 || $NF > most) { most = $NF; best = $1 } } END { print "chosen: " substr(best, 1, length(best) - 1) }' "$out/effects.txt"
    exit 0
fi
setup "" "$weights"
train default_weights
"$draw" "$out" "$out/fresh/manifest.tsv" all no_manifold no_balance no_classification no_quantisation default_weights >"$out/table.txt"
{
    echo "weights of the first five rows: $(settings "$weights" | sed 's/weight_soft_pairs=0 //; s/weight_//g')"
    cat "$out/table.txt"
    echo "what each term moves in its own column: $(effects "$out/table.txt" | sed 's/;.*//')"
} >"$out/output.txt"
cat "$out/output.txt"

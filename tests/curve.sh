#!/bin/sh
# The learning curve: MAP of the same test queries against the same database as the training cases grow, one split. Prints a Markdown table.
# Only the training set is thinned (train_cases: whole groups, a smaller set being part of a larger one).
#   tests/curve.sh MSACH MANIFEST [OUT] [SIZES] [SETTINGS]
set -eu
msach=$1
manifest=$2
out=${3:-build/curve}
sizes=${4:-125 250 500 1000 0}
settings=${5:-image_size=64 width=16}

if [ ! -f "$manifest" ]; then
    echo "curve: no manifest '$manifest'; give one: make curve CURVE_DATA=manifest.tsv (or MSACH_DATA with data/vqamed2019)" >&2
    exit 2
fi
mkdir -p "$out"
for n in $sizes; do
    # shellcheck disable=SC2086 # a list of settings
    "$msach" train --data "$manifest" --out "$out/$n" --threads "${MSACH_THREADS:-1}" --quiet --set train_cases="$n" $settings >/dev/null
    "$msach" eval --run "$out/$n" --json --quiet --threads "${MSACH_THREADS:-1}" >"$out/$n.json"
    awk -F'\t' -v OFS='\t' '$2 == "train" { n++ } END { printf "%d ", n }' "$out/$n/split.tsv" | tee -a "$out/maps.txt" >&2
    tr ',{}' '\n\n\n' <"$out/$n.json" | awk -F: '/"expected"/ { v[++n] = $2; sum += $2 }
        END { printf "%.3f %.3f %.3f\n", v[1], v[2], sum / n }' | tee -a "$out/maps.txt" >&2
done
awk 'BEGIN { print "| training cases | image to text | text to image | mean |"; print "|---|---|---|---|" }
    { printf "| %s | %s | %s | %s |\n", $1, $2, $3, $4 }' "$out/maps.txt"

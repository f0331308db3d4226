#!/bin/sh
# The same phantoms reported in English, in Chinese and in both: mean of both directions of the expected test MAP, for each seed of split and
# weights. Of the mixed archive also: Chinese reports of test queries ask for the pictures and texts of database cases whose reports are
# English; the share of the ten nearest that have a label in common, beside that of all those cases. Exits 1 where Chinese or mixed
# is more than MSACH_MARGIN (0.03) behind English in the mean over the seeds, or a Chinese question finds no
# more than MSACH_FACTOR (2) times what chance does.
#   tests/chinese.sh [MSACH] [OUT] [SEEDS] [CASES] [more settings]
set -eu
msach=${1:-./msach}
out=${2:-build/chinese}
seeds=${3:-1 2 3}
cases=${4:-700}
settings="image_size=64 width=16 stage1_epochs=80 stage1_batch=32 mixup=0 smoothing=0.05
    word_dropout=0.15 text_dropout=0.2 image_dropout=0.1 erase=0 speckle=0 ${5:-}"
threads=${MSACH_THREADS:-1}

rm -rf "$out"
mkdir -p "$out"
for lang in en zh mixed; do
    "$msach" phantom --out "$out/$lang" --cases "$cases" --lang "$lang" --size "${MSACH_SIZE:-128}" --quiet >/dev/null
done

# lang seed: trains and prints the mean test MAP of both directions
map() {
    # shellcheck disable=SC2086 # a list of settings
    "$msach" train --data "$out/$1/manifest.tsv" --out "$out/$1.$2" --seed "$2" --split-seed "$2" --threads "$threads" --quiet \
        --set $settings >/dev/null
    "$msach" eval --run "$out/$1.$2" --json --quiet --threads "$threads" |
        tr ',{}' '\n\n\n' | awk -F: '/"expected"/ { sum += $2; n++ } END { printf "%.4f", sum / n }'
}

# seed: the mixed run's share of right hits from Chinese to English, image and text, and what chance gives
across() {
    LC_ALL=C awk -F'\t' -v en="$out/mixed/english.tsv" -v zh="$out/queries.txt" -v labels="$out/labels.txt" '
        FNR == NR { set[$1] = $2; next }
        FNR == 1 { print >en; next }
        set[$1] == "database" && $3 !~ /[\200-\377]/ { print >en }
        set[$1] == "query" && $3 ~ /[\200-\377]/ { print $3 >zh; print $4 >labels }
        ' "$out/mixed.$1/split.tsv" "$out/mixed/manifest.tsv"
    "$msach" index --model "$out/mixed.$1" --data "$out/mixed/english.tsv" --out "$out/english.$1.idx" --quiet >/dev/null
    for kind in image text; do
        "$msach" search --model "$out/mixed.$1" --index "$out/english.$1.idx" --queries "$out/queries.txt" --find $kind --tsv --quiet \
            >"$out/hits.tsv"
        awk -F'\t' '
            function shares(a, b, x, y, n, m, i, j) {
                n = split(a, x, "|"); m = split(b, y, "|")
                for (i = 1; i <= n; i++) for (j = 1; j <= m; j++) if (x[i] == y[j]) return 1
                return 0
            }
            FILENAME ~ /labels.txt$/ { want[++queries] = $1; next }
            FILENAME ~ /english.tsv$/ { if (FNR > 1) has[$1] = $4; next }
            FNR == 1 { for (i = 1; i <= NF; i++) { if ($i == "id") id = i; if ($i == "rank") rank = i }; next }
            { if ($rank == 1) q++; right += shares(want[q], has[$id]); hits++ }
            END {
                for (i = 1; i <= queries; i++) for (c in has) { chance += shares(want[i], has[c]); pairs++ }
                printf " %.3f %.3f", right / hits, chance / pairs
            }' "$out/labels.txt" "$out/mixed/english.tsv" "$out/hits.tsv"
    done
}

for seed in $seeds; do
    line="$seed"
    for lang in en zh mixed; do line="$line $(map $lang "$seed")"; done
    printf '%s%s\n' "$line" "$(across "$seed")" | tee -a "$out/maps.txt" >&2
done

awk -v margin="${MSACH_MARGIN:-0.03}" -v factor="${MSACH_FACTOR:-2}" '
    { for (i = 2; i <= 8; i++) sum[i] += $i }
    END {
        print "| seed | English | Chinese | mixed | Chinese finds English pictures | English texts | chance |"
        print "|---|---|---|---|---|---|---|"
        for (i = 2; i <= 8; i++) mean[i] = sum[i] / NR
        printf "| mean of %d | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f |\n", NR, mean[2], mean[3], mean[4], mean[5], mean[7], mean[6]
        exit mean[3] < mean[2] - margin || mean[4] < mean[2] - margin || mean[5] < factor * mean[6] || mean[7] < factor * mean[8]
    }' "$out/maps.txt"

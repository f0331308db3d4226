#!/bin/sh
# The structural checks must be able to fail: each gap below is planted in a copy of the tree, and its check must turn red.
# usage: plant_gaps.sh [MSACH]
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
bin=${1:-$root/build/release/msach}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT TERM
failed=0 planted=0
fresh() {
    rm -rf "$copy/tree"
    mkdir -p "$copy/tree/build"
    cp -r "$root"/nn "$root"/hash "$root"/data "$root"/eval "$root"/train "$root"/cmd "$root"/tests "$root"/README.md "$root"/Makefile \
        "$root"/setup.sh "$copy/tree/"
    cd "$copy/tree" || exit 2
}
# red WHAT CHECK...: the check fails on the planted gap
red() {
    what=$1
    shift
    planted=$((planted + 1))
    if "$@" >/dev/null 2>&1; then
        echo "plant_gaps: NOT SEEN: $what"
        failed=$((failed + 1))
    fi
}
equations="sh tests/check_equations.sh"
docs="sh tests/check_docs.sh $bin ."

fresh
$equations >/dev/null 2>&1 || { echo "plant_gaps: check_equations fails without any gap"; exit 1; }
$docs >/dev/null 2>&1 || { echo "plant_gaps: check_docs fails without any gap"; exit 1; }
sh tests/check_layers.sh >/dev/null 2>&1 || { echo "plant_gaps: check_layers fails without any gap"; exit 1; }
sh tests/check_circles.sh "$root/build/release" >/dev/null 2>&1 || { echo "plant_gaps: check_circles fails without any gap"; exit 1; }

sed -i 's/EQ(balance)/equation balance/' hash/loss_balance.c
red "an equation without a home" $equations
fresh
echo '/* EQ(invented) */' >>hash/loss_balance.c
red "an equation of the code that the table does not know" $equations
fresh
echo '/* EQ(balance) */' >>hash/loss_manifold.c
red "a second home" $equations
fresh
sed -i 's/^\(balance *|.*|\)[^|]*|\([^|]*\)$/\1 grad\/there_is_no_such_test |\2/' tests/equations.txt
red "a test that does not exist" $equations
fresh
sed -i 's/^\(balance *|.*|\)[^|]*$/\1 oracle_missing/' tests/equations.txt
red "an oracle that does not exist" $equations
fresh
echo '/* DEV(invented) */' >>hash/graph.c
red "a departure of the code alone" $equations
fresh
sed -i 's,L_bal = 1/q sum_m,L_bal = 2/q sum_m,' hash/ALGORITHM.md
red "a statement that differs between the page and the table" $equations
fresh
sed -i 's/EQ(balance) \[P; G\]/EQ(balance) [P]/' hash/ALGORITHM.md
red "a mark that differs between the page and the table" $equations
fresh
printf '    EQ(invented) [O]  x = y\n' >>hash/ALGORITHM.md
red "an equation of the page that the table does not know" $equations
fresh
sed -i 's/DEV(mixup)/a departure/' hash/ALGORITHM.md
red "a departure that the page does not list" $equations
fresh
sed -i 's/oracle_beta(1/nothing(1/' tests/test_rules.c
red "an oracle that no test calls" $equations
fresh
sed -i 's/"balance", "balance"/"balance", "invented"/' hash/loss_balance.c
red "a term of the loss that belongs to no equation" $equations
fresh
rm hash/README.md
red "a folder without a README" $docs
fresh
echo 'int x;' >train/unnamed.c
red "a file that its folder's README does not name" $docs
fresh
{ seq 1 60 && cat nn/base/README.md; } >page && mv page nn/base/README.md
red "a README of more than a page" $docs
fresh
seq 1 60 >>README.md
red "a README.md of more than 160 lines" $docs
fresh
seq 1 100 >>tests/tutorial/1_gradient.c
red "a tutorial program of more than 80 lines" $docs
fresh
sed -i 's/the core ([0-9]*,/the core (9,/' README.md
red "lines of the core in README.md that are not those of make count" $docs
fresh
sed -i 's/"make trace /"make /' Makefile
red "a target that make help does not name" $docs
fresh
echo '#include "train/config.h"' >>hash/loss_balance.c
red "a lower layer that includes a higher one" sh tests/check_layers.sh
for call in 'int seam_breach(int fd) { return fsync(fd); }' 'void *seam_breach(void) { return malloc(1); }'; do
    fresh
    echo "$call" >>data/csv.c
    red "a call past the seam: $call" sh tests/check_layers.sh
done
no=absent # so that the names below stand nowhere in the tree, not even here
# shellcheck disable=SC2016 # backticks are meant
for line in 'See the test `rules/'$no'_test`.' 'See `nn/'$no'_file.c`.' 'Call `'$no'_function()`.' 'Run `make '$no'-target`.' '    msach '$no'verb --help' \
    '    msach search --'$no'-option x' '    msach train --set '$no'_setting=1'; do
    fresh
    printf '\n%s\n' "$line" >>README.md
    red "a document that says: $line" $docs
done
for comment in '/* See '$no'_function(). */' '// '$no'_file.c has it' '/* as '$no'_made_it says */'; do
    fresh
    printf '%s\n' "$comment" >>hash/loss_balance.c
    red "a comment that says: $comment" $docs
done
fresh
printf '#include "nn/base/%s_ring.h"\n' $no >>nn/base/bytes.h
echo '#include "nn/base/bytes.h"' >nn/base/${no}_ring.h
red "two headers that include each other" sh tests/check_circles.sh "$root/build/release"
fresh
cp -r "$root/build/release" objects
# shellcheck disable=SC2086 # flags
printf 'void csv_ring(void);\nvoid names_ring(void) { csv_ring(); }\n' | cc -x c -c -o ring.o - && ld -r -o joined.o objects/data/names.o ring.o && mv joined.o objects/data/names.o
printf 'void names_ring(void);\nvoid csv_ring(void) { names_ring(); }\n' | cc -x c -c -o ring.o - && ld -r -o joined.o objects/data/csv.o ring.o && mv joined.o objects/data/csv.o
red "two files that call each other" sh tests/check_circles.sh objects

# ---- Errors of the code: a copy with its objects builds anew what each touches; the check passes before and fails after ----
tool=$(basename "$bin")
# wrong WHAT FILE SED CHECK...
wrong() {
    what=$1 file=$2 change=$3
    shift 3
    cp "$file" kept
    sed -i "$change" "$file"
    cmp -s kept "$file" && { echo "plant_gaps: nothing to change in $file: $what"; failed=$((failed + 1)); return; }
    make -s BUILD=build/release build/release/replay build/release/unit build/release/msach >build.log 2>&1 || { echo "plant_gaps: does not build: $what"; failed=$((failed + 1)); }
    red "$what" "$@"
    cp kept "$file"
}
rm -rf "$copy/tree" && mkdir -p "$copy/tree/build" && cd "$copy/tree" || exit 2
for part in nn hash data eval train cmd tests Makefile README.md; do cp -rp "$root/$part" .; done
cp -rp "$root/build/release" "$root"/build/found-* build
export MSACH_BIN="$copy/tree/build/release/$tool"
unit=build/release/unit
make -s BUILD=build/release build/release/replay $unit build/release/msach >build.log 2>&1
$unit --filter '@(privacy|bundle|limits)/*' >green.log 2>&1 && build/release/replay tests/fuzz/corpus config csv >>green.log 2>&1 ||
    { echo "plant_gaps: tests fail without any error: $(tail -n 1 green.log)"; exit 1; }
wrong "a setting that is written with too few digits" train/config.c 's/digits <= 17/digits <= 15/' build/release/replay tests/fuzz/corpus config
wrong "a word of too few groups in a model" data/vocab.c 's/groups < o->min_groups/groups < 1/' $unit --filter 'privacy/*'
wrong "a date that stays in a model" data/words.c 's/if (whole) return end;/if (whole) return i;/' $unit --filter 'tokens/*'
wrong "a bundle whose files are not compared with their checksums" cmd/bundle.c 's/memcmp(sum, line, 64)/memcmp(sum, line, 0)/' $unit --filter 'bundle/*'
wrong "a bound that refuses one too early" data/manifest_rows.c 's/size > MANIFEST_MAX_LINE/size >= MANIFEST_MAX_LINE/' $unit --filter 'limits/*'
wrong "a bound that differs from its table" data/manifest.h 's/MANIFEST_CASE_LABELS = 256/MANIFEST_CASE_LABELS = 255/' $unit --filter 'limits/the_table*'

[ "$failed" = 0 ] && echo "plant_gaps: all $planted planted gaps were seen"
[ "$failed" = 0 ]

#!/bin/sh
# The new term of hash/NEW_TERM.md, applied to a copy of the tree, built, tested and trained: the recipe cannot drift.
# usage: check_term.sh [BUILD]      (the folder of objects, build/release)
set -eu
cd "$(dirname "$0")/.."
objects=${1:-build/release}
page=hash/NEW_TERM.md
work=build/term
wrong() { echo "check_term: $*" >&2; exit 1; }

files=$(grep -o '^`[^`]*`, [a-z]*' $page | sed 's/`, .*//; s/^`//' | sort -u)
[ "$(printf '%s\n' "$files" | wc -l)" -le 8 ] || wrong "the recipe touches more than eight files:" $files

rm -rf $work
mkdir -p $work/build
cp -Rp Makefile README.md nn hash data eval train cmd tests $work
[ ! -d "$objects" ] || cp -Rp "$objects" $work/build

# Each block stands behind a line "`FILE`, new:" or "`FILE`, before `TEXT`:", TEXT in the one line that it goes before.
awk -v root=$work '
    function finish(name, n) { close(name); n = system("mv " name ".new " name); if (n) exit 1 }
    /^`[^`]*`, new:$/ { split($0, part, "`"); file = root "/" part[2]; text = "" }
    /^`[^`]*`, before `/ { file = $0; sub(/^`/, "", file); sub(/`.*/, "", file); text = $0
        sub(/^[^,]*, before `/, "", text); sub(/`:$/, "", text); file = root "/" file }
    /^```/ && inside { inside = 0
        if (text == "") { printf "%s", block > file; close(file); file = ""; next }
        found = 0
        while ((getline line < file) > 0) {
            if (index(line, text) && !found) { printf "%s", block > (file ".new"); found = 1 }
            print line > (file ".new")
        }
        close(file ".new"); finish(file)
        if (!found) { print "check_term: no line with " text " in " file > "/dev/stderr"; exit 1 }
        file = ""; next }
    /^```/ && file != "" { inside = 1; block = ""; next }
    inside { block = block $0 "\n" }' $page

cd $work
sh tests/check_equations.sh >/dev/null || wrong "an equation has a gap"
tests="$(ls tests/oracle/*.c tests/grad_hash.c tests/grad_ops.c tests/test_config.c tests/test_stage_steps.c tests/test_train.c) \
    tests/minicrit.c tests/fixtures.c tests/dicom_write.c tests/tempdir.c tests/run_command.c tests/tiny_set.c tests/tree.c"
${MAKE:-make} -s WERROR=1 BUILD=build/"$(basename "$objects")" TEST_SRC="$(echo $tests)" build/"$(basename "$objects")"/unit >build.log 2>&1 ||
    { cat build.log >&2; wrong "the copy with the new term does not build"; }
unit=build/$(basename "$objects")/unit
for filter in 'losses/*' 'gradients/*' 'config/*' 'stage2/*' 'train/every_term*'; do
    MSACH_BIN=$PWD/build/$(basename "$objects")/msach $unit --filter "$filter" >test.log 2>&1 || { cat test.log >&2; wrong "$filter fails"; }
done
echo "check_term: the new term of $page builds, trains and is right ($(printf '%s\n' "$files" | wc -l | tr -d ' ') files)"

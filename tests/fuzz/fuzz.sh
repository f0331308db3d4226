#!/bin/sh
# Runs each target for FUZZ_S seconds (default 60) from its committed corpus and seeds: fuzz.sh TARGET... What is new goes to
# build/fuzz/corpus, what fails to build/fuzz/findings; a line a target tells executions, features, coverage. Exits 1 on a finding.
set -u
cd "$(dirname "$0")/../.." || exit 2
seconds=${FUZZ_S:-60}
base=/tmp
[ -w /dev/shm ] && base=/dev/shm
TMPDIR=$(mktemp -d "$base/msach-fuzz.XXXXXX") || exit 2
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM
# Twice as many executions a second as with the sanitizer's defaults; a finding is run again by itself for a whole stack.
export ASAN_OPTIONS="${ASAN_OPTIONS:-quarantine_size_mb=8:max_malloc_fill_size=16:malloc_context_size=3}"
mkdir -p build/fuzz/findings
build/fuzz/seeds "$TMPDIR/made" || exit 1
bad=0
for target in "$@"; do
    found=build/fuzz/corpus/$target
    log=build/fuzz/$target.log
    mkdir -p "$found" "$TMPDIR/made/$target"
    corpus=
    for folder in "tests/fuzz/corpus/$target" "tests/fuzz/seeds/$target"; do
        if [ -d "$folder" ]; then corpus="$corpus $folder"; fi
    done
    dict=tests/fuzz/$target.dict
    # shellcheck disable=SC2086 # a list of folders
    build/fuzz/fuzz_"$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=256 \
        -print_final_stats=1 -print_funcs=0 -artifact_prefix="build/fuzz/findings/$target-" ${dict:+-dict="$dict"} \
        "$found" "$TMPDIR/made/$target" $corpus >"$log" 2>&1
    code=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    reached=$(grep -E '^#[0-9]+.*cov: ' "$log" | tail -1 | sed 's/.*cov: \([0-9]*\) ft: \([0-9]*\) corp: \([0-9]*\).*/\1 edges, \2 features, \3 inputs/')
    echo "$target: ${runs:-0} executions in $seconds s, ${reached:-nothing reached}, $([ $code = 0 ] && echo "no finding" || echo "FAILED: $log")"
    [ $code = 0 ] || bad=1
done
exit $bad

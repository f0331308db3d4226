#!/bin/sh
# Keeps, of the committed corpora, the seeds and what `make fuzz` found, as few and as small files as reach the same code:
# merge.sh TARGET... rewrites tests/fuzz/corpus/TARGET.
set -eu
cd "$(dirname "$0")/../.."
base=/tmp
if [ -w /dev/shm ]; then base=/dev/shm; fi
TMPDIR=$(mktemp -d "$base/msach-merge.XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
build/fuzz/seeds "$TMPDIR/made"
for target in "$@"; do
    new=build/fuzz/merged/$target
    rm -rf "$new"
    mkdir -p "$new" "$TMPDIR/made/$target" "build/fuzz/corpus/$target" "tests/fuzz/seeds/$target" "tests/fuzz/corpus/$target"
    build/fuzz/fuzz_"$target" -merge=1 -max_len=4096 -timeout=10 "$new" "tests/fuzz/corpus/$target" "tests/fuzz/seeds/$target" \
        "$TMPDIR/made/$target" "build/fuzz/corpus/$target" >"build/fuzz/$target.merge.log" 2>&1
    rm -rf "tests/fuzz/corpus/$target"
    cp -R "$new" "tests/fuzz/corpus/$target"
    echo "$target: $(find "$new" -type f | wc -l) files, $(cat "$new"/* | wc -c) bytes"
done

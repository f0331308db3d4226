#!/bin/sh
# Plants a 0.1 % error into the backward of each op in turn: a test of build/double/grad must turn red every time.
#   make drill
set -eu
grad=${1:-build/double/grad}
list=$(mktemp)
trap 'rm -f "$list"' EXIT
MSACH_OPS="$list" "$grad" --filter 'report/ops*' >/dev/null 2>&1
"$grad" --filter 'gradients/of*' >/dev/null 2>&1 || { echo "drill: red before anything was planted"; exit 1; }
missed=0
for op in $(sort -u "$list"); do
    if MSACH_DRILL="$op" "$grad" --filter 'gradients/of*' >/dev/null 2>&1; then
        echo "$op: planted, NOT SEEN"
        missed=$((missed + 1))
    else
        echo "$op: planted, seen"
    fi
done
[ "$missed" -eq 0 ] && [ -s "$list" ]

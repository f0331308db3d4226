#!/bin/sh
# No circle between files of one folder: headers do not include each other in a ring, and no two .c files call each other, directly
# or by way of others. Calls are read from the object files, so build first. Fails on a circle and names its files.
# usage: check_circles.sh [OBJECTS]     OBJECTS: the folder of the object files, build/release by default
set -u
cd "$(dirname "$0")/.." || exit 2
objects=${1:-build/release}
[ -f "$objects/nn/tape.o" ] || { echo "check_circles: no object files in $objects; run make first" >&2; exit 2; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
circles=0

# ring KIND FOLDER: pairs "A B" on stdin, A needs B; reports each ring that tsort finds
ring() {
    tsort >/dev/null 2>"$work/rings" && return
    echo "check_circles: $1 in $2 go round: $(sed -n 's/^tsort: \([a-z][a-z0-9_]*\)$/\1/p' "$work/rings" | sort -u | tr '\n' ' ')"
    circles=$((circles + 1))
}

# symbols FLAG FOLDER: lines "symbol file" of the folder's object files; FLAG -u: used, --defined-only: defined
symbols() {
    for object in "$objects/$2"/*.o; do
        source=${object##*/}
        [ -f "$2/${source%.o}.c" ] && echo "$object"
    done | xargs nm -A -g "$1" | awk 'NF { file = $0; sub(/\.o:.*/, "", file); sub(/.*\//, "", file); print $NF, file }' | sort
}

for folder in $(find nn hash data eval train cmd -name '*.c' | sed 's,/[^/]*$,,' | sort -u); do
    grep "^ *# *include *\"$folder/[a-z0-9_]*\.h\"" /dev/null "$folder"/*.h 2>/dev/null |
        sed "s,^.*/\([a-z0-9_]*\)\.h: *# *include *\"$folder/\([a-z0-9_]*\)\.h\".*,\1 \2," >"$work/includes"
    ring "headers" "$folder" <"$work/includes"
    ls "$objects/$folder"/*.o >/dev/null 2>&1 || continue
    symbols --defined-only "$folder" >"$work/defined"
    symbols -u "$folder" >"$work/used"
    join "$work/used" "$work/defined" | awk '$2 != $3 { print $2, $3 }' | sort -u >"$work/calls"
    [ -s "$work/calls" ] && ring "calls" "$folder" <"$work/calls"
done

[ "$circles" = 0 ] && echo "check_circles: no circle of headers or calls"
[ "$circles" = 0 ]

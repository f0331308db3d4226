#!/bin/sh
# The core build against the whole one: both train on one small manifest, and their codes, evaluation and search are compared; what the
# core lacks is refused with a sentence that says how to get it.
# Equal kernels: every byte must be equal. Other kernels round otherwise, so that at least LEAST percent of all bits must be equal.
# usage: check_core.sh [MSACH [MSACH_CORE]]      exit 1 on a difference
set -eu
cd "$(dirname "$0")/.."
LEAST=99
whole=${1:-./msach} core=${2:-./msach-core}
for binary in "$whole" "$core"; do
    [ -x "$binary" ] || { echo "check_core: no binary at $binary: run make, and make PARTS=core" >&2; exit 2; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
fail() {
    echo "check_core: $*" >&2
    exit 1
}
kernels() { "$1" --version | grep '^network kernels'; }
exact=no
if [ "$(kernels "$whole")" = "$(kernels "$core")" ]; then exact=yes; fi

# ---- The same run, twice ----
"$whole" phantom -q --out "$work/set" --cases 80 --size 32 >/dev/null
small="image_size=32 width=4 dim=16 heads=2 buckets=256 landmarks=32 stage1_epochs=2 stage2_epochs=2 stage1_batch=16 stage2_batch=16 views=1 vocab_groups=1"
run() { # run BINARY NAME: everything that the core does
    # shellcheck disable=SC2086 # a list of words
    "$1" train -q --data "$work/set/manifest.tsv" --out "$work/$2" --set $small >/dev/null
    for kind in image text; do
        "$1" encode -q --model "$work/$2" --data "$work/set/manifest.tsv" --as $kind --out "$work/$2.$kind.npy" >/dev/null
    done
    "$1" eval -q --run "$work/$2" >"$work/$2.table"
    # MAP with its bounds, of the first two rows: the other measures are a part.
    awk '/^(image to text|text to image) / && n++ < 2 { print $1, $3, $4, $5, $6 }' "$work/$2.table" >"$work/$2.eval"
    "$1" index -q --model "$work/$2" --data "$work/set/manifest.tsv" --out "$work/$2.idx" >/dev/null
    "$1" search -q --model "$work/$2" --index "$work/$2.idx" --text "anechoic cyst" --tsv | cut -f 1-7,12 >"$work/$2.search" # without confidence, trained_on and groups
    "$whole" verify "$work/$2" "$work/$2.idx" >"$work/$2.verify" || fail "$1 verify finds damage in its own files"
    "$1" inspect -q "$work/$2" >"$work/$2.inspect"
    "$1" inspect "$work/$2.idx" >>"$work/$2.inspect"
    "$1" inspect -t "$work/$2/model.safetensors" | sed -n '/^tensors/,$p' | grep -v " calibration\." >"$work/$2.tensors"
}
run "$whole" whole
run "$core" core
[ "$(wc -l <"$work/core.search")" -eq 11 ] || fail "the core's search finds $(wc -l <"$work/core.search") lines, not a header and 10 hits"
[ "$(wc -l <"$work/core.eval")" -eq 2 ] || fail "the core's eval prints $(wc -l <"$work/core.eval") rows, not two"
# What the core's inspect prints of model and index, the whole build prints too, but for checksums.
grep -vE '^(hash|model|index|size|validation MAP|image to text MAP|text to image MAP) ' "$work/core.inspect" >"$work/core.facts"
[ "$(wc -l <"$work/core.facts")" -ge 20 ] || fail "the core's inspect prints $(wc -l <"$work/core.facts") facts, not 20"
if grep -vxFf "$work/whole.inspect" "$work/core.facts"; then fail "the core's inspect prints other facts than the whole build's"; fi

# differing FILE FILE: bits that differ
differing() {
    { cmp -l "$1" "$2" || true; } | awk '
        function octal(s,  i, v) { for (i = 1; i <= length(s); i++) v = 8 * v + substr(s, i, 1); return v }
        { a = octal($2); b = octal($3); for (i = 0; i < 8; i++) { n += (a % 2 != b % 2); a = int(a / 2); b = int(b / 2) } }
        END { print n + 0 }'
}
for kind in image text; do
    size=$(wc -c <"$work/whole.$kind.npy")
    [ "$size" -eq "$(wc -c <"$work/core.$kind.npy")" ] || fail "the $kind codes have other sizes"
    bits=$((8 * (size - 128))) # behind the header of NumPy's format
    other=$(differing "$work/whole.$kind.npy" "$work/core.$kind.npy")
    if [ $exact = yes ]; then
        [ "$other" = 0 ] || fail "$other of $bits bits of the $kind codes differ"
    else
        [ $((100 * (bits - other))) -ge $((LEAST * bits)) ] || fail "$other of $bits bits of the $kind codes differ; at most $((100 - LEAST)) % were expected"
    fi
    echo "check_core: $kind codes: $((bits - other)) of $bits bits are equal"
done
if [ $exact = yes ]; then
    for file in eval search tensors; do
        cmp -s "$work/whole.$file" "$work/core.$file" || fail "msach $file prints something else in the core"
    done
    cmp -s "$work/whole/metrics.tsv" "$work/core/metrics.tsv" || fail "the losses of the training differ"
fi

# ---- JPEG: the phantoms are PNG ----
jpeg=
printf 'id\timage\na\ta.jpg\n' >"$work/jpeg.tsv"
for file in tests/fuzz/corpus/image/*; do
    [ "$(od -An -tx1 -N3 "$file" | tr -d ' ')" = ffd8ff ] || continue
    cp "$file" "$work/a.jpg"
    "$whole" encode -q --model "$work/whole" --data "$work/jpeg.tsv" --as image --out "$work/a.npy" >/dev/null 2>&1 || continue # damaged on purpose
    jpeg=$file
    break
done
[ -n "$jpeg" ] || fail "tests/fuzz/corpus/image holds no JPEG that can be read"
"$core" encode -q --model "$work/whole" --data "$work/jpeg.tsv" --as image --out "$work/b.npy" >/dev/null || fail "$jpeg: the core cannot read this JPEG"
[ $exact = no ] || cmp -s "$work/a.npy" "$work/b.npy" || fail "$jpeg: the code of this JPEG differs"

# ---- What the core lacks ----
# refused STATUS TEXT COMMAND...
refused() {
    wanted=$1 text=$2 code=0
    shift 2
    "$core" "$@" >"$work/out" 2>&1 || code=$?
    [ $code = "$wanted" ] || fail "msach-core $*: exit $code, not $wanted"
    grep -qF "$text" "$work/out" || fail "msach-core $*: does not say: $text"
}
remedy() { echo "this build has no \`$1\`: build without PARTS=core"; }
for verb in phantom import browse export verify demo audit bundle bench table; do
    refused 2 "msach: $(remedy $verb)" $verb --help
    if "$core" --help | grep -q "^  $verb "; then fail "the core's --help lists $verb"; fi
done
refused 2 "$(remedy --explain)" train --explain --out "$work/core"
refused 2 "$(remedy --html)" search --index "$work/core.idx" --id x --html "$work/page.html"
refused 2 "$(remedy --html)" inspect "$work/core" --html "$work/page.html"
refused 2 "$(remedy --json)" eval --run "$work/core" --json
refused 2 "$(remedy --json)" search --index "$work/core.idx" --id case0003 --json
refused 2 "$(remedy --codes)" eval --codes "$work"
refused 2 "layers" train --data "$work/set/manifest.tsv" --out "$work/none" --set layers=2
refused 2 "$(remedy --delete)" index --out "$work/core.idx" --delete case0003
refused 2 "$(remedy --queries)" search --index "$work/core.idx" --queries "$work/core.idx.txt"
refused 2 "$(remedy --resume)" train --data "$work/set/manifest.tsv" --out "$work/core" --resume
refused 2 "$(remedy --ablate)" train --data "$work/set/manifest.tsv" --out "$work/own" --ablate no-walk
refused 2 "$(remedy variants)" train --data "$work/set/manifest.tsv" --out "$work/own" --set laplacian=1
refused 2 "$(remedy --words)" search --index "$work/core.idx" --id case0003 --words cyst
refused 2 "$(remedy inspect)" inspect "$work/core.image.npy"
refused 2 "$(remedy --text-features)" train --data "$work/set/manifest.tsv" --out "$work/own" --text-features "$work/core.text.npy"
# The core's help lists no option of a part, and names none in its other words.
for verb in train eval encode index search inspect; do
    "$core" $verb --help >"$work/help"
    grep -oE '^  (-.|  )  ?--[a-z-]+' "$work/help" | sed 's/.*--/--/' | sort -u >"$work/listed"
    named=$(grep -oE -- '--[a-z][a-z-]*' "$work/help" | sort -u | comm -23 - "$work/listed")
    [ -z "$named" ] || fail "the core's $verb --help names $named, which the core lacks"
    if grep -qx -- --json "$work/listed"; then fail "the core's $verb --help lists --json"; fi
done
{ head -c 128 /dev/zero; echo DICM; } >"$work/a.dcm"
printf 'id\timage\na\ta.dcm\n' >"$work/dicom.tsv"
refused 3 "a.dcm: is a DICOM picture; $(remedy dicom)" encode --model "$work/core" --data "$work/dicom.tsv" --as image --out "$work/a.npy"
refused 2 "$(remedy --image)" encode --model "$work/core" --image "$work/a.jpg" --out "$work/a.npy"
refused 2 "$(remedy --substrings)" index --model "$work/core" --data "$work/set/manifest.tsv" --out "$work/t.idx" --substrings 4
refused 2 "$(remedy --mask-labels)" train --data "$work/set/manifest.tsv" --out "$work/masked" --mask-labels
# An index that was changed.
"$whole" index -q --out "$work/whole.idx" --delete case0003 >/dev/null
refused 3 "$(remedy edit)" search --index "$work/whole.idx" --id case0004
# An index with search tables, which the core leaves unread: the scan gives the same answer.
"$whole" index -q --model "$work/core" --data "$work/set/manifest.tsv" --out "$work/tables.idx" --substrings 4 >/dev/null
for binary in "$whole" "$core"; do
    "$binary" search -q --index "$work/tables.idx" --id case0003 --tsv | cut -f 1-9 >"$work/tables.$(basename "$binary")" # without groups
done
cmp -s "$work/tables.$(basename "$whole")" "$work/tables.$(basename "$core")" || fail "an index with search tables is answered otherwise by the core"

# ---- What it links ----
if command -v ldd >/dev/null; then
    extra=$(ldd "$core" | grep -oE 'lib(expat|z)\.so[^ ]*' || true)
    [ -z "$extra" ] || fail "the core links $extra"
fi
echo "check_core: the core does what the whole build does"

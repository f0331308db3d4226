#!/bin/sh
# A file includes only its own layer or a lower one; cblas.h stands in nn/blas_open.c alone; the library neither prints nor exits; file
# names are unique; memory and files are asked for at the seams alone. Fails on a breach.
set -u
cd "$(dirname "$0")/.." || exit 2
breaches=0
breach() {
    echo "check_layers: $*"
    breaches=$((breaches + 1))
}

# allowed FILE: an extended regular expression of the includes that FILE's layer may have
allowed() {
    case $1 in
    nn/base/*) echo '^nn/base/[^/]*$' ;;
    nn/fast/*) echo '^nn/(base/|fast/)?[^/]*$' ;;
    nn/*) echo '^nn/(base/)?[^/]*$' ;;
    hash/search/*) echo '^(nn/base/|hash/search/)[^/]*$|^hash/code\.h$' ;;
    hash/*) echo '^(nn/(base/)?|hash/(search/|export/|baselines/)?)[^/]*$' ;;
    data/picture/*) echo '^(nn/base|data/picture)/[^/]*$' ;;
    data/*) echo '^(nn/base/|data/(picture/|import/|phantom/)?)[^/]*$' ;;
    eval/*) echo '^(nn/base/|eval/(audit/|page/)?)[^/]*$|^hash/code\.h$' ;;
    train/table/*) echo '^(nn/(base/)?|hash/(search/|baselines/)?|data/(picture/|import/|phantom/)?|eval/(audit/|page/)?|train/(table/|pages/)?)[^/]*$' ;;
    train/*) echo '^(nn/(base/)?|hash/(search/|baselines/)?|data/(picture/|import/|phantom/)?|eval/(page/)?|train/(table/|pages/)?)[^/]*$' ;;
    cmd/*) echo '^(nn/(base/)?|hash/(search/|export/|baselines/)?|data/(picture/|import/|phantom/)?|eval/(audit/|page/)?|train/(table/|pages/)?|cmd/(lib/|bench/|pages/|serve/)?)[^/]*$' ;;
    esac
}

files=$(find nn hash data eval train cmd -name '*.[ch]' -o -name '*.inc' | sort)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# Lines "FILE INCLUDE", one room after the other: few processes, since this runs often.
# shellcheck disable=SC2086 # a list of files
includes_of() { awk 'match($0, /^ *# *include *"[^"]*"/) { split($0, part, "\""); print FILENAME, part[2] }' $1; }
for room in $(printf '%s\n' "$files" | sed 's,/[^/]*$,,' | sort -u); do
    rule=$(allowed "$room/x")
    includes_of "$(printf '%s\n' "$files" | grep "^$room/[^/]*\$")" >"$work/includes"
    cat "$work/includes" >>"$work/all"
    sed 's/.* //' "$work/includes" | grep -vE "$rule" | sort -u >"$work/wrong"
    while read -r include; do
        breach "$(awk -v want="$include" '$2 == want { print $1; exit }' "$work/includes") includes $include"
    done <"$work/wrong"
    # hash/ itself stands below its baselines.
    case $room in
    hash | hash/search) grep ' hash/baselines/' "$work/includes" >"$work/wrong" && breach "includes a baseline: $(cat "$work/wrong")" ;;
    esac
done
sed 's/.* //' "$work/all" | sort -u >"$work/included"
while read -r include; do
    [ -f "$include" ] || breach "$(awk -v want="$include" '$2 == want { print $1; exit }' "$work/all") includes $include, which is not there"
done <"$work/included"

# shellcheck disable=SC2086
for file in $(grep -lE 'include *[<"]([a-z]*/)*cblas\.h' $files); do
    [ "$file" = nn/blas_open.c ] || breach "$file includes cblas.h; nn/blas_open.c is the one door to BLAS"
done

# shellcheck disable=SC2086
printing=$(grep -nE '(^|[^a-zA-Z_])(printf|puts|putchar|exit|_Exit|_exit)\(' $(printf '%s\n' $files | grep -vE '^cmd/(bench/|pages/|serve/)?[^/]*$') /dev/null)
[ -z "$printing" ] || breach "the library prints or exits:
$printing"

# Memory and files are asked for at two seams, where tests make the n-th request fail. (What
# jansson's json_dumps returns is malloc's.)
memory='malloc|calloc|realloc|free|strn?dup|posix_memalign|aligned_alloc|getline|getdelim|v?asprintf|open_memstream'
files_of='open|openat|creat|fopen|freopen|tmpfile|p?read|readv|p?write|writev|fsync|fdatasync|close|rename|renameat|mmap'
# shellcheck disable=SC2086
direct=$(grep -nE "(^|[^a-zA-Z_.>])($memory|$files_of)\\(|realpath\([^,]*, NULL" $(printf '%s\n' $files | grep -vE '^nn/base/(alloc|sys)\.') /dev/null |
    grep -vE '^nn/safetensors\.c:[0-9]+: *free\(header\);|for line in open\(')
[ -z "$direct" ] || breach "memory and files are asked for past nn/base/alloc.h or nn/base/sys.h:
$direct"

# shellcheck disable=SC2086
macros=$(grep -nE '^ *# *define _[A-Z_]*SOURCE' $files /dev/null)
[ -z "$macros" ] || breach "feature-test macros stand in the Makefile (STANDARD), not in files:
$macros"

for name in $(printf '%s\n' $files | sed 's,.*/,,' | sort | uniq -d); do breach "two files are called $name"; done

[ "$breaches" = 0 ] && echo "check_layers: $(printf '%s\n' $files | wc -l | tr -d ' ') files, no breach"
[ "$breaches" = 0 ]

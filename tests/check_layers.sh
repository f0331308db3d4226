#!/bin/sh
# A file includes only its own layer or a lower one; cblas.h stands in nn/blas.c alone; the library neither prints nor exits; file
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
    nn/*) echo '^nn/(base/|fast/)?[^/]*$' ;;
    hash/search/*) echo '^(nn/base/|hash/search/)[^/]*$|^hash/code\.h$' ;;
    hash/*) echo '^(nn/(base/|fast/)?|hash/(search/|export/|baselines/)?)[^/]*$' ;;
    data/picture/*) echo '^(nn/base|data/picture)/[^/]*$' ;;
    data/*) echo '^(nn/base/|data/(picture/|import/|phantom/)?)[^/]*$' ;;
    eval/*) echo '^(nn/base/|eval/(audit/|page/)?)[^/]*$|^hash/code\.h$' ;;
    train/*) echo '^(nn/(base/)?|hash/(search/|baselines/)?|data/(picture/|import/|phantom/)?|eval/(page/)?|train/(table/|pages/)?)[^/]*$' ;;
    cmd/*) echo '^(nn/(base/|fast/)?|hash/(search/|export/|baselines/)?|data/(picture/|import/|phantom/)?|eval/(audit/|page/)?|train/(table/|pages/)?|cmd/(lib/|bench/|pages/)?)[^/]*$' ;;
    esac
}

files=$(find nn hash data eval train cmd -name '*.[ch]' -o -name '*.inc' | sort)
for file in $files; do
    rule=$(allowed "$file")
    for include in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file"); do
        printf '%s\n' "$include" | grep -qE "$rule" || breach "$file includes $include"
        [ -f "$include" ] || breach "$file includes $include, which is not there"
    done
    # hash/ itself stands below its baselines.
    case $file in
    hash/baselines/* | hash/export/*) ;;
    hash/*) grep -n 'include "hash/baselines/' "$file" && breach "$file includes a baseline" ;;
    esac
done

# shellcheck disable=SC2086
for file in $(grep -lE 'include *[<"]([a-z]*/)*cblas\.h' $files); do
    [ "$file" = nn/blas.c ] || breach "$file includes cblas.h; nn/blas.c is the one door to BLAS"
done

# shellcheck disable=SC2086
printing=$(grep -nE '(^|[^a-zA-Z_])(printf|puts|putchar|exit|_Exit|_exit)\(' $(printf '%s\n' $files | grep -vE '^cmd/(bench/|pages/)?[^/]*$') /dev/null)
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

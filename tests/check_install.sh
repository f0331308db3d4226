#!/bin/sh
# Installs into a folder of its own and uses what is there as a stranger would: the example program against the shared and the
# static library, the Python module, the man page, the completion, the symbols that the library shows, asks for and keeps; then uninstalls and
# looks for what was left.
# usage: check_install.sh BUILD        CC, MAKE: those of the build
set -eu
cd "$(dirname "$0")/.."
build=$(pwd)/$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
fail() {
    echo "check_install: $*" >&2
    exit 1
}
prefix=/opt/msach
stage=$work/stage
root=$stage$prefix
${MAKE:-make} --no-print-directory install DESTDIR="$stage" PREFIX=$prefix >"$work/log" 2>&1 || { cat "$work/log"; fail "make install failed"; }

# ---- A small archive, and the example against both libraries ----
small="image_size=32 width=4 dim=16 heads=2 buckets=256 landmarks=32 stage1_epochs=1 stage2_epochs=1 stage1_batch=16 stage2_batch=16 views=1 vocab_groups=1"
msach=$root/bin/msach
"$msach" phantom -q --out "$work/set" --cases 60 --size 32 >/dev/null
# shellcheck disable=SC2086 # a list of words
"$msach" train -q --data "$work/set/manifest.tsv" --out "$work/run" --set $small >/dev/null
"$msach" index -q --model "$work/run" --data "$work/set/manifest.tsv" --out "$work/set.idx" >/dev/null
"$msach" search --model "$work/run" --index "$work/set.idx" --text "anechoic cyst" --tsv | sed 1d | cut -f 1-3 >"$work/wanted"
cp "$work/set.idx" "$work/less.idx"
"$msach" index -q --out "$work/less.idx" --delete case0007 >/dev/null
for kind in image text; do
    "$msach" encode -q --model "$work/run" --data "$work/set/manifest.tsv" --as $kind --out "$work/x.npy" --dump "$work/$kind" >/dev/null
done
# shellcheck disable=SC2086
"$msach" train -q --data "$work/set/manifest.tsv" --out "$work/own" --set $small --image-features "$work/image/stage1.npy" \
    --text-features "$work/text/stage1.npy" >/dev/null
for kind in image text; do
    "$msach" encode -q --model "$work/own" --$kind-features "$work/$kind/stage1.npy" --out "$work/own-$kind.npy" >/dev/null
done
[ "$(wc -l <"$work/wanted")" -eq 10 ] || fail "the search found nothing to compare with"

example=$root/share/doc/msach/examples/search_index.c
strict="-std=c11 -Wall -Wextra -Wpedantic -Werror"
PKG_CONFIG_PATH=$root/lib/pkgconfig
PKG_CONFIG_SYSROOT_DIR=$stage
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
package() { ${PKG_CONFIG:-pkg-config} "$@" msach; }
# shellcheck disable=SC2046,SC2086
${CC:-cc} $strict ${LINK:-} "$example" $(package --cflags --libs) -o "$work/shared"
# shellcheck disable=SC2046,SC2086
${CC:-cc} $strict ${LINK:-} "$example" $(package --cflags) "$root/lib/libmsach.a" \
    $(PKG_CONFIG_SYSROOT_DIR='' package --static --libs-only-l | sed 's/-lmsach//') -o "$work/static"
for program in shared static; do
    LD_LIBRARY_PATH=$root/lib "$work/$program" "$work/run" "$work/set.idx" "anechoic cyst" | cut -f 1-3 >"$work/found"
    cmp -s "$work/wanted" "$work/found" || fail "the example, $program, does not find what msach search finds"
    code=0
    LD_LIBRARY_PATH=$root/lib "$work/$program" "$work/run" "$work/set/manifest.tsv" "a" 2>"$work/err" || code=$?
    [ $code = 3 ] && grep -q manifest.tsv "$work/err" || fail "the example, $program, does not tell a wrong index"
done
[ "$(package --modversion)" = "$("$msach" --version | sed -n '1s/msach //p')" ] || fail "msach.pc has another version"
grep -qx "version: $(package --modversion)" train/table/CITATION.cff || fail "CITATION.cff has another version"
if command -v c++ >/dev/null; then
    echo '#include <msach.h>' >"$work/plus.cc"
    c++ -Wall -Wextra -Werror -fsyntax-only -I"$root/include" "$work/plus.cc" || fail "msach.h is no C++"
fi

# ---- The Python module; a sanitizer's runtime must be loaded before Python ----
module=$(find "$root" -name msach.py)
[ -n "$module" ] || fail "no msach.py"
python=
for p in python3 /usr/bin/python3; do [ -n "$python" ] || ! $p -c 'import numpy' 2>/dev/null || python=$p; done
case $1 in *san* | *cover*) python= ;; esac
if [ -n "$python" ]; then
    PYTHONPATH=$(dirname "$module") $python tests/library/test_msach.py "$work" >"$work/log" 2>&1 || { cat "$work/log"; fail "msach.py fails its tests"; }
    PYTHONPATH=$(dirname "$module") $python "$root/share/doc/msach/examples/table_row.py" "$work/run" "$msach" >"$work/log" 2>&1 ||
        { cat "$work/log"; fail "table_row.py does not reproduce msach eval"; }
    sed -n '/^```python$/,/^```$/p' cmd/lib/README.md | sed '/^```/d' >"$work/example.py"
    (cd "$work" && PATH=$root/bin:$PATH PYTHONPATH=$(dirname "$module") $python example.py run set/manifest.tsv "anechoic cyst" plot.svg >found) || fail "the Python example of cmd/lib/README.md fails"
    cut -f 1-3 "$work/found" | cmp -s - "$work/wanted" || fail "the Python example does not find what msach search finds"
    grep -q '</svg>' "$work/plot.svg" || fail "the Python example draws nothing"
else
    echo "check_install: skipped: msach.py: no Python with NumPy (Debian: python3-numpy), or a build of a sanitizer"
fi

# ---- Symbols: shown, asked for, kept ----
if [ "$(uname)" = Linux ]; then
    sed -n 's/^MSACH_API.*[ *]\(msach_[a-z_]*\)(.*/\1/p' cmd/lib/msach.h | sort >"$work/promised"
    [ "$(wc -l <"$work/promised")" -le 20 ] || fail "msach.h has more than 20 functions"
    nm -D --defined-only "$root/lib/libmsach.so" | awk '{print $3}' | sort >"$work/shown"
    cmp -s "$work/promised" "$work/shown" || { diff "$work/promised" "$work/shown"; fail "the shared library shows other symbols than msach.h"; }
    nm -g --defined-only "$root/lib/libmsach.a" | awk 'NF == 3 {print $3}' | sort >"$work/shown"
    cmp -s "$work/promised" "$work/shown" || { diff "$work/promised" "$work/shown"; fail "the static library shows other symbols than msach.h"; }
    case $1 in
    *san* | *cover*) ;; # their runtimes print and keep state
    *)
        asked=$(nm -g --undefined-only "$root/lib/libmsach.a" | awk '{print $2}' |
            grep -xE '_*(exit|_exit|_Exit|quick_exit|printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror|stdout|stderr|stdin|setlocale|srand|rand|signal|sigaction|setenv|chdir)(_chk)?' || true)
        # shellcheck disable=SC2086
        [ -z "$asked" ] || fail "the library prints, exits or changes the process:" $asked
        # stb_image's one buffer is written for chunks that data/picture/png.c lets nobody see.
        kept=$(nm --format=sysv "$root/lib/libmsach.a" | grep -v '^invalid_chunk' | awk -F'|' '$7 ~ /^ *\.(data|bss)( |$)/ {print $1}')
        # shellcheck disable=SC2086
        [ -z "$kept" ] || fail "the library keeps state:" $kept
        ;;
    esac
fi

# ---- Man page and completion, where they belong ----
grep -q '^\.Dt MSACH 1' "$root/share/man/man1/msach.1" || fail "no man page"
if command -v mandoc >/dev/null; then mandoc -Tlint -Wstyle "$root/share/man/man1/msach.1" || fail "mandoc complains"; else echo "check_install: skipped: mandoc is not installed"; fi
if command -v bash >/dev/null; then
    bash -c ". '$root/share/bash-completion/completions/msach' && complete -p msach >/dev/null" || fail "the completion does not load"
fi

# ---- And away ----
files=$(find "$stage" ! -type d | wc -l)
${MAKE:-make} --no-print-directory uninstall DESTDIR="$stage" PREFIX=$prefix >/dev/null
left=$(find "$stage$prefix" 2>/dev/null || true)
[ -z "$left" ] || fail "uninstall leaves $left"
echo "check_install: $(echo $files) files installed, used and taken away; the example is right with both libraries"

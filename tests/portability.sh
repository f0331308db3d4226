#!/bin/sh
# Other compilers, C libraries and machines: what builds, what its tests say, and whether files cross over. Says what it skips, and
# which Debian packages that wants. Foreign libraries (jansson, utf8proc, expat, zlib) are fetched through apt-get into
# build/portability; nothing is installed.
# usage: portability.sh [PART...]    parts: gcc clang builtin musl arm64 s390x; all by default
#   PORTABILITY_TESTS='*'   the filter of the tests under emulation (default: a part of them; all takes an hour a machine)
set -u
cd "$(dirname "$0")/.." || exit 2
work=$(pwd)/build/portability
mkdir -p "$work" || exit 4
failed=0
suites='error alloc arena bytes rng pool files durable npy npz safetensors index index_faults forged code scan mih csv manifest tokens vocab split
image png_write dicom kernels ops numbers tape params adam clip schedule config eval_ap eval_retrieval export'
tests=${PORTABILITY_TESTS:-"@($(echo $suites | tr ' ' '|'))/*"}
for suite in $suites; do grep -q "^Test($suite," tests/*.c || { echo "portability.sh: no suite $suite" >&2; exit 2; }; done

say() { printf '%-8s %s\n' "$1" "$2"; }
bad() {
    say "$1" "FAILED: $2"
    failed=$((failed + 1))
}
have() { command -v "$1" >/dev/null 2>&1; }

# build NAME ARGUMENT...: make with a folder of its own; the log stays beside it.
build() {
    name=$1
    shift
    make --no-print-directory -j"${JOBS:-2}" WERROR=1 BUILD="build/portability/$name" "$@" >"$work/$name.log" 2>&1
}

# ---- Compilers ----
compiler() {
    have "$1" || { say "$1" "skipped: needs the package $1"; return; }
    build "$1" CC="$1" "build/portability/$1/msach" "build/portability/$1/unit" || { bad "$1" "see $work/$1.log"; return; }
    MSACH_BIN=$work/$1/msach "$work/$1/unit" --filter "$tests" >"$work/$1.tests" 2>&1 || { bad "$1" "see $work/$1.tests"; return; }
    say "$1" "builds with -Werror; $(tail -n 1 "$work/$1.tests")"
}

builtin_product() {
    build builtin BLAS=builtin build/portability/builtin/msach build/portability/builtin/unit || { bad builtin "see $work/builtin.log"; return; }
    if have ldd && ldd "$work/builtin/msach" | grep -q openblas; then bad builtin "is linked with OpenBLAS"; return; fi
    MSACH_BIN=$work/builtin/msach "$work/builtin/unit" --filter "$tests" >"$work/builtin.tests" 2>&1 || { bad builtin "see $work/builtin.tests"; return; }
    say builtin "builds without OpenBLAS; $(tail -n 1 "$work/builtin.tests")"
}

# ---- Foreign libraries, through apt-get with lists of its own ----
apt_of() {
    arch=$1
    shift
    apt-get -qq -o Dir::Etc::sourcelist="$work/apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/apt/$arch" \
        -o Dir::Cache="$work/apt/cache" -o Dir::State::status="$work/apt/status" -o APT::Architectures="$arch" \
        -o APT::Architecture="$arch" -o APT::Sandbox::User="$(id -un)" "$@"
}
apt_begin() {
    have apt-get || return 1
    mkdir -p "$work/apt/$1/partial" "$work/apt/cache/archives/partial" && : >"$work/apt/status"
    key='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    for kind in deb deb-src; do echo "$kind $key http://deb.debian.org/debian $release main"; done >"$work/apt/sources.list"
    [ -f "$work/apt/$1/done" ] || { apt_of "$1" update && : >"$work/apt/$1/done"; }
}

# The static libraries of a Debian architecture, unpacked.
libraries_of() {
    [ -f "$work/root-$1/done" ] && return 0
    apt_begin "$1" >"$work/apt-$1.log" 2>&1 || return 1
    mkdir -p "$work/root-$1/packages" || return 1
    (cd "$work/root-$1/packages" &&
        apt_of "$1" download libjansson-dev libutf8proc-dev libexpat1-dev zlib1g-dev &&
        for package in *.deb; do dpkg -x "$package" .. || exit 1; done) >>"$work/apt-$1.log" 2>&1 && : >"$work/root-$1/done"
}

# The same from their sources, for musl. In a shell of its own: within && and || a failure would not end it.
libraries_for_musl() {
    [ -f "$work/root-musl/done" ] && return 0
    apt_begin amd64 >"$work/apt-musl.log" 2>&1 || return 1
    mkdir -p "$work/root-musl/lib" "$work/root-musl/include" "$work/sources" || return 1
    sh tests/portability.sh libraries-for-musl >>"$work/apt-musl.log" 2>&1 && : >"$work/root-musl/done"
}
make_libraries_for_musl() {
    set -e
    cd "$work/sources"
    apt_of amd64 source --download-only jansson utf8proc expat zlib
    for archive in *.orig.tar.*; do tar -xf "$archive"; done
    compile() { # LIBRARY FOLDER FLAGS FILES
        library=$1 folder=$2 flags=$3
        shift 3
        mkdir -p "objects-$library"
        for file in "$@"; do
            # shellcheck disable=SC2086 # a list of words
            musl-gcc -O2 $flags -c "$folder/$file" -o "objects-$library/$(basename "$file" .c).o"
        done
        ar rcs "../root-musl/lib/lib$library.a" "objects-$library"/*.o
    }
    # Debian's archives of jansson and expat hold no configure: what it would find is written here.
    folder=$(echo jansson-*/)
    sed -e 's/@json_inline@/inline/' -e 's/@json_[a-z_]*@/1/' "${folder}src/jansson_config.h.in" >"${folder}src/jansson_config.h"
    : >"${folder}src/jansson_private_config.h"
    compile jansson "$folder" "-DHAVE_STDINT_H -DHAVE_LOCALE_H -DHAVE_UNISTD_H -DHAVE_SYS_TIME_H -DUSE_URANDOM -DINITIAL_HASHTABLE_ORDER=3 -I${folder}src" \
        $(cd "$folder" && echo src/*.c)
    cp "$folder"src/jansson.h "$folder"src/jansson_config.h ../root-musl/include
    folder=$(echo utf8proc-*/)
    compile utf8proc "$folder" "-DUTF8PROC_STATIC" utf8proc.c
    cp "$folder"utf8proc.h ../root-musl/include
    folder=$(echo *expat*/ | tr ' ' '\n' | grep -v objects)
    if [ -d "$folder/expat" ]; then folder=$folder/expat/; fi
    : >"${folder}lib/expat_config.h"
    compile expat "$folder" "-DXML_STATIC -DHAVE_GETRANDOM -DXML_CONTEXT_BYTES=1024 -DXML_NS -DXML_DTD -DHAVE_MEMMOVE -DBYTEORDER=1234 -I${folder}lib" lib/xmlparse.c lib/xmlrole.c lib/xmltok.c
    cp "$folder"lib/expat.h "$folder"lib/expat_external.h ../root-musl/include
    folder=$(echo zlib-*/)
    (cd "$folder" && CC=musl-gcc ./configure --static)
    compile z "$folder" "-D_LARGEFILE64_SOURCE=1 -DHAVE_UNISTD_H -I$folder" $(cd "$folder" && echo adler32.c crc32.c inflate.c inftrees.c inffast.c zutil.c deflate.c trees.c gz*.c compress.c uncompr.c)
    cp "$folder"zlib.h "$folder"zconf.h ../root-musl/include
    cp -r /usr/include/stb ../root-musl/include/
}

# foreign NAME COMPILER ROOT LIBDIR: msach, the tests and the rewriter, static, without OpenBLAS, Criterion and libevent (so without serve).
foreign() {
    libraries="-L$4 -ljansson -lutf8proc -lexpat -lz"
    mkdir -p "$work/$1" && : >"$work/$1/found" # the libraries of this machine are not looked for
    build "$1" FOUND="build/portability/$1/found" CC="$2" BLAS=builtin MINICRIT=1 SERVE= LIB_CFLAGS="-DUTF8PROC_STATIC -I$3 -I$3/stb -I/usr/include/stb" LIBS="$libraries" LDFLAGS=-static \
        "build/portability/$1/msach" "build/portability/$1/unit" "build/portability/$1/rewrite"
}

# run_tests NAME [EMULATOR]
run_tests() {
    if [ -n "${2:-}" ]; then
        printf '#!/bin/sh\nexec %s %s/%s/msach "$@"\n' "$2" "$work" "$1" >"$work/$1/msach-run"
        printf '#!/bin/sh\nexec %s %s/%s/faulty "$@"\n' "$2" "$work" "$1" >"$work/$1/faulty-run"
    else
        printf '#!/bin/sh\nexec %s/%s/msach "$@"\n' "$work" "$1" >"$work/$1/msach-run"
    fi
    chmod +x "$work/$1"/*-run
    # shellcheck disable=SC2086 # the emulator may be nothing
    MSACH_BIN=$work/$1/msach-run ${2:-} "$work/$1/unit" --filter "$tests" --timeout 1200 >"$work/$1.tests" 2>&1
}

musl() {
    have musl-gcc || { say musl "skipped: needs the package musl-tools"; return; }
    libraries_for_musl || { say musl "skipped: its libraries could not be fetched and built (see $work/apt-musl.log)"; return; }
    foreign musl musl-gcc "$work/root-musl/include" "$work/root-musl/lib" || { bad musl "see $work/musl.log"; return; }
    run_tests musl || bad musl "$(grep FAIL "$work/musl.tests" | tr '\n' ' ')"
    say musl "a static binary of $(($(wc -c <"$work/musl/msach") / 1024)) KiB; $(tail -n 1 "$work/musl.tests")"
    cross_over musl ""
}

machine() { # ARCH TRIPLE EMULATOR
    have "$2-gcc" || { say "$1" "skipped: needs the package gcc-$2"; return; }
    have "$3" || { say "$1" "skipped: needs the package qemu-user"; return; }
    libraries_of "$1" || { say "$1" "skipped: its libraries could not be fetched (see $work/apt-$1.log)"; return; }
    root=$work/root-$1/usr
    cp "$root/include/$2"/*.h "$root/include" 2>/dev/null
    foreign "$1" "$2-gcc" "$root/include" "$root/lib/$2" || { bad "$1" "see $work/$1.log"; return; }
    run_tests "$1" "$3" || bad "$1" "$(grep FAIL "$work/$1.tests" | tr '\n' ' ')"
    say "$1" "$(tail -n 1 "$work/$1.tests")"
    cross_over "$1" "$3"
}

# ---- Files cross over ----
# Written here, once.
home_files() {
    [ -f "$work/home/done" ] && return 0
    build home BLAS=builtin build/portability/home/msach || return 1
    settings="image_size=32 width=4 dim=16 heads=2 buckets=256 stage1_epochs=2 stage2_epochs=2 views=2"
    (
        cd "$work/home" &&
            ./msach phantom --out data --cases 60 --size 32 &&
            ./msach train -q --data data/manifest.tsv --out run --set $settings &&
            ./msach index -q --model run --data data/manifest.tsv --out a.idx &&
            ./msach encode -q --model run --data data/manifest.tsv --as image --out codes.npy --dump dump &&
            cp a.idx changed.idx &&
            ./msach index -q --out changed.idx --delete case0003 --compact &&
            ./msach search --model run --index a.idx --id case0004 --json >answers
    ) >"$work/home.files" 2>&1 && : >"$work/home/done"
}

# cross_over NAME EMULATOR: read there, written again there, the same bytes; made there, read here.
cross_over() {
    home_files || { bad "$1" "no files to carry over: see $work/home.log"; return; }
    there=$work/$1/files
    rm -rf "$there" && mkdir -p "$there"
    far="${2:-} $work/$1/msach"
    rewrite="${2:-} $work/$1/rewrite"
    count=0
    same() {
        count=$((count + 1))
        cmp -s "$2" "$3" || bad "$1" "other bytes: $3"
    }
    $far verify "$work/home/run" "$work/home/a.idx" "$work/home/codes.npy" >"$there/verify" || bad "$1" "verify: see $there/verify"
    for file in run/model.safetensors run/checkpoint.safetensors codes.npy dump/features.npy dump/input.npy; do
        $rewrite "$work/home/$file" "$there/$(basename $file)" || bad "$1" "cannot rewrite $file"
        same "$1" "$work/home/$file" "$there/$(basename $file)"
    done
    cp "$work/home/a.idx" "$there/changed.idx"
    $far index -q --out "$there/changed.idx" --delete case0003 --compact >/dev/null || bad "$1" "cannot change the index"
    same "$1" "$work/home/changed.idx" "$there/changed.idx"
    (cd "$work/home" && $far search --model run --index a.idx --id case0004 --json) >"$there/answers" || bad "$1" "cannot search"
    same "$1" "$work/home/answers" "$there/answers"
    $far encode -q --threads 1 --model "$work/home/run" --data "$work/home/data/manifest.tsv" --as image --out "$there/own.npy" >/dev/null ||
        bad "$1" "cannot encode"
    if cmp -s "$work/home/codes.npy" "$there/own.npy"; then own="the same codes"; else own="codes that differ in some bit"; fi
    $far index -q --threads 1 --model "$work/home/run" --data "$work/home/data/manifest.tsv" --out "$there/own.idx" >/dev/null || bad "$1" "cannot index"
    "$work/home/msach" verify "$there/own.idx" "$there/model.safetensors" "$there/checkpoint.safetensors" >/dev/null ||
        bad "$1" "what it wrote does not verify here"
    say "$1" "$count files of x86-64 read and written again there, byte for byte; its networks give $own"
}

[ $# -gt 0 ] || set -- gcc clang builtin musl arm64 s390x
for part in "$@"; do
    case $part in
    gcc | clang) compiler "$part" ;;
    builtin) builtin_product ;;
    musl) musl ;;
    arm64) machine arm64 aarch64-linux-gnu qemu-aarch64 ;;
    libraries-for-musl) make_libraries_for_musl; exit ;;
    s390x) machine s390x s390x-linux-gnu qemu-s390x ;;
    *) echo "portability.sh: no part '$part'" >&2; exit 2 ;;
    esac
done
say "not" "tried: macOS, FreeBSD, Alpine itself, other processors"
[ "$failed" = 0 ]

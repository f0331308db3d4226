#!/bin/sh
# Installs missing packages through the machine's package manager. Does nothing where all are present.
#   ./setup.sh         to build, run the demo and test
#   ./setup.sh --all   also the formatter, the linter and the peers of the tests: PyTorch, FAISS, PostgreSQL, Chromium, DCMTK
set -eu

all=no
case "${1:-}" in
'') ;;
--all) all=yes ;;
-h | --help)
    sed -n '2,4s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
*)
    echo "setup.sh: unknown option '$1'; only --all is known" >&2
    exit 2
    ;;
esac

have() { command -v "$1" >/dev/null 2>&1; }

# Package names for each package manager: `base` to build and test, `more` for --all.
if have apt-get; then
    manager=apt
    base="gcc libc6-dev make pkg-config libopenblas-dev libstb-dev libjansson-dev libutf8proc-dev libexpat1-dev zlib1g-dev libevent-dev libcriterion-dev"
    more="clang clang-format clang-tidy libclang-rt-dev python3-numpy python3-scipy python3-sklearn python3-pil python3-pydicom python3-torch python3-faiss postgresql postgresql-contrib chromium dcmtk libgdcm-tools imagemagick mandoc lintian dpkg-dev"
    installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
    install() {
        DEBIAN_FRONTEND=noninteractive
        export DEBIAN_FRONTEND
        root apt-get update
        root apt-get install -y --no-install-recommends "$@"
    }
elif have dnf; then
    manager=dnf
    base="gcc glibc-devel make pkgconf-pkg-config openblas-devel stb-devel jansson-devel utf8proc-devel expat-devel zlib-devel libevent-devel criterion-devel"
    more="clang clang-tools-extra compiler-rt python3-numpy python3-scipy python3-scikit-learn python3-pillow python3-pydicom python3-torch postgresql-server postgresql-contrib chromium dcmtk mandoc"
    installed() { rpm -q --whatprovides "$1" >/dev/null 2>&1; }
    install() { root dnf install -y --setopt=install_weak_deps=False "$@"; }
elif have apk; then
    manager=apk
    # Criterion is not packaged here: the tests use tests/minicrit.h instead.
    base="gcc musl-dev make pkgconf openblas-dev stb jansson-dev utf8proc-dev expat-dev zlib-dev libevent-dev"
    more="clang clang-extra-tools compiler-rt py3-numpy py3-scipy py3-scikit-learn py3-pillow postgresql postgresql-contrib chromium dcmtk mandoc"
    installed() { apk info -e "$1" >/dev/null 2>&1; }
    install() { root apk add "$@"; }
elif have brew; then
    manager=brew
    # Homebrew has no stb: set STB_CFLAGS to a copy of its headers.
    base="pkg-config openblas jansson utf8proc expat zlib libevent criterion"
    more="clang-format numpy scipy pillow pytorch faiss postgresql@15 dcmtk mandoc"
    installed() { brew list --versions "$1" >/dev/null 2>&1; }
    install() { brew install "$@"; }
elif have pkg; then
    manager=pkg
    base="gmake pkgconf openblas stb jansson utf8proc expat libevent"
    more="llvm py311-numpy py311-scipy py311-scikit-learn py311-pillow py311-pydicom py311-pytorch postgresql15-server postgresql15-contrib chromium dcmtk mandoc"
    installed() { pkg info -e "$1" >/dev/null 2>&1; }
    install() { root pkg install -y "$@"; }
else
    echo "setup.sh: no package manager that it knows (apt, dnf, apk, brew, pkg). Install by hand: a C11 compiler, make," >&2
    echo "pkg-config, OpenBLAS, stb, jansson, utf8proc, expat, zlib, libevent, Criterion." >&2
    exit 1
fi

root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        echo "setup.sh: not root, and sudo is not there; run as root: $*" >&2
        exit 1
    fi
}

wanted=$base
if [ $all = yes ]; then wanted="$base $more"; fi

missing=
for package in $wanted; do
    installed "$package" || missing="$missing $package"
done

if [ -z "$missing" ]; then
    echo "setup.sh: all there ($manager)"
    exit 0
fi
echo "setup.sh: installing through $manager:$missing"
# shellcheck disable=SC2086 # a list of words
install $missing
echo "setup.sh: done"

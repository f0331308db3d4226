#!/bin/sh
# Packs an installed tree as a Debian package: what `make install` put under ROOT/usr, with what Debian wants beside it.
# usage: make_deb.sh ROOT VERSION LICENSE OUT.deb        MAINTAINER: who answers for the package
set -eu
root=$1 version=$2 license=$3 out=$4
maintainer=${MAINTAINER:-"MSACH developers <msach@packages.invalid>"}
for tool in dpkg-deb dpkg-shlibdeps strip; do
    command -v $tool >/dev/null || { echo "make deb: skipped: $tool is not installed (apt install dpkg-dev binutils)" >&2; exit 0; }
done
export LC_ALL=C
arch=$(dpkg --print-architecture)
doc=$root/usr/share/doc/msach
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# ---- Files as Debian wants them ----
libraries=$(find "$root/usr/lib" -name 'libmsach.so.*' -type f)
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/msach" $libraries
strip --strip-debug --remove-section=.comment --remove-section=.note --enable-deterministic-archives "$(find "$root/usr/lib" -name libmsach.a)"
chmod 644 $libraries
gzip -9n "$root/usr/share/man/man1/msach.1"
{
    echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
    echo "Upstream-Name: msach"
    echo
    echo "Files: *"
    sed -n 's/^Copyright *(c) */Copyright: /p' "$license"
    echo "License: MIT"
    sed '1,/^Copyright/d; /./,$!d' "$license" | sed 's/^$/./; s/^/ /'
} >"$doc/copyright"
date=$(date -u -R -d "@${SOURCE_DATE_EPOCH:-$(stat -c %Y "$license")}")
printf 'msach (%s) unstable; urgency=low\n\n  * Packed by make deb.\n\n -- %s  %s\n' "$version" "$maintainer" "$date" |
    gzip -9n >"$doc/changelog.gz"

# ---- Control ----
mkdir -p "$work/debian" "$root/DEBIAN"
printf 'Source: msach\n\nPackage: msach\nArchitecture: %s\n' "$arch" >"$work/debian/control"
needs=$(cd "$work" && dpkg-shlibdeps --ignore-missing-info -O -l"$(dirname "$(echo $libraries | cut -d ' ' -f 1)")" \
    "$root/usr/bin/msach" $libraries 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
# OpenBLAS is loaded with the first matrix product, so no tool finds it among the linked libraries.
if "$root/usr/bin/msach" --version | grep -q 'matrix products: OpenBLAS'; then needs="$needs, libopenblas0"; fi
cat >"$root/DEBIAN/control" <<END
Package: msach
Version: $version
Architecture: $arch
Maintainer: $maintainer
Installed-Size: $(du -k -s --exclude=DEBIAN "$root" | cut -f 1)
Depends: $needs
Suggests: python3, python3-numpy
Section: science
Priority: optional
Description: cross-modal hashing of medical images and reports
 Learns short binary codes for medical images and their reports, so that a
 report finds images and an image finds reports by Hamming distance: the
 command msach, the library libmsach with its header and its Python module
 (which needs python3-numpy), and examples.
 .
 A research program. Not a medical device.
END
printf 'libmsach 0 msach (>= %s)\n' "$version" >"$root/DEBIAN/shlibs"
echo 'activate-noawait ldconfig' >"$root/DEBIAN/triggers"
(cd "$root" && find usr -type f | sort | xargs md5sum) >"$root/DEBIAN/md5sums"
find "$root" -type d -exec chmod 755 {} +
chmod 644 "$root"/DEBIAN/*
dpkg-deb --root-owner-group --build "$root" "$out" >/dev/null
echo "$out"
if command -v lintian >/dev/null; then
    lintian --fail-on error "$out"
else
    echo "make deb: lintian is not installed: the package was not looked at" >&2
fi

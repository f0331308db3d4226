#!/bin/sh
# Criterion starts a process for each test, and its library brings in libgit2, which compares texts, and twelve libraries behind that: half of
# the time that a test takes to start. No test compares texts by it, so a library of its three functions takes its place, beside the
# binary, where the binary looks first. Where that does not fit, the real one is used.
# usage: lean.sh UNIT
set -eu
lean=$(dirname "$1")/lean
rm -rf "$lean"
name=$(ldd "$1" 2>/dev/null | sed -n 's,^[[:space:]]*\(libgit2\.so[^ ]*\) => /.*,\1,p')
[ -n "$name" ] || exit 0
mkdir -p "$lean"
printf 'int git_libgit2_init(void) { return 1; }\nint git_libgit2_shutdown(void) { return 0; }\nint git_diff_buffers(void) { return -1; }\n' |
    ${CC:-cc} -x c -shared -fPIC -o "$lean/$name" -
LD_BIND_NOW=1 "$1" --list >/dev/null 2>&1 || rm -rf "$lean"

#!/bin/sh
# The auditor's entry page: every equation with the file:line of its home, its tests and its oracles. make trace
set -u
cd "$(dirname "$0")/.." || exit 2

# place PATTERN FILES: file:line of the first line that matches
place() {
    pattern=$1
    shift
    grep -nE -- "$pattern" "$@" /dev/null | head -n 1 | cut -d: -f1,2
}
# The table's rows with a byte 1 between the six fields; only a statement may hold a | of its own.
mark=$(printf '\001')
rows() {
    sed -n "/^#/d; s/^\([^|]*\)|\([^|]*\)|\(.*\)|\([^|]*\)|\([^|]*\)|\([^|]*\)\$/\1$mark\2$mark\3$mark\4$mark\5$mark\6/p" tests/equations.txt
}
items() { printf '%s\n' "$1" | tr ',' '\n' | sed 's/^ *//; s/ *$//; /^$/d'; }

while IFS=$mark read -r id origin statement home tests oracles; do
    id=$(items "$id")
    printf '%s  [%s ]\n    %s\n' "$id" "$(printf '%s' "$origin" | sed 's/ *$//')" "$(printf '%s' "$statement" | sed 's/^ *//')"
    printf '    home    %s\n' "$(place "EQ\\($id\\)" $(items "$home"))"
    for oracle in $(items "$oracles"); do
        printf '    oracle  %-36s %s\n' "$(place "^[a-z].*[ *]$oracle\\(" tests/oracle/*.c)" "$oracle"
    done
    for test in $(items "$tests"); do
        at=$(place "Test\\(${test%/*}, *${test#*/}[,)]" tests/*.c)
        # A long name may stand on the line after its suite.
        printf '    test    %-36s %s\n' "${at:-$(place "^ *${test#*/}[,)]" tests/*.c)}" "$test"
    done
    echo
done <<EOF
$(rows)
EOF
sh tests/check_equations.sh

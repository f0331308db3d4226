#!/bin/sh
# Holds ALGORITHM.md, tests/equations.txt and the code against each other, in every direction: an equation has the same statement and
# mark in both, one home, tests that exist and oracles that a test calls; every EQ(id) of the page and of the code stands in the table;
# every departure DEV(id) of the code stands in hash/ALGORITHM.md and the reverse. Fails on any gap.
set -u
cd "$(dirname "$0")/.." || exit 2
table=tests/equations.txt
gaps=0
gap() {
    echo "check_equations: $*"
    gaps=$((gaps + 1))
}

sources=$(find nn hash data eval train cmd -name '*.[ch]' 2>/dev/null)
known_tests=$(cat tests/*.c | tr '\n' ' ' | grep -o 'Test([a-z0-9_]*, *[A-Za-z0-9_]*' | sed 's/Test(//; s/, */\//')
known_oracles=$(cat tests/oracle/*.c | grep -oE '^[a-z][a-z_ ]*[ *]oracle_[a-z0-9_]*\(' | sed 's/.*\(oracle_[a-z0-9_]*\)(/\1/')
called_oracles=$(cat tests/*.c tests/oracle/cases_*.c | grep -oE 'oracle_[a-z0-9_]*\(' | tr -d '(' | sort -u)
page=$(tr -s ' \n' '  ' <hash/ALGORITHM.md)
ids=$(sed '/^#/d; /^ *$/d; s/ *|.*//' "$table")

# The table's rows with a byte 1 between the six fields; only a statement may hold a | of its own.
mark=$(printf '\001')
rows() {
    sed -n "/^#/d; s/^\([^|]*\)|\([^|]*\)|\(.*\)|\([^|]*\)|\([^|]*\)|\([^|]*\)\$/\1$mark\2$mark\3$mark\4$mark\5$mark\6/p" tests/equations.txt
}
# has LIST WORD: whether one line of LIST is WORD
has() { printf '%s\n' "$1" | grep -qxF -- "$2"; }
# items TEXT: the parts between commas, a line each
items() { printf '%s\n' "$1" | tr ',' '\n' | sed 's/^ *//; s/ *$//; /^$/d'; }

# ---- From the table to the code ----
while IFS=$mark read -r id origin statement home tests oracles; do
    id=$(items "$id") home=$(items "$home")
    case $(printf '%s' "$origin" | tr -d ' ;,') in
    '' | *[!PGO]*) gap "$id: origin '$origin' is not made of P, G and O" ;;
    esac
    [ -n "$(items "$statement")" ] || gap "$id: no statement"
    mark_here=$(printf '%s' "$origin" | sed 's/^ *//; s/ *$//') statement=$(printf '%s' "$statement" | sed 's/^ *//; s/ *$//')
    case $page in *"EQ($id) [$mark_here]"*) ;; *) gap "$id: ALGORITHM.md has no EQ($id) [$mark_here]" ;; esac
    case $page in *"EQ($id) [$mark_here] $statement"*) ;; *) gap "$id: the statement after EQ($id) in ALGORITHM.md is not: $statement" ;; esac
    case $home in nn/*.c | hash/*.c | data/*.c | eval/*.c | train/*.c) ;; *) gap "$id: home '$home' is no .c file of nn/, hash/, data/, eval/ or train/" ;; esac
    # shellcheck disable=SC2086
    homes=$(grep -lF "EQ($id)" $sources)
    lines=$(grep -cF "EQ($id)" "$home" 2>/dev/null)
    [ "$homes" = "$home" ] || gap "$id: home should be $home alone, EQ($id) stands in: $(echo $homes)"
    [ "${lines:-0}" = 1 ] || gap "$id: $home carries EQ($id) ${lines:-0} times, not once"
    [ -n "$(items "$tests")" ] || gap "$id: no test"
    for test in $(items "$tests"); do has "$known_tests" "$test" || gap "$id: no test $test"; done
    [ -n "$(items "$oracles")" ] || gap "$id: no oracle"
    for oracle in $(items "$oracles"); do
        has "$known_oracles" "$oracle" || gap "$id: no oracle $oracle in tests/oracle"
        has "$called_oracles" "$oracle" || gap "$id: no test calls the oracle $oracle"
    done
done <<EOF
$(rows)
EOF
[ -n "$ids" ] || gap "$table holds no equation"
[ "$(rows | wc -l)" = "$(printf '%s\n' "$ids" | wc -l)" ] || gap "$table has a row without six fields"
for id in $(printf '%s\n' "$ids" | sort | uniq -d); do gap "$id stands twice in $table"; done

# ---- From the page and the code to the table ----
for id in $(printf '%s' "$page" | grep -oE 'EQ\([A-Za-z0-9_-]*\) \[' | sed 's/EQ(//; s/) \[//' | sort); do
    has "$ids" "$id" || gap "EQ($id) of ALGORITHM.md is not in $table"
done
for id in $(printf '%s' "$page" | grep -oE 'EQ\([A-Za-z0-9_-]*\) \[' | sort | uniq -d); do gap "$id stands twice in ALGORITHM.md"; done
# shellcheck disable=SC2086
for id in $(cat $sources | grep -oE 'EQ\([A-Za-z0-9_-]*\)' | sed 's/EQ(//; s/)//' | sort -u); do
    has "$ids" "$id" || gap "EQ($id) of the code is not in $table"
done
# Ids that ops give to their nodes.
# shellcheck disable=SC2086
for id in $(cat $sources | grep -oE 'eq = "[^"]*"' | sed 's/eq = "//; s/"//' | sort -u); do
    has "$ids" "$id" || gap "a node's eq \"$id\" is not in $table"
done

# shellcheck disable=SC2086
for id in $(cat $sources | grep -oE 'tape_equation\(t, "[^"]*"' | sed 's/.*"\(.*\)"/\1/' | sort -u); do
    has "$ids" "$id" || gap "tape_equation \"$id\" is not in $table"
done

# shellcheck disable=SC2086
for id in $(cat $sources | tr -s ' \n' '  ' | grep -oE 'tape_scalar\(t, "[^"]*", "[^"]*"' | sed 's/.*"\(.*\)"/\1/' | sort -u); do
    has "$ids" "$id" || gap "tape_scalar's \"$id\" is not in $table"
done

# ---- Departures ----
# shellcheck disable=SC2086
in_code=$(cat $sources | grep -oE 'DEV\([A-Za-z0-9_-]*\)' | sort)
for dev in $(printf '%s\n' "$in_code" | uniq -d); do gap "$dev stands twice in the code"; done
for document in hash/ALGORITHM.md; do
    in_document=$(grep -oE 'DEV\([A-Za-z0-9_-]*\)' $document | sort -u)
    for dev in $in_code; do has "$in_document" "$dev" || gap "$dev of the code is not in $document"; done
    for dev in $in_document; do has "$in_code" "$dev" || gap "$dev of $document is not in the code"; done
done

[ "$gaps" = 0 ] && echo "check_equations: $(printf '%s\n' "$ids" | wc -l | tr -d ' ') equations, no gap"
[ "$gaps" = 0 ]

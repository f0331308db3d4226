#!/bin/sh
# The auditor's page: every equation with its statement, the code lines of its home, its oracles and tests, the largest error of the
# derivatives of its ops and whether a planted error was seen, where those were run; below, both logs. All comes from `make trace`, the
# source and the logs of this build.
# usage: audit_page.sh PAGE.html [GRADIENTS.txt [DRILL.txt]]
set -eu
cd "$(dirname "$0")/.."
page=$1 gradients=${2:-} drill=${3:-}
escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }
# The lines of FILE from LINE on: to the end of the second function, 36 at most, without blank lines and includes.
code() {
    sed -n "$2,\$p" "$1" | awk '/^#include/ || /^$/ { next } { print } /^}/ && ++ends == 2 { exit } ++n == 36 { exit }'
}
# The ops of equation ID, whose home is FILE and whose code is CODE: those that a file of this name records and calls; of another file
# the one of this name, or all that it records, and those that the code calls.
ops() {
    file=$(basename "$2" .c)
    recorded=$(grep -oE 'tape_(record|scalar)\(t, "[a-z_0-9]+"' "$2" | sed 's/.*"\(.*\)"/\1/')
    called=$(echo "$3" | grep -oE 'op_[a-z_0-9]+\(' || :)
    case $1 in
    "$file" | "${file#op_}" | "${file#loss_}") called=$(grep -oE 'op_[a-z_0-9]+\(' "$2" || :) ;;
    *) ! echo "$recorded" | grep -qx "$1" || recorded=$1 ;;
    esac
    printf '%s\n' "$recorded" "$called" | sed 's/^op_//; s/($//' | sort -u
}
# What the logs say of each op, and of the loss SYMBOL: "linear: error 8.2e-11", "linear: planted, seen".
derivatives() {
    for name in $1 $2; do
        [ ! -s "$gradients" ] || awk -v name="$name" '{ row = substr($0, 1, 38); sub(/ +$/, "", row) }
            row == name || index(row, name ", ") == 1 { print "derivative, error " $(split(row, w, " ") + 1) ": " row }' "$gradients"
        [ ! -s "$drill" ] || sed -n "s/^\($name\): planted, \(.*\)/planted error \2: \1/p" "$drill"
    done
}
log() {
    [ -s "${2:-}" ] || { echo "<p>$1: not run; $3</p>"; return; }
    echo "<h2>$1</h2><pre>"
    escape <"$2"
    echo "</pre>"
}

{
    cat <<'END'
<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>msach: audit</title><style>
html{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:1240px;padding:12px}
table{border-collapse:collapse;width:100%;table-layout:fixed}th,td{border:1px solid #8a94a0;padding:6px;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th:nth-child(1){width:24%}th:nth-child(2){width:46%}.small{font-size:13px}
pre{font:12px/1.4 monospace;overflow-x:auto;margin:4px 0;white-space:pre-wrap;overflow-wrap:anywhere}
@media(max-width:700px){table,tbody,tr,td{display:block}thead{display:none}tr{border:1px solid #cdd3da;margin-bottom:8px}td{border:0}}
@media print{body{font-size:8pt;padding:0}pre{font-size:6.5pt}.small{font-size:7pt}h1,h2,thead{break-after:avoid}}</style></head><body><h1>Every equation beside its code</h1>
<p>Left: the statement of hash/ALGORITHM.md with its origin (P: the paper, G: the same group, O: ours). Middle: its home and the lines that
follow the mark. Right: oracles (naive double loops), tests, and of each op that these lines record or call, and of the loss: the largest
relative error of the derivative against central differences in double, and whether a test saw an error of 0.1 % planted in it. An op
without these two is composed of others. Lines are those of this source tree.</p>
<table><thead><tr><th>statement</th><th>code</th><th>oracles, tests, derivatives</th></tr></thead><tbody>
END
    rows=0
    sh tests/trace.sh | while IFS= read -r line; do
        case $line in
        "    home "*)
            place=${line##* }
            text=$(code "${place%:*}" "${place##*:}")
            found=$(derivatives "$(ops "$id" "${place%:*}" "$text")" "$symbol")
            printf '</td><td><code>%s</code><pre>' "$place"
            echo "$text" | escape
            printf '</pre></td><td class="small">'
            ;;
        "    oracle "* | "    test "*) echo "$line<br>" | escape | sed 's/&lt;br&gt;$/<br>/' ;;
        "    "*)
            symbol=$(echo "$line" | sed -n 's/^ *\(L_[a-z]*\) =.*/\1/p')
            printf '<br><code>%s</code>\n' "$(echo "${line#    }" | escape)"
            ;;
        "") [ $rows = 0 ] || { echo "$found" | escape | sed 's/$/<br>/'; printf '</td></tr>\n'; } && rows=0 ;;
        *"  ["*)
            id=${line%%  *}
            printf '<tr><td><strong>%s</strong> %s' "$id" "${line#*  }" && rows=1
            ;;
        esac
    done
    echo "</tbody></table>"
    log "Derivatives against central differences" "${2:-}" "make gradients"
    log "An error of 0.1 % planted in each derivative" "${3:-}" "make drill"
    echo "</body></html>"
} >"$page"
equations=$(grep -c '<tr><td>' "$page")
wanted=$(grep -vc '^#' tests/equations.txt)
[ "$equations" = "$wanted" ] || { echo "audit_page: $equations rows for $wanted equations" >&2; exit 1; }
echo "$page: $equations equations"

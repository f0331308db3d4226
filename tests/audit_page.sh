#!/bin/sh
# The auditor's page: every equation with its statement, the code lines of its home, its oracles and tests; below, the largest error of
# each derivative and what the planted errors showed, where those were run. All comes from `make trace` and the logs of this build.
# usage: audit_page.sh PAGE.html [GRADIENTS.txt [DRILL.txt]]
set -eu
cd "$(dirname "$0")/.."
page=$1
escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }
# The lines of FILE from LINE on, to the first line that closes a function, 14 at most.
code() { sed -n "$2,$(($2 + 13))p" "$1" | sed '/^}/q' | escape; }
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
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:1240px;padding:12px;color:#1c2430}
table{border-collapse:collapse;width:100%;table-layout:fixed}th,td{border:1px solid #cdd3da;padding:6px;text-align:left;vertical-align:top;overflow-wrap:anywhere}
pre{font:12px/1.4 monospace;overflow-x:auto;margin:4px 0;white-space:pre-wrap;overflow-wrap:anywhere}
@media(max-width:700px){table,tbody,tr,td{display:block}thead{display:none}tr{border:1px solid #cdd3da;margin-bottom:8px}td{border:0}}
@media print{tr{break-inside:avoid}}</style></head><body><h1>Every equation beside its code</h1>
<p>Left: the statement of hash/ALGORITHM.md with its origin (P: the paper, G: the same group, O: ours). Middle: its home and the lines that
follow the mark. Right: oracles (naive double loops) and tests. Lines are those of this source tree.</p>
<table><thead><tr><th>statement</th><th>code</th><th>oracles and tests</th></tr></thead><tbody>
END
    rows=0
    sh tests/trace.sh | escape | while IFS= read -r line; do
        case $line in
        "    home "*)
            place=${line##* }
            printf '</td><td><code>%s</code><pre>' "$place"
            code "${place%:*}" "${place##*:}"
            printf '</pre></td><td>'
            ;;
        "    oracle "* | "    test "*) printf '%s<br>\n' "$line" ;;
        "    "*) printf '<br><code>%s</code>\n' "${line#    }" ;;
        "") [ $rows = 0 ] || printf '</td></tr>\n' && rows=0 ;;
        *"  ["*) printf '<tr><td><strong>%s</strong> %s' "${line%%  *}" "${line#*  }" && rows=1 ;;
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

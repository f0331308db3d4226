#!/bin/sh
# Draws the way of a case from the manifest to an answer as SVG: `make map`. Shapes come from `train --explain` of a run, the file
# between two boxes from the includes of the code: the lowest file that sees both headers. Fails where there is none.
# usage: data_flow.sh MSACH RUN OUT.svg
set -eu
msach=$1 run=$2 out=$3
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
"$msach" train --explain --quiet --out "$run" >"$work/explain" 2>"$work/messages" || {
    cat "$work/messages" >&2
    exit 1
}
find nn hash data eval train cmd -name '*.[ch]' -exec awk 'match($0, /^# *include *"[^"]*"/) { split($0, part, "\""); print FILENAME, part[2] }' {} + | sort >"$work/includes"

# name | header | symbols whose shapes are drawn | what happens
cat >"$work/boxes" <<'END'
manifest|data/manifest.h||one case a line: id, picture, text, labels, group
batch|data/batch.h|x w|pixels and token ids of b cases
tokens|hash/model.h|Z_v Z_t|CNN and text network; each op goes on the tape (nn/tape.h)
semantic token|hash/expert.h|psi_v psi_t|what networks and experts say of the labels
context|nn/transformer.h|c_v c_t|Transformer encoder, one modality at a time
code|hash/code.h|H_v H_t|linear head, tanh, sign: bit j is 1 where s_j is at least 0
index|hash/search/index.h||codes, ids, labels, words of an archive in one file
answer|cmd/finder.h||the nearest codes by differing bits, with confidence
END

awk -F'|' -v explain="$work/explain" -v includes="$work/includes" '
function shape(symbol, a, n, i, line) {
    while ((getline line < explain) > 0) {
        n = split(line, a, /  +/)
        for (i = 1; i < n; i++) if (a[i] == symbol && a[i + 1] ~ /^\(/) { close(explain); return a[i + 1] }
    }
    close(explain)
    print "data_flow: train --explain shows no " symbol > "/dev/stderr"
    exit failed = 1
}
function layer(f) { return f ~ /^nn\/base/ ? 0 : f ~ /^nn/ ? 1 : f ~ /^(hash|data)/ ? 2 : f ~ /^eval/ ? 3 : f ~ /^train/ ? 4 : 5 }
function reaches(f, header, depth, i, n, a) { # through at most `depth` includes; the depth that is needed, or 9
    if (f == header) return 0
    if (depth == 0) return 9
    best[depth] = 9
    n = split(of[f], a, " ")
    for (i = 1; i <= n; i++) {
        found = reaches(a[i], header, depth - 1)
        if (found + 1 < best[depth]) best[depth] = found + 1
    }
    return best[depth]
}
function between(a, b, f, cost, least, joint) {
    least = 99
    for (f in of) {
        cost = 10 * (reaches(f, a, 2) + reaches(f, b, 2)) + layer(f)
        if (cost < least || (cost == least && f < joint)) { least = cost; joint = f }
    }
    if (least < 90) return joint
    print "data_flow: no file sees both " a " and " b > "/dev/stderr"
    exit failed = 1
}
BEGIN { while ((getline line < includes) > 0) { split(line, p, " "); of[p[1]] = of[p[1]] " " p[2] } }
{ name[NR] = $1; header[NR] = $2; what[NR] = $4; shapes[NR] = ""
  n = split($3, symbol, " ")
  for (i = 1; i <= n; i++) shapes[NR] = shapes[NR] (i > 1 ? ", " : "") symbol[i] " " shape(symbol[i]) }
END {
    if (failed) exit 1
    for (i = 1; i <= NR; i++) height += (shapes[i] != "" ? 76 : 56) + 36
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"480\" viewBox=\"0 0 480 %d\" role=\"img\" font-family=\"sans-serif\" font-size=\"15\">\n", height - 32
    print "<title>The way of a case: " name[1] " to " name[NR] "</title>"
    print "<style>svg{background:#fff}text{fill:#222}.h{fill:#555;font-size:13px}.s{font-family:monospace;font-size:13px}rect{fill:#f2f5f9;stroke:#46648c}path{stroke:#46648c;fill:none}"
    print "@media(prefers-color-scheme:dark){svg{background:#0f1216}text{fill:#eee}.h{fill:#bbb}rect{fill:#20262e}rect,path{stroke:#8fb0dc}}</style>"
    y = 2
    for (i = 1; i <= NR; i++) {
        tall = shapes[i] != "" ? 76 : 56
        printf "<rect x=\"2\" y=\"%d\" width=\"476\" height=\"%d\" rx=\"6\"/>\n", y, tall
        printf "<text x=\"12\" y=\"%d\" font-weight=\"bold\">%s</text><text x=\"468\" y=\"%d\" text-anchor=\"end\" class=\"h\">%s</text>\n", y + 22, name[i], y + 22, header[i]
        printf "<text x=\"12\" y=\"%d\" class=\"h\">%s</text>\n", y + 43, what[i]
        if (tall > 56) printf "<text x=\"12\" y=\"%d\" class=\"s\">%s</text>\n", y + 63, shapes[i]
        y += tall
        if (i < NR) printf "<path d=\"M40 %d v34 m-5 -8 l5 8 l5 -8\"/><text x=\"56\" y=\"%d\" class=\"h\">%s</text>\n", y + 1, y + 23, between(header[i], header[i + 1])
        if (failed) exit 1
        y += 36
    }
    print "</svg>"
}' "$work/boxes" >"$work/map.svg"
mv "$work/map.svg" "$out"

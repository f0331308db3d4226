#!/bin/sh
# Lines and branches that the tests reached, from gcov's own output: coverage.sh BUILD. Prints lines over all of the library and the
# command, branches of each parser, and names what no test reached: every line, and every line of a parser with a branch that was
# never taken (build/coverage/*.txt hold the same). Exits 1 below 90 % of lines.
set -eu
cd "$(dirname "$0")/.."
build=$1
out=build/coverage
parsers="data/picture/png.c data/picture/jpeg.c data/picture/pnm.c data/picture/dicom.c data/picture/dicom_parse.c data/picture/dicom_support.c data/picture/dicom_syntax.c \
data/manifest_rows.c data/manifest.c data/csv.c data/text_read.c data/import/openi_report.c data/sections.c data/vocab.c nn/base/npy.c \
nn/safetensors.c hash/search/index_format.c hash/search/index_columns.c hash/search/index.c hash/search/index_verify.c train/config.c cmd/queries.c"
rm -rf "$out"
mkdir -p "$out"
for folder in nn/base nn hash hash/baselines data eval train cmd; do
    for notes in "$build/$folder"/*.gcno; do
        file=$folder/$(basename "$notes" .gcno).c
        # What gcov knows of the file's own lines: "count:line:text" and "branch N taken M".
        gcov -b -c -t -o "$build/$folder" "$notes" 2>/dev/null |
            awk -v file="$file" '/:Source:/ { own = $0 ~ (":Source:" file "$") } own' >"$out/$(echo "$file" | tr / _).gcov" || true
    done
done
awk '
    FNR == 1 { file = FILENAME; sub(/.*\//, "", file); sub(/\.gcov$/, "", file); line = 0 }
    /^ *[-#=0-9*]+: *[0-9]+:/ {
        split($0, part, ":")
        count = part[1]
        line = part[2] + 0
        gsub(/ /, "", count)
        text = $0
        sub(/^[^:]*: *[0-9]+: */, "", text)
        if (line == 0 || count == "-") next
        lines[file]++
        if (count ~ /^[#=]/)
            print file ":" line ": " text > "'"$out"'/lines.txt"
        else
            hit[file]++
    }
    /^branch / {
        branches[file]++
        if ($0 ~ /taken [1-9]/) taken[file]++
        else missed[file "\t" line] = text
    }
    END {
        for (f in lines) { all += lines[f]; got += hit[f] }
        printf "%.2f %d %d\n", 100 * got / all, got, all > "'"$out"'/total"
        for (f in lines) printf "%s %d %d %d %d\n", f, lines[f], hit[f], branches[f], taken[f] > "'"$out"'/files"
        for (m in missed) { split(m, at, "\t"); print at[1] ":" at[2] ": " missed[m] > "'"$out"'/branches.txt" }
    }' "$out"/*.gcov
sort -t: -k1,1 -k2,2n "$out/branches.txt" >"$out/branches.sorted" && mv "$out/branches.sorted" "$out/branches.txt"
echo "branches of the parsers (taken of all; the lines with one that no test took):"
for parser in $parsers; do
    name=$(echo "$parser" | tr / _)
    awk -v f="$name" -v p="$parser" '$1 == f { printf "  %-24s %4d of %4d   lines %3d of %3d\n", p, $5, $4, $3, $2 }' "$out/files"
    sed -n "s,^$name:\([0-9]*\): ,      \1: ,p" "$out/branches.txt"
done
echo "files with the most lines that no test reached ($out/lines.txt names each):"
awk '$2 > $3 { print $2 - $3, $1 }' "$out/files" | sort -rn | head -20 | sed 's/^/  /'
awk '{ printf "lines: %d of %d, %s %%\n", $2, $3, $1; exit $1 < 90 }' "$out/total"

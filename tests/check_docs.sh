#!/bin/sh
# Holds the documents against the code, so that they cannot drift. What README.md and the folders' READMEs name must exist:
#   `file.c` and the like (.c .h .inc .sh .py .txt .md) from the root or from the README's folder; `some_function()` and
#   `SOME_CONSTANT` in the sources; `suite/test` in the tests; `make target` in the Makefile; `msach verb --option` and `--set KEY=` in
#   the command itself; paths of the tree in comments.
# And the reverse: each folder has a README whose guide, of at most a page, names every file in it, what it may include, and where its ideas come
# from. `make help` names each target. README.md and the tutorial's programs keep their lengths.
# usage: check_docs.sh [MSACH [ROOT]]     exit 1 on any gap
set -u
bin=${1:-build/release/msach}
case $bin in /*) ;; *) bin=$(pwd)/$bin ;; esac
cd "${2:-$(dirname "$0")/..}" || exit 2
[ -x "$bin" ] || { echo "check_docs: no binary at $bin: run make first" >&2; exit 2; }
gaps=0
gap() {
    echo "check_docs: $*"
    gaps=$((gaps + 1))
}

# has LIST WORD: LIST is one line of words with a blank around each
has() { case $1 in *" $2 "*) return 0 ;; esac; return 1; }
# line: the lines of stdin as such a list
line() { printf ' %s ' "$(tr -s '\n' ' ')"; }
# there FILE...: the first of a glob's files is there
there() { [ -e "$1" ]; }

documents=$(ls README.md ./*/*.md ./*/*/*.md 2>/dev/null)
sources=$(find nn hash data eval train cmd tests -name '*.[ch]' -o -name '*.inc' -o -name '*.sh' -o -name '*.py')
names=$(printf '%s\n' "$sources" tests/equations.txt | sed 's/.*\///' | line)
# shellcheck disable=SC2086
identifiers=$(cat $sources Makefile | tr -cs 'A-Za-z0-9_' '\n' | sort -u | line)
example=" nn/op_softplus.c hash/loss_margin.c " # nn/README.md and hash/NEW_TERM.md write them down; check_example.sh and check_term.sh build them
targets=$(sed -n 's/^\([a-z][a-z-]*\):.*/\1/p' Makefile | line)
completion=$("$bin" --completion)
verbs=$(printf '%s\n' "$completion" | sed -n 's/^ *words="\(.*\) --help --version"$/\1/p' | line)
settings=$("$bin" train --list-settings | sed 's/^ *\([a-z0-9_]*\).*/\1/' | line)

# ---- Files, functions, constants and tests between backticks, outside code blocks ----
# shellcheck disable=SC2086
{
    find . -path ./build -prune -o -print | sed 's,^\./,path ,'
    printf 'name %s\n' $names $example
    printf '%s' "$identifiers $settings" | tr -s ' ' '\n' | sed 's/^/word /'
    cat tests/*.c | tr '\n' ' ' | grep -o 'Test([a-z0-9_]*, *[A-Za-z0-9_]*' | sed 's/Test(/test /; s/, */\//'
} >build/facts.tmp
# shellcheck disable=SC2086
awk '
    # a path of the tree; a * stands for any part of a name
    function there(path, pattern, p) {
        if (path in paths) return 1
        if (path !~ /[*[]/) return 0
        pattern = path; gsub(/[.]/, "[.]", pattern); gsub(/[*]/, "[^/]*", pattern)
        for (p in paths) if (p ~ ("^" pattern "$")) return 1
        return 0
    }
    function claim(word, folder) {
        if (word ~ /^[A-Za-z0-9_.\/{},*<>[\]-]+[.](c|h|inc|sh|py|txt|md|\[ch\])$/) {
            if (word ~ /\{|<|VERB|^NAME/) return "" # a pattern of names
            if (there(word) || there(folder word) || word in names) return ""
            return "the file " word ", which is not there"
        }
        if (word ~ /^[a-z][a-z0-9_]*\/[a-z0-9_]+_[A-Za-z0-9_]*$/) {
            if (word in tests || word in paths || word in stem) return ""
            return "the test " word ", which is not there"
        }
        if (word !~ /^[a-z][a-z0-9]*_[a-z0-9_]*(\(\))?$/ && word !~ /^[A-Z][A-Z0-9]*_[A-Z0-9_]*$/) return ""
        sub(/\(\)$/, "", word)
        return word in words || (word ".c") in names ? "" : word ", which the code does not know"
    }
    FILENAME == "build/facts.tmp" {
        if ($1 == "path") { paths[$2] = 1; sub(/[.][a-z]*$/, "", $2); stem[$2] = 1 }
        if ($1 == "name") names[$2] = 1
        if ($1 == "word") words[$2] = 1
        if ($1 == "test") tests[$2] = 1
        next
    }
    FNR == 1 { block = 0; folder = FILENAME; sub(/^[.]\//, "", folder); if (!sub(/[^\/]*$/, "", folder)) folder = "" }
    /^```/ { block = !block }
    block || /^    / || /^```/ { next }
    { n = split($0, part, "`")
      for (i = 2; i < n; i += 2) {
          if (seen[FILENAME, part[i]]++) continue
          fault = claim(part[i], folder)
          if (fault) print FILENAME " names " fault
      } }' build/facts.tmp $documents >build/claims.tmp
while read -r fault; do gap "$fault"; done <build/claims.tmp
rm -f build/claims.tmp build/facts.tmp

# ---- Paths in comments ----
# shellcheck disable=SC2086
for path in $(cat $sources Makefile tests/equations.txt | grep -v 'example=' | grep -oE '(^|[ (`"])(nn|hash|data|eval|train|cmd|tests)/[A-Za-z0-9_/]+\.(c|h|inc|py|sh|md)($|[^A-Za-z0-9])' | sed 's/^[^a-z]//; s/[^a-z]$//' | sort -u); do
    [ -e "$path" ] || has "$example" "$path" || gap "a comment or a script names $path, which is not there"
done

# ---- Functions, files and names that a comment names ----
# comments FILE...: a line "file:line: text" for each comment; code FILE...: the files without their comments
parts_of() {
    awk -v want="$1" 'FNR == 1 { inside = 0 }
    { line = $0; said = done = ""
      while (length(line)) {
        if (inside) { at = index(line, "*/"); said = said (at ? substr(line, 1, at - 1) : line); if (!at) break; line = substr(line, at + 2); inside = 0; continue }
        match(line, /\/\*|\/\/|"(\\.|[^"\\])*"/)
        if (!RSTART) { done = done line; break }
        what = substr(line, RSTART, 2)
        done = done substr(line, 1, RSTART - 1)
        if (what == "//") { said = said substr(line, RSTART + 2); break }
        if (what == "/*") inside = 1
        else done = done substr(line, RSTART, RLENGTH)
        line = substr(line, RSTART + (inside ? 2 : RLENGTH)) }
      if (want == "code") print done
      else if (said ~ /[^ ]/) print FILENAME ":" FNR ": " said }' $2
}
coded=$(find nn hash data eval train cmd tests -name '*.[ch]' -o -name '*.inc')
{ parts_of code "$coded"; cat hash/ALGORITHM.md Makefile; printf '%s\n' "$sources" | sed 's,.*/,,; s,\.[a-z]*$,,'; } |
    tr -cs 'A-Za-z0-9_' '\n' | sort -u >build/known.tmp
# Foreign names that comments speak of.
printf '%s\n' trec_eval calculate_top_map index_io >>build/known.tmp
sort -o build/known.tmp build/known.tmp
parts_of comments "$(printf '%s\n' "$coded" | grep -v '^tests/')" >build/comments.tmp
tr -cs 'A-Za-z0-9_(' '\n' <build/comments.tmp | grep -xE '[a-z][a-z0-9]{2,}(_[a-z0-9]{2,})+|[a-z][a-z0-9]+_[a-z0-9_]+\(' | tr -d '(' |
    grep -v '_ij$' | sort -u |
    comm -23 - build/known.tmp >build/unknown.tmp
while read -r word; do gap "$(grep -wm1 "$word" build/comments.tmp | cut -d: -f1,2): a comment names $word, which the code does not know"; done <build/unknown.tmp
for file in $(grep -oE '\b[a-z0-9_]+\.(c|h|inc)\b' build/comments.tmp | sort -u); do
    has "$names" "$file" || [ "$(basename "$file")" = stb_image.h ] || gap "$(grep -wm1 "$file" build/comments.tmp | cut -d: -f1,2): a comment names $file, which is not there"
done
rm -f build/known.tmp build/comments.tmp build/unknown.tmp

# ---- Each folder's README ----
# A name or glob between its backticks names the file, or its header, or its source; VERB stands for any word.
readmes=$(printf '%s\n' "$sources" | sed 's,/[^/]*$,/README.md,' | sort -u)
for readme in $readmes; do [ -f "$readme" ] || gap "$(dirname "$readme") has no README.md"; done
# shellcheck disable=SC2086
printf '%s\n' "$sources" | awk '
    function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }
    function base_of(path) { sub(/.*\//, "", path); return path }
    function known(folder, file, i, stem) {
        stem = file; sub(/[.][a-z]*$/, "", stem)
        for (i = 1; i <= count[folder]; i++)
            if (file ~ pattern[folder, i] || stem ~ pattern[folder, i] || (stem ".h") ~ pattern[folder, i] || (stem ".c") ~ pattern[folder, i]) return 1
        return 0
    }
    FILENAME == "-" { source[++sources] = $0; next }
    FNR == 1 { folder = folder_of(FILENAME); guide[folder] = FILENAME; inside = 1 }
    /^## / { inside = 0 }
    inside { lines[folder]++; words[folder] += NF }
    tolower($0) ~ /include/ { includes[folder] = 1 }
    tolower($0) ~ /^(\*\*)?(ideas|sources)/ { ideas[folder] = 1 }
    { n = split($0, part, "`")
      for (i = 2; i < n; i += 2) {
          glob = part[i]; sub(/VERB/, "*", glob)
          if (glob !~ /^[A-Za-z0-9_.*]+$/) continue
          gsub(/[.]/, "[.]", glob); gsub(/[*]/, ".*", glob)
          pattern[folder, ++count[folder]] = "^" glob "$"
      } }
    END {
        for (folder in guide) {
            if (lines[folder] > 80 || words[folder] > 750) print "the guide of " guide[folder] " (its lines before the first heading) is longer than a page: 80 lines, 750 words"
            if (!(folder in includes)) print guide[folder] " does not say what its files may include"
            if (!(folder in ideas)) print guide[folder] " does not say where its ideas come from"
        }
        for (i = 1; i <= sources; i++)
            if (folder_of(source[i]) in guide && !known(folder_of(source[i]), base_of(source[i]))) print guide[folder_of(source[i])] " does not name " base_of(source[i])
    }' - $(for readme in $readmes; do [ ! -f "$readme" ] || echo "$readme"; done) >build/claims.tmp
while read -r fault; do gap "$fault"; done <build/claims.tmp

# ---- Lengths ----
[ "$(wc -l <README.md)" -le 160 ] || gap "README.md has $(wc -l <README.md) lines, not at most 160"
for file in tests/tutorial/*.c; do
    [ "$(wc -l <"$file")" -le 80 ] || gap "$file has $(wc -l <"$file") lines, not at most 80"
done

# ---- README's lines of the core and of all are those of make count, within a tenth ----
make --no-print-directory count 2>/dev/null | sed -n 's/^core //p; s/^total //p' | tr '\n' ' ' >build/count.tmp
sed -n 's/.*the core (\([0-9,]*\) of \([0-9,]*\).*/\1 \2/p' README.md | tr -d , | cat build/count.tmp - |
    awk '{ for (i = 1; i <= NF; i++) v[++n] = $i } END { exit n != 4 || v[1] > 1.1 * v[3] || v[3] > 1.1 * v[1] || v[2] > 1.1 * v[4] || v[4] > 1.1 * v[2] }' ||
    gap "README.md quotes other lines of the core and of all than make count: $(cat build/count.tmp)"
rm -f build/count.tmp

# ---- make help ----
helped=$(sed -n '/^help:/,/^$/p' Makefile | tr -cs 'a-z-' ' ')
for target in $(sed -n 's/^\.PHONY: *//p' Makefile); do
    case $target in all | FORCE | help) continue ;; esac
    has " $helped " "$target" || gap "make help does not name $target"
done

# ---- Commands, wherever they stand ----
{ printf '%s\n' "$completion" | sed -n 's/^ *\([a-z]*\)) words="\(.*\)" ;;.*/\1 \2/p'; } >build/options.tmp
# shellcheck disable=SC2086
awk -v verbs="$verbs" -v settings="$settings" -v targets="$targets" '
    function fill(set, words, n, i, word) { n = split(words, word); for (i = 1; i <= n; i++) set[word[i]] = 1 }
    function check(command, n, i, word) {
        sub(/`.*/, "", command); sub(/; .*/, "", command); gsub(/"[^"]*"/, "", command)
        n = split(command, word)
        if (!(word[2] in verb)) { print FILENAME " names msach " word[2] ", which is no verb"; return }
        for (i = 3; i <= n; i++) {
            if (word[i - 1] == "--set" && word[i] ~ /^[a-z0-9_]+=/) {
                sub(/=.*/, "", word[i])
                if (!(word[i] in setting)) print FILENAME ": there is no setting " word[i]
            }
            if (word[i] !~ /^--?[a-z]/) continue
            sub(/=.*/, "", word[i]); sub(/[],.)]*$/, "", word[i])
            if (!((word[2], word[i]) in option) && word[i] !~ /^(--help|-k|-q)$/) print FILENAME ": msach " word[2] " has no " word[i]
        }
    }
    BEGIN { fill(verb, verbs); fill(setting, settings); fill(target, targets) }
    FILENAME == "build/options.tmp" { for (i = 2; i <= NF; i++) option[$1, $i] = 1; next }
    { line = $0
      while (match(line, /(^    |`)make [a-z][a-z-]*/)) {
          what = substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH); sub(/.*make /, "", what)
          if (!(what in target)) print FILENAME " names make " what ", which the Makefile does not know"
      }
      line = $0
      while (match(line, /(^    ([$] )?|`|do |; )msach [a-z]/)) {
          line = substr(line, RSTART); sub(/^[^m]*(do )?msach/, "msach", line); check(line); line = substr(line, 6)
      } }' build/options.tmp $documents | sort -u >build/claims.tmp
while read -r fault; do gap "$fault"; done <build/claims.tmp
rm -f build/claims.tmp build/options.tmp

[ "$gaps" = 0 ] && echo "check_docs: $(printf '%s\n' "$documents" | wc -l) documents agree with the code"
[ "$gaps" = 0 ]

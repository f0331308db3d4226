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
options_of() { printf '%s\n' "$completion" | sed -n "s/^ *$1) words=\"\(.*\)\" ;;.*/\1/p" | line; }

# ---- Files, functions and constants between backticks, outside code blocks ----
for document in $documents; do
    folder=$(dirname "$document")
    words=$(sed '/^```/,/^```/d; /^    /d' "$document" | grep -o '`[^`]*`' | tr -d '`' | sort -u)
    for word in $(printf '%s\n' "$words" | grep -E '^[A-Za-z0-9_./{},*<>-]+\.(c|h|inc|sh|py|txt|md|\[ch\])$'); do
        case $word in
        **'{'* | *'<'* | *VERB* | NAME*) continue ;; # a pattern of names
        esac
        # shellcheck disable=SC2086 # a glob on purpose
        there $word || there $folder/$word || has "$example" "$word" || { [ "$word" = "${word#*/}" ] && has "$names" "$word"; } ||
            gap "$document names the file $word, which is not there"
    done
    for word in $(printf '%s\n' "$words" | sed -n 's/^\([a-z][a-z0-9]*_[a-z0-9_]*\)\(()\)\{0,1\}$/\1/p; s/^\([A-Z][A-Z0-9]*_[A-Z0-9_]*\)$/\1/p'); do
        has "$identifiers" "$word" || has "$settings" "$word" || has "$names" "$word.c" || gap "$document names $word, which the code does not know"
    done
done

# ---- Tests between backticks, paths in comments ----
known_tests=$(cat tests/*.c | tr '\n' ' ' | grep -o 'Test([a-z0-9_]*, *[A-Za-z0-9_]*' | sed 's/Test(//; s/, */\//' | line)
for document in $documents; do
    for word in $(grep -oE '`[a-z][a-z0-9_]*/[a-z0-9_]+_[A-Za-z0-9_]*`' "$document" | tr -d '`' | sort -u); do
        has "$known_tests" "$word" || there "$word" || there "$word".* || gap "$document names the test $word, which is not there"
    done
done
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
# patterns README: the names and globs between its backticks; VERB stands for any word
patterns() { grep -o '`[^`]*`' "$1" | tr -d '`' | sed 's/VERB/*/' | grep -E '^[A-Za-z0-9_.*]+$' | sort -u; }
for folder in $(printf '%s\n' "$sources" | sed 's,/[^/]*$,,' | sort -u); do
    readme=$folder/README.md
    [ -f "$readme" ] || { gap "$folder has no README.md"; continue; }
    # The guide to the folder is a page; measurements and recipes follow under headings of their own.
    guide=$(sed '/^## /,$d' "$readme")
    [ "$(printf '%s\n' "$guide" | wc -l)" -le 80 ] && [ "$(printf '%s\n' "$guide" | wc -w)" -le 750 ] ||
        gap "the guide of $readme (its lines before the first heading) is longer than a page: 80 lines, 750 words"
    grep -qi 'include' "$readme" || gap "$readme does not say what its files may include"
    grep -qiE '^(\*\*)?(ideas|sources)' "$readme" || gap "$readme does not say where its ideas come from"
    set -f
    known=$(patterns "$readme")
    set +f
    for file in $(printf '%s\n' "$sources" | grep -E "^$folder/[^/]*$" | sed 's,.*/,,'); do
        found=
        set -f
        for pattern in $known; do
            # shellcheck disable=SC2254 # a glob on purpose
            case $file in $pattern | $pattern.c | $pattern.h) found=1 ;; esac
            case ${file%.*}.h in $pattern) found=1 ;; esac # a header's .c comes with it, and the reverse
            case ${file%.*}.c in $pattern) found=1 ;; esac
        done
        set +f
        [ -n "$found" ] || gap "$readme does not name $file"
    done
done

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
for document in $documents; do
    for target in $(grep -oE '(^    |`)make [a-z][a-z-]*' "$document" | sed 's/.*make //' | sort -u); do
        has "$targets" "$target" || gap "$document names make $target, which the Makefile does not know"
    done
    grep -oE '(^ {4}(\$ )?|`|do |; )msach [a-z].*' "$document" | sed 's/^.*[^a-z]msach /msach /; s/^ *msach/msach/; s/`.*//' |
        sed 's/; .*//' | sort -u >build/docs.tmp
    while read -r _ verb rest; do
        has "$verbs" "$verb" || { gap "$document names msach $verb, which is no verb"; continue; }
        known="$(options_of "$verb") --help -k -q "
        for option in $(printf '%s\n' "$rest" | sed 's/"[^"]*"//g' | tr ' ' '\n' | grep -E '^--?[a-z]' | sed 's/=.*//; s/[],.)]*$//'); do
            has "$known" "$option" || gap "$document: msach $verb has no $option"
        done
        for key in $(printf '%s\n' "$rest" | sed -n 's/.*--set //p' | tr ' ' '\n' | sed -n 's/^\([a-z0-9_]*\)=.*/\1/p'); do
            has "$settings" "$key" || gap "$document: there is no setting $key"
        done
    done <build/docs.tmp
done
rm -f build/docs.tmp

[ "$gaps" = 0 ] && echo "check_docs: $(printf '%s\n' "$documents" | wc -l) documents agree with the code"
[ "$gaps" = 0 ]

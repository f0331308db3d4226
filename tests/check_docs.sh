#!/bin/sh
# Holds the documents against the code, so that they cannot drift. What README.md and the folders' READMEs name must exist:
#   `file.c` and the like (.c .h .inc .sh .py .txt .md) from the root or from the README's folder; `some_function()` and
#   `SOME_CONSTANT` in the sources; `make target` in the Makefile; `msach verb --option` and `--set KEY=` in the command itself.
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

documents=$(ls README.md ./*/README.md ./*/*/README.md 2>/dev/null)
sources=$(find nn hash data eval train cmd tests -name '*.[ch]' -o -name '*.inc' -o -name '*.sh' -o -name '*.py')
names=$(printf '%s\n' "$sources" tests/equations.txt | sed 's/.*\///')
example=nn/op_softplus.c # nn/README.md writes it down; tests/check_example.sh builds it
targets=$(sed -n 's/^\([a-z][a-z-]*\):.*/\1/p' Makefile)
completion=$("$bin" --completion)
verbs=$(printf '%s\n' "$completion" | sed -n 's/^ *words="\(.*\) --help --version"$/\1/p')
settings=$("$bin" train --list-settings | sed 's/^ *\([a-z0-9_]*\).*/\1/')
has() { printf '%s\n' "$1" | tr ' ' '\n' | grep -qxF -- "$2"; }
options_of() { printf '%s\n' "$completion" | sed -n "s/^ *$1) words=\"\(.*\)\" ;;.*/\1/p"; }

# ---- Files, functions and constants between backticks, outside code blocks ----
for document in $documents; do
    folder=$(dirname "$document")
    words=$(sed '/^```/,/^```/d; /^    /d' "$document" | grep -o '`[^`]*`' | tr -d '`' | sort -u)
    for word in $(printf '%s\n' "$words" | grep -E '^[A-Za-z0-9_./{},*<>-]+\.(c|h|inc|sh|py|txt|md|\[ch\])$'); do
        case $word in
        **'{'* | *'<'* | *VERB* | NAME*) continue ;; # a pattern of names
        esac
        # shellcheck disable=SC2086 # a glob on purpose
        ls $word >/dev/null 2>&1 || ls $folder/$word >/dev/null 2>&1 || [ "$word" = "$example" ] ||
            { [ "$word" = "${word#*/}" ] && printf '%s\n' "$names" | grep -qxF -- "$word"; } ||
            gap "$document names the file $word, which is not there"
    done
    for word in $(printf '%s\n' "$words" | sed -n 's/^\([a-z][a-z0-9]*_[a-z0-9_]*\)\(()\)\{0,1\}$/\1/p; s/^\([A-Z][A-Z0-9]*_[A-Z0-9_]*\)$/\1/p'); do
        # shellcheck disable=SC2086
        grep -qwF -- "$word" $sources Makefile || has "$settings" "$word" || printf '%s\n' "$names" | grep -qxF -- "$word.c" || gap "$document names $word, which the code does not know"
    done
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
        known="$(options_of "$verb") --help -k -q"
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

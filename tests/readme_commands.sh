#!/bin/sh
# Runs the commands of README.md, as written, in a folder of its own: a user who copies them must not be let down. Pictures
# and networks are small (the arguments below are added), so that it takes seconds; nothing else is changed.
# usage: readme_commands.sh MSACH
set -eu
bin=$1
case $bin in /*) ;; *) bin=$(pwd)/$bin ;; esac
readme=$(cd "$(dirname "$0")/.." && pwd)/README.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"

small="image_size=32 width=4 dim=16 heads=2 buckets=256 landmarks=32 stage1_epochs=1 stage2_epochs=1 stage1_batch=16 stage2_batch=16 views=1"
"$bin" phantom -q --out my --cases 60 --size 32 --lang en >/dev/null
cp my/manifest.tsv manifest.tsv
cp -r my/images images
cp my/images/case0001.png new.png
# The same as a folder of pictures and texts: CLASS/PATIENT/NAME.png with NAME.txt beside it.
tail -n +2 my/manifest.tsv | while IFS="$(printf '\t')" read -r id image text labels group; do
    mkdir -p "archive/${labels%%|*}/$group"
    cp "my/$image" "archive/${labels%%|*}/$group/$id.png"
    printf '%s\n' "$text" >"archive/${labels%%|*}/$group/$id.txt"
done

# msach, made small.
cat >msach <<EOF
#!/bin/sh
verb=\$1
shift
case \$verb in
phantom) exec "$bin" phantom "\$@" --size 32 ;;
train) case " \$* " in
    *" --explain "*) exec "$bin" train "\$@" ;;
    *) exec "$bin" train "\$@" --set $small ;;
    esac ;;
serve) # until it has printed its address
    "$bin" serve "\$@" --port 0 >address &
    tries=0
    until [ -s address ] || [ \$tries = 200 ]; do sleep 0.1; tries=\$((tries + 1)); done
    kill \$! && wait \$! ;;
*) exec "$bin" "\$verb" "\$@" ;;
esac
EOF
chmod +x msach
PATH=$work:$PATH

# What `make demo` leaves, which README.md's commands use.
msach phantom -q --out build/demo/phantom --cases 700 --lang en >/dev/null
msach train -q --data build/demo/phantom/manifest.tsv --out build/demo/run >/dev/null 2>&1
msach index -q --model build/demo/run --data build/demo/phantom/manifest.tsv --out build/demo/phantom.idx >/dev/null

# Verbs whose commands need hours, or files that only their user has; check_docs.sh holds their options against the help.
elsewhere='bench|table|demo|audit'
ran=0
sed -n 's/^    \(\$ \)\{0,1\}\(msach [a-z].*\)$/\2/p; s/^    \(for .*msach .*\)$/\1/p' "$readme" >commands
while IFS= read -r line; do
    printf '%s\n' "$line" | grep -qE "msach ($elsewhere)( |\$)" && continue
    if ! sh -c "$line" >out 2>err </dev/null; then
        echo "readme_commands: failed: $line" >&2
        cat err >&2
        exit 1
    fi
    ran=$((ran + 1))
done <commands
[ "$ran" -ge 9 ] || { echo "readme_commands: only $ran commands found in README.md" >&2; exit 1; }
echo "readme_commands: $ran commands of README.md run as written"

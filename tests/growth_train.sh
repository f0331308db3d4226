#!/bin/sh
# Time, memory and disk of each phase of a training as the archive grows, on phantoms of 64 pixels; `train --estimate` beside them. Epochs
# are few, since the time of a stage is their number times that of one. Writes OUT/growth_train.md. An hour of two cores.
#   tests/growth_train.sh [MSACH] [OUT] [SIZES]
# The estimate of a size is within 1.5 of the training, or the exit code is 1.
set -eu
msach=${1:-./msach}
out=${2:-build/growth_train}
sizes=${3:-2000 10000 50000 100000}
settings="image_size=64 width=16 stage1_epochs=1 stage2_epochs=2"
mkdir -p "$out"

# What a command prints, and as its last line seconds, processor seconds and KiB: in OUT/said. It must succeed.
timed() {
    LC_ALL=C /usr/bin/env time -f 'timed %e %U %S %M' "$@" >"$out/said" 2>&1 || {
        cat "$out/said" >&2
        exit 1
    }
}

for n in $sizes; do
    set=$out/set$n
    if [ ! -f "$set.txt" ]; then
        rm -rf "$set"
        timed "$msach" phantom --out "$set" --cases "$n" --size 64 --quiet
        awk '/^timed/ {
            printf "%-38s %g\n%-38s %g\n%-38s %g\n", "phantoms, s", $2, "phantoms, cpu s", $3 + $4, "phantoms, MiB", $5 / 1024 }' "$out/said" >"$set.part"
        mv "$set.part" "$set.txt"
    fi
    [ ! -f "$out/$n.txt" ] || continue
    # shellcheck disable=SC2086 # a list of settings
    timed "$msach" train --estimate --data "$set/manifest.tsv" --set $settings
    awk '
        function seconds(i) { return $(i + 1) == "s" ? $i : $(i + 1) == "min" ? 60 * $i : 3600 * $i + 60 * $(i + 2) }
        /in all/ { print "estimate of all, s", seconds(3) }
        /memory at most/ { print "estimate of memory, MiB", $4 }
        /^ *disk/ { print "estimate of disk, MiB", $2 }
        /more disk/ { print "estimate of more disk, MiB", $6 }
        /^timed/ { print "estimate itself, cpu s", $3 + $4 }' "$out/said" >"$out/$n.part"
    rm -rf "$out/run$n"
    # shellcheck disable=SC2086
    "$msach" bench phases --data "$set/manifest.tsv" --out "$out/run$n" --set $settings >>"$out/$n.part"
    du -sk "$out/run$n" | awk '{ print "disk of the run, MiB", $1 / 1024 }' >>"$out/$n.part"
    mv "$out/$n.part" "$out/$n.txt"
done

# The slope of log time over log cases, from the two largest sizes.
for n in $sizes; do
    sed "s/^/$n /" "$out/set$n.txt" "$out/$n.txt"
done | awk -v sizes="$sizes" -v settings="$settings" '
    function value(name, n) { return (name, n) in v ? sprintf("%.4g", v[name, n]) : "" }
    $2 == "phases:" { sub(/^[0-9]* phases: /, ""); machine = $0; next }
    $NF + 0 != $NF || NF < 3 { next }
    {
        name = $2
        for (i = 3; i < NF; i++) name = name " " $i
        if (!((name, "") in v)) { v[name, ""] = 1; order[++names] = name }
        v[name, $1] = $NF
    }
    END {
        k = split(sizes, size, " ")
        print "# Training as the archive grows\n\n" machine "\n\nPhantoms of 64 pixels, `" settings "`. Exponent: of the growth from the second largest size to the largest.\n"
        printf "| |"; for (i = 1; i <= k; i++) printf " %s |", size[i]; print " exponent |"
        printf "|---|"; for (i = 1; i <= k; i++) printf "---|"; print "---|"
        for (j = 1; j <= names; j++) {
            name = order[j]
            if (name == "cases") continue
            printf "| %s |", name
            for (i = 1; i <= k; i++) printf " %s |", value(name, size[i])
            a = v[name, size[k - 1]]; b = v[name, size[k]]
            printf (k > 1 && a > 0 && b > 0 ? " %.2f |\n" : " |\n"), log(b / a) / log(size[k] / size[k - 1])
        }
        for (i = 1; i <= k; i++) {
            n = size[i]
            bad += far("time", v["estimate of all, s", n], v["all, s", n], n)
            bad += far("memory", v["estimate of memory, MiB", n], v["all, MiB", n], n)
            bad += far("disk", v["estimate of disk, MiB", n], v["disk of the run, MiB", n], n)
        }
        exit bad > 0
    }
    function far(what, said, taken, n) {
        printf "%s, %d cases: estimate / measured = %.2f\n", what, n, said / taken > "/dev/stderr"
        return said > 1.5 * taken || taken > 1.5 * said
    }' >"$out/growth_train.md" || bad=1
cat "$out/growth_train.md"
exit "${bad:-0}"

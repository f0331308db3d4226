#!/bin/sh
# usage: startup.sh MSACH DIR
# Time from the command to the first answer of `msach search --text` on an index of 100,000 cases, files in the cache.
set -eu
msach=$1 dir=$2
mkdir -p "$dir"
if [ ! -f "$dir/cases.idx" ]; then
    "$msach" phantom --out "$dir/phantom" --cases 60 --quiet >/dev/null
    rm -rf "$dir/run"
    "$msach" train --data "$dir/phantom/manifest.tsv" --out "$dir/run" --quiet \
        --set stage1_epochs=1 stage2_epochs=1 stage1_batch=16 stage2_batch=16 >/dev/null
    awk 'BEGIN { print "id\ttext"; for (i = 0; i < 100000; i++) print "case" i "\tstone of " i % 97 " mm, cyst of " i % 89 " mm" }' \
        >"$dir/cases.tsv"
    "$msach" index --model "$dir/run" --data "$dir/cases.tsv" --out "$dir/cases.idx" --quiet >/dev/null
fi
python3 - "$msach" "$dir" <<'END'
import statistics, subprocess, sys, time
msach, folder = sys.argv[1:]
command = [msach, "search", "--model", folder + "/run", "--index", folder + "/cases.idx", "--text", "cyst with a stone"]
spent = []
for _ in range(22):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    spent.append(1e3 * (time.perf_counter() - start))
del spent[0]
print("start to first answer, 100,000 cases: %.0f ms (least %.0f)" % (statistics.median(spent), min(spent)))
END

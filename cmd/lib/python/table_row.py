#!/usr/bin/env python3
"""Reproduces the row of a method in a table from nothing but a trained model, the manifest and the split.

    table_row.py RUN [MSACH]

RUN: a finished run of `msach train` on a TSV manifest. Encodes the test queries and the database cases of its split, evaluates both
directions with msach.evaluate, and prints the row as `msach eval` does. MSACH: the command; every number is then compared with
`msach eval --json`, and the exit code is 1 where one differs by more than 1e-9.
"""
import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import msach
import numpy as np


def read_tsv(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def plain(field):
    """A field without the escapes of the manifest."""
    return re.sub(r"\\([tnr\\])", lambda m: {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}[m[1]], field)


def main(run, command=None):
    # 1. The data: the manifest that config.txt names, and the set of each case in split.tsv.
    config = dict(line.split(" = ", 1) for line in (run / "config.txt").read_text().splitlines() if " = " in line)
    manifest = Path(config["data"])
    cases = {case["id"]: case for case in read_tsv(manifest)}
    split = read_tsv(run / "split.tsv")
    names = sorted({label for case in cases.values() for label in case["labels"].split("|") if label})
    sets = {kind: [row for row in split if row["set"] == kind] for kind in ("query", "database")}

    # 2. Codes (n, bits/8) and labels (n, classes) of both sets.
    codes, labels = {}, {}
    with msach.Model(run) as model:
        for kind, rows in sets.items():
            some = [cases[row["id"]] for row in rows]
            codes[kind, "image"] = model.encode_image([manifest.parent / plain(case["image"]) for case in some])
            codes[kind, "text"] = model.encode_text([plain(case["text"]) for case in some])
            labels[kind] = np.array([[name in case["labels"].split("|") for name in names] for case in some])

    # 3. The measures, beside those of the command.
    wrong, groups = 0, [row["group"] for row in sets["query"]]
    eval_json = json.loads(subprocess.check_output([command, "eval", "--run", run, "--json"])) if command else None
    print("direction       MAP    95 % interval     P@10   NDCG")
    for source, target in (("image", "text"), ("text", "image")):
        q = msach.evaluate((codes["query", source], codes["database", target]), (labels["query"], labels["database"]), groups)
        print(f"{source:>5} to {target:5}  {q.map:.3f}  {q.interval[0]:.3f} to {q.interval[1]:.3f}   {q.precision_at_10:.3f}  {q.ndcg:.3f}")
        if eval_json:
            e = eval_json[f"{source}_to_{target}"]
            wanted = (e["map"]["expected"], e["map_low"], e["map_high"], e["p_at_10"], e["ndcg"])
            wrong += not np.allclose((q.map, *q.interval, q.precision_at_10, q.ndcg), wanted, rtol=0, atol=1e-9)
    if eval_json:
        print("differs from msach eval" if wrong else "equal to msach eval")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))

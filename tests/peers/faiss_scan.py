#!/usr/bin/python3
"""FAISS and msach on the same codes in the same run, in turn: exact k nearest by Hamming distance, by looking at all codes.

    faiss_scan.py [MSACH] [N] [BITS] [ROUNDS]

Each round measures msach (`bench search --method scan`), then FAISS's IndexBinaryFlat, with two threads each. Prints a JSON line for
k = 1, 10, 100: medians, and the median of the rounds' ratios with the smallest and largest. Distances are compared first. Debian:
apt-get install python3-faiss python3-numpy.
"""
import json
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import faiss
    import numpy as np
except ImportError as missing:
    print(f"FAISS: skipped, {missing}")
    sys.exit(0)

msach = sys.argv[1] if len(sys.argv) > 1 else "./msach"
n, bits, rounds = (int(sys.argv[i]) if len(sys.argv) > i else d for i, d in ((2, 10000000), (3, 64), (4, 5)))
faiss.omp_set_num_threads(2)


def ours(folder):
    out = subprocess.run([msach, "bench", "search", "--n", str(n), "--bits", str(bits), "--method", "scan", "--rounds", "1",
                          "--threads", "2", "--json", "--dump", folder], check=True, capture_output=True, text=True).stdout
    return {line["k"]: line for line in map(json.loads, out.splitlines())}


with tempfile.TemporaryDirectory() as folder:
    line = ours(folder)
    codes, queries = np.load(f"{folder}/codes.npy"), np.load(f"{folder}/queries.npy")
    index = faiss.IndexBinaryFlat(bits)
    index.add(codes)
    distance = index.search(queries[:1], 10)[0][0]
    count = np.unpackbits(codes ^ queries[0], axis=1).sum(axis=1, dtype=np.int32)
    assert (np.sort(np.partition(count, 10)[:10]) == distance).all()
    del count
    seen = {k: [] for k in line}
    for _ in range(rounds):
        line = ours(folder)
        for k in line:
            start = time.perf_counter()
            index.search(queries, k)
            batch, ones = len(queries) / (time.perf_counter() - start), []
            for q in range(8):
                start = time.perf_counter()
                index.search(queries[q:q + 1], k)
                ones.append(1e3 * (time.perf_counter() - start))
            seen[k].append((line[k]["batch_queries_per_s"], batch, line[k]["one_query_ms"], statistics.median(ones)))
for k, rows in seen.items():
    batch, one = [r[0] / r[1] for r in rows], [r[3] / r[2] for r in rows]
    median = [statistics.median(column) for column in zip(*rows)]
    print(json.dumps({"n": n, "bits": bits, "k": k, "peer": "faiss " + faiss.__version__, "rounds": rounds,
                      "batch_queries_per_s": median[0], "faiss_batch_queries_per_s": median[1],
                      "one_query_ms": median[2], "faiss_one_query_ms": median[3],
                      "batch_ratio": [min(batch), statistics.median(batch), max(batch)],
                      "one_ratio": [min(one), statistics.median(one), max(one)]}))

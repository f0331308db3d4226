#!/usr/bin/env python3
"""Recomputes the figures of a folder that `eval --dump` wrote, with NumPy and scikit-learn, by other means.

    average_precision.py DIR

Prints one line a direction: its name, then the mean over all queries of
  sklearn   average precision by scikit-learn of the run's scores (-rank); queries without relevant item count 0
  map_low   average precision with the relevant items of every tie last
  map_high  ... first
  distances 1 if the order of the run follows the Hamming distances of the codes
"""
import sys
from urllib.parse import unquote

import numpy as np
from sklearn.metrics import average_precision_score


def unpacked(path):
    return np.unpackbits(np.load(path), axis=1, bitorder="little").astype(int)


def read_run(path):
    run = {}
    for line in open(path, encoding="utf-8"):
        query, _, item, rank, score, _ = line.split()
        assert float(score) == -int(rank)
        run.setdefault(unquote(query), []).append((float(score), unquote(item)))
    return run


def plain_average_precision(relevant):
    hits = np.flatnonzero(relevant)
    return float(np.mean(np.arange(1, len(hits) + 1) / (hits + 1))) if len(hits) else 0.0


def main(folder):
    lines = lambda name: open(f"{folder}/{name}", encoding="utf-8").read().split("\n")[:-1]
    query_ids, item_ids = lines("ids_query.txt"), lines("ids_database.txt")
    shared = np.load(f"{folder}/labels_query.npy").astype(int) @ np.load(f"{folder}/labels_database.npy").astype(int).T
    judged = {}
    for line in open(f"{folder}/qrels.txt", encoding="utf-8"):
        query, _, item, grade = line.split()
        judged[unquote(query), unquote(item)] = int(grade)
    for q, query in enumerate(query_ids):
        for i, item in enumerate(item_ids):
            assert judged.get((query, item), 0) == shared[q, i]
    row = {item: i for i, item in enumerate(item_ids)}
    for one, other in (("image", "text"), ("text", "image")):
        query = unpacked(f"{folder}/{one}_codes_query.npy")
        items = unpacked(f"{folder}/{other}_codes_database.npy")
        distance = np.abs(query[:, None, :] - items[None, :, :]).sum(2)
        run = read_run(f"{folder}/run_{one}_to_{other}.txt")
        peer, low, high, follows = [], [], [], 1
        for q, name in enumerate(query_ids):
            relevant = shared[q] > 0
            ranked = [row[item] for _, item in run[name]]
            follows &= sorted(ranked) == list(range(len(item_ids))) and bool((np.diff(distance[q][ranked]) >= 0).all())
            score = np.empty(len(item_ids))
            score[ranked] = [s for s, _ in run[name]]
            peer.append(average_precision_score(relevant, score) if relevant.any() else 0.0)
            low.append(plain_average_precision(relevant[np.lexsort((relevant, distance[q]))]))
            high.append(plain_average_precision(relevant[np.lexsort((~relevant, distance[q]))]))
        print(f"{one}_to_{other} {np.mean(peer):.15f} {np.mean(low):.15f} {np.mean(high):.15f} {int(follows)}")


main(sys.argv[1])

#!/usr/bin/env python3
"""Precision and recall of labels from words (msach import --label-words) against labels given by people.

usage: label_words.py TRUTH.tsv FOUND.tsv [FOUND=TRUTH ...]     manifests with the same ids; FOUND=TRUTH renames a label"""
import csv, sys

csv.field_size_limit(1 << 30)

def labels(path):
    with open(path, encoding='utf-8') as f:
        return {r['id']: set(filter(None, r['labels'].split('|'))) for r in csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE)}

def line(name, hit, wrong, missed):
    print(f'{name:24s} cases {hit + missed:5d}  precision {hit / max(1, hit + wrong):.3f}  recall {hit / max(1, hit + missed):.3f}')

truth, found = labels(sys.argv[1]), labels(sys.argv[2])
rename = dict(word.split('=') for word in sys.argv[3:])
found = {case: {rename.get(label, label) for label in found.get(case, ())} for case in truth}
total = [0, 0, 0]
for name in sorted(set().union(*truth.values())):
    counts = [sum(name in truth[c] and name in found[c] for c in truth), sum(name not in truth[c] and name in found[c] for c in truth),
              sum(name in truth[c] and name not in found[c] for c in truth)]
    total = [a + b for a, b in zip(total, counts)]
    line(name, *counts)
line('all', *total)
print(f'without a label: {sum(not v for v in found.values()) / len(found):.1%}')

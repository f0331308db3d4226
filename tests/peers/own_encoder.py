#!/usr/bin/env python3
"""Your own encoder, from start to end: PyTorch makes features, msach trains, evaluates, indexes, searches and exports them.

The encoder is a residual network with random weights over pictures, and a hashed bag of words over texts. Exits 77, and says why,
without PyTorch or NumPy.  usage: own_encoder.py MSACH FOLDER
"""
import json
import os
import re
import subprocess
import sys
import zlib

try:
    import numpy as np
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError as missing:
    print("own_encoder.py: skipped:", missing)
    sys.exit(77)

BIN, FOLDER = os.path.abspath(sys.argv[1]), sys.argv[2]
SIDE, WIDTH, BUCKETS = 64, 512, 1024


def msach(*arguments):
    done = subprocess.run([BIN, *arguments], cwd=FOLDER, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"msach {' '.join(arguments)}: exit {done.returncode}: {done.stderr}")
    return done.stdout


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.a = nn.Conv2d(inputs, outputs, 3, 2, 1)
        self.b = nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, 2)

    def forward(self, x):
        return F.relu(self.b(F.relu(self.a(x))) + self.shortcut(x))


def picture_features(pictures):
    """(n, 4, WIDTH) of pictures (n, 1, SIDE, SIDE): a token for each quarter."""
    torch.manual_seed(1)
    network = nn.Sequential(Block(1, 32), Block(32, 128), Block(128, WIDTH), nn.AdaptiveAvgPool2d(2)).eval()
    with torch.no_grad():
        out = [network(torch.from_numpy(x)) for x in np.array_split(pictures, max(1, len(pictures) // 64))]
    return torch.cat(out).flatten(2).transpose(1, 2).numpy()


def text_features(texts):
    x = np.zeros((len(texts), BUCKETS), np.float32)
    for i, text in enumerate(texts):
        for word in re.findall(r"\w", text) + re.findall(r"\w+", text.lower()):
            x[i, zlib.crc32(word.encode()) % BUCKETS] += 1
    return np.log1p(x)


os.makedirs(FOLDER, exist_ok=True)
msach("phantom", "-q", "--out", "data", "--cases", "400", "--size", str(SIDE))
rows = [line.split("\t") for line in open(f"{FOLDER}/data/manifest.tsv", encoding="utf-8").read().splitlines()]
head, cases = rows[0], rows[1:]
column = {name: [case[k] for case in cases] for k, name in enumerate(head)}
small = ["--set", "vocab_groups=1", f"image_size={SIDE}", "width=4", "stage1_epochs=1", "stage2_epochs=1"]
msach("train", "-q", "--data", "data/manifest.tsv", "--out", "reader", *small)  # lends its reader of pictures alone
msach("encode", "-q", "--model", "reader", "--data", "data/manifest.tsv", "--as", "image", "--out", "i.npy", "--dump", "pixels")
np.savez(f"{FOLDER}/own.npz", image=picture_features(np.load(f"{FOLDER}/pixels/input.npy")).astype(np.float16),
         text=text_features(column["text"]))
with open(f"{FOLDER}/own.ids.txt", "w", encoding="utf-8") as ids:
    ids.writelines(name + "\n" for name in column["id"])

own = ["--image-features", "own.npz:image", "--text-features", "own.npz:text"]
msach("train", "-q", "--data", "data/manifest.tsv", "--out", "run", *own)
result = json.loads(msach("eval", "-q", "--run", "run", "--json", *own))
for direction in ("image_to_text", "text_to_image"):
    score, random = result[direction]["map"]["expected"], result[direction]["map_random"]
    print(f"{direction}: MAP {score:.3f}, random {random:.3f}")
    assert score > random + 0.05, "features with the labels in them rank no better than chance"
msach("index", "-q", "--model", "run", "--data", "data/manifest.tsv", "--out", "own.idx", *own)
np.save(f"{FOLDER}/query.npy", np.load(f"{FOLDER}/own.npz")["text"][:1])
hits = msach("search", "--model", "run", "--index", "own.idx", "--text-features", "query.npy", "-k", "5", "--tsv").splitlines()[1:]
assert len(hits) == 5
msach("encode", "-q", "--model", "run", "--text-features", "query.npy", "--out", "query-code.npy")
msach("export", "--index", "own.idx", "--to", "npy", "--out", "out")
codes, numbers = np.load(f"{FOLDER}/out/image_codes.npy"), np.load(f"{FOLDER}/out/image_numbers.npy")
distance = np.unpackbits(codes ^ np.load(f"{FOLDER}/query-code.npy")[0], axis=1).sum(axis=1)
names = dict(line.rstrip("\n").split("\t") for line in open(f"{FOLDER}/out/ids.tsv", encoding="utf-8"))
nearest = [(int(distance[i]), names[str(numbers[i])]) for i in np.lexsort((numbers, distance))[:5]]
assert nearest == [(int(h.split("\t")[2]), h.split("\t")[3]) for h in hits], (nearest, hits)
print("search, export and NumPy agree:", nearest[0])
msach("export", "--index", "own.idx", "--to", "pgcopy", "--out", "pg")
msach("export", "--index", "own.idx", "--to", "pgcopy", "--shards", "3", "--out", "pg-shards")
loaded = subprocess.run(["sh", os.path.join(os.path.dirname(os.path.abspath(__file__)), "postgres.sh"), f"{FOLDER}/pg",
                         f"{FOLDER}/pg-shards"], capture_output=True, text=True)
if loaded.returncode == 77:
    print("PostgreSQL: skipped:", loaded.stdout.strip())
else:
    distance = np.unpackbits(codes ^ np.load(f"{FOLDER}/out/text_codes.npy")[0], axis=1).sum(axis=1)
    ten = [f"{numbers[i]}|{distance[i]}" for i in np.lexsort((numbers, distance))[:10]]
    assert loaded.returncode == 0 and loaded.stdout.split()[:20] == 2 * ten, (ten, loaded.stdout, loaded.stderr)
    print("PostgreSQL agrees, by one table and by three shards")
try:
    import msach as library
    with library.Model(f"{FOLDER}/run") as m, library.Index(f"{FOLDER}/own.idx", m) as x:
        found = x.search(m.encode_text(np.load(f"{FOLDER}/query.npy")), k=5)
        assert [(h.distance, h.id) for h in found[0]] == nearest
        images = np.load(f"{FOLDER}/own.npz")["image"]  # (n, 4, WIDTH), float16
        assert (m.encode_image(images) == x.codes("image")[0]).all()
    print("the Python module agrees")
except ImportError as absent:
    print("the Python module: left out:", absent)

#!/usr/bin/env python3
"""Opens a model.safetensors by its published names alone and repeats `msach encode --dump` in PyTorch.

    read_model.py RUN/model.safetensors image|text DUMP [image|text DUMP]

DUMP is the folder of `msach encode --as image|text --dump DUMP`: input.npy, or tokens.npy and subwords.npy, go in; features.npy (c_m)
and scores.npy (before the sign) are compared. Prints two lines a DUMP, `features X` and `scores X`: the largest difference. Every shape and
every size comes from the file's own metadata: nothing of the C code is needed to take the weights elsewhere.
"""
import json
import math
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F


def open_safetensors(path):
    """{name: tensor}, {key: text}: u64 length of the header, the header in JSON, then the data."""
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    meta = header.pop("__metadata__")
    weights = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", name
        begin, end = entry["data_offsets"]
        weights[name] = torch.from_numpy(np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).copy())
    return weights, meta


class Model:
    def __init__(self, path):
        self.p, meta = open_safetensors(path)
        self.blocks, self.layers, self.heads, self.bits = (int(meta[k]) for k in ("blocks", "layers", "heads", "bits"))
        self.views, self.black = int(meta["encode_views"]), -float(meta["mean"]) / float(meta["std"])
        self.buckets, self.transformer = int(meta["buckets"]), int(meta["transformer"])

    def linear(self, x, name):
        return F.linear(x, self.p[name + ".weight"], self.p[name + ".bias"])

    def layer_norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.p[name + ".weight"], self.p[name + ".bias"], 1e-5)

    def conv_bn(self, x, conv, bn, stride):
        w, b = self.p[conv + ".weight"], {k: self.p[f"{bn}.{k}"] for k in ("weight", "bias", "running_mean", "running_var")}
        x = F.conv2d(x, w, stride=stride, padding=w.shape[2] // 2)
        return F.batch_norm(x, b["running_mean"], b["running_var"], b["weight"], b["bias"], False, 0, 1e-5)

    def image_tokens(self, x):
        """Z_v (b,N_v,d) of x (b,1,S,S)."""
        h = F.relu(self.conv_bn(x, "image.stem.conv", "image.stem.bn", 2))
        for stage in range(1, 5):
            for block in range(1, self.blocks + 1):
                name, stride = f"image.stage{stage}.block{block}", 2 if stage > 1 and block == 1 else 1
                y = F.relu(self.conv_bn(h, name + ".conv1", name + ".bn1", stride))
                y = self.conv_bn(y, name + ".conv2", name + ".bn2", 1)
                changed = name + ".shortcut.conv.weight" in self.p
                h = F.relu(y + (self.conv_bn(h, name + ".shortcut.conv", name + ".shortcut.bn", stride) if changed else h))
        return self.linear(h.flatten(2).transpose(1, 2), "image.proj") + self.p["image.pos"]

    def text_tokens(self, word, gram):
        """Z_t (b,n,d) of word ids (b,n), 0 = padding, and n-gram buckets (b,n,G), -1 = none; and which tokens are real (b,n)."""
        real = word != 0
        e = self.p["text.word.weight"][word] + self.p["text.pos"][:word.shape[1]]
        if self.buckets:
            there = (gram >= 0)[..., None]
            rows = self.p["text.subword.weight"][gram.clamp(min=0)] * there
            e = e + rows.sum(2) / there.sum(2).clamp(min=1)
        e = e * real[..., None]
        y = F.conv1d(e.transpose(1, 2), self.p["text.conv.weight"], self.p["text.conv.bias"], padding=1).transpose(1, 2)
        return e + F.relu(y) * real[..., None], real

    def attention(self, x, real, name):
        b, n, d = x.shape
        q, k, v = (y.reshape(b, n, self.heads, d // self.heads).transpose(1, 2) for y in self.linear(x, name + ".qkv").split(d, -1))
        scores = (q @ k.transpose(2, 3) / math.sqrt(d / self.heads)).masked_fill(~real[:, None, None, :], -math.inf)
        return self.linear((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, n, d), name + ".out")

    def context(self, z, u, modality, real):
        """c_m (b,d) = LN( Enc([CLS ; Z + e])_CLS + u ), one modality alone."""
        c = u
        if self.transformer:
            cls = self.p["encoder.cls"].expand(len(z), 1, -1)
            x, real = torch.cat([cls, z + self.p["encoder.modality"][modality]], 1), F.pad(real, (1, 0), value=True)
            for i in range(1, self.layers + 1):
                name = f"encoder.layer{i}"
                x = x + self.attention(self.layer_norm(x, name + ".norm1"), real, name + ".attn")
                y = F.gelu(self.linear(self.layer_norm(x, name + ".norm2"), name + ".ff.in"))
                x = x + self.linear(y, name + ".ff.out")
            c = self.layer_norm(x, "encoder.norm")[:, 0] + u
        return self.layer_norm(c, "output.norm")

    def moved(self, x, right, down):
        """x (b,1,S,S) moved by whole pixels, black where nothing came from."""
        y, side = torch.full_like(x, self.black), x.shape[-1]
        y[..., max(down, 0):side + min(down, 0), max(right, 0):side + min(right, 0)] = \
            x[..., max(-down, 0):side - max(down, 0), max(-right, 0):side - max(right, 0)]
        return y

    def images(self, x):
        """c_v, averaged over the picture and its moved copies where encode_views > 1."""
        moves, step = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)], (x.shape[-1] + 12) // 24
        return sum(self.image_context(self.moved(x, r * step, d * step)) for r, d in moves[:self.views]) / self.views

    def image_context(self, x):
        z = self.image_tokens(x)
        return self.context(z, z.mean(1), 0, torch.ones(z.shape[:2], dtype=torch.bool))

    def texts(self, word, gram):
        z, real = self.text_tokens(word, gram)
        return self.context(z, z.sum(1) / real.sum(1, keepdim=True).clamp(min=1), 1, real)

    def scores(self, c):
        """s = c W_h + b_h (b,q); bit j of a code is 1 iff s_j >= 0."""
        s = self.linear(c, "head")
        assert s.shape[1] == self.bits
        return s


def compare(model, kind, dump):
    def load(name):
        return torch.from_numpy(np.load(f"{dump}/{name}.npy"))

    with torch.no_grad():
        if kind == "image":
            c = model.images(load("input"))
        else:
            c = model.texts(load("tokens").long(), load("subwords").long() if model.buckets else None)
        print("features %.3g" % (c - load("features")).abs().max())
        print("scores %.3g" % (model.scores(c) - load("scores")).abs().max())


def main(path, *dumps):
    model = Model(path)
    for kind, dump in zip(dumps[::2], dumps[1::2]):
        compare(model, kind, dump)


if __name__ == "__main__":
    main(*sys.argv[1:])

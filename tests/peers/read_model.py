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
    """{name: tensor}, {key: text}: u64 length of the header, the header in JSON, then the data. What judges answers is left out."""
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    meta = header.pop("__metadata__")
    weights = {}
    for name, entry in header.items():
        if name.startswith("calibration."):
            continue
        assert entry["dtype"] == "F32", name
        begin, end = entry["data_offsets"]
        weights[name] = torch.from_numpy(np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).copy())
    return weights, meta


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)


def edges(x):
    """(b,324) of pictures x (b,S,S) in [0,1]: gradients in 4 x 4 cells and 9 unsigned angles, blocks of 2 x 2 cells."""
    side, dx, dy = x.shape[1], np.zeros_like(x), np.zeros_like(x)
    dx[:, :, 1:-1], dy[:, 1:-1] = x[:, :, 2:] - x[:, :, :-2], x[:, 2:] - x[:, :-2]
    size, bins = np.hypot(dx, dy), (np.arctan2(dy, dx) % np.pi / np.pi * 9).astype(int).clip(0, 8)
    cell = np.stack([(size * (bins == a)).reshape(-1, 4, side // 4, 4, side // 4).sum((2, 4)) for a in range(9)], -1)
    block = np.concatenate([cell[:, :-1, :-1], cell[:, 1:, :-1], cell[:, :-1, 1:], cell[:, 1:, 1:]], -1)
    block = np.minimum(block / np.sqrt((block**2).sum(-1, keepdims=True) + 1e-3), 0.2)
    return (block / np.sqrt((block**2).sum(-1, keepdims=True) + 1e-6)).reshape(len(x), -1)


def texture(x):
    """(b,236): square roots of the shares of 59 uniform patterns in 2 x 2 cells."""
    steps = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)]
    pattern = sum((np.roll(x, step, (1, 2)) > x).astype(int) << i for i, step in enumerate(steps))
    changes = [sum((c >> i & 1) != (c >> (i + 1) % 8 & 1) for i in range(8)) for c in range(256)]
    uniform = [c for c in range(256) if changes[c] <= 2]
    place = np.array([uniform.index(c) if c in uniform else 58 for c in range(256)])[pattern]
    half = x.shape[1] // 2
    quarters = [place[:, y:y + half, z:z + half].reshape(len(x), -1) for y in (0, half) for z in (0, half)]
    return np.sqrt(np.concatenate([(q[..., None] == np.arange(59)).mean(1) for q in quarters], -1))


class Experts:
    """f_m (b,c): what the closed-form half of stage 1 says of each label."""

    def __init__(self, weights, single):
        self.p, self.single = {k: w.numpy().astype(np.float64) for k, w in weights.items() if k.startswith("expert.")}, single
        self.share = self.p["expert.share"]

    def clip(self, f):
        f = f.clip(0, 1)
        total = f.sum(1, keepdims=True)
        return np.where(total > 0, f / np.maximum(total, 1e-30), 1 / f.shape[1]) if self.single else f

    def images(self, grey):
        """Of whole grey levels (b,S,S)."""
        g, z = np.concatenate([unit(edges(grey / 255)), unit(texture(grey))], -1), self.p["expert.image.landmark"]
        near = np.exp(-3 * ((g[:, None] - z[None])**2).sum(-1))
        return self.clip(near @ self.p["expert.image.weight"] + self.p["expert.mean"])

    def texts(self, word):
        """Of word ids (b,n); the words of the bag are those from id 2 on."""
        idf = self.p["expert.text.idf"]
        bag = np.stack([np.bincount(row[(row >= 2) & (row < 2 + len(idf))] - 2, minlength=len(idf)) for row in word]) * idf
        return self.clip(unit(bag) @ self.p["expert.text.weight"] + self.p["expert.mean"])


class Model:
    def __init__(self, path):
        self.p, meta = open_safetensors(path)
        self.mean, self.std = float(meta["mean"]), float(meta["std"])
        self.semantic, self.single = int(meta.get("semantic", 0)), int(meta.get("single", 0))
        self.experts = Experts(self.p, self.single) if "expert.share" in self.p else None
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

    def seen(self, z, u, real, modality, said):
        """What stage 2 sees: tokens, their mean and which are real, or the semantic token alone. said (b,c): of the experts."""
        if not self.semantic:
            return z, u, real
        logits = self.linear(u, "stage1." + ("image", "text")[modality])
        p = logits.softmax(-1) if self.single else logits.sigmoid()
        if self.experts:
            share = float(self.experts.share[modality])
            p = share * p + (1 - share) * torch.from_numpy(said).float()
        parts, d = torch.cat([p.clamp(min=0).sqrt(), (1 - p).clamp(min=0).sqrt()], -1), u.shape[1]
        psi = sum(F.pad(part, (0, d - part.shape[1])) for part in parts.split(d, -1))
        return psi[:, None], psi, torch.ones(len(psi), 1, dtype=torch.bool)

    def moved(self, x, right, down):
        """x (b,1,S,S) moved by whole pixels, black where nothing came from."""
        y, side = torch.full_like(x, self.black), x.shape[-1]
        y[..., max(down, 0):side + min(down, 0), max(right, 0):side + min(right, 0)] = \
            x[..., max(-down, 0):side - max(down, 0), max(-right, 0):side - max(right, 0)]
        return y

    def images(self, x):
        """c_v, averaged over the picture and its moved copies where encode_views > 1."""
        moves, step = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)], (x.shape[-1] + 12) // 24
        grey = np.rint((x[:, 0].numpy().astype(np.float64) * self.std + self.mean) * 255)
        said = self.experts.images(grey) if self.experts else None
        return sum(self.image_context(self.moved(x, r * step, d * step), said) for r, d in moves[:self.views]) / self.views

    def image_context(self, x, said):
        z = self.image_tokens(x)
        z, u, real = self.seen(z, z.mean(1), torch.ones(z.shape[:2], dtype=torch.bool), 0, said)
        return self.context(z, u, 0, real)

    def texts(self, word, gram):
        z, real = self.text_tokens(word, gram)
        said = self.experts.texts(word.numpy()) if self.experts else None
        z, u, real = self.seen(z, z.sum(1) / real.sum(1, keepdim=True).clamp(min=1), real, 1, said)
        return self.context(z, u, 1, real)

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

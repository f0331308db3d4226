#!/usr/bin/env python3
"""The canonical work of `msach bench train` and `bench encode` in PyTorch: one JSON line with the same fields.

Random weights and data; only time and memory are measured. Each row is a median over repeated calls, as ours.
"""
import argparse
import json
import resource
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

BATCH, SIDE, WIDTH, DIM, TOKENS, WORDS, LAYERS, HEADS, BITS, CLASSES = 64, 128, 32, 128, 64, 4000, 2, 4, 64, 10
TEMPERATURE, OMEGA_T0 = 0.1, 1 / (CLASSES - 1)


def conv_norm(inputs, outputs, kernel, stride):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    """relu(norm(conv(relu(norm(conv(x))))) + shortcut(x))"""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first, self.second = conv_norm(inputs, outputs, 3, stride), conv_norm(outputs, outputs, 3, 1)
        self.shortcut = nn.Identity() if stride == 1 else conv_norm(inputs, outputs, 1, stride)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


class ImageTokens(nn.Module):
    """(b,1,S,S) to (b,(S/16)^2,d)"""

    def __init__(self):
        super().__init__()
        blocks, channels = [conv_norm(1, WIDTH, 3, 2), nn.ReLU()], WIDTH
        for stage in range(4):
            blocks.append(Residual(channels, WIDTH << stage, 1 if stage == 0 else 2))
            channels = WIDTH << stage
        self.body, self.out = nn.Sequential(*blocks), nn.Linear(channels, DIM)
        self.position = nn.Parameter(torch.zeros((SIDE // 16) ** 2, DIM))

    def forward(self, x):
        return self.out(self.body(x).flatten(2).transpose(1, 2)) + self.position


class TextTokens(nn.Module):
    """(b,N_t) to (b,N_t,d)"""

    def __init__(self):
        super().__init__()
        self.word, self.conv = nn.Embedding(WORDS, DIM), nn.Conv1d(DIM, DIM, 3, padding=1)
        self.position = nn.Parameter(torch.zeros(TOKENS, DIM))

    def forward(self, w):
        e = self.word(w) + self.position
        return e + F.relu(self.conv(e.transpose(1, 2))).transpose(1, 2)


class Hashing(nn.Module):
    """Shared pre-norm encoder, hash head, classifier on relaxed codes."""

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(DIM, HEADS, 2 * DIM, 0, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, LAYERS)
        self.cls = nn.Parameter(torch.randn(1, 1, DIM) * 0.02)
        self.kind = nn.Parameter(torch.randn(2, DIM) * 0.02)
        self.head, self.classify = nn.Linear(DIM, BITS), nn.Linear(BITS, CLASSES)

    def context(self, *parts):
        cls = self.cls.expand(parts[0].shape[0], 1, DIM)
        return self.encoder(torch.cat([cls, *parts], 1))[:, 0]


class Work:
    def __init__(self):
        self.image, self.text, self.hashing = ImageTokens(), TextTokens(), Hashing()
        self.image_classifier, self.text_classifier = nn.Linear(DIM, CLASSES), nn.Linear(DIM, CLASSES)
        self.x, self.w = torch.randn(BATCH, 1, SIDE, SIDE), torch.randint(2, WORDS, (BATCH, TOKENS))
        self.y = torch.randint(0, CLASSES, (BATCH,))
        self.same = (self.y[:, None] == self.y[None, :]).float()
        stage1 = nn.ModuleList([self.image, self.text, self.image_classifier, self.text_classifier])
        self.adam = {1: torch.optim.Adam(stage1.parameters(), 1e-3), 2: torch.optim.Adam(self.hashing.parameters(), 1e-3)}

    def update(self, stage, loss):
        self.adam[stage].zero_grad()
        loss.backward()
        self.adam[stage].step()

    def stage1(self):
        image = self.image_classifier(self.image(self.x).mean(1))
        text = self.text_classifier(self.text(self.w).mean(1))
        self.update(1, F.cross_entropy(image, self.y) + F.cross_entropy(text, self.y))

    def cache(self):
        with torch.no_grad():
            self.z = self.image(self.x), self.text(self.w)

    def stage2(self):
        v, t = (z + kind for z, kind in zip(self.z, self.hashing.kind))
        c = [self.hashing.context(v), self.hashing.context(t), self.hashing.context(v, t)]
        h = [torch.tanh(self.hashing.head(x)) for x in c]
        self.update(2, self.contexts_loss(*c) + self.codes_loss(*h))

    def contexts_loss(self, c_v, c_t, c_joint):
        """Alignment both ways, and the joint pass as teacher of both."""
        similarity = F.normalize(c_v, dim=1) @ F.normalize(c_t, dim=1).t() / TEMPERATURE
        own, teacher = torch.arange(BATCH), c_joint.detach()
        contrast = F.cross_entropy(similarity, own) + F.cross_entropy(similarity.t(), own)
        return contrast + F.mse_loss(c_v, teacher) + F.mse_loss(c_t, teacher)

    def codes_loss(self, h_v, h_t, h_joint):
        """Manifold over three pairs, balance, classification of three, quantisation, likelihood."""
        target = (1 + OMEGA_T0) * self.same - OMEGA_T0
        manifold = sum(F.mse_loss(a @ b.t() / BITS, target) for a, b in ((h_v, h_v), (h_t, h_t), (h_v, h_t)))
        balance = sum(h.mean(0).square().sum() for h in (h_v, h_t))
        classes = sum(F.cross_entropy(self.hashing.classify(h), self.y) for h in (h_v, h_t, h_joint))
        code = torch.sign(h_v + h_t).detach()
        quantisation = F.mse_loss(h_v, code) + F.mse_loss(h_t, code)
        theta = h_v @ h_t.t() / 2
        return manifold + balance + classes + quantisation + (F.softplus(theta) - self.same * theta).mean()

    def eval(self):
        for module in (self.image, self.text, self.hashing):
            module.eval()

    def encode(self, tokens, kind):
        return torch.sign(self.hashing.head(self.hashing.context(tokens + self.hashing.kind[kind])))


def median_seconds(call, seconds):
    """Once unmeasured, then for so many seconds, three times at least."""
    call()
    spent, begin = [], time.perf_counter()
    while len(spent) < 3 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        call()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train", "encode"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    out = {"peer": "PyTorch " + torch.__version__, "threads": a.threads, "libraries_mb": peak_mb()}
    work = Work()
    if a.what == "train":
        out["stage1_pairs_per_s"] = BATCH / median_seconds(work.stage1, a.seconds)
        out["stage1_peak_mb"] = peak_mb()
        work.cache()
        out["stage2_pairs_per_s"] = BATCH / median_seconds(work.stage2, a.seconds)
    else:
        work.eval()
        with torch.no_grad():
            images, texts = lambda: work.encode(work.image(work.x), 0), lambda: work.encode(work.text(work.w), 1)
            out["encode_image_per_s"] = BATCH / median_seconds(images, a.seconds)
            out["encode_text_per_s"] = BATCH / median_seconds(texts, a.seconds)
            one = lambda: work.encode(work.image(work.x[:1]), 0)
            out["encode_one_image_ms"] = 1e3 * median_seconds(one, a.seconds)
    left, right = torch.randn(2048, 2048), torch.randn(2048, 2048)
    out["sgemm_gflops"] = 2e-9 * 2048**3 / median_seconds(lambda: left @ right, a.seconds)
    print(json.dumps(out))


if __name__ == "__main__":
    main()

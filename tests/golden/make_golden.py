#!/usr/bin/env python3
"""Golden values from PyTorch in float64: every layer's forward and gradient, one whole step of each stage.

    python3 tests/golden/make_golden.py [FOLDER]        writes layers.bin, stage1.bin, stage2.bin

The forward passes are written from ALGORITHM.md, with the published names and layouts of the weights. Weights and
inputs are not stored: both sides make them by wave() from their names. Stored activations are (b,height,width,channels) as in
the C code; everything else has PyTorch's layout. tests/grad_golden_layers.c and tests/grad_golden_steps.c read the files.

A file: "GOLD", u32 entries; an entry: u32 length of name, name, u32 rank, u32 dims, float64 values; all little-endian.
"""
import math
import os
import struct
import sys
import zlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
MASK = (1 << 64) - 1


def wave(name, *shape, scale=1.0):
    """Numbers in [-scale, scale) that depend on the name alone: SplitMix64 (Steele et al. 2014) of crc32(name) and the place."""
    seed, values = zlib.crc32(name.encode()) << 32, []
    for k in range(math.prod(shape)):
        z = (seed + k + 1) * 0x9E3779B97F4A7C15 & MASK
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        values.append(((z ^ z >> 31) >> 11) * 2.0**-53 * 2 - 1)
    return torch.tensor(values).mul(scale).reshape(shape)


class Golden:
    """Entries by name, in the order of their making."""

    def __init__(self):
        self.entries = {}

    def put(self, name, x):
        assert name not in self.entries, name
        self.entries[name] = torch.as_tensor(x).detach().to(torch.float64).contiguous()

    def write(self, path):
        with open(path, "wb") as f:
            f.write(b"GOLD" + struct.pack("<I", len(self.entries)))
            for name, x in self.entries.items():
                f.write(struct.pack("<I", len(name)) + name.encode())
                f.write(struct.pack("<I%dI" % x.dim(), x.dim(), *x.shape))
                f.write(struct.pack("<%dd" % x.numel(), *x.flatten().tolist()))
        print(path, len(self.entries), "entries,", os.path.getsize(path), "bytes")


def to_nchw(x):
    return x.permute(0, 3, 1, 2)


def to_nhwc(x):
    return x.permute(0, 2, 3, 1)


def token_mask(length, n):
    """(b,n): 1 for real tokens."""
    return (torch.arange(n)[None, :] < torch.tensor(length)[:, None]).double()


# ---- Layers, one by one ----

def layer(g, name, inputs, forward):
    """inputs: {name: shape}. Stores y, and the gradients of mean(y * wave("name/up")) of every input."""
    x = {k: wave(f"{name}/{k}", *shape).requires_grad_() for k, shape in inputs.items()}
    y = forward(*x.values())
    g.put(f"{name}/y", y)
    (y * wave(f"{name}/up", *y.shape)).mean().backward()
    for k in x:
        g.put(f"{name}/grad/{k}", x[k].grad)


def conv(x, w, stride, pad):
    return to_nhwc(F.conv2d(to_nchw(x), w, stride=stride, padding=pad))


def batchnorm(g, name, training, add, relu):
    """Also the running statistics afterwards; before they are 0.5 wave and 1 + 0.5 wave."""
    mean, var = wave(f"{name}/running_mean", 4, scale=0.5), 1 + wave(f"{name}/running_var", 4, scale=0.5)

    def forward(x, gamma, beta, shortcut=None):
        y = to_nhwc(F.batch_norm(to_nchw(x), mean, var, gamma, beta, training, 0.1, 1e-5))
        y = y + shortcut if add else y
        return F.relu(y) if relu else y

    shapes = {"x": (3, 2, 3, 4), "gamma": (4,), "beta": (4,)}
    if add:
        shapes["shortcut"] = (3, 2, 3, 4)
    layer(g, name, shapes, forward)
    g.put(f"{name}/mean_after", mean)
    g.put(f"{name}/var_after", var)


def attention(qkv, heads, length):
    """qkv (b,n,3d): q, then k, then v, heads in order. Returns y (b,n,d), zero at padding, and the softmax (b,heads,n,n)."""
    b, n, d = qkv.shape[0], qkv.shape[1], qkv.shape[2] // 3
    q, k, v = (qkv[..., i * d:(i + 1) * d].reshape(b, n, heads, d // heads).transpose(1, 2) for i in range(3))
    scores = q @ k.transpose(2, 3) / math.sqrt(d / heads)
    mask = token_mask(length, n)
    p = torch.softmax(scores.masked_fill(mask[:, None, None, :] == 0, -math.inf), dim=-1)
    return (p @ v).transpose(1, 2).reshape(b, n, d) * mask[..., None], p


def embedding(word, subword, pos, w, grams, length):
    """E (b,n,d); grams (b,n,g), -1 where there is none."""
    w, grams = torch.tensor(w), torch.tensor(grams)
    real = (grams >= 0).double()[..., None]
    count = real.sum(2).clamp(min=1)
    sub = (subword[grams.clamp(min=0)] * real).sum(2) / count
    e = word[w] + sub + pos[:w.shape[1]]
    return e * token_mask(length, w.shape[1])[..., None]


def conv1d_relu(x, w, b, length):
    """relu(conv1d_3(x)), zero at padding, which counts as zero."""
    mask = token_mask(length, x.shape[1])[..., None]
    y = F.conv1d((x * mask).transpose(1, 2), w, b, padding=w.shape[2] // 2)
    return F.relu(y).transpose(1, 2) * mask


def mean_tokens(x, length):
    mask = token_mask(length, x.shape[1])[..., None]
    return (x * mask).sum(1) / torch.tensor(length).clamp(min=1).double()[:, None]


def sequence(cls, modality, parts):
    """[CLS ; Z + e ; ...], the real tokens of a case first. parts: (modality, Z, length). Returns it and its lengths."""
    b, d, rows, total = parts[0][1].shape[0], cls.shape[0], [], 1 + sum(z.shape[1] for _, z, _ in parts)
    for i in range(b):
        row = [cls[None]] + [z[i, :length[i]] + modality[m] for m, z, length in parts]
        row = torch.cat(row)
        rows.append(torch.cat([row, torch.zeros(total - len(row), d)]))
    return torch.stack(rows), [1 + sum(length[i] for _, _, length in parts) for i in range(b)]


WORDS = [[3, 0, 5, 1], [2, 2, 0, 0], [6, 4, 1, 0]]
GRAMS = [[[0, 7], [-1, -1], [3, -1], [2, 2]], [[1, 4], [5, -1], [0, 0], [0, 0]], [[6, 7], [7, 7], [-1, 3], [0, 0]]]
LENGTHS = [4, 2, 3]


def layers():
    g = Golden()
    layer(g, "conv2d", {"x": (2, 4, 3, 3), "w": (4, 3, 3, 3)}, lambda x, w: conv(x, w, 1, 1))
    layer(g, "conv2d_stride", {"x": (2, 5, 4, 2), "w": (3, 2, 3, 3)}, lambda x, w: conv(x, w, 2, 1))
    layer(g, "conv2d_1x1", {"x": (2, 5, 4, 2), "w": (3, 2, 1, 1)}, lambda x, w: conv(x, w, 2, 0))
    batchnorm(g, "batchnorm", True, False, False)
    batchnorm(g, "batchnorm_relu", True, False, True)
    batchnorm(g, "batchnorm_add_relu", True, True, True)
    batchnorm(g, "batchnorm_running", False, True, True)
    layer(g, "conv1d", {"x": (3, 4, 4), "w": (4, 4, 3), "b": (4,)}, lambda x, w, b: conv1d_relu(x, w, b, [4, 2, 0]))
    layer(g, "layernorm", {"x": (2, 3, 6), "gamma": (6,), "beta": (6,)},
          lambda x, gamma, beta: F.layer_norm(x, (6,), gamma, beta, 1e-5))
    layer(g, "linear", {"x": (2, 3, 5), "w": (4, 5), "b": (4,)}, F.linear)
    layer(g, "relu", {"x": (2, 3, 4)}, F.relu)
    layer(g, "gelu", {"x": (2, 3, 4)}, F.gelu)
    layer(g, "tanh", {"x": (2, 3, 4)}, lambda x: torch.tanh(1.5 * x))
    layer(g, "attention", {"qkv": (3, 4, 12)}, lambda qkv: attention(qkv, 2, [4, 2, 1])[0])
    g.put("attention/cls", attention(wave("attention/qkv", 3, 4, 12), 2, [4, 2, 1])[1][:, :, 0])
    layer(g, "mean_tokens", {"x": (3, 4, 3)}, lambda x: mean_tokens(x, [4, 2, 0]))
    layer(g, "embedding", {"word": (7, 4), "subword": (8, 4), "pos": (5, 4)},
          lambda word, subword, pos: embedding(word, subword, pos, WORDS, GRAMS, LENGTHS))
    layer(g, "sequence", {"cls": (4,), "modality": (2, 4), "v": (3, 2, 4), "t": (3, 4, 4)},
          lambda cls, modality, v, t: sequence(cls, modality, [(0, v, [2, 2, 2]), (1, t, LENGTHS)])[0])
    layer(g, "cross_entropy", {"z": (3, 4)}, lambda z: F.cross_entropy(z, torch.tensor([3, 0, 1])))
    soft = torch.softmax(wave("cross_entropy_soft/target", 3, 4), -1)
    g.put("cross_entropy_soft/target", soft)
    layer(g, "cross_entropy_soft", {"z": (3, 4)}, lambda z: F.cross_entropy(z, soft))
    labels = torch.tensor([[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 0.0]])
    layer(g, "cross_entropy_sigmoid", {"z": (3, 4)}, lambda z: F.binary_cross_entropy_with_logits(z, labels))
    return g


# ---- The model, by published names ----

S, W, D, N_T, TEXT_WORDS, BUCKETS, LAYERS, HEADS, Q, C = 32, 4, 8, 5, 7, 8, 2, 2, 16, 3


def parameter(name, *shape):
    """Norm weights 1 + 0.25 wave, other vectors 0.25 wave, matrices sqrt(6/fan_in) wave."""
    if len(shape) > 1:
        return wave(name, *shape, scale=math.sqrt(6 / math.prod(shape[1:])))
    is_norm = name.endswith("weight")
    return wave(name, *shape, scale=0.25) + (1 if is_norm else 0)


def image_parameters():
    shapes = {}

    def conv_bn(conv_name, bn, ci, co, k):
        shapes[conv_name + ".weight"] = (co, ci, k, k)
        shapes[bn + ".weight"] = shapes[bn + ".bias"] = (co,)

    conv_bn("image.stem.conv", "image.stem.bn", 1, W, 3)
    ci = W
    for stage in range(1, 5):
        co, block = W * 2**(stage - 1), f"image.stage{stage}.block1"
        conv_bn(block + ".conv1", block + ".bn1", ci, co, 3)
        conv_bn(block + ".conv2", block + ".bn2", co, co, 3)
        if stage > 1:
            conv_bn(block + ".shortcut.conv", block + ".shortcut.bn", ci, co, 1)
        ci = co
    shapes |= {"image.proj.weight": (D, ci), "image.proj.bias": (D,), "image.pos": ((S // 16)**2, D)}
    return shapes


STAGE1 = image_parameters() | {
    "text.word.weight": (TEXT_WORDS, D), "text.subword.weight": (BUCKETS, D), "text.pos": (N_T, D),
    "text.conv.weight": (D, D, 3), "text.conv.bias": (D,),
    "stage1.image.weight": (C, D), "stage1.image.bias": (C,), "stage1.text.weight": (C, D), "stage1.text.bias": (C,)}

STAGE2 = {"encoder.cls": (D,), "encoder.modality": (2, D), "encoder.norm.weight": (D,), "encoder.norm.bias": (D,),
          "output.norm.weight": (D,), "output.norm.bias": (D,), "head.weight": (Q, D), "head.bias": (Q,),
          "classifier.weight": (C, Q), "classifier.bias": (C,)}
for number in range(1, LAYERS + 1):
    prefix = f"encoder.layer{number}."
    STAGE2 |= {prefix + k: shape for k, shape in {
        "norm1.weight": (D,), "norm1.bias": (D,), "norm2.weight": (D,), "norm2.bias": (D,),
        "attn.qkv.weight": (3 * D, D), "attn.qkv.bias": (3 * D,), "attn.out.weight": (D, D), "attn.out.bias": (D,),
        "ff.in.weight": (2 * D, D), "ff.in.bias": (2 * D,), "ff.out.weight": (D, 2 * D), "ff.out.bias": (D,)}.items()}


def parameters(shapes):
    return {name: parameter(name, *shape).requires_grad_() for name, shape in shapes.items()}


def image_tokens(p, x, running):
    """Z_v (b,N_v,d) of x (b,1,S,S), in training; running: {bn: (mean, var)}, moved."""

    def conv_bn(h, conv_name, bn, stride):
        w = p[conv_name + ".weight"]
        y = F.conv2d(h, w, stride=stride, padding=w.shape[2] // 2)
        mean, var = running.setdefault(bn, (torch.zeros(w.shape[0]), torch.ones(w.shape[0])))
        return F.batch_norm(y, mean, var, p[bn + ".weight"], p[bn + ".bias"], True, 0.1, 1e-5)

    h = F.relu(conv_bn(x, "image.stem.conv", "image.stem.bn", 2))
    for stage in range(1, 5):
        block, stride = f"image.stage{stage}.block1", 1 if stage == 1 else 2
        y = F.relu(conv_bn(h, block + ".conv1", block + ".bn1", stride))
        y = conv_bn(y, block + ".conv2", block + ".bn2", 1)
        shortcut = conv_bn(h, block + ".shortcut.conv", block + ".shortcut.bn", stride) if stage > 1 else h
        h = F.relu(y + shortcut)
    tokens = h.flatten(2).transpose(1, 2)
    return F.linear(tokens, p["image.proj.weight"], p["image.proj.bias"]) + p["image.pos"]


def text_tokens(p, w, grams, length):
    e = embedding(p["text.word.weight"], p["text.subword.weight"], p["text.pos"], w, grams, length)
    return e + conv1d_relu(e, p["text.conv.weight"], p["text.conv.bias"], length)


def layer_norm(p, x, name):
    return F.layer_norm(x, (D,), p[name + ".weight"], p[name + ".bias"], 1e-5)


def linear(p, x, name):
    return F.linear(x, p[name + ".weight"], p[name + ".bias"])


def encoder(p, x, length):
    for i in range(1, LAYERS + 1):
        name = f"encoder.layer{i}"
        y, _ = attention(linear(p, layer_norm(p, x, name + ".norm1"), name + ".attn.qkv"), HEADS, length)
        x = x + linear(p, y, name + ".attn.out")
        y = F.gelu(linear(p, layer_norm(p, x, name + ".norm2"), name + ".ff.in"))
        x = x + linear(p, y, name + ".ff.out")
    return layer_norm(p, x, "encoder.norm")


def context(p, parts, residual):
    x, length = sequence(p["encoder.cls"], p["encoder.modality"], parts)
    return layer_norm(p, encoder(p, x, length)[:, 0] + residual, "output.norm")


# ---- The loss terms ----

def align(c_v, c_t, relation, tau):
    """relation (b,b): 1 positive, 0 negative, 2 left out."""
    z = F.normalize(c_v, dim=1) @ F.normalize(c_t, dim=1).T / tau
    b, total = len(z), 0
    for z, r in ((z, relation), (z.T, relation.T)):
        for i in range(b):
            if not (r[i] == 0).any():
                continue
            total = total + torch.logsumexp(z[i][r[i] == 1], 0) - torch.logsumexp(z[i][r[i] != 2], 0)
    return -total / (2 * b)


def relations(labels, groups, texts):
    """(b,b): i is positive for itself, and for j of the same group or text that shares a label; negative for j that shares no
    label and is of another group and text; the others are left out (2)."""
    b, shared = len(labels), labels @ labels.T > 0
    r = torch.full((b, b), 2)
    for i in range(b):
        for j in range(b):
            akin = groups[i] == groups[j] or texts[i] == texts[j]
            if i == j or (akin and shared[i, j]):
                r[i, j] = 1
            elif not akin and not shared[i, j]:
                r[i, j] = 0
    return r


def teacher(c_v, c_t, c_vt):
    return ((c_v - c_vt.detach())**2).mean() + ((c_t - c_vt.detach())**2).mean()


def manifold(h_m, h_n, target):
    return ((h_m @ h_n.T / Q - target)**2).mean()


def laplacian(h_v, h_t, k_v, k_t):
    eye, h = torch.eye(len(h_v)), torch.cat([h_v, h_t])
    k = torch.cat([torch.cat([k_v, eye], 1), torch.cat([eye, k_t], 1)])
    return torch.trace(h.T @ (torch.diag(k.sum(1)) - k) @ h) / (len(h_v)**2 * Q)


def balance(h_v, h_t):
    return ((h_v.mean(0)**2).sum() + (h_t.mean(0)**2).sum()) / Q


def quantisation(h_v, h_t):
    code = torch.where(h_v + h_t >= 0, 1.0, -1.0).double()
    return ((h_v - code)**2).mean() + ((h_t - code)**2).mean()


def likelihood(h_v, h_t, similar):
    theta = 0.5 * math.sqrt(32 / Q) * h_v @ h_t.T
    return (F.softplus(theta, threshold=1e9) - similar * theta).mean()


def decorrelation(h_v, h_t):
    b = len(h_v)
    return sum(((h.T @ h / b - torch.eye(Q))**2).mean() for h in (h_v, h_t))


# ---- The graph ----

def graph(u, group, k):
    """K and P = D^-1 K of features u (n,d)."""
    n, distance = len(u), torch.cdist(u, u, compute_mode="donot_use_mm_for_euclid_dist")
    other = torch.tensor([[group[i] != group[j] for j in range(n)] for i in range(n)])
    kth, near = 0, torch.zeros(n, n, dtype=torch.bool)
    for i in range(n):
        order = sorted((j for j in range(n) if other[i, j]), key=lambda j: distance[i, j])[:k]
        near[i, order] = True
        kth += distance[i, order[-1]] / n
    sigma = max(kth, 1e-6 * distance[other].mean(), 1e-12)
    kernel = torch.where(near | near.T, torch.exp(-distance**2 / (2 * sigma**2)), torch.tensor(0.0))
    kernel.fill_diagonal_(1)
    return kernel, kernel / kernel.sum(1, keepdim=True)


def cosines(x, y):
    """(n,n) cosines of rows; 0 with a zero row."""
    return F.normalize(x, dim=1, eps=1e-300) @ F.normalize(y, dim=1, eps=1e-300).T


def target(p_m, p_n, unit_labels, omega, rho, t0):
    s = rho * cosines(p_m, p_n) + (1 - rho) * cosines(p_m @ unit_labels, p_n @ unit_labels)
    return (1 + t0) * (omega * unit_labels @ unit_labels.T + (1 - omega) * s) - t0


# ---- One step of each stage ----

def finish(g, stage, p, loss):
    g.put(f"{stage}/loss", loss)
    loss.backward()
    for name in p:
        g.put(f"{stage}/grad/{name}", p[name].grad)


STEP_WORDS = [[3, 0, 5, 1, 2], [2, 2, 0, 0, 0], [6, 4, 1, 0, 0], [1, 6, 3, 5, 0]]
STEP_GRAMS = [[[0, 7], [-1, -1], [3, -1], [2, 2], [4, 5]], [[1, 4], [5, -1], [0, 0], [0, 0], [0, 0]],
              [[6, 7], [7, 7], [-1, 3], [0, 0], [0, 0]], [[5, 1], [2, 0], [3, 3], [-1, -1], [0, 0]]]
STEP_LENGTHS, STEP_LABELS, STEP_GROUPS = [5, 2, 3, 4], [0, 2, 1, 0], [0, 1, 1, 0]


def stage1():
    """L_1 = CE + CE + eta L_align(u_v, u_t), eta 0.3, tau 0.2; no dropout."""
    g, p, running = Golden(), parameters(STAGE1), {}
    x = wave("stage1/x", 4, S, S, 1)
    z_v = image_tokens(p, to_nchw(x), running)
    z_t = text_tokens(p, STEP_WORDS, STEP_GRAMS, STEP_LENGTHS)
    u_v, u_t = z_v.mean(1), mean_tokens(z_t, STEP_LENGTHS)
    y = torch.tensor(STEP_LABELS)
    terms = [F.cross_entropy(linear(p, u_v, "stage1.image"), y), F.cross_entropy(linear(p, u_t, "stage1.text"), y),
             align(u_v, u_t, relations(F.one_hot(y, C), STEP_GROUPS, [0, 1, 2, 3]), 0.2)]
    for name, value in {"z_v": z_v, "z_t": z_t, "u_v": u_v, "u_t": u_t, "terms": torch.stack(terms)}.items():
        g.put(f"stage1/{name}", value)
    finish(g, "stage1", p, terms[0] + terms[1] + 0.3 * terms[2])
    for bn, (mean, var) in running.items():
        g.put(f"stage1/after/{bn}.running_mean", mean)
        g.put(f"stage1/after/{bn}.running_var", var)
    return g


GROUPS = [0, 0, 1, 2, 3, 3, 4, 5, 6, 7, 7, 8]
LABELS = torch.tensor([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 1, 0], [0, 1, 1], [0, 0, 0], [1, 0, 1],
                       [0, 1, 0], [0, 1, 0], [0, 0, 1.0]])
TEXTS = [0, 1, 2, 3, 4, 5, 6, 3, 8, 9, 4, 11]  # equal numbers: the same tokens
BATCH, BATCH_LENGTHS = [0, 4, 3, 7, 10, 11], [3, 1, 5, 4, 2, 5]
OPTIONS = {"tau": 0.25, "beta": 1.5, "bce": 3.0, "lambda_w": 0.01, "omega": 0.4, "rho": 0.7, "t0": 0.5, "k": 3}
WEIGHTS = [0.3, 0.5, 0.7, 2, 0.2, 0.4, 0.6]  # align, manifold, balance, classification, quantisation, likelihood, decorrelation


def stage2():
    g, p, o, b = Golden(), parameters(STAGE2), OPTIONS, len(BATCH)
    all_u = [wave(f"stage2/u_{m}", len(GROUPS), D) for m in "vt"]
    u_v, u_t = (u[BATCH] for u in all_u)
    z_v, z_t = wave("stage2/z_v", b, 4, D), wave("stage2/z_t", b, N_T, D)
    image, text = (0, z_v, [4] * b), (1, z_t, BATCH_LENGTHS)
    c = [context(p, [image], u_v), context(p, [text], u_t), context(p, [image, text], (u_v + u_t) / 2)]
    s = [linear(p, x, "head") for x in c]
    h = [torch.tanh(o["beta"] * x) for x in s]

    y, unit = LABELS[BATCH], F.normalize(LABELS, dim=1)
    (k_v, p_v), (k_t, p_t) = (graph(u, GROUPS, o["k"]) for u in all_u)
    pairs = {"vv": (p_v, p_v, h[0], h[0]), "tt": (p_t, p_t, h[1], h[1]), "vt": (p_v, p_t, h[0], h[1])}
    targets = {name: target(m, n, unit, o["omega"], o["rho"], o["t0"])[BATCH][:, BATCH]
               for name, (m, n, _, _) in pairs.items()}
    relation = relations(y, [GROUPS[i] for i in BATCH], [TEXTS[i] for i in BATCH])
    terms = [
        align(c[0], c[1], relation, o["tau"]) + teacher(*c),
        sum(manifold(m, n, targets[name]) for name, (_, _, m, n) in pairs.items()),
        balance(h[0], h[1]),
        sum(o["bce"] * F.binary_cross_entropy_with_logits(linear(p, x, "classifier"), y) for x in h)
        + o["lambda_w"] * (p["classifier.weight"]**2).sum(),
        quantisation(h[0], h[1]),
        likelihood(h[0], h[1], (y @ y.T > 0).double()),
        decorrelation(h[0], h[1]),
    ]
    block = [k[BATCH][:, BATCH] for k in (k_v, k_t)]
    for m, name in enumerate(("v", "t", "vt")):
        g.put(f"stage2/c_{name}", c[m])
        g.put(f"stage2/s_{name}", s[m])
    g.put("stage2/relation", relation)
    g.put("stage2/labels", LABELS)
    for name, value in targets.items():
        g.put(f"stage2/target_{name}", value)
    for m, name in enumerate("vt"):
        g.put(f"stage2/kernel_{name}", block[m])
    g.put("stage2/terms", torch.stack(terms))
    g.put("stage2/laplacian", laplacian(h[0], h[1], *block))
    finish(g, "stage2", p, sum(w * t for w, t in zip(WEIGHTS, terms)))
    return g


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for file, make in (("layers", layers), ("stage1", stage1), ("stage2", stage2)):
        make().write(os.path.join(folder, file + ".bin"))

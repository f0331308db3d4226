#!/usr/bin/env python3
"""Random cases by Pillow, pydicom, DCMTK, NumPy, Python's codecs and csv, and scikit-learn, beside what msach makes of them.

usage: differential.py PROGRAM [--cases N] [--seed N] [--only KIND]

PROGRAM is build/release/differential. A case that differs is kept in build/differential and named with its seed. Exit 1 where one differs."""
import argparse, codecs, csv, io, itertools, os, random, struct, subprocess, sys, tempfile

KEPT = 'build/differential'

def found(module):
    try:
        return __import__(module, fromlist=['x'])
    except ImportError:
        return None

np, PILImage, pydicom, metrics = found('numpy'), found('PIL.Image'), found('pydicom'), found('sklearn.metrics')

def ours(program, kind, cases):
    with tempfile.NamedTemporaryFile() as f:
        for c in cases:
            f.write(struct.pack('<I', len(c)) + c)
        f.flush()
        out = subprocess.run([program, kind, f.name], stdout=subprocess.PIPE, check=True).stdout.decode()
    lines = out.split('\n')[:-1]
    assert len(lines) == len(cases), f'{len(lines)} answers to {len(cases)} cases'
    return lines

# ---- Pictures ----

def luma(rgb):
    v = rgb.astype(np.int64)
    return (299 * v[..., 0] + 587 * v[..., 1] + 114 * v[..., 2] + 500) // 1000

def sixteen(v):
    """16-bit samples as bytes: scaled where they span less than a quarter of the range, unless all are 8-bit samples (pixels.h)."""
    v = v.astype(np.int64)
    low, high = v.min(), v.max()
    eight = (v % 257 == 0).all() or (v % 256 == 0).all()
    if high > low and high - low < 16384 and not eight:
        return np.floor((v - low) * 255 / (high - low) + 0.5).astype(np.int64)
    return v >> 8

def pixels_of(line):
    if line.startswith('refused'):
        return None
    w, h, text = line.split(' ')
    return np.frombuffer(bytes.fromhex(text), np.uint8).reshape(int(h), int(w)).astype(np.int64)

def near(line, expected, most, mean):
    got = pixels_of(line)
    if got is None or got.shape != expected.shape:
        return False
    off = np.abs(got - expected)
    return off.max() <= most and off.mean() <= mean

def near_jpeg(line, expected):
    """Both read luma alone: only their inverse transforms round differently."""
    return near(line, expected, 1, 1)

def noise(r, shape, high):
    """Noise, or a smooth field, which compresses as photographs do."""
    g = np.random.default_rng(r.getrandbits(32))
    if r.random() < 0.5:
        return g.integers(0, high + 1, shape)
    y, x = np.mgrid[:shape[0], :shape[1]]
    field = 0.5 + 0.5 * np.sin(x / r.uniform(2, 20) + r.random() * 6) * np.cos(y / r.uniform(2, 20))
    return (np.repeat(field[..., None], shape[2], 2) if len(shape) == 3 else field) * high // 1

def png(r):
    mode = r.choice(['1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'I;16'])
    w, h, out = r.randint(1, 24), r.randint(1, 24), io.BytesIO()
    if mode == 'I;16':
        v = noise(r, (h, w), r.choice([255, 1023, 4095, 40000, 65535])).astype('<u2')
        PILImage.fromarray(v).save(out, 'PNG')
        return out.getvalue(), sixteen(v)
    depth = {'1': 1, 'L': 1, 'P': 3, 'RGB': 3, 'LA': 2, 'RGBA': 4}[mode]
    v = noise(r, (h, w, depth), 255).astype(np.uint8)
    im = PILImage.fromarray(v[..., 0] if depth == 1 else v)
    if mode == '1':
        im = im.point(lambda p: 255 if p > 127 else 0).convert('1')
    if mode == 'P':
        im = im.quantize(r.choice([2, 4, 16, 256]))
    im.save(out, 'PNG', compress_level=r.randint(0, 9))
    read = PILImage.open(io.BytesIO(out.getvalue()))
    read = read.getchannel(0) if mode == 'LA' else read.convert('L') if mode in ('1', 'L') else read.convert('RGB')
    v = np.asarray(read)
    return out.getvalue(), (luma(v) if v.ndim == 3 else v.astype(np.int64))

def jpeg(r):
    colour, out = r.random() < 0.6, io.BytesIO()
    shape = (r.randint(1, 40), r.randint(1, 40)) + ((3,) if colour else ())
    im = PILImage.fromarray(noise(r, shape, 255).astype(np.uint8))
    im.save(out, 'JPEG', quality=r.randint(5, 100), progressive=r.random() < 0.4, optimize=r.random() < 0.5,
            subsampling=r.choice([0, 1, 2]) if colour else -1)
    read = PILImage.open(io.BytesIO(out.getvalue()))
    read.draft('L', None)  # luma alone, before it is mixed into RGB
    return out.getvalue(), np.asarray(read).astype(np.int64)

def dataset(r):
    """A random uncompressed data set and its pixels before any window."""
    d = pydicom.Dataset()
    d.file_meta = pydicom.dataset.FileMetaDataset()
    d.is_little_endian, d.is_implicit_VR = True, r.random() < 0.5
    d.file_meta.TransferSyntaxUID = '1.2.840.10008.1.2' if d.is_implicit_VR else '1.2.840.10008.1.2.1'
    d.SOPClassUID, d.SOPInstanceUID = '1.2.840.10008.5.1.4.1.1.7', '1.2.3'
    d.file_meta.MediaStorageSOPClassUID, d.file_meta.MediaStorageSOPInstanceUID = d.SOPClassUID, d.SOPInstanceUID
    d.Rows, d.Columns, d.BitsAllocated = r.randint(1, 20), r.randint(1, 20), r.choice([8, 16])
    d.BitsStored = d.BitsAllocated if d.BitsAllocated == 8 else r.choice([10, 12, 16])
    d.HighBit, d.PixelRepresentation, d.SamplesPerPixel = d.BitsStored - 1, r.randint(0, 1), 1
    d.PhotometricInterpretation = r.choice(['MONOCHROME1', 'MONOCHROME2'])
    v = noise(r, (d.Rows, d.Columns), 2 ** d.BitsStored - 1).astype(np.int64)
    if d.PixelRepresentation:
        v -= 2 ** (d.BitsStored - 1)
    d.PixelData = v.astype({8: 'i1', 16: '<i2'}[d.BitsAllocated] if d.PixelRepresentation else {8: 'u1', 16: '<u2'}[d.BitsAllocated]).tobytes()
    if len(d.PixelData) % 2:
        d.PixelData += b'\0'
    return d, v

def dicom(r):
    """Always with a window: without one the choice of the range is ours."""
    d, v = dataset(r)
    d.RescaleSlope, d.RescaleIntercept = r.choice([1, 2, 0.5]), r.choice([0, -1024, 7])
    d.WindowCenter, d.WindowWidth = r.randint(-200, 2 ** d.BitsStored), r.randint(2, 2 ** d.BitsStored)
    out = io.BytesIO()
    pydicom.dcmwrite(out, d, write_like_original=False)
    c, w, x = float(d.WindowCenter), float(d.WindowWidth), v * float(d.RescaleSlope) + float(d.RescaleIntercept)
    grey = np.clip((x - (c - 0.5)) / (w - 1) + 0.5, 0, 1) * 255
    return out.getvalue(), np.floor((255 - grey if d.PhotometricInterpretation == 'MONOCHROME1' else grey) + 0.5).astype(np.int64)

def dcmtk(r):
    """DCMTK rounds what the rescale slope gives to whole numbers, so slopes of 0.5 are left out."""
    bytes_, _ = dicom(r)
    if pydicom.dcmread(io.BytesIO(bytes_)).RescaleSlope == 0.5:
        return None
    with tempfile.TemporaryDirectory() as folder:
        open(folder + '/a.dcm', 'wb').write(bytes_)
        done = subprocess.run(['dcmj2pnm', '+op', '+Wi', '1', folder + '/a.dcm', folder + '/a.pgm'], stderr=subprocess.DEVNULL)
        if done.returncode != 0:
            return None
        return bytes_, np.asarray(PILImage.open(folder + '/a.pgm')).astype(np.int64)

# ---- Arrays, texts, tables, rankings: what must be printed, exactly ----

def npy(r):
    kind = r.choice(['bool', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'f2', 'f4', 'f8'])
    shape = tuple(r.randint(0 if r.random() < 0.1 else 1, 6) for _ in range(r.randint(1, 4)))
    a = np.random.default_rng(r.getrandbits(32)).normal(0, 100, shape).astype('f8')
    a = np.clip(a, 0, None) if kind[0] == 'u' else a
    a = np.clip(a, -127, 127).astype(r.choice('<>') + kind if kind != 'bool' else kind)
    if r.random() < 0.3:
        a = np.asfortranarray(a)
    out = io.BytesIO()
    np.lib.format.write_array(out, a, version=r.choice([(1, 0), (2, 0)]))
    wide = {'i2': 'i4', 'u2': 'i4', 'u4': 'i8', 'f2': 'f4'}.get(kind, kind)
    plain = np.ascontiguousarray(a).astype(('<' if kind != 'bool' else '') + wide)
    return out.getvalue(), f'{plain.dtype.newbyteorder("=").name} {",".join(map(str, a.shape))} {plain.tobytes().hex()}'

HANZI = [bytes([a, b]).decode('gb2312') for a in range(0xB0, 0xD8) for b in range(0xA1, 0xFF) if not (a == 0xD7 and b > 0xF9)]

def gb18030(r):
    """Common characters by evidence, which may be refused (their order is random) but not read otherwise; or any characters where the
    encoding is asked for."""
    asked = r.random() < 0.5
    def piece():
        if asked:
            c = r.choice([r.randrange(0x80, 0xD800), r.randrange(0xE000, 0xE5E5), r.randrange(0xF900, 0xFE10), r.randrange(0x10000, 0x110000)])
            return chr(c)
        return ''.join(r.choice(HANZI) for _ in range(r.randint(4, 12))) + r.choice(['，', '。', ' 12 mm ', '\n'])
    text = ''.join(piece() for _ in range(r.randint(1, 12)))
    if asked:
        text = 'a' + text
    return bytes([asked]) + text.encode('gb18030'), ('' if asked else 'or refused ') + text.encode().hex()

def table(r):
    end = r.choice(['\n', '\r\n']) # the writer leaves a lone CR outside quotes only where lines end without one
    letters = 'ab ,;"\n\té囊' + ('\r' if end == '\r\n' else '')
    columns = r.randint(2, 5)
    rows = [[''.join(r.choice(letters) for _ in range(r.randint(0, 6))) for _ in range(columns)] for _ in range(r.randint(1, 6))]
    out = io.StringIO()
    csv.writer(out, quoting=r.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), lineterminator=end).writerows(rows)
    read = list(csv.reader(io.StringIO(out.getvalue(), newline=''), strict=True))
    return out.getvalue().encode(), ''.join(','.join(f.encode().hex() for f in row) + ';' for row in read if any(row) or len(row) > 1)

def ap_of(order):
    if metrics and any(order):
        return metrics.average_precision_score(order, [-i for i in range(len(order))])
    hits = [(i, sum(order[:i + 1])) for i, x in enumerate(order) if x]
    return sum(h / (i + 1) for i, h in hits) / max(1, len(hits))

def ranking(r):
    groups = [(n, r.randint(0, n)) for n in (r.randint(0, 4) for _ in range(r.randint(1, 5)))]
    def order(first):
        return [x for n, k in groups for x in sorted([1] * k + [0] * (n - k), reverse=first)]
    # The expected value: each group's orders are independent of the others'.
    total, before, seen, relevant = 0.0, 0, 0, sum(k for _, k in groups)
    for n, k in groups:
        orders = list(itertools.combinations(range(n), k))
        total += sum((seen + j + 1) / (before + at + 1) for o in orders for j, at in enumerate(o)) / len(orders)
        before, seen = before + n, seen + k
    return b''.join(struct.pack('<II', *g) for g in groups), [ap_of(order(False)), total / max(1, relevant), ap_of(order(True))]

# ---- The whole ----

def equal(line, expected):
    return line == expected

def equal_or_refused(line, expected):
    return line == expected.replace('or refused ', '') or (expected.startswith('or') and line.startswith('refused'))

def equal_numbers(line, expected):
    return not line.startswith('refused') and all(abs(float(a) - b) < 1e-12 for a, b in zip(line.split(), expected))

def have(program):
    return any(os.access(os.path.join(p, program), os.X_OK) for p in os.environ['PATH'].split(':'))

# name, what msach's part is called, maker, comparison, what it needs, share of the cases
KINDS = [
    ('PNG by Pillow', 'image', png, lambda l, e: near(l, e, 0, 0), np and PILImage, 1),
    ('JPEG by Pillow', 'image', jpeg, near_jpeg, np and PILImage, 1),
    ('DICOM by pydicom', 'image', dicom, lambda l, e: near(l, e, 1, 1), np and pydicom, 1),
    ('DICOM by DCMTK', 'image', dcmtk, lambda l, e: near(l, e, 1, 1), np and pydicom and PILImage and have('dcmj2pnm'), 10),
    ('npy by NumPy', 'npy', npy, equal, np, 1),
    ('GB18030 by Python', 'text', gb18030, equal_or_refused, True, 1),
    ('CSV by Python', 'csv', table, equal, True, 1),
    ('average precision by scikit-learn and enumeration', 'ap', ranking, equal_numbers, metrics, 1),
]

def main():
    p = argparse.ArgumentParser()
    p.add_argument('program')
    p.add_argument('--cases', type=int, default=10000)
    p.add_argument('--seed', type=int, default=random.SystemRandom().getrandbits(30))
    p.add_argument('--only', default='')
    a = p.parse_args()
    bad = 0
    for name, kind, make, same, there, share in KINDS:
        if a.only.lower() not in name.lower():
            continue
        if not there:
            print(f'{name}: SKIPPED: the peer is not installed')
            continue
        cases = [c for i in range(max(1, a.cases // share)) if (c := make(random.Random(f'{name} {a.seed} {i}')))]
        lines = ours(a.program, kind, [c[0] for c in cases])
        wrong = [i for i, (line, c) in enumerate(zip(lines, cases)) if not same(line, c[1])]
        print(f'{name}: {len(cases)} cases, seed {a.seed}, {len(wrong)} differ')
        for i in wrong[:5]:
            os.makedirs(KEPT, exist_ok=True)
            path = f'{KEPT}/{name.split()[0]}-{a.seed}-{i}'
            open(path, 'wb').write(cases[i][0])
            open(path + '.expected', 'w').write(str(cases[i][1]))
            open(path + '.ours', 'w').write(lines[i])
            print(f'  kept: {path}')
        bad += len(wrong)
    sys.exit(bad > 0)

main()

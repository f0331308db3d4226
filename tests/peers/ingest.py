#!/usr/bin/env python3
"""`msach index` and a pipeline of PyTorch, Pillow and pydicom on the same picture files in turns: pictures a second, and peak memory.

    /usr/bin/python3 tests/peers/ingest.py ./msach MODEL [--folder build/ingest] [--rounds 3] [--threads 2]

Both decode, shrink to the model's side, normalise and encode into codes of 64 bits. The peer is a DataLoader with as many workers as
threads, and the network of torch_steps.py in the model's sizes. Its clock starts after the imports; that of msach is the whole command.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import time

# name, suffix, width, height, files
SETS = [("PNG, 96 x 96", "png", 96, 96, 512), ("JPEG, 0.5 megapixels", "jpg", 816, 612, 128),
        ("JPEG, 2 megapixels", "jpg", 1632, 1224, 64), ("DICOM, 512 x 512, 16 bits", "dcm", 512, 512, 128)]


def write_dicom(path, pixels):
    import pydicom
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid
    meta = pydicom.dataset.FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, "1.2.840.10008.5.1.4.1.1.6.1"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    d = pydicom.dataset.FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
    d.SOPClassUID, d.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    d.Rows, d.Columns = pixels.shape
    d.SamplesPerPixel, d.PhotometricInterpretation, d.PixelRepresentation = 1, "MONOCHROME2", 0
    d.BitsAllocated, d.BitsStored, d.HighBit = 16, 12, 11
    d.WindowCenter, d.WindowWidth = 2048, 4096
    d.PixelData, d.is_little_endian, d.is_implicit_VR = pixels.tobytes(), True, False
    d.save_as(path, write_like_original=False)


def make_files(msach, folder, kind, suffix, width, height, n):
    """Phantoms enlarged to the size of the set, each with speckle of its own; a manifest of them."""
    import numpy
    from PIL import Image
    phantoms = os.path.join(folder, "phantoms")
    if not os.path.isdir(phantoms):
        subprocess.run([msach, "phantom", "-q", "--cases", "32", "--out", phantoms], check=True, stdout=subprocess.DEVNULL)
    pictures = sorted(os.listdir(os.path.join(phantoms, "images")))
    to = os.path.join(folder, kind)
    os.makedirs(to, exist_ok=True)
    random = numpy.random.default_rng(1)
    names = [f"{i}.{suffix}" for i in range(n)]
    for i, name in enumerate(names):
        gray = Image.open(os.path.join(phantoms, "images", pictures[i % len(pictures)])).convert("L").resize((width, height))
        pixels = numpy.clip(numpy.asarray(gray) * random.normal(1, 0.15, (height, width)), 0, 255)
        path = os.path.join(to, name)
        if suffix == "dcm":
            write_dicom(path, (pixels * 16).astype("uint16"))
        else:
            Image.fromarray(pixels.astype("uint8")).convert("RGB" if suffix == "jpg" else "L").save(path, quality=90)
    return to, names


def write_manifest(to, names, times):
    """The same files `times` over, under other ids."""
    path = os.path.join(to, f"manifest{times}.tsv")
    with open(path, "w", encoding="utf-8") as out:
        out.write("id\timage\ttext\tlabels\n")
        for t in range(times):
            for name in names:
                out.write(f"{t}_{name}\t{name}\t\t\n")
    return path


def index_seconds(msach, model, manifest, threads):
    """Seconds and peak memory in MB of the whole command. A child of this process would count this process's own peak as its peak."""
    command = [msach, "index", "-q", "--model", model, "--data", manifest, "--out", manifest + ".idx", "--threads", str(threads)]
    begin = time.perf_counter()
    done = subprocess.run(["/usr/bin/time", "-f", "%M"] + command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("msach index failed: " + done.stderr)
    return time.perf_counter() - begin, int(done.stderr.split()[-1]) * 1024 / 1e6


class Pictures:
    """One decoded, shrunk and normalised picture (1,side,side) an item."""

    def __init__(self, folder, names, side, draft):
        self.paths, self.side, self.draft = [os.path.join(folder, n) for n in names], side, draft

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        import numpy
        import torch
        from PIL import Image
        path = self.paths[i]
        if path.endswith(".dcm"):
            import pydicom
            d = pydicom.dcmread(path)
            gray = Image.fromarray(numpy.clip((d.pixel_array - (d.WindowCenter - d.WindowWidth / 2)) * (255 / d.WindowWidth), 0, 255).astype("uint8"))
        else:
            picture = Image.open(path)
            if self.draft:
                picture.draft("L", (self.side, self.side))
            gray = picture.convert("L")
        small = numpy.asarray(gray.resize((self.side, self.side), Image.BILINEAR), dtype="float32")
        return torch.from_numpy((small / 255 - 0.22) / 0.22)[None]


def peer_seconds(work, pictures, threads, batch):
    import torch
    begin = time.perf_counter()
    loader = torch.utils.data.DataLoader(pictures, batch_size=batch, num_workers=threads)
    with torch.no_grad():
        codes = [work.encode(work.image(x), 0) for x in loader]
    assert sum(len(c) for c in codes) == len(pictures)
    return time.perf_counter() - begin


def peer_of(model_facts, threads):
    """The network in the model's sizes."""
    import torch
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import torch_steps
    torch.set_num_threads(threads)
    torch_steps.SIDE, torch_steps.WIDTH, torch_steps.LAYERS = model_facts["side"], model_facts["width"], model_facts["layers"]
    work = torch_steps.Work()
    work.eval()
    return work


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("msach")
    parser.add_argument("model")
    parser.add_argument("--folder", default="build/ingest")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--width", type=int, default=24, help="of the model; its side and layers are read from it")
    a = parser.parse_args()
    try:
        import numpy, PIL, pydicom, torch  # noqa: F401
    except ImportError as missing:
        print("ingest: skipped:", missing)
        return
    facts = subprocess.run([a.msach, "inspect", a.model], stdout=subprocess.PIPE, text=True, check=True).stdout
    side, layers = int(re.search(r"images +(\d+) x", facts)[1]), int(re.search(r"encoder +(\d+) layers", facts)[1])
    work = peer_of({"side": side, "width": a.width, "layers": layers}, a.threads)
    print(f"{a.threads} threads, {a.rounds} rounds in turns, medians; the model takes {side} x {side} pixels\n")
    print(f"{'':28}{'msach':>10}{'peer':>10}{'ratio':>7}{'reduced':>10}{'MB, once':>10}{'4 times':>10}")
    for kind, suffix, width, height, n in SETS:
        folder, names = make_files(a.msach, a.folder, kind.replace(" ", "_").replace(",", ""), suffix, width, height, n)
        ours, theirs, reduced = [], [], []
        once = write_manifest(folder, names, 1)
        for _ in range(a.rounds):
            ours.append(n / index_seconds(a.msach, a.model, once, a.threads)[0])
            theirs.append(max(n / peer_seconds(work, Pictures(folder, names, side, False), a.threads, b) for b in (16, 64)))
            if suffix == "jpg":
                reduced.append(n / peer_seconds(work, Pictures(folder, names, side, True), a.threads, 16))
        memory = [index_seconds(a.msach, a.model, write_manifest(folder, names, times), a.threads)[1] for times in (1, 4)]
        own, peer = statistics.median(ours), statistics.median(theirs)
        less = f"{statistics.median(reduced):10.0f}" if reduced else f"{'-':>10}"
        print(f"{kind:28}{own:10.0f}{peer:10.0f}{own / peer:7.2f}{less}{memory[0]:10.0f}{memory[1]:10.0f}", flush=True)


if __name__ == "__main__":
    main()

"""msach.py against the command: usage: test_msach.py WORK, with WORK/set (60 phantoms), WORK/run, WORK/set.idx and WORK/wanted, the hits of
`msach search --text "anechoic cyst" --tsv`; WORK/less.idx, without case0007; WORK/own, trained on WORK/image/stage1.npy and
WORK/text/stage1.npy, and its codes of both, WORK/own-image.npy and WORK/own-text.npy. check_install.sh calls it with the installed
module and library."""
import csv
import gc
import os
import signal
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import msach
import numpy as np

WORK = Path(sys.argv.pop(1))
RUN, INDEX = WORK / "run", WORK / "set.idx"
with open(WORK / "set" / "manifest.tsv", encoding="utf-8") as f:
    CASES = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
PICTURES = [WORK / "set" / case["image"] for case in CASES]
TEXTS = [case["text"].replace("\\n", "\n").replace("\\t", "\t") for case in CASES]


def read_png(path):
    """The pixels of an 8-bit grey PNG, by zlib alone."""
    import struct
    import zlib
    data, at, raw = path.read_bytes(), 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", data[at + 8:at + 18])
        if kind == b"IDAT":
            raw += data[at + 8:at + 8 + size]
        at += 12 + size
    assert (depth, colour) == (8, 0)
    rows, out = np.frombuffer(zlib.decompress(raw), np.uint8).reshape(height, width + 1), np.zeros((height, width), int)
    for y, row in enumerate(rows):
        for x in range(width):
            left, up = (out[y, x - 1] if x else 0), (out[y - 1, x] if y else 0)
            corner = out[y - 1, x - 1] if x and y else 0
            p = left + up - corner
            paeth = min((abs(p - left), 0, left), (abs(p - up), 1, up), (abs(p - corner), 2, corner))[2]
            out[y, x] = (row[x + 1] + (0, left, up, (left + up) // 2, paeth)[row[0]]) % 256
    return out.astype(np.uint8)


def expected_ap(relevant, distance):
    """Average precision expected over ties, by exact sums (McSherry and Najork 2008)."""
    total, above, seen = 0.0, 0, 0
    for d in np.unique(distance):
        tie = relevant[distance == d]
        n, r = len(tie), int(tie.sum())
        for i in range(1, n + 1):
            if r:
                total += r / n * (above + 1 + (i - 1) * (r - 1) / max(n - 1, 1)) / (seen + i)
        above, seen = above + r, seen + n
    return total / relevant.sum() if relevant.any() else 0.0


def distances(a, b):
    return (msach.unpack(a)[:, None] != msach.unpack(b)[None]).sum(2)


class Python(unittest.TestCase):
    def test_the_first_lines_of_the_documentation(self):
        wanted = [line.split("\t") for line in (WORK / "wanted").read_text().splitlines()]
        with msach.Model(RUN) as m, msach.Index(INDEX, m) as x:
            hits = x.search(m.encode_text("anechoic cyst"), k=10)
            self.assertEqual([[str(i + 1), str(h.distance), h.id] for i, h in enumerate(hits)], wanted)
            self.assertEqual((len(x), x.rows, x.bits, m.bits), (60, 60, 64, 64))
            case = CASES[hits[0].row]
            self.assertEqual((hits[0].id, hits[0].text, "|".join(hits[0].labels)),
                             (case["id"], TEXTS[hits[0].row], case["labels"]))
            self.assertEqual(x.find("case0007"), 6)
            with self.assertRaises(KeyError):
                x.find("nobody")

    def test_codes_are_those_of_the_index_from_paths_bytes_and_arrays(self):
        with msach.Model(RUN) as m, msach.Index(INDEX) as x:
            image, present = x.codes("image")
            self.assertTrue(present.all())
            np.testing.assert_array_equal(m.encode_text(TEXTS), x.codes("text")[0])
            np.testing.assert_array_equal(m.encode_image(PICTURES), image)
            np.testing.assert_array_equal(m.encode_image([p.read_bytes() for p in PICTURES]), image)
            pixels = np.stack([read_png(p) for p in PICTURES[:5]])
            np.testing.assert_array_equal(m.encode_image(pixels[..., None]), image[:5])
            np.testing.assert_array_equal(m.encode_image(list(np.repeat(pixels[..., None], 3, 3))), image[:5])
            wide = np.full((pixels.shape[1], 200), 255, np.uint8)
            wide[:, :pixels.shape[2]] = pixels[3]
            for view in (pixels[3], wide[:, :pixels.shape[2]], np.asfortranarray(pixels[3])):
                np.testing.assert_array_equal(m.encode_image(view), image[3])
            self.assertEqual(m.encode_text([]).shape, (0, 8))

    def test_batches_are_longer_than_a_tile_and_scores_give_the_bits(self):
        with msach.Model(RUN) as m:
            some = [TEXTS[i % 60] for i in range(300)]
            e = m.encode(some, "text", scores=True, features=True)
            self.assertEqual((e.codes.shape, e.scores.shape, e.features.shape), ((300, 8), (300, 64), (300, m.features)))
            np.testing.assert_array_equal(msach.pack(e.scores), e.codes)
            np.testing.assert_array_equal(e.codes[:60], e.codes[240:])
            np.testing.assert_array_equal(e.features[:60], e.features[240:])
            self.assertIsNone(m.encode(some[:2], "text", codes=False, scores=True).codes)

    def test_features_of_another_program(self):
        with msach.Model(WORK / "own") as m:
            for kind, encode in (("image", m.encode_image), ("text", m.encode_text)):
                x, wanted = np.load(WORK / kind / "stage1.npy"), np.load(WORK / f"own-{kind}.npy")
                self.assertEqual(m.takes[kind], (1, x.shape[1]))
                for given in (x, x[:, None], x.astype(np.float64), np.asfortranarray(x), x.astype(">f4"), list(x), x[::-1][::-1]):
                    np.testing.assert_array_equal(encode(given), wanted)
                many = m.encode(np.tile(x, (10, 1)), kind, scores=True)
                np.testing.assert_array_equal(many.codes, np.tile(wanted, (10, 1)))
                np.testing.assert_array_equal(msach.pack(many.scores), many.codes)
                np.testing.assert_array_equal(encode(x[3]), wanted[3])
                np.testing.assert_array_equal(encode(x.astype(np.float16)), encode(x.astype(np.float16).astype(np.float32)))
                self.assertEqual(encode(x[:0]).shape, encode([]).shape)
                for value in (np.nan, np.inf, -1e300):
                    bad = np.tile(x, (10, 1)).astype(np.float64)
                    bad[400, 2] = value
                    with self.assertRaisesRegex(msach.InputError, "row 401, column 3 is "):
                        encode(bad)
                for bad in (x[:, 1:], x[None], x[0, :4], x.astype(complex), x > 0, x.astype(str), x.astype(object), "a", None, PICTURES[0],
                            ["a"], np.float32(1), np.ma.masked_less(x, np.median(x))):
                    with self.assertRaisesRegex(msach.UsageError, f"{kind} features: "):
                        encode(bad)
        with msach.Model(RUN) as m:
            self.assertEqual(m.takes, {"image": None, "text": None})
            for encode in (m.encode_image, m.encode_text):
                with self.assertRaises(msach.UsageError):
                    encode(np.zeros((2, m.features), np.float32))

    def test_deleted_cases_are_not_read(self):
        with msach.Index(WORK / "less.idx") as x:
            self.assertEqual((len(x), x.rows), (59, 60))
            with self.assertRaisesRegex(msach.UsageError, "deleted"):
                x.case(6)
            self.assertRaises(KeyError, x.find, "case0007")
            codes, present = x.codes()
            self.assertFalse(present[6] or 6 in x.search_rows(codes[7:8], k=60)[0])

    def test_a_forked_child_gets_an_answer_or_an_error(self):
        with msach.Model(RUN) as busy, msach.Model(RUN) as free, msach.Index(INDEX) as x:
            begun = threading.Event()

            def work():
                begun.set()
                busy.encode_text(TEXTS * 100)
            thread, wanted = threading.Thread(target=work), free.encode_text("cyst")
            thread.start()
            begun.wait()
            while busy._lock.acquire(blocking=False):
                busy._lock.release()
            child = os.fork()
            if child == 0:
                signal.alarm(20)  # ends a child that hangs
                try:
                    with self.assertRaisesRegex(msach.UsageError, "at the fork"):
                        busy.encode_text("cyst")
                    np.testing.assert_array_equal(free.encode_text("cyst"), wanted)
                    self.assertEqual(len(x.search(wanted, k=3)), 3)
                    with msach.Model(RUN) as again:
                        np.testing.assert_array_equal(again.encode_text("cyst"), wanted)
                    os._exit(0)
                finally:
                    os._exit(1)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            thread.join()
            np.testing.assert_array_equal(busy.encode_text("cyst"), wanted)

    def test_search_is_exact(self):
        with msach.Index(INDEX) as x:
            queries, items = x.codes("text")[0][:7], x.codes("image")[0]
            rows, found = x.search_rows(queries, k=60)
            d = distances(queries, items)
            np.testing.assert_array_equal(rows, np.argsort(d, axis=1, kind="stable"))
            np.testing.assert_array_equal(found, np.sort(d, axis=1))
            radius = int(found[0, 4])
            rows, found = x.search_rows(queries, k=100, radius=radius)
            self.assertEqual((rows >= 0).sum(), (d <= radius).sum())
            self.assertTrue((found[rows < 0] == -1).all())
            self.assertEqual(len(x.search(queries, k=2, kind="text")), 7)

    def test_evaluation_against_numpy(self):
        rng = np.random.default_rng(1)
        names = sorted({label for case in CASES for label in case["labels"].split("|") if label})
        y = np.array([[name in case["labels"].split("|") for name in names] for case in CASES])
        with msach.Index(INDEX) as x:
            q, d = x.codes("text")[0][:25], x.codes("image")[0]
            got = msach.evaluate((q, d), (y[:25], y))
            ap = [expected_ap(r, row) for r, row in zip(y[:25].astype(int) @ y.T.astype(int) > 0, distances(q, d))]
            np.testing.assert_allclose(got.ap, ap, rtol=0, atol=1e-12)
            self.assertAlmostEqual(got.map, np.mean(ap), 12)
            self.assertTrue(got.map_low <= got.map <= got.map_high)
            self.assertTrue(got.interval[0] < got.map < got.interval[1])
            groups = rng.integers(0, 4, 25)
            fewer, named = (msach.evaluate((q, d), (y[:25], y), g) for g in (groups, [f"p{g}" for g in groups]))
            self.assertEqual(fewer.interval, named.interval)
            self.assertNotEqual(fewer.interval, got.interval)
            # One group is drawn whole every time.
            self.assertAlmostEqual(msach.evaluate((q, d), (y[:25], y), np.zeros(25)).interval[0], got.map, 12)
            for missing in (np.nan, None, np.datetime64("NaT")):
                with self.assertRaisesRegex(msach.UsageError, "a value is missing"):
                    msach.evaluate((q, d), (y[:25], y), ["a"] * 24 + [missing])
            for bad in (["a"] * 24, 3, np.zeros((25, 1)), [[1]] * 25):
                with self.assertRaisesRegex(msach.UsageError, "groups: "):
                    msach.evaluate((q, d), (y[:25], y), bad)

    def test_files_of_codes(self):
        with tempfile.TemporaryDirectory() as folder, msach.Index(INDEX) as x:
            path, codes = Path(folder) / "a.npy", x.codes()[0]
            msach.write_codes(path, codes)
            for mmap in (False, True):
                np.testing.assert_array_equal(msach.read_codes(path, mmap=mmap), codes)
            for columns in (msach.unpack(codes), msach.unpack(codes) * 2.0 - 1, msach.unpack(codes).astype(bool)):
                np.save(path, columns)
                np.testing.assert_array_equal(msach.read_codes(path, columns=True), codes)
            path.write_bytes(path.read_bytes()[:200])
            for bad in (path, WORK / "none.npy", INDEX):
                with self.assertRaisesRegex(msach.InputError, str(bad)):
                    msach.read_codes(bad)
            np.save(path, np.array([{}]))
            with self.assertRaises(msach.InputError):
                msach.read_codes(path)
            with self.assertRaises(msach.UsageError):
                msach.pack(codes.repeat(8, axis=1))
            with self.assertRaises(msach.UsageError):
                msach.write_codes(Path(folder) / "bad.npy", codes * 1.0)
            self.assertFalse((Path(folder) / "bad.npy").exists())
            with self.assertRaisesRegex(msach.RefusedError, "nowhere"):
                msach.write_codes(Path(folder) / "nowhere" / "a.npy", codes)

    def test_errors_carry_the_message_of_the_library(self):
        with msach.Model(RUN) as m, msach.Index(INDEX) as x:
            code = m.encode_text("a")
            for kind, words, call in (
                    (msach.InputError, "no-such", lambda: msach.Model("no-such")),
                    (msach.InputError, "manifest.tsv", lambda: msach.Index(WORK / "set" / "manifest.tsv")),
                    (msach.InputError, "pictures:2: .*no-such.png", lambda: m.encode_image([PICTURES[0], "no-such.png"])),
                    (msach.InputError, "picture 2: ", lambda: m.encode_image([PICTURES[0].read_bytes(), b"nothing"])),
                    (msach.UsageError, "text 2 is empty", lambda: m.encode_text(["a", ""])),
                    (msach.UsageError, "text 1: bytes", lambda: m.encode_text([b"a"])),
                    (msach.InputError, "UTF-8", lambda: m.encode_text("\udcff\udcfe")),
                    (msach.UsageError, "several types", lambda: m.encode_image([PICTURES[0], b"a"])),
                    (msach.UsageError, "float64", lambda: m.encode_image(np.zeros((4, 4)))),
                    (msach.UsageError, "shape", lambda: m.encode_image(np.zeros(4, np.uint8))),
                    (msach.UsageError, "int64", lambda: x.search(code.astype(np.int64))),
                    (msach.UsageError, "shape", lambda: x.search(code[:4])),
                    (msach.UsageError, "sound", lambda: x.search(code, kind="sound")),
                    (msach.UsageError, "path: ", lambda: msach.Model(f"{RUN}\0x")),
                    (msach.UsageError, "path: ", lambda: msach.Model(None)),
                    (msach.UsageError, "path: ", lambda: msach.Index(bytes(INDEX) + b"\0x")),
                    (msach.UsageError, "path: ", lambda: m.encode_image(f"{PICTURES[0]}\0x")),
                    (msach.UsageError, "id: str", lambda: x.find("case0007\0x")),
                    (msach.UsageError, "model: int", lambda: msach.Index(INDEX, 3)),
                    (msach.UsageError, "text 1: str", lambda: m.encode_text("a\0b")),
                    (msach.UsageError, "text 1: .*surrogates", lambda: m.encode_text("\ud800")),
                    (msach.UsageError, "path: .*surrogates", lambda: msach.Model("\ud800")),
                    (msach.UsageError, "codes: ", lambda: x.search([[1, 2], [3]])),
                    (msach.UsageError, "cases: str", lambda: m.encode("abc", "text")),
                    (msach.UsageError, "cases: NoneType", lambda: m.encode_image(None)),
                    (msach.UsageError, "k 0", lambda: x.search(code, k=0)),
                    (msach.UsageError, "k -1", lambda: x.search(code, k=-1)),
                    (msach.UsageError, "k 2.5", lambda: x.search(code, k=2.5)),
                    (msach.UsageError, "radius nan", lambda: x.search(code, radius=float("nan"))),
                    (msach.UsageError, "row", lambda: x.case(60)),
                    (msach.UsageError, "row", lambda: x.case(2 ** 64 + 3)),
                    (msach.UsageError, "row -1", lambda: x.case(-1)),
                    (msach.UsageError, "masked", lambda: x.search(np.ma.masked_less(code, 128))),
                    (msach.InputError, "no query shares a label", lambda: msach.evaluate((x.codes()[0],) * 2, (np.eye(60, 120), np.eye(60, 120, 60)))),
                    (msach.UsageError, "a pair", lambda: msach.evaluate((x.codes()[0],), (np.zeros((60, 2)),))),
                    (msach.UsageError, "one query", lambda: msach.evaluate((x.codes()[0][:0],) * 2, (np.zeros((0, 2)),) * 2)),
                    (msach.UsageError, "labels", lambda: msach.evaluate((x.codes()[0],) * 2, (np.full((60, 2), 2),) * 2)),
            ):
                with self.assertRaisesRegex(kind, words):
                    call()
        with self.assertRaisesRegex(msach.UsageError, "the Model is closed"):
            m.encode_text("a")
        m.close()
        self.assertTrue(issubclass(msach.InputError, msach.Error) and issubclass(msach.RefusedError, OSError))

    def test_arrays_outlive_the_index_and_are_read_only(self):
        x = msach.Index(INDEX)
        codes = x.codes()[0]
        kept, other = codes.copy(), x.codes()[0]
        self.assertTrue(np.shares_memory(codes, other))
        x.close()
        del x, other
        gc.collect()
        np.testing.assert_array_equal(codes, kept)
        with self.assertRaises(ValueError):
            codes[0, 0] = 1

    def test_many_threads_share_handles(self):
        with msach.Model(RUN) as m, msach.Index(INDEX, m) as x:
            wanted, failures = [x.search(m.encode_text(t), k=5) for t in TEXTS[:8]], []

            def work(i):
                for _ in range(5):
                    if x.search(m.encode_text(TEXTS[i]), k=5) != wanted[i] or not m.encode_image(PICTURES[i]).any():
                        failures.append(i)
            threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            self.assertEqual(failures, [])


if __name__ == "__main__":
    unittest.main()

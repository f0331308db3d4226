"""msach: search an archive of medical images and reports by short binary codes.

    import msach
    with msach.Model("runs/first") as m, msach.Index("archive.idx") as x:
        hits = x.search(m.encode_text("simple cyst"), k=3)
        print(hits[0].id, hits[0].distance)

A code is an array of bits/8 bytes (uint8). Bit j is bit j % 8 of byte j // 8: numpy.packbits(..., bitorder="little").
One code has the shape (bits/8,), n codes have (n, bits/8). The distance of two codes is the number of bits that differ.

Errors are subclasses of msach.Error and carry the message of the C library. Any number of threads may share a Model or an
Index: a lock serves one call at a time. For parallel work open one Model for each thread; the library releases the
interpreter lock while it computes.

Needs libmsach (MSACH_LIBRARY names the file, if it is not found) and NumPy. A research model. Not a medical device.
"""
from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

import numpy as np

__all__ = ["CheckError", "Encoding", "Error", "Hit", "Index", "InputError", "InternalError", "Model", "Quality",
           "RefusedError", "UsageError", "evaluate", "pack", "read_codes", "unpack", "version", "write_codes"]

PathLike = Union[str, "os.PathLike[str]"]
Picture = Union[PathLike, bytes, np.ndarray]
KINDS = ("image", "text")


# ---- Errors ----

class Error(Exception):
    """Any failure of msach; str() is the message of the library: what is wrong, what was expected, how to fix it."""


class CheckError(Error):
    """A verification failed."""


class UsageError(Error, ValueError):
    """An argument is wrong, or a Model or Index is closed."""


class InputError(Error, ValueError):
    """A file is missing, malformed or damaged, or does not match another file."""


class RefusedError(Error, OSError):
    """The system refused: permission, disk, memory."""


class InternalError(Error):
    """An error inside the library."""


_ERRORS = {1: CheckError, 2: UsageError, 3: InputError, 4: RefusedError}


# ---- The library: structures and functions of msach.h ----

class _Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("message", ctypes.c_char * 2048)]


class _ModelInfo(ctypes.Structure):
    _fields_ = [("bits", ctypes.c_int), ("features", ctypes.c_int), ("side", ctypes.c_int), ("hash", ctypes.c_char_p)]


class _Picture(ctypes.Structure):
    _fields_ = [("pixels", ctypes.c_void_p), ("width", ctypes.c_int), ("height", ctypes.c_int),
                ("stride", ctypes.c_size_t)]


class _Bytes(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]


class _Cases(ctypes.Structure):
    _fields_ = [("n", ctypes.c_size_t), ("texts", ctypes.POINTER(ctypes.c_char_p)),
                ("paths", ctypes.POINTER(ctypes.c_char_p)), ("files", ctypes.POINTER(_Bytes)),
                ("pictures", ctypes.POINTER(_Picture))]


class _Encoding(ctypes.Structure):
    _fields_ = [("codes", ctypes.c_void_p), ("scores", ctypes.c_void_p), ("features", ctypes.c_void_p)]


class _IndexInfo(ctypes.Structure):
    _fields_ = [("bits", ctypes.c_int), ("rows", ctypes.c_int64), ("cases", ctypes.c_int64)]


class _Case(ctypes.Structure):
    _fields_ = [("id", ctypes.c_char_p), ("text", ctypes.c_char_p), ("image", ctypes.c_char_p),
                ("label", ctypes.POINTER(ctypes.c_char_p)), ("labels", ctypes.c_int), ("code", ctypes.c_void_p * 2)]


class _Task(ctypes.Structure):
    _fields_ = [("bits", ctypes.c_int), ("classes", ctypes.c_int), ("queries", ctypes.c_size_t),
                ("database", ctypes.c_size_t), ("query_codes", ctypes.c_void_p), ("database_codes", ctypes.c_void_p),
                ("query_labels", ctypes.c_void_p), ("database_labels", ctypes.c_void_p), ("groups", ctypes.c_void_p),
                ("ap", ctypes.c_void_p), ("interval", ctypes.c_int)]


class _Quality(ctypes.Structure):
    _fields_ = [(name, ctypes.c_double) for name in (
        "map", "map_low", "map_high", "map_random", "precision_at_10", "ndcg", "interval_low", "interval_high")]


_HIT = np.dtype([("row", np.int64), ("distance", np.int32)], align=True)  # msach_hit


def _load() -> ctypes.CDLL:
    """MSACH_LIBRARY; else the library in a folder above this module (PREFIX/lib); else where the loader looks."""
    names = ("libmsach.so.0", "libmsach.0.dylib")
    beside = [str(folder / name) for folder in Path(__file__).resolve().parents[:4] for name in names]
    given = os.environ.get("MSACH_LIBRARY")
    tried = [given] if given else [path for path in beside if os.path.exists(path)] + list(names)
    reasons = []
    for path in tried:
        try:
            return ctypes.CDLL(path)
        except OSError as reason:
            reasons.append(str(reason))
    raise ImportError("libmsach was not found: set MSACH_LIBRARY to its file, or run make install: " + "; ".join(reasons))


def _declare(lib: ctypes.CDLL) -> ctypes.CDLL:
    p, i, z, i64 = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_int64
    signature = {
        "msach_version": (ctypes.c_char_p, []),
        "msach_model_open": (i, [p, ctypes.c_char_p, p]),
        "msach_model_close": (None, [p]),
        "msach_model_about": (_ModelInfo, [p]),
        "msach_encode": (i, [p, p, p, p]),
        "msach_index_open": (i, [p, ctypes.c_char_p, p, p]),
        "msach_index_close": (None, [p]),
        "msach_index_about": (_IndexInfo, [p]),
        "msach_index_case": (i, [p, i64, p, p]),
        "msach_index_find": (i64, [p, ctypes.c_char_p]),
        "msach_index_codes": (p, [p, i, p]),
        "msach_search": (i, [p, i, p, z, z, i, p, p, p]),
        "msach_evaluate": (i, [p, p, p]),
    }
    for name, (result, arguments) in signature.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


_lib = _declare(_load())


def _call(function: Any, *arguments: Any) -> None:
    """Calls a function whose last parameter is msach_error *; raises its error."""
    err = _Error()
    status = function(*arguments, ctypes.byref(err))
    if status:
        raise _ERRORS.get(status, InternalError)(err.message.decode("utf-8", "replace"))


def version() -> str:
    """The version of the library, for example "0.1.0"."""
    return _lib.msach_version().decode()


# ---- Arrays ----

def _array(value: Any, dtype: Any, what: str, shape: tuple[int, ...]) -> np.ndarray:
    """value as a C-contiguous array of dtype and shape (-1: any), without a copy where it is one already."""
    a = np.asarray(value)
    if a.dtype != dtype:
        raise UsageError(f"{what}: values of type {a.dtype}; {np.dtype(dtype)} was expected")
    if a.ndim != len(shape) or any(want not in (-1, have) for want, have in zip(shape, a.shape)):
        expected = ", ".join("n" if n < 0 else str(n) for n in shape)
        raise UsageError(f"{what}: shape {a.shape}; ({expected}) was expected")
    return np.ascontiguousarray(a)


def _labels(value: Any, rows: int, what: str) -> np.ndarray:
    """(rows, classes) of 0 and 1 as uint8; numbers or bool."""
    a = np.asarray(value)
    if a.dtype.kind not in "buif" or not np.isin(a, (0, 1)).all():
        raise UsageError(f"{what}: values other than 0 and 1; a column for each class, 1 where the case has it, was expected")
    return _array(a.astype(np.uint8, copy=False), np.uint8, what, (rows, -1))


def _kind(value: Any) -> int:
    """msach_kind: the place in KINDS."""
    if value not in KINDS:
        raise UsageError(f"kind: {value!r}; 'image' or 'text' was expected")
    return KINDS.index(value)


def pack(columns: Any) -> np.ndarray:
    """Codes (n, bits/8) from columns (n, bits): bool or 0 and 1 (the bit), -1 and +1 or real scores (the bit is 1 from 0 on).
    UsageError: bits is not a multiple of 8 from 16 to 1,024; NaN; unsigned values above 1, which are packed already."""
    a = np.asarray(columns)
    if a.ndim != 2 or a.shape[1] % 8 or not 16 <= a.shape[1] <= 1024:
        raise UsageError(f"columns: shape {a.shape}; (n, bits) with a multiple of 8 from 16 to 1,024 was expected")
    bits = a.dtype.kind in "buif" and np.isin(a, (0, 1)).all()
    if not bits and (a.dtype.kind not in "if" or np.isnan(a).any()):
        raise UsageError(f"columns: of type {a.dtype}, or NaN; bool, 0 and 1, -1 and +1, or real scores were expected")
    return np.packbits(a == 1 if bits else a >= 0, axis=1, bitorder="little")


def unpack(codes: Any) -> np.ndarray:
    """Columns (n, bits) of 0 and 1 (uint8) from codes (n, bits/8)."""
    return np.unpackbits(_array(codes, np.uint8, "codes", (-1, -1)), axis=1, bitorder="little")


def read_codes(path: PathLike, columns: bool = False, mmap: bool = False) -> np.ndarray:
    """Codes (n, bits/8) from a .npy file as `msach encode` writes it. columns: the file holds (n, bits) values, see pack.
    mmap: map the file instead of reading it. InputError: the file is missing, damaged or holds something else."""
    try:
        if mmap:
            a = np.lib.format.open_memmap(path, mode="r")
        else:
            with open(path, "rb") as f:
                a = np.lib.format.read_array(f, allow_pickle=False)
    except (OSError, ValueError, EOFError) as reason:
        raise InputError(f"{path}: a .npy file of numbers was expected: {reason}") from reason
    try:
        return pack(a) if columns else _codes(a, f"{path}")
    except UsageError as reason:
        raise InputError(str(reason)) from reason


def write_codes(path: PathLike, codes: Any) -> None:
    """Writes codes (n, bits/8) as a .npy file that `msach` and NumPy read. UsageError: not codes."""
    with open(path, "wb") as f:
        np.save(f, _codes(codes, "codes"), allow_pickle=False)


def _codes(value: Any, what: str) -> np.ndarray:
    a = _array(value, np.uint8, what, (-1, -1))
    if not 2 <= a.shape[1] <= 128:
        raise UsageError(f"{what}: {a.shape[1]} bytes a code; 2 to 128 were expected (pack makes codes of columns)")
    return a


# ---- Handles ----

class _Handle:
    """A handle of the library. It is closed when the last owner is gone: an array over its memory keeps it."""

    def __init__(self, pointer: ctypes.c_void_p, close: Any) -> None:
        self.pointer, self._close = pointer, close

    def __del__(self) -> None:
        self._close(self.pointer)


class _Owner:
    """A context manager with a handle and the lock that serves one call at a time."""

    _handle: _Handle | None = None

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def close(self) -> None:
        """Frees the handle. Twice is allowed; every other call afterwards is a UsageError."""
        with self._lock:
            self._handle = None

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _open(self) -> ctypes.c_void_p:
        if self._handle is None:
            raise UsageError(f"the {type(self).__name__} is closed")
        return self._handle.pointer


@dataclass(frozen=True)
class Encoding:
    """Of n cases: codes (n, bits/8) uint8; scores (n, bits) float32, whose signs are the bits; features (n, width) float32,
    the context before hashing. None: not asked for."""
    codes: np.ndarray | None
    scores: np.ndarray | None
    features: np.ndarray | None


def _encoded(text: Any, number: int) -> bytes:
    if not isinstance(text, str) or "\0" in text:
        raise UsageError(f"text {number}: {type(text).__name__}; a str without NUL was expected")
    return text.encode("utf-8", "surrogateescape")


def _gray(picture: np.ndarray, number: int) -> np.ndarray:
    """(height, width) uint8; of (height, width, 3 or 4) the luma by ITU-R BT.601, as the library has it of colour files."""
    a = np.asarray(picture)
    if a.dtype != np.uint8 or a.size == 0 or a.ndim not in (2, 3) or (a.ndim == 3 and a.shape[2] not in (1, 3, 4)):
        raise UsageError(f"picture {number}: shape {a.shape} of {a.dtype}; (height, width) or (height, width, 3) of uint8 "
                         "was expected, 0 black and 255 white")
    if a.ndim == 3 and a.shape[2] > 1:
        a = ((a[..., :3].astype(np.uint32) @ np.array([299, 587, 114], np.uint32) + 500) // 1000).astype(np.uint8)
    a = a[..., 0] if a.ndim == 3 else a
    return a if a.strides[1] == 1 and a.strides[0] >= a.shape[1] else np.ascontiguousarray(a)


class Model(_Owner):
    """A trained model. path: a model.safetensors, or the directory of a run. InputError: no model of msach, or damaged.

    bits: of a code; features: width of the features; hash: the name that an index keeps; side: pictures become (side, side)."""

    def __init__(self, path: PathLike) -> None:
        super().__init__()
        self.path, pointer = os.fspath(path), ctypes.c_void_p()
        _call(_lib.msach_model_open, ctypes.byref(pointer), os.fsencode(path))
        self._handle = _Handle(pointer, _lib.msach_model_close)
        about = _lib.msach_model_about(pointer)
        self.bits, self.features, self.side = int(about.bits), int(about.features), int(about.side)
        self.hash: str = about.hash.decode()

    def encode_text(self, text: str | Sequence[str]) -> np.ndarray:
        """The code (bits/8,) of a text, or the codes (n, bits/8) of a list of texts. UsageError: an empty text."""
        codes = self.encode([text] if isinstance(text, str) else text, kind="text").codes
        return codes[0] if isinstance(text, str) else codes

    def encode_image(self, picture: Picture | Sequence[Picture]) -> np.ndarray:
        """The code (bits/8,) of a picture, or the codes (n, bits/8) of a list of pictures: a path; the bytes of a picture's
        file (JPEG, PNG, PNM, DICOM); or an array (height, width) or (height, width, 3) of uint8. One list holds pictures of
        one type. An array (n, height, width, 1) is n pictures. InputError: a damaged or unknown file."""
        one = isinstance(picture, (str, bytes, os.PathLike)) or (isinstance(picture, np.ndarray) and picture.ndim < 4)
        codes = self.encode([picture] if one else picture, kind="image").codes
        return codes[0] if one else codes

    def encode(self, cases: Sequence[Any], kind: str, codes: bool = True, scores: bool = False,
               features: bool = False) -> Encoding:
        """All that the model makes of a list of texts (kind "text") or pictures (kind "image", see encode_image)."""
        n = len(cases)
        _kind(kind)
        room = [np.empty((n, width), dtype) if wanted else None for wanted, width, dtype in (
            (codes, self.bits // 8, np.uint8), (scores, self.bits, np.float32), (features, self.features, np.float32))]
        source, keep = _cases_of(cases, kind)
        out = _Encoding(*[None if a is None else a.ctypes.data for a in room])
        with self._lock:
            handle = self._open()
            if n:
                _call(_lib.msach_encode, handle, ctypes.byref(source), ctypes.byref(out))
        del keep
        return Encoding(*room)


def _cases_of(cases: Sequence[Any], kind: str) -> tuple[_Cases, Any]:
    """msach_cases, and what must live until the call is over."""
    n, c = len(cases), _Cases(len(cases))
    if kind == "text":
        c.texts = keep = (ctypes.c_char_p * n)(*[_encoded(text, i + 1) for i, text in enumerate(cases)])
    elif all(isinstance(case, (str, os.PathLike)) for case in cases):
        c.paths = keep = (ctypes.c_char_p * n)(*[os.fsencode(path) for path in cases])
    elif all(isinstance(case, bytes) for case in cases):
        c.files = keep = (_Bytes * n)(*[_Bytes(case, len(case)) for case in cases])
    elif any(isinstance(case, (str, bytes, os.PathLike)) for case in cases):
        raise UsageError("pictures of several types; all paths, all bytes or all arrays were expected")
    else:
        keep = [_gray(case, i + 1) for i, case in enumerate(cases)]
        c.pictures = (_Picture * n)(*[_Picture(a.ctypes.data, a.shape[1], a.shape[0], a.strides[0]) for a in keep])
    return c, keep


# ---- Search ----

@dataclass(frozen=True)
class Hit:
    """A case that a search found, and its distance in bits. image: path of the picture, relative to the folder of the index.
    text and image are None where the case has none."""
    id: str
    distance: int
    row: int
    labels: tuple[str, ...]
    text: str | None
    image: str | None


def _decode(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


class Index(_Owner):
    """An archive of `msach index`. model: refuse an index of another model (InputError). Later changes of the file have no effect.

    bits: of a code; rows: all cases, deleted ones too, numbered 0..rows-1; len(): without deleted ones."""

    def __init__(self, path: PathLike, model: Model | None = None) -> None:
        super().__init__()
        self.path, pointer = os.fspath(path), ctypes.c_void_p()
        with model._lock if model else threading.RLock():
            _call(_lib.msach_index_open, ctypes.byref(pointer), os.fsencode(path), model._open() if model else None)
        self._handle = _Handle(pointer, _lib.msach_index_close)
        about = _lib.msach_index_about(pointer)
        self.bits, self.rows, self._cases = int(about.bits), int(about.rows), int(about.cases)

    def __len__(self) -> int:
        return self._cases

    def case(self, row: int, distance: int = 0) -> Hit:
        """The case of a row. UsageError: no such row."""
        c = _Case()
        with self._lock:
            _call(_lib.msach_index_case, self._open(), row, ctypes.byref(c))
            labels = tuple(c.label[i].decode() for i in range(c.labels))
            return Hit(_decode(c.id), distance, row, labels, _decode(c.text), _decode(c.image))

    def find(self, id: str) -> int:
        """The row of the case with this id. KeyError: none has it."""
        with self._lock:
            row = _lib.msach_index_find(self._open(), id.encode("utf-8", "surrogateescape"))
        if row < 0:
            raise KeyError(id)
        return row

    def codes(self, kind: str = "image") -> tuple[np.ndarray, np.ndarray]:
        """All codes (rows, bits/8) of a kind, without a copy and read-only, and present (rows,) bool: False where the case has
        no code of this kind or is deleted. The array stays valid after close."""
        present = np.zeros(self.rows, np.bool_)
        with self._lock:
            data = _lib.msach_index_codes(self._open(), _kind(kind), present.ctypes.data)
            return np.asarray(_View(self._handle, data, (self.rows, self.bits // 8))), present

    def search_rows(self, codes: Any, k: int = 10, kind: str = "image",
                    radius: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest rows of each of n codes (n, bits/8): rows (n, k) int64 and distances (n, k) int32, nearest first, equal
        distances by row; -1 where there are fewer. kind: codes to search; radius: largest distance. Exact."""
        a = _array(codes, np.uint8, "codes", (-1, self.bits // 8))
        k = min(int(k), max(self.rows, 1))
        if k < 1 or (radius is not None and radius < 0):
            raise UsageError(f"k {k}, radius {radius}; k from 1 and a radius from 0 were expected")
        hits, found = np.zeros((len(a), k), _HIT), np.zeros(len(a), np.uintp)
        with self._lock:
            _call(_lib.msach_search, self._open(), _kind(kind), a.ctypes.data, len(a), k,
                  -1 if radius is None else min(radius, self.bits), hits.ctypes.data, found.ctypes.data)
        hits[np.arange(k) >= found[:, None]] = (-1, -1)
        return hits["row"], hits["distance"]

    def search(self, codes: Any, k: int = 10, kind: str = "image", radius: int | None = None) -> list[Any]:
        """The k nearest cases of a code (bits/8,) as a list of Hit, or a list of such lists for codes (n, bits/8)."""
        a = np.asarray(codes)
        rows, distances = self.search_rows(a[None] if a.ndim == 1 else a, k, kind, radius)
        lists = [[self.case(int(r), int(d)) for r, d in zip(*pair) if r >= 0] for pair in zip(rows, distances)]
        return lists[0] if a.ndim == 1 else lists


class _View:
    """Memory of a handle for numpy.asarray, which keeps this object, and so the handle."""

    def __init__(self, handle: _Handle, data: int | None, shape: tuple[int, int]) -> None:
        self.handle = handle
        self.__array_interface__ = {"version": 3, "typestr": "|u1", "shape": shape, "data": (data or 0, True)}


# ---- Evaluation ----

@dataclass(frozen=True)
class Quality:
    """Means over all queries, 0..1. map: mean average precision, expected over all orders of equal distances, between map_low
    and map_high, the worst and the best order. interval: 95 % bootstrap interval of map over groups of queries. map_random: of
    constant codes. ap (queries,): average precision of each query."""
    map: float
    map_low: float
    map_high: float
    interval: tuple[float, float]
    map_random: float
    precision_at_10: float
    ndcg: float
    ap: np.ndarray


def evaluate(codes: tuple[Any, Any], labels: tuple[Any, Any], groups: Any = None) -> Quality:
    """Each query ranks the whole database by Hamming distance; an item is relevant if it shares a label with the query.

    codes: of the queries (q, bits/8) and of the database (n, bits/8). labels: (q, classes) and (n, classes) of 0 and 1.
    groups (q,): any values, equal for queries of one patient or video; None: each query is its own group.
    UsageError: shapes or types that do not fit; no query or no item; bits that are no multiple of 8 from 16 to 1,024."""
    query, database = (_codes(c, f"codes[{i}]") for i, c in enumerate(codes))
    mine, theirs = (_labels(y, len(c), f"labels[{i}]") for i, (y, c) in enumerate(zip(labels, (query, database))))
    if query.shape[1] != database.shape[1] or mine.shape[1] != theirs.shape[1]:
        raise UsageError(f"queries and database differ: {query.shape[1]} and {database.shape[1]} bytes a code, "
                         f"{mine.shape[1]} and {theirs.shape[1]} classes")
    group = None
    if groups is not None:  # numbered in the order they come, as msach numbers them: equal draws, equal intervals
        _, first, inverse = np.unique(np.asarray(groups), return_index=True, return_inverse=True)
        group = _array(np.argsort(np.argsort(first)).astype(np.intc)[inverse], np.intc, "groups", (len(query),))
    ap, q = np.zeros(len(query)), _Quality()
    task = _Task(8 * query.shape[1], mine.shape[1], len(query), len(database), query.ctypes.data, database.ctypes.data,
                 mine.ctypes.data, theirs.ctypes.data, None if group is None else group.ctypes.data, ap.ctypes.data, 1)
    _call(_lib.msach_evaluate, ctypes.byref(task), ctypes.byref(q))
    return Quality(q.map, q.map_low, q.map_high, (q.interval_low, q.interval_high), q.map_random, q.precision_at_10,
                   q.ndcg, ap)

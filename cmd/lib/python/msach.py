"""msach: search an archive of medical images and reports by short binary codes.

    import msach
    with msach.Model("runs/first") as m, msach.Index("archive.idx") as x:
        hits = x.search(m.encode_text("simple cyst"), k=3)
        print(hits[0].id, hits[0].distance)

A code is an array of bits/8 bytes (uint8). Bit j is bit j % 8 of byte j // 8: numpy.packbits(..., bitorder="little").
One code has the shape (bits/8,), n codes have (n, bits/8). The distance of two codes is the number of bits that differ.

Errors are subclasses of msach.Error and carry the message of the C library. Any number of threads may share a Model or an
Index: a lock serves one call at a time. For parallel work open one Model for each thread; the library releases the
interpreter lock while it computes. A forked child may use what its parent opened, except what another thread was using at
the fork: that raises UsageError. Messages count cases, rows and columns from 1; arguments and results count from 0.

Needs libmsach (MSACH_LIBRARY names the file, if it is not found) and NumPy. A research model. Not a medical device.
"""
from __future__ import annotations

import ctypes
import operator
import os
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

import numpy as np

__all__ = ["CheckError", "Encoding", "Error", "Hit", "Index", "InputError", "InternalError", "Model", "Quality",
           "RefusedError", "UsageError", "evaluate", "pack", "read_codes", "unpack", "version", "write_codes"]

PathLike = Union[str, "os.PathLike[str]"]
Picture = Union[PathLike, bytes, np.ndarray]
_BYTES = (bytes, bytearray, memoryview)
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

def _struct(**fields: Any) -> Any:
    return type("Struct", (ctypes.Structure,), {"_fields_": list(fields.items())})


_I, _Z, _I64, _P, _S = ctypes.c_int, ctypes.c_size_t, ctypes.c_int64, ctypes.c_void_p, ctypes.c_char_p
_Error = _struct(status=_I, message=ctypes.c_char * 2048)
_ModelInfo = _struct(bits=_I, features=_I, side=_I, hash=_S, takes_tokens=_I * 2, takes_width=_I * 2)
_Picture = _struct(pixels=_P, width=_I, height=_I, stride=_Z)
_Bytes = _struct(data=_S, size=_Z)
_Features = _struct(kind=_I, x=_P, tokens=_Z, width=_Z)
_Cases = _struct(n=_Z, texts=ctypes.POINTER(_S), paths=ctypes.POINTER(_S), files=ctypes.POINTER(_Bytes),
                 pictures=ctypes.POINTER(_Picture), features=ctypes.POINTER(_Features))
_Encoding = _struct(codes=_P, scores=_P, features=_P)
_IndexInfo = _struct(bits=_I, rows=_I64, cases=_I64)
_Case = _struct(id=_S, text=_S, image=_S, label=ctypes.POINTER(_S), labels=_I, code=_P * 2)
_Task = _struct(bits=_I, classes=_I, queries=_Z, database=_Z, query_codes=_P, database_codes=_P, query_labels=_P,
                database_labels=_P, groups=_P, ap=_P, interval=_I)
_Quality = _struct(**{name: ctypes.c_double for name in (
    "map", "map_low", "map_high", "map_random", "precision_at_10", "ndcg", "interval_low", "interval_high")})
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
    signature = {
        "msach_version": (_S, []),
        "msach_model_open": (_I, [_P, _S, _P]),
        "msach_model_close": (None, [_P]),
        "msach_model_about": (_ModelInfo, [_P]),
        "msach_encode": (_I, [_P, _P, _P, _P]),
        "msach_index_open": (_I, [_P, _S, _P, _P]),
        "msach_index_close": (None, [_P]),
        "msach_index_about": (_IndexInfo, [_P]),
        "msach_index_case": (_I, [_P, _I64, _P, _P]),
        "msach_index_find": (_I64, [_P, _S]),
        "msach_index_codes": (_P, [_P, _I, _P]),
        "msach_search": (_I, [_P, _I, _P, _Z, _Z, _I, _P, _P, _P]),
        "msach_evaluate": (_I, [_P, _P, _P]),
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


# ---- Arguments ----

def _path(path: Any) -> bytes:
    try:
        encoded = os.fsencode(path)
    except (TypeError, UnicodeEncodeError) as reason:
        raise UsageError(f"path: {reason}") from reason
    if b"\0" in encoded:
        raise UsageError(f"path: {path!r}; a path without NUL was expected")
    return encoded


def _text(text: Any, what: str) -> bytes:
    if not isinstance(text, str) or "\0" in text:
        raise UsageError(f"{what}: {type(text).__name__}; a str without NUL was expected")
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as reason:
        raise UsageError(f"{what}: {reason}") from reason


def _whole(value: Any, what: str, low: int, high: int) -> int:
    """A whole number from low; at most high, which larger ones become."""
    try:
        number = operator.index(value)
    except TypeError:
        number = low - 1
    if number < low:
        raise UsageError(f"{what} {value!r}; a whole number from {low} was expected")
    return min(number, high)


def _plain(value: Any, what: str) -> np.ndarray:
    """value as an array; a mask has no meaning here, and is not dropped silently."""
    if np.ma.is_masked(value):
        raise UsageError(f"{what}: a masked array; an array without masked entries was expected")
    try:
        return np.asarray(value)
    except ValueError as reason:
        raise UsageError(f"{what}: {reason}") from reason


def _pair(value: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise UsageError(f"{what}: a pair (of the queries, of the database) was expected")
    return value[0], value[1]


def _array(value: Any, dtype: Any, what: str, shape: tuple[int, ...]) -> np.ndarray:
    """value as a C-contiguous array of dtype and shape (-1: any), without a copy where it is one already."""
    a = _plain(value, what)
    if a.dtype != dtype:
        raise UsageError(f"{what}: values of type {a.dtype}; {np.dtype(dtype)} was expected")
    if a.ndim != len(shape) or any(want not in (-1, have) for want, have in zip(shape, a.shape)):
        expected = ", ".join("n" if n < 0 else str(n) for n in shape)
        raise UsageError(f"{what}: shape {a.shape}; ({expected}) was expected")
    return np.ascontiguousarray(a)


def _labels(value: Any, rows: int, what: str) -> np.ndarray:
    """(rows, classes) of 0 and 1 as uint8; numbers or bool."""
    a = _plain(value, what)
    if a.dtype.kind not in "buif" or not np.isin(a, (0, 1)).all():
        raise UsageError(f"{what}: values other than 0 and 1; a column for each class, 1 where the case has it, was expected")
    return _array(a.astype(np.uint8, copy=False), np.uint8, what, (rows, -1))


def _groups(values: Any, n: int) -> np.ndarray:
    """(n,) numbers of groups in the order they come, as msach numbers them: equal draws, equal intervals."""
    numbers: dict[Any, int] = {}
    try:
        groups = list(values)
        if any(g is None or g != g for g in groups):
            raise UsageError("groups: a value is missing (NaN or None); a group of its own was expected where it is unknown")
        return _array(np.array([numbers.setdefault(g, len(numbers)) for g in groups], np.intc), np.intc, "groups", (n,))
    except TypeError as reason:
        raise UsageError(f"groups: {reason}; a value for each query was expected") from reason


def _kind(value: Any) -> int:
    """msach_kind: the place in KINDS."""
    if not isinstance(value, str) or value not in KINDS:
        raise UsageError(f"kind: {value!r}; 'image' or 'text' was expected")
    return KINDS.index(value)


def pack(columns: Any) -> np.ndarray:
    """Codes (n, bits/8) from columns (n, bits): bool or 0 and 1 (the bit), -1 and +1 or real scores (the bit is 1 from 0 on).
    UsageError: bits is not a multiple of 8 from 16 to 1,024; NaN; unsigned values above 1, which are packed already."""
    a = _plain(columns, "columns")
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
    """Writes codes (n, bits/8) as a .npy file that `msach` and NumPy read. UsageError: not codes. RefusedError: no such folder,
    or no permission."""
    a = _codes(codes, "codes")
    try:
        with open(_path(path), "wb") as f:
            np.save(f, a, allow_pickle=False)
    except OSError as reason:
        raise RefusedError(f"{path}: cannot write: {reason}") from reason


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

    def abandon(self) -> None:
        """After a fork, where a thread that is no more was using it: its memory may be in the middle of a change."""
        self._close = lambda pointer: None

    def __del__(self) -> None:
        self._close(self.pointer)


class _Owner:
    """A context manager with a handle and the lock that serves one call at a time."""

    _handle: _Handle | None = None
    _state = "is closed"

    def __init__(self) -> None:
        self._lock = threading.RLock()
        _owners.add(self)

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
            raise UsageError(f"the {type(self).__name__} {self._state}")
        return self._handle.pointer


_owners: weakref.WeakSet[_Owner] = weakref.WeakSet()


def _after_fork() -> None:
    """In the child: locks that other threads of the parent hold would never be released."""
    for owner in list(_owners):
        if not owner._lock.acquire(blocking=False) and owner._handle:
            owner._handle.abandon()
            owner._handle, owner._state = None, "was in use by another thread at the fork; open it again"
        owner._lock = threading.RLock()


os.register_at_fork(after_in_child=_after_fork)


@dataclass(frozen=True)
class Encoding:
    """Of n cases: codes (n, bits/8) uint8; scores (n, bits) float32, whose signs are the bits; features (n, width) float32,
    the context before hashing. None: not asked for."""
    codes: np.ndarray | None
    scores: np.ndarray | None
    features: np.ndarray | None


def _gray(picture: np.ndarray, number: int) -> np.ndarray:
    """(height, width) uint8; of (height, width, 3 or 4) the luma by ITU-R BT.601, as the library has it of colour files."""
    a = _plain(picture, f"picture {number}")
    if a.dtype != np.uint8 or a.size == 0 or a.ndim not in (2, 3) or (a.ndim == 3 and a.shape[2] not in (1, 3, 4)):
        raise UsageError(f"picture {number}: shape {a.shape} of {a.dtype}; (height, width) or (height, width, 3) of uint8 "
                         "was expected, 0 black and 255 white")
    if a.ndim == 3 and a.shape[2] > 1:
        a = ((a[..., :3].astype(np.uint32) @ np.array([299, 587, 114], np.uint32) + 500) // 1000).astype(np.uint8)
    a = a[..., 0] if a.ndim == 3 else a
    return a if a.strides[1] == 1 and a.strides[0] >= a.shape[1] else np.ascontiguousarray(a)


def _features(values: Any, takes: tuple[int, int], kind: str) -> np.ndarray:
    """(n, tokens, width) float32 of numbers of that shape, or (n, width) where tokens is 1."""
    a = _plain(values, f"{kind} features")
    shape = a.shape if a.size or a.ndim > 1 else (0, *takes)
    fits = shape[1:] == takes or (takes[0] == 1 and len(shape) == 2 and shape[1] == takes[1])
    if a.dtype.kind not in "fiu" or not fits:
        raise UsageError(f"{kind} features: shape {a.shape} of {a.dtype}; the model takes (n, {takes[0]}, {takes[1]}) numbers"
                         + (f", or (n, {takes[1]})" if takes[0] == 1 else ""))
    with np.errstate(over="ignore"):  # infinite values are refused with row and column
        return np.ascontiguousarray(a.reshape(len(a), *takes), np.float32)


class Model(_Owner):
    """A trained model. path: a model.safetensors, or the directory of a run. InputError: no model of msach, or damaged.

    bits: of a code; features: width of the features; hash: the name that an index keeps; side: pictures become (side, side).
    takes["image"], takes["text"]: None where the model takes pictures, texts; (tokens, width) where it takes the features of
    another program instead."""

    def __init__(self, path: PathLike) -> None:
        super().__init__()
        self.path, pointer = path, ctypes.c_void_p()
        _call(_lib.msach_model_open, ctypes.byref(pointer), _path(path))
        self._handle = _Handle(pointer, _lib.msach_model_close)
        about = _lib.msach_model_about(pointer)
        self.bits, self.features, self.side = int(about.bits), int(about.features), int(about.side)
        self.hash: str = about.hash.decode()
        self.takes: dict[str, tuple[int, int] | None] = {
            kind: (int(about.takes_tokens[k]), int(about.takes_width[k])) if about.takes_width[k] else None
            for k, kind in enumerate(KINDS)}

    def encode_text(self, text: str | Sequence[str] | np.ndarray) -> np.ndarray:
        """The code (bits/8,) of a text, or the codes (n, bits/8) of a list of texts. For a model that takes text features:
        of an array, see encode_image. UsageError: an empty text."""
        return self._one_or_more(text, "text", isinstance(text, str))

    def encode_image(self, picture: Picture | Sequence[Picture]) -> np.ndarray:
        """The code (bits/8,) of a picture, or the codes (n, bits/8) of a list of pictures: a path; the bytes of a picture's
        file (JPEG, PNG, PNM, DICOM); or an array (height, width) or (height, width, 3) of uint8. One list holds pictures of
        one type. An array (n, height, width, 1) is n pictures. InputError: a damaged or unknown file.

        For a model that takes image features: codes (n, bits/8) of an array (n, tokens, width), or (n, width) where tokens is
        1, of float16, float32, float64 or whole numbers; the code (bits/8,) of one case, (tokens, width) or (width,).
        UsageError: another shape. InputError: NaN or infinite, with row and column."""
        one = isinstance(picture, (str, *_BYTES, os.PathLike)) or (isinstance(picture, np.ndarray) and picture.ndim < 4)
        return self._one_or_more(picture, "image", one)

    def _one_or_more(self, cases: Any, kind: str, one: bool) -> np.ndarray:
        takes = self.takes[kind]
        if takes:
            one = np.shape(cases) == (takes if takes[0] > 1 else takes[1:])
        codes = self.encode([cases] if one else cases, kind).codes
        return codes[0] if one else codes

    def encode(self, cases: Any, kind: str, codes: bool = True, scores: bool = False, features: bool = False) -> Encoding:
        """All that the model makes of a list of texts (kind "text") or pictures (kind "image", see encode_image), or of an
        array of features of n cases."""
        source, keep = _cases_of(cases, _kind(kind), self.takes[kind])
        room = [np.empty((source.n, width), dtype) if wanted else None for wanted, width, dtype in (
            (codes, self.bits // 8, np.uint8), (scores, self.bits, np.float32), (features, self.features, np.float32))]
        out = _Encoding(*[None if a is None else a.ctypes.data for a in room])
        with self._lock:
            handle = self._open()
            if source.n:
                _call(_lib.msach_encode, handle, ctypes.byref(source), ctypes.byref(out))
        del keep
        return Encoding(*room)


def _cases_of(cases: Any, kind: int, takes: tuple[int, int] | None) -> tuple[Any, Any]:
    """msach_cases, and what must live until the call is over."""
    if takes:
        a = _features(cases, takes, KINDS[kind])
        keep = a, _Features(kind, a.ctypes.data, *takes)
        return _Cases(len(a), features=ctypes.pointer(keep[1])), keep
    if isinstance(cases, (str, *_BYTES, os.PathLike)) or not np.iterable(cases):
        raise UsageError(f"cases: {type(cases).__name__}; a list was expected")
    cases = list(cases)
    n, c = len(cases), _Cases(len(cases))
    if kind == KINDS.index("text"):
        c.texts = keep = (ctypes.c_char_p * n)(*[_text(text, f"text {i + 1}") for i, text in enumerate(cases)])
    elif all(isinstance(case, (str, os.PathLike)) for case in cases):
        c.paths = keep = (ctypes.c_char_p * n)(*[_path(path) for path in cases])
    elif all(isinstance(case, _BYTES) for case in cases):
        c.files = keep = (_Bytes * n)(*[_Bytes(bytes(case), len(case)) for case in cases])
    elif any(isinstance(case, (str, *_BYTES, os.PathLike)) for case in cases):
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
        self.path, pointer = path, ctypes.c_void_p()
        if not isinstance(model, (Model, type(None))):
            raise UsageError(f"model: {type(model).__name__}; a Model was expected")
        with model._lock if model else threading.RLock():
            _call(_lib.msach_index_open, ctypes.byref(pointer), _path(path), model._open() if model else None)
        self._handle = _Handle(pointer, _lib.msach_index_close)
        about = _lib.msach_index_about(pointer)
        self.bits, self.rows, self._cases = int(about.bits), int(about.rows), int(about.cases)

    def __len__(self) -> int:
        return self._cases

    def case(self, row: int, distance: int = 0) -> Hit:
        """The case of a row. UsageError: no such row, or its case is deleted."""
        c, row = _Case(), _whole(row, "row", 0, self.rows)
        with self._lock:
            _call(_lib.msach_index_case, self._open(), row, ctypes.byref(c))
            labels = tuple(c.label[i].decode() for i in range(c.labels))
            return Hit(_decode(c.id), distance, row, labels, _decode(c.text), _decode(c.image))

    def find(self, id: str) -> int:
        """The row of the case with this id. KeyError: none has it."""
        with self._lock:
            row = _lib.msach_index_find(self._open(), _text(id, "id"))
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
        k = _whole(k, "k", 1, max(self.rows, 1))
        limit = -1 if radius is None else _whole(radius, "radius", 0, self.bits)
        hits, found = np.zeros((len(a), k), _HIT), np.zeros(len(a), np.uintp)
        with self._lock:
            _call(_lib.msach_search, self._open(), _kind(kind), a.ctypes.data, len(a), k,
                  limit, hits.ctypes.data, found.ctypes.data)
        hits[np.arange(k) >= found[:, None]] = (-1, -1)
        return hits["row"], hits["distance"]

    def search(self, codes: Any, k: int = 10, kind: str = "image", radius: int | None = None) -> list[Any]:
        """The k nearest cases of a code (bits/8,) as a list of Hit, or a list of such lists for codes (n, bits/8)."""
        a = _plain(codes, "codes")
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
    UsageError: shapes or types that do not fit; a group that is NaN or None; no query or no item; bits that are no multiple
    of 8 from 16 to 1,024. InputError: no query shares a label with an item."""
    query, database = (_codes(c, f"codes[{i}]") for i, c in enumerate(_pair(codes, "codes")))
    mine, theirs = (_labels(y, len(c), f"labels[{i}]")
                    for i, (y, c) in enumerate(zip(_pair(labels, "labels"), (query, database))))
    if query.shape[1] != database.shape[1] or mine.shape[1] != theirs.shape[1]:
        raise UsageError(f"queries and database differ: {query.shape[1]} and {database.shape[1]} bytes a code, "
                         f"{mine.shape[1]} and {theirs.shape[1]} classes")
    group = None if groups is None else _groups(groups, len(query))
    ap, q = np.zeros(len(query)), _Quality()
    task = _Task(8 * query.shape[1], mine.shape[1], len(query), len(database), query.ctypes.data, database.ctypes.data,
                 mine.ctypes.data, theirs.ctypes.data, None if group is None else group.ctypes.data, ap.ctypes.data, 1)
    _call(_lib.msach_evaluate, ctypes.byref(task), ctypes.byref(q))
    return Quality(q.map, q.map_low, q.map_high, (q.interval_low, q.interval_high), q.map_random, q.precision_at_10,
                   q.ndcg, ap)

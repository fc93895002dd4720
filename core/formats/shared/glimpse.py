"""What a file or folder shows before a format reads it. Each format's `recognise` returns from it how sure it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from core.files.mat import read_mat
from core.files.pickles.containers import is_packed_pickle, read_values
from core.files.untrusted import array_names, read_bytes

NO, MAYBE, LIKELY, SURE = range(4)  # how sure: the surest format reads the file
FileKind = Literal["folder", "npz", "npy", "torch", "mat", "hdf5", "pickle", "xml", "json", "text"]
_TAR = re.compile(r"\.(tar(\.\w+)?|t(gz|bz2?|xz))$", re.IGNORECASE)  # a packed folder, which no pickle is
_JSON_START = re.compile(rb"\s*[\[{]")
_START = 4096  # bytes that tell JSON and text
_TORCH_START = 300  # bytes in which torch's archive names its first member
_UTF8_MARK = b"\xef\xbb\xbf"
_BYTE_ORDER_MARKS = b"\xef\xbb\xbf\xff\xfe"


@dataclass(frozen=True, eq=False)
class Glimpse:
    """Of one path; each part is read when a format first asks for it. Raises ReadError."""

    path: Path

    @cached_property
    def data(self) -> bytes:
        """A file's bytes; those of JSON without the zeros of UTF-16."""
        data = b"" if self.path.is_dir() else read_bytes(self.path)
        return data.replace(b"\0", b"") if b"\0" in data[:8] and _is_json(data) else data

    @cached_property
    def kind(self) -> FileKind:
        """By the first bytes, else by the suffix; "text" for all that is nothing else."""
        if self.path.is_dir():
            return "folder"
        if self.data.startswith(b"PK"):
            return "torch" if b"/data.pkl" in self.data[:_TORCH_START] else "npz"
        if self.data.startswith(b"\x93NUMPY"):
            return "npy"
        if self.data.startswith(b"MATLAB") or self.path.suffix == ".mat":
            return "mat"
        if self.data.startswith(b"\x89HDF"):
            return "hdf5"
        if (
            self.data.startswith(b"\x80")
            or self.path.suffix in (".pkl", ".pickle")
            or (is_packed_pickle(self.data) and not _TAR.search(self.path.name))
        ):
            return "pickle"
        if self.data.removeprefix(_UTF8_MARK).lstrip()[:1] == b"<":
            return "xml"
        return "json" if _is_json(self.data) else "text"

    @cached_property
    def arrays(self) -> frozenset[str]:
        """The names in an .npz."""
        return frozenset(array_names(self.path)) if self.kind == "npz" else frozenset()

    @cached_property
    def variables(self) -> frozenset[str]:
        """The names in a .mat."""
        return frozenset(read_mat(self.path)) if self.kind == "mat" else frozenset()

    @cached_property
    def keys(self) -> frozenset[str]:
        """Of a pickled dictionary."""
        pickled = self.values if self.kind == "pickle" else None
        return (
            frozenset(k for k in pickled if isinstance(k, str)) if isinstance(pickled, dict) else frozenset()
        )

    @cached_property
    def values(self) -> Any:
        """What a pickle, an .npz or an .npy holds."""
        return read_values(self.path)

    @property
    def first_value(self) -> Any:
        """The first value of a pickled dictionary; None of anything else."""
        pickled = self.values if self.kind == "pickle" else None
        return next(iter(pickled.values()), None) if isinstance(pickled, dict) else None

    @property
    def start(self) -> str:
        """How a text begins, without its mark of UTF-8; empty for all else."""
        return self.data[:_START].decode("utf-8-sig", errors="replace") if self.kind == "text" else ""

    @property
    def is_list(self) -> bool:
        """Whether a JSON file is a list."""
        return self.kind == "json" and self.data[:_START].lstrip(_BYTE_ORDER_MARKS).lstrip()[:1] == b"["

    @cached_property
    def first_json(self) -> Glimpse:
        """Of a folder, its first *.json by name; the file itself, and a folder without one."""
        first = min(self.path.glob("*.json"), default=self.path) if self.kind == "folder" else self.path
        return self if first == self.path or first.is_dir() else Glimpse(first)

    def has_key(self, name: str) -> bool:
        """Whether this stands in quotes somewhere in a JSON file, which need not be parsed for it."""
        return self.kind == "json" and f'"{name}"'.encode() in self.data

    def has_keys(self, *names: str) -> bool:
        """Whether each stands in quotes somewhere in a JSON file."""
        return all(map(self.has_key, names))

    def has_file(self, pattern: str) -> bool:
        """Whether a folder has a file of such a name, as `Path.glob` takes it."""
        return self.kind == "folder" and next(self.path.glob(pattern), None) is not None


def _is_json(data: bytes) -> bool:
    start = data[:_START].replace(b"\0", b"").lstrip(_BYTE_ORDER_MARKS)
    return _JSON_START.match(start) is not None

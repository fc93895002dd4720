"""Decorators that compile functions of arrays to machine code, by numba."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from numba import __version__ as numba_version
from numba import config, njit

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
Function = TypeVar("Function", bound=Callable[..., object])
CORE = Path(__file__).parents[1]
BODY_SOURCES = [Path(__file__), *CORE.glob("body/**/*.py")]

# Sums may be reordered, NaN and infinity mean what they do, and nothing is allocated: without numba's reference counts,
# which all threads would share, a try is several times as quick.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
    "error_model": "numpy",
    "no_cfunc_wrapper": True,
    "_nrt": False,
}
# What is called is part of its caller. Otherwise a process that has just compiled runs each function as compiled for
# itself, one that read the cache the copy in its caller, and sums in another order give another last bit.
_CALLED_FROM_COMPILED: dict[str, Any] = {"no_cpython_wrapper": True, "forceinline": True}


def compiled(function: Function) -> Function:
    """Compiled as part of the compiled functions that call it; not callable from Python."""
    return njit(**_OPTIONS, **_CALLED_FROM_COMPILED)(function)


def inlined(function: Function) -> Function:
    """Compiled as a part of its only caller: each level of callers compiles an inlined function again."""
    return njit(inline="always", **_OPTIONS, **_CALLED_FROM_COMPILED)(function)


def kept(function: Function) -> Function:
    """Compiled when it is first called, and kept on the disk where numba finds a folder that may be written.

    numba recompiles if the function's file or an enclosed value changes: let it enclose digest(SOURCES).
    """
    try:
        made = njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # there is none
        return called(function)
    _without_old_versions(made._cache)
    return made


def _without_old_versions(cache: Any) -> None:
    """Empty a function's cache where it cannot be read. It may name classes that an older version of Fitloop had, or
    be cut off; numba would raise where it should compile."""
    load = cache.load_overload

    def load_overload(signature: Any, context: Any) -> Any:
        try:
            return load(signature, context)
        except (AttributeError, ImportError, EOFError, UnpicklingError):
            cache.flush()
            return None

    cache.load_overload = load_overload


def called(function: Function) -> Function:
    """Compiled when it is first called from Python, in every process anew."""
    return njit(**_OPTIONS)(function)


def digest(paths: Iterable[Path]) -> int:
    """A number that changes if any of the files does."""
    text = b"".join(path.read_bytes() for path in sorted(paths))
    return int.from_bytes(sha256(text).digest()[:7], "big")


def made_before() -> bool:
    """True if this version of the sources and of numba has compiled and kept everything, by `remember_made`."""
    try:
        return _mark().read_text(encoding="utf-8") == _version()
    except (OSError, ValueError):
        return False


def remember_made() -> None:
    """To be called once everything that is `kept` was called. Where nothing may be written, nothing is remembered."""
    with suppress(OSError):
        _mark().parent.mkdir(exist_ok=True)
        half = _mark().with_suffix(f".{os.getpid()}")  # another process may read the mark meanwhile
        half.write_text(_version(), encoding="utf-8")
        half.replace(_mark())


def _mark() -> Path:
    """The marker file, beside numba's cache."""
    chosen = getattr(config, "CACHE_DIR", "")
    folder = Path(chosen) if chosen else Path(__file__).parent / "__pycache__"
    return folder / "fitloop_made"


def _version() -> str:
    return f"{digest(CORE.glob('**/*.py'))} {numba_version} {sys.version}"

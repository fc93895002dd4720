"""The few names that a pickle may mention, and a safe function for each.

A call checks all arguments from the file and runs only the function listed here, never one that the file names.
"""

from __future__ import annotations

import inspect
import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from core.files.pickles.arrays import Budget, PickledArray, PickledDtype, Refusal, array_from, shown
from core.files.pickles.nodes import Instance, Name
from core.files.pickles.tables import (
    block_of,
    index_of,
    is_table,
    manager_of,
    slice_of,
    text_type_of,
    texts_of,
)
from core.files.pickles.tensors import parameter_from, storage_from, tensor_from

MAX_KEY = 4096

_RENAMED = (("__builtin__.", "builtins."), ("copy_reg.", "copyreg."), ("numpy._core.", "numpy.core."))
JOBLIB_ARRAY = "joblib.numpy_pickle.NumpyArrayWrapper"
_CLASSES = ("builtins.object", "builtins.dict", "numpy.ndarray", JOBLIB_ARRAY)
_SPARSE = re.compile(r"scipy\.sparse\.(?:_?(?:csc|csr|coo)\.)?((?:csc|csr|coo)_(?:matrix|array))")
_CHUMPY = re.compile(r"chumpy\.(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*", re.ASCII)


def is_sparse(name: str) -> bool:
    """True for a csc, csr or coo class of scipy.sparse, by its current or an old path."""
    return _SPARSE.fullmatch(name) is not None


def is_chumpy(name: str) -> bool:
    """True for any name of chumpy. Its objects become arrays or stay names; no class is imported."""
    return _CHUMPY.fullmatch(name) is not None


def _is(value: object, name: str) -> bool:
    return isinstance(value, Name) and value.name == name


def named(module: str, attribute: str) -> Name:
    """The name of a class or function in a file. Raises Refusal unless it is one of the known ones."""
    written = f"{module}.{attribute}"
    name = written
    for old, new in _RENAMED:
        if written.startswith(old):
            name = new + written[len(old) :]
    known = name in _CALLS or name in _CLASSES or is_sparse(name) or is_chumpy(name) or is_table(name)
    if not known:
        raise Refusal(f"names {shown(written)}, which is code and not data")
    return Name(name)


def instance(name: object) -> Instance:
    """An empty object of a class of chumpy, scipy.sparse or pandas. Raises Refusal for other classes."""
    is_known = isinstance(name, Name) and (
        is_sparse(name.name) or is_chumpy(name.name) or is_table(name.name) or name.name == JOBLIB_ARRAY
    )
    if not isinstance(name, Name) or not is_known:
        raise Refusal(f"makes an object of {name.name if isinstance(name, Name) else shown(name)}")
    return Instance(name.name)


def call(name: object, arguments: object, budget: Budget) -> Any:
    """The result of name(*arguments), from the known function of that name. Raises Refusal for other names."""
    if not isinstance(name, Name) or name.name not in _CALLS:
        raise Refusal(f"calls {name.name if isinstance(name, Name) else shown(name)}")
    meaning = _CALLS[name.name]
    if not isinstance(arguments, tuple):
        raise Refusal(f"calls {name.name} without arguments")
    try:
        _SIGNATURES[name.name].bind(budget, *arguments)
    except TypeError:
        raise Refusal(f"calls {name.name} with {len(arguments)} arguments") from None
    return meaning(budget, *arguments)


def checked_key(key: object) -> Any:
    """A key of a dict or an item of a set. Raises Refusal unless it is a number or short text, fast to compare."""
    if isinstance(key, np.integer):
        return int(key)
    if not (key is None or type(key) in (str, bytes, int, float, bool)):
        raise Refusal(f"uses {shown(key)} as a key, where text or a number belongs")
    if isinstance(key, str | bytes) and len(key) > MAX_KEY:
        raise Refusal(f"uses a text of {len(key)} letters as a key")
    return key


def _call_reconstructor(budget: Budget, cls: object, base: object, state: object) -> Instance:
    if not _is(base, "builtins.object") or state is not None:
        raise Refusal("rebuilds an object from an unknown base")
    return instance(cls)


def _call_reconstruct(budget: Budget, cls: object, shape: object, code: object) -> PickledArray:
    if not _is(cls, "numpy.ndarray"):
        raise Refusal("rebuilds an array of an unknown class")
    return PickledArray()


def _call_dtype(budget: Budget, code: object, align: object = 0, copy: object = 1) -> PickledDtype:
    return PickledDtype.from_code(code)


def _call_scalar(budget: Budget, dtype: object, raw: object) -> np.generic:
    array = array_from(raw, dtype, (1,), "C", budget)
    if not isinstance(array, np.ndarray):
        raise Refusal("holds one number that is no number")
    return array[0]  # type: ignore[no-any-return]


def _call_frombuffer(budget: Budget, raw: object, dtype: object, shape: object, order: object) -> Any:
    return array_from(raw, dtype, shape, order, budget)


def _call_encode(budget: Budget, text: object, encoding: object = "") -> bytes:
    if not isinstance(text, str) or not isinstance(encoding, str) or encoding not in ("latin1", "latin-1"):
        raise Refusal(f"encodes text as {shown(encoding)}")
    budget.take(len(text))
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise Refusal("encodes text as latin1 that holds other letters") from None


def _call_bytes(budget: Budget) -> bytes:
    return b""


def _call_bytearray(budget: Budget, text: object = "", encoding: object = "latin-1") -> bytearray:
    data = text if isinstance(text, bytes) else _call_encode(budget, text, encoding)
    budget.take(len(data))
    return bytearray(data)


def _call_complex(budget: Budget, real: object, imaginary: object) -> complex:
    if type(real) is not float or type(imaginary) is not float:
        raise Refusal("makes a complex number of something else")
    return complex(real, imaginary)


def _call_set(budget: Budget, items: object = ()) -> set:
    if not isinstance(items, list | tuple):
        raise Refusal("makes a set of something that is no list")
    budget.take(64 * len(items))
    return {checked_key(item) for item in items}


def _call_frozenset(budget: Budget, items: object = ()) -> frozenset:
    return frozenset(_call_set(budget, items))


def _call_defaultdict(budget: Budget, made: object) -> dict:
    if not _is(made, "builtins.dict"):
        raise Refusal("makes a defaultdict of something else than dictionaries")
    return {}


def _call_ordered_dict(budget: Budget, pairs: object = ()) -> OrderedDict:
    if not isinstance(pairs, list | tuple):
        raise Refusal("makes an OrderedDict of something that is no list")
    budget.take(128 * len(pairs))
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        raise Refusal("makes an OrderedDict of something that is no list of pairs")
    return OrderedDict((checked_key(key), value) for key, value in pairs)


_CALLS: dict[str, Callable[..., Any]] = {
    "builtins.bytes": _call_bytes,
    "builtins.bytearray": _call_bytearray,
    "builtins.complex": _call_complex,
    "builtins.set": _call_set,
    "builtins.slice": slice_of,
    "builtins.frozenset": _call_frozenset,
    "collections.OrderedDict": _call_ordered_dict,
    "collections.defaultdict": _call_defaultdict,
    "_codecs.encode": _call_encode,
    "copyreg._reconstructor": _call_reconstructor,
    "numpy.dtype": _call_dtype,
    "numpy.core.multiarray._reconstruct": _call_reconstruct,
    "numpy.core.multiarray.scalar": _call_scalar,
    "numpy.core.numeric._frombuffer": _call_frombuffer,
    "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked": texts_of,
    "pandas._libs.internals._unpickle_block": block_of,
    "pandas.core.indexes.base._new_Index": index_of,
    "pandas.core.internals.managers.BlockManager": manager_of,
    "pandas.StringDtype": text_type_of,
    "torch._utils._rebuild_parameter": parameter_from,
    "torch._utils._rebuild_tensor_v2": tensor_from,
    "torch.storage._load_from_bytes": storage_from,
}
_SIGNATURES = {name: inspect.signature(meaning) for name, meaning in _CALLS.items()}

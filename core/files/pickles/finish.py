"""The last pass over a pickle's contents: nodes become arrays, and contents that are not data are refused."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from core.files.pickles.arrays import (
    CHUMPY_PARTS,
    SPARSE_PARTS,
    Budget,
    PickledArray,
    Refusal,
    Unevaluated,
    array_from,
    chumpy_array,
    shown,
    sparse_matrix,
)
from core.files.pickles.names import is_sparse
from core.files.pickles.nodes import Instance, LazyArray, Name, ObjectArray
from core.files.pickles.tables import is_table

_MAX_NESTING = 50
_PLAIN = (type(None), bool, int, float, complex, str, bytes, bytearray, set, frozenset, np.ndarray)


class Finisher:
    """Converts each node once, also where the file shares it, so the work is linear in the file's size."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._finished: dict[int, Any] = {}
        self._open: set[int] = set()

    def finish(self, node: Any, depth: int = 0) -> Any:
        """The data of a node. Raises Refusal for code, cycles and deep nesting."""
        if type(node) in _PLAIN or isinstance(node, np.generic):
            return node
        if id(node) in self._finished:
            return self._finished[id(node)]
        if id(node) in self._open:
            raise Refusal("holds a container that contains itself")
        if depth > _MAX_NESTING:
            raise Refusal(f"is nested more than {_MAX_NESTING} deep")
        self._open.add(id(node))
        data = self._finished[id(node)] = self._converted(node, depth + 1)
        self._open.remove(id(node))
        return data

    def _converted(self, node: Any, depth: int) -> Any:
        if isinstance(node, list):
            return [self.finish(item, depth) for item in node]
        if isinstance(node, tuple):
            return tuple([self.finish(item, depth) for item in node])
        if isinstance(node, dict):
            pairs = ((key, self.finish(value, depth)) for key, value in node.items())
            return OrderedDict(pairs) if isinstance(node, OrderedDict) else dict(pairs)
        if isinstance(node, PickledArray) and node.value is not None:
            return self.finish(node.value, depth)
        if isinstance(node, LazyArray):
            return array_from(node.raw.read(), node.dtype, node.shape, node.order, self._budget)
        if isinstance(node, ObjectArray):
            return self._dictionaries(node, depth)
        if isinstance(node, Instance) and is_table(node.name):
            raise Refusal(f"holds a table ({node.name}), where numbers or text belong")
        if isinstance(node, Instance) and isinstance(node.state, dict):
            return self._array_of(node, node.state, depth)
        name = node.name if isinstance(node, Name | Instance) else shown(node)
        raise Refusal(f"names {name} where data belongs")

    def _dictionaries(self, node: ObjectArray, depth: int) -> Any:
        """What numpy.save makes of one dictionary, or of a list of them. Raises Refusal for other objects."""
        if len(node.shape) > 1 or not all(type(item) is dict for item in node.items):
            raise Refusal("holds an array of Python objects, where numbers or text belong")
        items = [self.finish(item, depth) for item in node.items]
        return items if node.shape else items[0]

    def _array_of(self, node: Instance, state: dict[Any, Any], depth: int) -> Any:
        """The array of a chumpy or scipy.sparse object. Only the attributes that hold its numbers are read."""
        attributes = {k.decode("latin-1") if isinstance(k, bytes) else k: v for k, v in state.items()}
        class_name = node.name.rpartition(".")[2]
        if is_sparse(node.name):
            parts: tuple[str, ...] = SPARSE_PARTS
        elif class_name in CHUMPY_PARTS:
            parts = CHUMPY_PARTS[class_name]
        else:
            return Unevaluated(node.name)
        found = {part: self.finish(attributes[part], depth) for part in parts if part in attributes}
        if is_sparse(node.name):
            return sparse_matrix(class_name, found, self._budget)
        return chumpy_array(node.name, found, self._budget)

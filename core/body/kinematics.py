"""The walk down SMPL's tree: from each joint's own rotation and bone to its rotation and place in the body's frame.

The same code serves numpy's arrays and torch's tensors; core/body/compiled/posing.py is its twin in machine code.
Pointer jumping: after n rounds each joint has been combined with 2^n ancestors, so four rounds do the whole tree, in a
sixth of the calls of a joint-by-joint walk. The batch is the innermost dimension, as thousands of separate 3 × 3
products would take far longer. Torch is imported only for its tensors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.body.tree import PARENTS
from core.compute.per_device import held

if TYPE_CHECKING:
    import torch

Array = TypeVar("Array", NDArray[Any], "torch.Tensor")


def world_transforms(rotations: Array, offsets: Array) -> tuple[Array, Array]:
    """Carry rotations and offsets down the tree.

    rotations (B, 24, 3, 3) relative to the parent; offsets (B, 24, 3) [m], as `offsets_between` gives them. Returns the
    body's rotations (B, 24, 3, 3) and joints (B, 24, 3) [m].
    """
    local = _joined([rotations, offsets[..., None]], -1)
    world = batch_first(transforms_down_the_tree(batch_last(local)))
    return world[..., :3], world[..., 3]


def offsets_between(joints: Array) -> Array:
    """joints (..., 24, 3) [m] at rest. Returns joint minus parent (..., 24, 3), the pelvis' own being its position."""
    return _joined([joints[..., :1, :], joints[..., 1:, :] - joints[..., _of(joints).parents, :]], -2)


def relative_rotations(world: Array) -> Array:
    """Rotations in the body's frame (B, 24, 3, 3). Returns each relative to its parent's, the pelvis' own as it is."""
    above = world[:, _of(world).parents]
    return _joined([world[:, :1], above.swapaxes(-1, -2) @ world[:, 1:]], 1)


def transforms_down_the_tree(local: Array) -> Array:
    """Rotation and offset of each joint to rotation and place, both (3, 4, 24, B)."""
    constants, world = _of(local), local
    for first, ancestors in zip(_FIRST, constants.ancestors, strict=True):
        reaching = _product(world[:, :, ancestors], world[:, :, first:], constants.place)
        world = _joined([world[:, :, :first], reaching], 2)
    return world


def batch_last(values: Array) -> Array:
    """(B, 24, ...) as (..., 24, B)."""
    axes = (*range(2, values.ndim), 1, 0)
    if isinstance(values, np.ndarray):
        return np.ascontiguousarray(values.transpose(axes))
    return values.permute(axes).contiguous()


def batch_first(values: Array) -> Array:
    """Inverse of batch_last, as a view."""
    axes = (values.ndim - 1, values.ndim - 2, *range(values.ndim - 2))
    return values.transpose(axes) if isinstance(values, np.ndarray) else values.permute(axes)


def _product(above: Array, own: Array, place: Array) -> Array:
    """Transforms (3, 4, N, B) one after the other: sums, as matrix kernels take longer for so little."""
    if isinstance(above, np.ndarray):
        a, b, c, d = np.moveaxis(above[:, :, None], 1, 0)
        return a * own[0] + b * own[1] + c * own[2] + d * place
    a, b, c, d = above.unsqueeze(2).unbind(1)  # all at once, which their gradients are then too
    first, second, third = own.unbind(0)
    return (a * first).addcmul(b, second).addcmul(c, third).addcmul(d, place)


def _joined(parts: list[Array], axis: int) -> Array:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts, axis)
    import torch

    return torch.cat(parts, axis)


def _rounds() -> list[tuple[int, NDArray[np.int64]]]:
    """For each round the first joint with an ancestor 1, 2, 4 or 8 up, and that ancestor of it and of all that follow:
    SMPL's order goes by depth."""
    above, rounds = np.array(PARENTS), []
    while (above >= 0).any():
        first = int((above >= 0).argmax())
        rounds.append((first, above[first:]))
        above = np.where(above >= 0, above[above], -1)
    return rounds


class _Constants(NamedTuple):
    """parents (23,) of all joints but the pelvis; ancestors, one array a round; place (4, 1, 1): 1 in the column of
    the position."""

    parents: Any
    ancestors: tuple[Any, ...]
    place: Any


_FIRST = [first for first, _ in _rounds()]
_OF_NUMPY = _Constants(
    np.array(PARENTS[1:]),
    tuple(ancestors for _, ancestors in _rounds()),
    np.array([0, 0, 0, 1], np.float32).reshape(4, 1, 1),
)


def _of(values: NDArray[Any] | torch.Tensor) -> _Constants:
    return _OF_NUMPY if isinstance(values, np.ndarray) else _of_torch(values.dtype, values.device)


@held
def _of_torch(dtype: torch.dtype, device: torch.device) -> _Constants:
    """The constants on their device: a list would be copied to a GPU at each use, and the copy waits for the GPU."""
    import torch

    with torch.inference_mode(False):
        parents, *ancestors = (
            torch.from_numpy(places).to(device) for places in (_OF_NUMPY.parents, *_OF_NUMPY.ancestors)
        )
        return _Constants(parents, tuple(ancestors), torch.from_numpy(_OF_NUMPY.place).to(device, dtype))

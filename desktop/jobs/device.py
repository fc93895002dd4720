"""The device of batches: a graphics card if there is one with enough memory, else the processor.

The fit of one person and the fit that follows a drag run on the processor. They are many small steps of milliseconds.
"""

import copy
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from core.networks.table import SHIPPED
from desktop.text.translate import tr

if TYPE_CHECKING:
    from torch import nn

    from core.body.model import Body

Result = TypeVar("Result")
CPU, GPU = "cpu", "cuda"
AT_ONCE = {CPU: 32, GPU: 256}  # people fitted together


class Device:
    """The device of one job. name: None for the graphics card if there is one."""

    def __init__(self, body: "Body", name: str | None = None) -> None:
        self._name = name
        self._told = ""
        self._body = body
        self._there: Body | None = None

    @property
    def name(self) -> str:
        """The current device. Call this in the job's thread: the first search for a graphics card takes a while."""
        if self._name is None:
            self._name = _best()
        return self._name

    @property
    def at_once(self) -> int:
        """People fitted together."""
        return AT_ONCE.get(self.name, AT_ONCE[CPU])

    def news(self) -> tuple[str, ...]:
        """New notices for the user. Each is returned once."""
        told, self._told = self._told, ""
        return (told,) if told else ()

    def run(self, compute: "Callable[[Body, str], Result]") -> Result:
        """Call compute(body, device). If the card's memory is full, call it again on the processor."""
        import torch

        try:
            return compute(self._moved(), self.name)
        except torch.OutOfMemoryError:
            if self.name == CPU:
                raise
        self._name, self._there = CPU, None
        network_on.cache_clear()
        lifter_on.cache_clear()
        torch.cuda.empty_cache()
        self._told = tr(
            "The graphics card's memory is full. The job continues on the processor and takes longer. "
            "To use the card again, close other programs that use it, or stop a training."
        )
        return compute(self._moved(), self.name)

    def _moved(self) -> "Body":
        if self._there is None:
            self._there = self._body if self.name == CPU else self._body.to(self.name)
        return self._there


@lru_cache(maxsize=1)
def network_on(network: "nn.Module", device: str) -> "nn.Module":
    """A copy of a network on a device. On the processor, the network itself."""
    return network if device == CPU else copy.deepcopy(network).to(device)


@lru_cache(maxsize=2)
def lifter_on(device: str) -> "nn.Module":
    """The lifter on a device: the shipped network that guesses from keypoints. Raises CheckpointError."""
    from core.networks.load import load_network, place_of

    return load_network(place_of(SHIPPED), device)


def _best() -> str:
    import torch

    return GPU if torch.cuda.is_available() else CPU

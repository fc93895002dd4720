"""Where batches are computed: on a graphics card while there is one with memory enough, else on the processor.

One person's fit, and the body that follows the mouse, stay on the processor: they are many small steps, which it
takes in milliseconds.
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
    """Belongs to one job. name: None for the card where there is one."""

    def __init__(self, body: "Body", name: str | None = None) -> None:
        self._name = name
        self._told = ""
        self._body = body
        self._there: Body | None = None

    @property
    def name(self) -> str:
        """Where it computes now. Asked for in the job's own thread: the first look for a card takes a while."""
        if self._name is None:
            self._name = _best()
        return self._name

    @property
    def at_once(self) -> int:
        """People fitted together."""
        return AT_ONCE.get(self.name, AT_ONCE[CPU])

    def news(self) -> tuple[str, ...]:
        """What the user should know about it, once."""
        told, self._told = self._told, ""
        return (told,) if told else ()

    def run(self, compute: "Callable[[Body, str], Result]") -> Result:
        """compute(body there, device); once more on the processor where the card's memory is full."""
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
            "The graphics card's memory is full: the work goes on on the processor, which takes longer. "
            "Close other programs that use the card, or stop a training, to have it back."
        )
        return compute(self._moved(), self.name)

    def _moved(self) -> "Body":
        if self._there is None:
            self._there = self._body if self.name == CPU else self._body.to(self.name)
        return self._there


@lru_cache(maxsize=1)
def network_on(network: "nn.Module", device: str) -> "nn.Module":
    """A network there; the one that was loaded stays where it is."""
    return network if device == CPU else copy.deepcopy(network).to(device)


@lru_cache(maxsize=2)
def lifter_on(device: str) -> "nn.Module":
    """The network that guesses from keypoints alone; it comes with the program. Raises CheckpointError."""
    from core.networks.load import load_network, place_of

    return load_network(place_of(SHIPPED), device)


def _best() -> str:
    import torch

    return GPU if torch.cuda.is_available() else CPU

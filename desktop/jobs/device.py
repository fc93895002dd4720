"""Where batches are computed: on a graphics card while there is one with memory enough, else on the processor."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from core.body.model import Body

Result = TypeVar("Result")
CPU, GPU = "cpu", "cuda"
AT_ONCE = {CPU: 32, GPU: 256}  # people fitted together


class Device:
    """Belongs to one job. `told` is what the user should know about it, empty while there is nothing."""

    def __init__(self, body: "Body", name: str | None = None) -> None:
        self.name = name or _best()
        self.told = ""
        self._body = body
        self._there: Body | None = None

    @property
    def at_once(self) -> int:
        """People fitted together."""
        return AT_ONCE.get(self.name, AT_ONCE[CPU])

    def run(self, compute: "Callable[[Body, str], Result]") -> Result:
        """compute(body there, device); once more on the processor where the card's memory is full."""
        import torch

        try:
            return compute(self._moved(), self.name)
        except torch.OutOfMemoryError:
            if self.name == CPU:
                raise
        self.name, self._there = CPU, None
        torch.cuda.empty_cache()
        self.told = (
            "The graphics card's memory is full: the work goes on on the processor, which takes longer. "
            "Close other programs that use the card, or stop a training, to have it back."
        )
        return compute(self._moved(), self.name)

    def _moved(self) -> "Body":
        if self._there is None:
            self._there = self._body if self.name == CPU else self._body.to(self.name)
        return self._there


def _best() -> str:
    import torch

    return GPU if torch.cuda.is_available() else CPU

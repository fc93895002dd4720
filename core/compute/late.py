"""Functions and classes of modules that are imported when they are first called: tables stay quick to import."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Late:
    """A stand-in for module.name that calls it."""

    module: str
    name: str

    def found(self) -> Any:
        """The function or class itself."""
        return getattr(import_module(self.module), self.name)

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self.found()(*given, **named)

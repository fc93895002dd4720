"""The networks that guess bodies before any fit.

The lifter works from keypoints alone and ships with the program. Modules that need torch are imported on first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.networks.lifter.lift import LifterGuess, lift, load_lifter, warm_up
    from core.networks.lifter.network import Lifter

__all__ = ["Lifter", "LifterGuess", "lift", "load_lifter", "warm_up"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in __all__:
        return getattr(import_module("core.networks.lifter.lift"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

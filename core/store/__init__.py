"""The project file and the fits dictionary.

The dictionary is imported on first use, as it needs torch.
"""

from typing import TYPE_CHECKING

from core.store.project.edits import Edit
from core.store.project.project import Project
from core.store.project.schema import DamagedProjectError

if TYPE_CHECKING:
    from core.store.fits.dictionary import FitsDictionary

__all__ = ["Project", "Edit", "DamagedProjectError", "FitsDictionary"]


def __getattr__(name: str) -> object:
    if name == "FitsDictionary":
        from core.store.fits.dictionary import FitsDictionary

        return FitsDictionary
    raise AttributeError(f"module 'core.store' has no attribute '{name}'")

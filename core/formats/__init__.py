"""Files of other programs, one small module a format with `read`, `write` or both; Import says what came.

`recognise` tells from the content which module reads a file; `train.convert` does each from the shell.
"""

from core.formats.shared.report import Import, LeftOut

__all__ = ["Import", "LeftOut"]

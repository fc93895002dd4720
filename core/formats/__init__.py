"""Files of other programs, one small module a format with `recognise`, `read`, `write` or some; Import says what came.

`table.py` has a row for each format, `exchange.py` reads and writes through it.
"""

from core.formats.shared.report import Import, LeftOut

__all__ = ["Import", "LeftOut"]

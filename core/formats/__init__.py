"""Files of other programs: one small module per format, with some of `recognise`, `read`, `write`.

`table.py` has a row for each format, `exchange.py` reads and writes through it.
"""

from core.formats.shared.report import Import, LeftOut

__all__ = ["Import", "LeftOut"]

"""A refresh that waits for more changes, and rests in proportion to the time that it takes."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

REFRESH_MS = 40  # changes within this time are shown together
REST = (
    5  # the least time between two refreshes, in durations of the last one: one of 100 000 people takes long
)


class RefreshSoon(QTimer):
    """Calls `refresh` once soon after `ask`, however often it is asked meanwhile."""

    def __init__(self, refresh: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._refresh_views = refresh
        self.setSingleShot(True)
        self.setInterval(REFRESH_MS)
        self.timeout.connect(self.now)

    def ask(self) -> None:
        """Refresh soon."""
        if not self.isActive():
            self.start()

    def now(self) -> None:
        """Refresh."""
        begun = time.perf_counter()
        self._refresh_views()
        took_ms = 1000 * (time.perf_counter() - begun)
        self.setInterval(max(REFRESH_MS, round(REST * took_ms)))

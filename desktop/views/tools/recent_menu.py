"""The submenu of recently opened projects."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from desktop.text.translate import tr

WIDEST_PX = 420


class RecentMenu(QMenu):
    """Emits `chosen` with a project's path. recent: returns the paths, the latest first."""

    chosen = Signal(str)

    def __init__(self, recent: Callable[[], Sequence[str]], parent: QWidget) -> None:
        super().__init__(tr("Open &recent"), parent)
        self._recent = recent
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        self.clear()
        for path in self._recent():
            words = tr("{name} in {folder}").format(name=Path(path).stem, folder=Path(path).parent)
            shown = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, WIDEST_PX)
            row = self.addAction(shown.replace("&", "&&"))
            row.setToolTip(path)
            row.triggered.connect(partial(self._choose, path))
        if self.isEmpty():
            self.addAction(tr("No project was opened yet")).setEnabled(False)

    def _choose(self, path: str, _checked: bool = False) -> None:
        self.chosen.emit(path)

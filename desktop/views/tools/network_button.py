"""A button of the status bar: the network that guesses come from, and the list to choose another."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from desktop.model.guess_network import title_of
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text.translate import tr

WIDEST_PX = 190


class NetworkButton(QToolButton):
    """Shows the network's name while a project is open. ask: asks for the file of another checkpoint."""

    def __init__(self, workbench: Workbench, ask: Callable[[], Path | None]) -> None:
        super().__init__()
        self._workbench, self._ask = workbench, ask
        self._list = QMenu(self)
        self._list.aboutToShow.connect(self._fill)
        self.setMenu(self._list)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAutoRaise(True)
        workbench.fits.network.changed.connect(self._show)
        workbench.project_changed.connect(self._show)
        self._show()

    @qt_override(QSize)
    def minimumSizeHint(self) -> QSize:
        return QSize(40, super().minimumSizeHint().height())

    @qt_override(QSize)
    def sizeHint(self) -> QSize:
        wanted = super().sizeHint()
        return QSize(min(wanted.width(), WIDEST_PX), wanted.height())

    def _show(self) -> None:
        network = self._workbench.fits.network
        self.setVisible(self._workbench.project is not None)
        room = WIDEST_PX - 3 * self.fontMetrics().height()
        words = tr("guesses: {name}").format(name=network.title)
        self.setText(self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, room))
        told = tr("Guesses come from: {name}. Click to choose another.").format(name=network.title)
        self.setToolTip(told if network.file is None else f"{told}\n{network.file}")
        self.setAccessibleName(words)

    def offer(self) -> None:
        """Show the list, and go on: `showMenu` would wait for the choice."""
        self._list.popup(self.mapToGlobal(self.rect().topLeft()))

    def _fill(self) -> None:
        network = self._workbench.fits.network
        self._list.clear()
        group = QActionGroup(self._list)
        for file in network.choices():
            action = self._list.addAction(title_of(file))
            action.setToolTip("" if file is None else str(file))
            action.setCheckable(True)
            action.setChecked(file == network.file)
            action.triggered.connect(lambda _=False, file=file: self._choose(file))
            group.addAction(action)
        self._list.addSeparator()
        self._list.addAction(tr("Another checkpoint…")).triggered.connect(self._choose_other)

    def _choose(self, file: Path | None) -> None:
        if file != self._workbench.fits.network.file:
            self._workbench.fits.network.choose(file)

    def _choose_other(self) -> None:
        file = self._ask()
        if file is not None:
            self._choose(file)

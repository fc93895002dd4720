"""The chooser in the toolbar: the network that guesses come from, and the list to choose another."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from desktop.jobs.files.network_facts import facts_of_network
from desktop.model.guess_network import title_of
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text.translate import tr
from desktop.views.tools.icons import icon

WIDEST_PX, LEAST_PX, ICON = 210, 40, "fit.network"


class NetworkButton(QToolButton):
    """Shows the network's name while a project is open. ask: asks for the file of another checkpoint."""

    def __init__(self, workbench: Workbench, ask: Callable[[], Path | None]) -> None:
        super().__init__()
        self._workbench, self._ask = workbench, ask
        self._list = QMenu(self)
        self._list.setToolTipsVisible(True)
        self._list.aboutToShow.connect(self._fill)
        self.setMenu(self._list)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys stay with the photo
        self.setAutoRaise(True)
        workbench.fits.network.changed.connect(self._show)
        workbench.project_changed.connect(self._show)
        workbench.view_changed.connect(self._dress)
        self._dressed = ""
        self._dress()
        self._show()

    @qt_override(QSize)
    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_PX, super().minimumSizeHint().height())

    @qt_override(QSize)
    def sizeHint(self) -> QSize:
        wanted = super().sizeHint()
        return QSize(min(wanted.width(), WIDEST_PX), wanted.height())

    def _dress(self) -> None:
        colours = self._workbench.view.colours
        if colours.name != self._dressed:
            self._dressed = colours.name
            self.setIcon(icon(ICON, colours))

    def _show(self) -> None:
        network = self._workbench.fits.network
        self.setEnabled(self._workbench.project is not None)
        if not self.isEnabled():
            self.setText(tr("Network"))
            self.setToolTip(tr("The network that guesses bodies. Each project has its own: open one first."))
            self.setAccessibleName(tr("Network"))
            return
        room = WIDEST_PX - 5 * self.fontMetrics().height()
        self.setText(self.fontMetrics().elidedText(network.title, Qt.TextElideMode.ElideMiddle, room))
        facts = facts_of_network(network.file)
        lines = [tr("Guesses come from: {name}. Click to choose another.").format(name=network.title)]
        lines += [tr("From: {origin}").format(origin=facts.origin)]
        lines += [tr("Measured: {errors}").format(errors=facts.measured)] if facts.measured else []
        lines += [] if network.file is None else [str(network.file)]
        self.setToolTip("\n".join(lines))
        self.setAccessibleName(tr("Network of the guesses: {name}").format(name=network.title))

    def offer(self) -> None:
        """Show the list, and go on: `showMenu` would wait for the choice."""
        place = self if self.isVisible() else self.window()  # a narrow window has no room for all tools
        self._list.popup(
            place.mapToGlobal(place.rect().bottomLeft() if place is self else place.rect().center())
        )

    def _fill(self) -> None:
        network = self._workbench.fits.network
        self._list.clear()
        group = QActionGroup(self._list)
        for file in network.choices():
            facts = facts_of_network(file)
            title = title_of(file).replace("&", "&&")
            # The words after the tab stand in the column of the keys.
            action = self._list.addAction(f"{title}\t{facts.measured}" if facts.measured else title)
            action.setToolTip(facts.origin if file is None else f"{facts.origin}\n{file}")
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

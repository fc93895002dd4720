"""The card on a photo without people: the state of the search, and other ways to add people."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout

from core.detect.installs import INSTALLS, is_installed
from core.store import Project
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text.translate import tr
from desktop.views.bold import bold
from desktop.views.sized_view import SizedView
from desktop.views.tools.detector_offer import GAP_PX, DetectorOffer

WIDTH_PX, EDGE_PX, ROUND_PX = 460, 16, 8
ABOVE_PX = 56  # of the lower edge, where the canvas has its own strip
ACTIONS = ("person.draw", "file.open", "person.detect")  # from the left


class PeopleCard(QFrame):
    """Lies at the lower edge of the canvas, so that the photo above it can be seen."""

    def __init__(
        self,
        canvas: SizedView,
        workbench: Workbench,
        actions: Mapping[str, QAction],
        notice: Callable[[], str],
    ) -> None:
        """notice: what the canvas says in place of a photo; the card then stays away."""
        super().__init__(canvas)
        self._canvas, self._workbench, self._notice = canvas, workbench, notice
        self._closed_for: Project | None = None
        self.title, self.why = bold(QLabel()), QLabel()
        self.offer = DetectorOffer(workbench)
        self._actions = actions
        self.buttons = {name: self._button(name, actions[name]) for name in ACTIONS}
        self.close_it = QToolButton()
        self._lay_out()
        self.setCursor(Qt.CursorShape.ArrowCursor)
        for signal in (
            *(workbench.photo_changed, workbench.view_changed, workbench.project_changed),
            *(workbench.finding.changed, workbench.job.changed, canvas.sized),
        ):
            signal.connect(self.look)
        self.offer.more.toggled.connect(self.look)
        self.look()

    def _lay_out(self) -> None:
        self.why.setWordWrap(True)
        self.why.setTextFormat(Qt.TextFormat.PlainText)
        self.why.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.close_it.setText("✕")
        self.close_it.setAutoRaise(True)
        self.close_it.setToolTip(tr("Close the card"))
        self.close_it.setAccessibleName(self.close_it.toolTip())
        self.close_it.clicked.connect(self._close)
        top, last = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.close_it)
        last.setSpacing(GAP_PX)
        for button in self.buttons.values():
            last.addWidget(button)
        last.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GAP_PX, GAP_PX, 2 * GAP_PX, 2 * GAP_PX)
        column.setSpacing(GAP_PX)
        column.addLayout(top)
        column.addWidget(self.why)
        column.addWidget(self.offer)
        column.addLayout(last)

    def _button(self, name: str, action: QAction) -> QToolButton:
        """A button with shorter words than the menu has."""
        words = {"person.draw": tr("Draw a person"), "file.open": tr("Open annotations")}
        button = QToolButton()
        button.setText(words.get(name, tr("Find people")))
        button.clicked.connect(action.trigger)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    @property
    def wanted(self) -> bool:
        """Whether the photo shown has nobody, and nobody is being drawn."""
        workbench = self._workbench
        photo = workbench.photo
        if photo is None or photo.people or workbench.view.boxing or not workbench.writable:
            return False
        return workbench.project is not self._closed_for and not self._notice()

    def look(self) -> None:
        """Show what holds now, at its place; or hide."""
        wanted = self.wanted
        if wanted:
            self._show_words()
            self._place()
            self.raise_()  # the strips of tools were put on the canvas later
        self.setVisible(wanted)

    def _show_words(self) -> None:
        finding, photo = self._workbench.finding, self._workbench.shown.the_photo
        none = not any(map(is_installed, INSTALLS))
        why = finding.lack
        if finding.work:
            title, why = tr("Looking for people"), tr("Bodies appear as they are found.")
            if finding.work == "weights":
                title = tr("The detector's weights are downloaded once")
                why = tr("They are checked and kept for later. People are found afterwards.")
            elif finding.work == "install":
                title = tr("A detector is being installed")
                why = tr("People are found afterwards, without a restart.")
        elif finding.lack or none:
            title = tr("No detector is installed") if none else tr("No detector can be used here")
            why = finding.lack or tr("A detector finds people. Install one here, or draw somebody yourself.")
        elif photo.path in finding.empty:
            title, why = tr("Nobody was found in this photo"), tr("Draw the people, or open annotations.")
        else:
            title, why = tr("Nobody is marked in this photo"), ""
        for name, button in self.buttons.items():
            button.setIcon(self._actions[name].icon())
            button.setToolTip(self._actions[name].toolTip())
            button.setEnabled(self._actions[name].isEnabled())
        self.title.setText(title)
        self.why.setText(why)
        self.why.setVisible(bool(why))
        self.offer.setVisible(bool(finding.work or finding.lack or finding.failed or none))
        self.buttons["person.detect"].setVisible(not finding.work and not none)
        for name in ("person.draw", "file.open"):
            self.buttons[name].setVisible(not finding.work)

    def _place(self) -> None:
        width = min(WIDTH_PX, self._canvas.width() - 2 * EDGE_PX)
        self.setFixedWidth(max(width, 0))
        layout = self.layout()
        if layout is None:
            return
        words = bool(self.why.text())
        for why, abouts in (
            (words, True),
            (words, False),
            (False, False),
        ):  # as many words as there is room for
            self.why.setVisible(why)
            self.offer.shorten(not abouts)
            layout.activate()
            height = max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height())
            if height <= self._canvas.height():
                break
        self.resize(width, min(height, self._canvas.height()))
        left, top = (self._canvas.width() - width) // 2, self._canvas.height() - self.height() - ABOVE_PX
        self.move(QPoint(left, max(top, 0)))

    def _close(self) -> None:
        self._closed_for = self._workbench.project
        self.look()
        self._canvas.setFocus()

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._workbench.view.colours
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(colours.border), 1))
            painter.setBrush(QColor(colours.base))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), ROUND_PX, ROUND_PX)

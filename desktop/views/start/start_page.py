"""The start page, shown without a project: cards that open files, a place to drop them, and recent projects."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.jobs.files.recent_projects import RecentProject, RecentProjects
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text.translate import tr
from desktop.theme import Theme
from desktop.views.start.card import GRID_PX, ICON_PX, Card, CommandCard, bold, quiet
from desktop.views.start.drop_zone import DropZone
from desktop.views.start.recent_card import RecentCard
from desktop.views.tools.icons import application_icon, drawn

BESIDE_PX = 860  # from this width on, recent projects stand beside the cards
WIDEST_PX, COLUMN_PX = 1040, 520
LOGO_PX = 48
TITLE_PT = 8  # larger than the window's text
SMALL = ("edit.settings", "help.shortcuts", "help.palette")
# key -> the next place, from the place here, the number of cards in the first column, and that of all
STEPS: dict[int, Callable[[int, int, int], int]] = {
    Qt.Key.Key_Down: lambda here, first, count: (here + 1) % count,
    Qt.Key.Key_Up: lambda here, first, count: (here - 1) % count,
    Qt.Key.Key_Right: lambda here, first, count: (
        min(here + first, count - 1) if here < first < count else here
    ),
    Qt.Key.Key_Left: lambda here, first, count: min(here - first, first - 1) if here >= first else here,
    Qt.Key.Key_Home: lambda here, first, count: 0,
    Qt.Key.Key_End: lambda here, first, count: count - 1,
}


class StartPage(QScrollArea):
    """Emits `chosen` with the path of a recent project, and `forgotten` with that of one to leave the list."""

    chosen = Signal(str)
    forgotten = Signal(str)

    def __init__(
        self, workbench: Workbench, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench, self._actions = workbench, actions
        self._dressed: Theme | None = None
        self.looks = RecentProjects(lambda: workbench.fits.body, self)
        self.drop_zone = DropZone()
        self.cards = [self._command_card(name, *words) for name, words in self._words().items()]
        self.recent: list[RecentCard] = []
        self._recent_column = QVBoxLayout()
        self._recent_part = QWidget()
        self._lay_out()
        self.looks.arrived.connect(self._show_project)
        workbench.view_changed.connect(self._dress)
        workbench.fits.body_changed.connect(self._look)
        self._dress()
        self.setFocusProxy(self.cards[0])

    def _words(self) -> dict[str, tuple[str, str]]:
        return {
            "file.open_photos": (tr("Open photos"), tr("A folder of pictures")),
            "file.open": (
                tr("Open annotations"),
                tr("People's keypoints from COCO, OpenPose, SPIN, EFT and others"),
            ),
            "file.open_project": (tr("Open a project"), tr("A .fitloop file")),
            "file.open_sample": (
                tr("Try the sample"),
                tr("A dozen rendered photos for first steps; nothing is downloaded"),
            ),
        }

    def _command_card(self, name: str, title: str, words: str) -> CommandCard:
        action = self._actions[name]
        card = CommandCard(title, words, action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
        card.clicked.connect(action.trigger)
        card.reached.connect(partial(self.ensureWidgetVisible, card))
        return card

    def _lay_out(self) -> None:
        content, middle = QWidget(), QWidget()
        outer = QVBoxLayout(content)
        outer.setContentsMargins(*[3 * GRID_PX] * 4)
        outer.addStretch(1)
        outer.addWidget(middle)
        outer.addStretch(2)
        outer.setAlignment(middle, Qt.AlignmentFlag.AlignHCenter)
        self._middle, page = middle, QVBoxLayout(middle)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(4 * GRID_PX)
        page.addLayout(self._header())
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._columns.setSpacing(4 * GRID_PX)
        self._columns.addLayout(self._left(), 1)
        self._columns.addWidget(self._recent_part, 1)
        page.addLayout(self._columns)
        page.addLayout(self._footer())
        title = bold(QLabel(tr("Recent projects")))
        self._recent_column.setContentsMargins(0, 0, 0, 0)
        self._recent_column.setSpacing(GRID_PX)
        self._recent_column.addWidget(title)
        self._recent_column.addStretch(1)
        self._recent_part.setLayout(self._recent_column)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _header(self) -> QHBoxLayout:
        row, words, logo = QHBoxLayout(), QVBoxLayout(), QLabel()
        logo.setPixmap(application_icon().pixmap(LOGO_PX, LOGO_PX))
        words.setSpacing(0)
        words.addWidget(bold(QLabel(tr("Fitloop")), TITLE_PT))
        purpose = quiet(
            QLabel(tr("Fit bodies to people in photos, correct them by hand, train on the result."))
        )
        purpose.setWordWrap(True)
        words.addWidget(purpose)
        row.setSpacing(2 * GRID_PX)
        row.addWidget(logo)
        row.addLayout(words, 1)
        return row

    def _left(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(GRID_PX)
        column.addWidget(bold(QLabel(tr("Start"))))
        for card in self.cards:
            column.addWidget(card)
        column.addSpacing(GRID_PX)
        column.addWidget(self.drop_zone)
        column.addStretch(1)
        return column

    def _footer(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for name in SMALL:
            button = QToolButton()
            button.setDefaultAction(self._actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def show_recent(self, paths: Sequence[str]) -> None:
        """Show recent projects, the latest first, and look at them. The keyboard stays at its place in the list."""
        focus = next((place for place, card in enumerate(self.recent) if card.hasFocus()), None)
        for card in self.recent:
            card.hide()
            card.deleteLater()
        self.recent = [self._recent_card(path) for path in paths]
        self._recent_part.setVisible(bool(paths))
        for card in self.recent:
            card.dress(self._workbench.view.colours)
        self._fit_width()
        if focus is not None:
            (self.recent[min(focus, len(paths) - 1)] if paths else self.cards[0]).setFocus()
        self._look()

    def hide_recent(self) -> None:
        """A project is open: nobody sees the list."""
        self.looks.stop()

    def _recent_card(self, path: str) -> RecentCard:
        card = RecentCard(path)
        card.clicked.connect(partial(self.chosen.emit, path))
        card.forgotten.connect(partial(self.forgotten.emit, path))
        card.reached.connect(partial(self.ensureWidgetVisible, card))
        self._recent_column.insertWidget(self._recent_column.count() - 1, card)
        card.show()  # at once, not with the next event: a key may reach it before
        return card

    def _look(self) -> None:
        if self._workbench.project is None and self.recent:
            self.looks.look_at([card.path for card in self.recent])

    def _show_project(self, project: RecentProject) -> None:
        for card in self.recent:
            if card.path == project.path:
                card.show_project(project, self._workbench.view.colours)

    def _dress(self) -> None:
        """Icons in the theme's colours."""
        colours, ratio = self._workbench.view.colours, self.devicePixelRatioF()
        if colours is self._dressed:
            return
        self._dressed = colours
        drawings = ("images", "file-braces", "folder-open", "circle-play")
        for card, name in zip(self.cards, drawings, strict=True):
            card.show_icon(drawn(name, colours.accent, ICON_PX, ratio))
        self.drop_zone.show_icon(drawn("download", colours.muted, ICON_PX, ratio))
        for recent in self.recent:
            recent.dress(colours)

    @qt_override()
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_width()

    def _fit_width(self) -> None:
        """One column in a narrow window, or without recent projects; else two."""
        room = self.viewport().width() - 6 * GRID_PX
        beside = room >= BESIDE_PX and bool(self.recent)
        direction = QBoxLayout.Direction
        self._columns.setDirection(direction.LeftToRight if beside else direction.TopToBottom)
        self._middle.setFixedWidth(min(room, WIDEST_PX if beside else COLUMN_PX))

    @qt_override()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End go from card to card."""
        cards: list[Card] = [*self.cards, *self.recent]
        focus = self.focusWidget()
        here = next((place for place, card in enumerate(cards) if card is focus), None)
        if here is None or event.key() not in STEPS:
            super().keyPressEvent(event)
            return
        there = STEPS[event.key()](here, len(self.cards), len(cards))
        cards[there].setFocus(Qt.FocusReason.TabFocusReason)

"""The start page, shown without a project: buttons that open files, and recent projects."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QFocusEvent,
    QIcon,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QCommandLinkButton, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.qt_override import qt_override
from desktop.text.translate import tr
from desktop.views.drawing import FOCUS_PX

COLUMN_PX, EDGES_PX = 460, 30  # the width of the links, and the room beside them
TITLE_PT, ICON_PX = 20, 16


# key -> the next place, from the place here and the number of links
WAYS: dict[int, Callable[[int, int], int]] = {
    Qt.Key.Key_Down: lambda here, count: (here + 1) % count,
    Qt.Key.Key_Up: lambda here, count: (here - 1) % count,
    Qt.Key.Key_Home: lambda here, count: 0,
    Qt.Key.Key_End: lambda here, count: count - 1,
}


class StartPage(QScrollArea):
    """Buttons that open photos and projects. Emits `chosen` with the path of a chosen recent project."""

    chosen = Signal(str)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        content = QWidget()
        outer = QVBoxLayout(content)
        outer.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QWidget()
        outer.addWidget(column)
        self._links_column, self._column = column, QVBoxLayout(column)
        title = QLabel(tr("Fitloop"))
        font = title.font()
        font.setPointSize(TITLE_PT)
        title.setFont(font)
        self._column.addWidget(title)
        words = QLabel(tr("Fit bodies to people in photos, correct them by hand, and train on the result."))
        words.setWordWrap(True)
        self._column.addWidget(words)
        self._column.addSpacing(12)
        self._links: list[Link] = []
        for name, text, more in (
            (
                "file.open_sample",
                tr("Open the sample"),
                tr("A dozen rendered photos for first steps; nothing is downloaded"),
            ),
            ("file.open_photos", tr("Open photos…"), tr("A folder of pictures")),
            (
                "file.open",
                tr("Open a project or annotations…"),
                tr("A .fitloop project, or people's keypoints from COCO, OpenPose, SPIN, EFT and others"),
            ),
        ):
            button = Link(text, more)
            button.clicked.connect(actions[name].trigger)
            button.reached.connect(partial(self.ensureWidgetVisible, button))
            self._column.addWidget(button)
            self._links.append(button)
        self._recent_title = QLabel(tr("Recent projects"))
        self._column.addSpacing(12)
        self._column.addWidget(self._recent_title)
        self._recent: list[Link] = []
        self._column.addStretch(1)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusProxy(self._links[0])

    def show_recent(self, paths: Sequence[str]) -> None:
        """Show recent projects, the latest first."""
        for button in self._recent:
            button.deleteLater()
        self._recent = []
        self._recent_title.setVisible(bool(paths))
        for path in paths:
            button = Link(Path(path).stem, str(Path(path).parent))
            button.clicked.connect(lambda _=False, path=path: self.chosen.emit(path))
            button.reached.connect(partial(self.ensureWidgetVisible, button))
            self._column.insertWidget(self._column.count() - 1, button)
            button.show()  # at once, not with the next event: a key may reach it before
            self._recent.append(button)

    @qt_override()
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._links_column.setFixedWidth(min(COLUMN_PX, self.viewport().width() - EDGES_PX))

    @qt_override()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End go from link to link."""
        links, focus = [*self._links, *self._recent], self.focusWidget()
        here = next((place for place, link in enumerate(links) if link is focus), None)
        if here is None or event.key() not in WAYS:
            super().keyPressEvent(event)
            return
        place = WAYS[event.key()](here, len(links))
        links[place].setFocus(Qt.FocusReason.TabFocusReason)


class Link(QCommandLinkButton):
    """A link button without an arrow. Enter presses it, and with the keyboard focus it has a frame.

    The arrow of Qt's style is black on black in the dark theme. Each change of style sets it again.
    """

    reached = Signal()  # it has the keyboard focus now

    def __init__(self, text: str, more: str) -> None:
        super().__init__(text, more)
        self._without_arrow()

    @qt_override()
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._without_arrow()

    @qt_override()
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.reached.emit()

    @qt_override()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() in WAYS:
            event.ignore()  # Qt's own arrows know no order of buttons
        else:
            super().keyPressEvent(event)

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            with QPainter(self) as painter:
                painter.setPen(QPen(self.palette().highlight().color(), FOCUS_PX))
                painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _without_arrow(self) -> None:
        picture = QPixmap(ICON_PX, ICON_PX)
        picture.fill(Qt.GlobalColor.transparent)
        self.setIcon(QIcon(picture))

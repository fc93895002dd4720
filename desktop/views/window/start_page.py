"""The start page, shown without a project: buttons that open files, and recent projects."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QPixmap
from PySide6.QtWidgets import QCommandLinkButton, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.qt_override import qt_override
from desktop.text.translate import tr

COLUMN_PX = 460
TITLE_PT, ICON_PX = 20, 16


class StartPage(QScrollArea):
    """Buttons that open photos and projects. Emits `chosen` with the path of a chosen recent project."""

    chosen = Signal(str)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        content = QWidget()
        outer = QVBoxLayout(content)
        outer.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QWidget()
        column.setFixedWidth(COLUMN_PX)
        outer.addWidget(column)
        self._column = QVBoxLayout(column)
        title = QLabel(tr("Fitloop"))
        font = title.font()
        font.setPointSize(TITLE_PT)
        title.setFont(font)
        self._column.addWidget(title)
        words = QLabel(tr("Fit bodies to people in photos, correct them by hand, and train on the result."))
        words.setWordWrap(True)
        self._column.addWidget(words)
        self._column.addSpacing(12)
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
            self._column.addWidget(button)
        self._recent_title = QLabel(tr("Recent projects"))
        self._column.addSpacing(12)
        self._column.addWidget(self._recent_title)
        self._recent: list[Link] = []
        self._column.addStretch(1)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)

    def show_recent(self, paths: Sequence[str]) -> None:
        """Show recent projects, the latest first."""
        for button in self._recent:
            button.deleteLater()
        self._recent = []
        self._recent_title.setVisible(bool(paths))
        for path in paths:
            button = Link(Path(path).stem, str(Path(path).parent))
            button.clicked.connect(lambda _=False, path=path: self.chosen.emit(path))
            self._column.insertWidget(self._column.count() - 1, button)
            self._recent.append(button)


class Link(QCommandLinkButton):
    """A link button without an arrow.

    The arrow of Qt's style is black on black in the dark theme. Each change of style sets it again.
    """

    def __init__(self, text: str, more: str) -> None:
        super().__init__(text, more)
        self._without_arrow()

    @qt_override()
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._without_arrow()

    def _without_arrow(self) -> None:
        picture = QPixmap(ICON_PX, ICON_PX)
        picture.fill(Qt.GlobalColor.transparent)
        self.setIcon(QIcon(picture))

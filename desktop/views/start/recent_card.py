"""A recent project on the start page: its picture, name, folder, how much of it is decided, and when it changed."""

from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from core.store.glance import Glance
from desktop.jobs.files.recent_projects import RecentProject
from desktop.qt_override import qt_override
from desktop.text.translate import tr
from desktop.theme import Theme
from desktop.views.elided_label import ElidedLabel
from desktop.views.start.card import GRID_PX, Card, bold, quiet
from desktop.views.tools.icons import drawn

PICTURE_PX, PICTURE_CORNER_PX = 64, 4
BAR_PX, FORGET_PX = 4, 20
LAST_S = 2.0**36  # [s since 1970] no file is from later: a number that is no time


class RecentCard(Card):
    """Pressed, it opens the project. `forgotten`: it is to leave the list; its file stays."""

    forgotten = Signal()

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self._faulty = self._pictured = False
        name = Path(path).stem
        self.setAccessibleName(name)
        self.picture, self.progress = QLabel(), _Progress()
        self.picture.setFixedSize(PICTURE_PX, PICTURE_PX)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.state, self.date = ElidedLabel("…"), quiet(QLabel())
        self.forget = QToolButton()
        self.forget.setAutoRaise(True)
        self.forget.setFixedSize(FORGET_PX, FORGET_PX)
        self.forget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.forget.setToolTip(tr("Take it off this list; the file stays (Del)"))
        self.forget.setAccessibleName(self.forget.toolTip())
        self.forget.clicked.connect(self.forgotten)
        top, bottom, column = QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        title = ElidedLabel(name, Qt.TextElideMode.ElideMiddle)
        top.addWidget(bold(title), 1)
        top.addWidget(self.forget)
        bottom.addWidget(self.state, 1)
        bottom.addWidget(self.date)
        column.setSpacing(GRID_PX // 4)
        column.addLayout(top)
        column.addWidget(ElidedLabel(str(Path(path).parent), Qt.TextElideMode.ElideMiddle, muted=True))
        column.addLayout(bottom)
        column.addSpacing(GRID_PX // 4)
        column.addWidget(self.progress)
        row = QHBoxLayout(self)
        row.setContentsMargins(*[GRID_PX] * 4)
        row.setSpacing(GRID_PX + GRID_PX // 2)
        row.addWidget(self.picture)
        row.addLayout(column, 1)
        for label in self.findChildren(QLabel):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @qt_override()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.forgotten.emit()
        else:
            super().keyPressEvent(event)

    def dress(self, colours: Theme) -> None:
        """Icons in the theme's colours; one of a person, or of a fault, where there is no picture."""
        ratio = self.devicePixelRatioF()
        self.forget.setIcon(drawn("x", colours.muted, 2 * GRID_PX, ratio))
        if not self._pictured:
            name, colour = ("triangle-alert", "warning") if self._faulty else ("person-standing", "border")
            self.picture.setPixmap(drawn(name, getattr(colours, colour), PICTURE_PX // 2, ratio))

    def show_project(self, project: RecentProject, colours: Theme) -> None:
        """Show what was seen of the project."""
        self._faulty, self._pictured = bool(project.fault), project.picture is not None
        self.setToolTip(project.whole_fault or project.path)
        self.dress(colours)
        self.state.setText(project.fault or _state(project.seen))
        if project.seen is not None:
            self.date.setText(in_words(project.seen.changed, QDateTime.currentDateTime()))
            self.progress.show_share(project.seen.decided, project.seen.people, colours.accepted)
        if project.picture is not None:
            self.picture.setPixmap(_rounded(QPixmap.fromImage(project.picture), self.devicePixelRatioF()))
        self.setAccessibleDescription(f"{self.state.text()} {self.date.text()}")


class _Progress(QWidget):
    """A thin bar: the share of decided people."""

    def __init__(self) -> None:
        super().__init__()
        self._share, self._colour = 0.0, ""
        self.setFixedHeight(BAR_PX)

    def show_share(self, done: int, total: int, colour: str) -> None:
        self._share, self._colour = done / total if total else 0.0, colour
        self.update()

    @qt_override(QSize)
    def sizeHint(self) -> QSize:
        return QSize(0, BAR_PX)

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._colour:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            whole = QRectF(self.rect())
            for share, colour in (
                (1.0, self.palette().color(QPalette.ColorRole.Mid)),
                (self._share, QColor(self._colour)),
            ):
                if share:
                    painter.setBrush(colour)
                    part = QRectF(0, 0, max(BAR_PX, share * whole.width()), whole.height())
                    painter.drawRoundedRect(part, BAR_PX / 2, BAR_PX / 2)


def in_words(changed: float, now: QDateTime) -> str:
    """A time [s since 1970] as a reader says it: today's with the hour, earlier ones with the day; '' for none."""
    if not 0 < changed < LAST_S:
        return ""
    when, short = QDateTime.fromSecsSinceEpoch(int(changed)), QLocale.FormatType.ShortFormat
    hour, days = QLocale().toString(when.time(), short), when.date().daysTo(now.date())
    if days == 0:
        return tr("today, {hour}").format(hour=hour)
    if days == 1:
        return tr("yesterday, {hour}").format(hour=hour)
    return QLocale().toString(when.date(), short)


def _state(seen: Glance | None) -> str:
    if seen is None:
        return ""
    if not seen.people:
        return tr("nobody in its photos yet")
    return tr("{decided} of {people} decided").format(decided=seen.decided, people=seen.people)


def _rounded(picture: QPixmap, ratio: float) -> QPixmap:
    """The picture with round corners, in the size of a card. ratio: of the screen's pixels to those of widgets."""
    side = round(PICTURE_PX * ratio)
    result = QPixmap(side, side)
    result.fill(Qt.GlobalColor.transparent)
    with QPainter(result) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        corner, shape = PICTURE_CORNER_PX * ratio, QPainterPath()
        shape.addRoundedRect(QRectF(0, 0, side, side), corner, corner)
        painter.setClipPath(shape)
        painter.drawPixmap(result.rect(), picture)
    result.setDevicePixelRatio(ratio)
    return result

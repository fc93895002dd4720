"""The start page's place to drop files on. The window takes them wherever they fall; this says so, and lights up."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from desktop.qt_override import qt_override
from desktop.text.translate import tr
from desktop.views.start.card import CORNER_PX, GRID_PX, ICON_PX, quiet

HEIGHT_PX = 12 * GRID_PX
LIT_ALPHA = 40


class DropZone(QWidget):
    """A dashed frame with words. lit: files are being dragged over the window."""

    def __init__(self) -> None:
        super().__init__()
        self._lit = False
        self.setMinimumHeight(HEIGHT_PX)
        self._icon = QLabel()
        self._icon.setFixedSize(ICON_PX, ICON_PX)
        words = quiet(QLabel(tr("Drop photos, a folder, annotations or a project anywhere in this window")))
        words.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(*[2 * GRID_PX] * 4)
        row.setSpacing(2 * GRID_PX)
        row.addWidget(self._icon)
        row.addWidget(words, 1)

    @property
    def lit(self) -> bool:
        return self._lit

    def light(self, lit: bool) -> None:
        """Show whether what is dragged now can be dropped here."""
        if lit != self._lit:
            self._lit = lit
            self.update()

    def show_icon(self, picture: QPixmap) -> None:
        """Show the icon in the colours of the theme."""
        self._icon.setPixmap(picture)

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        role = QPalette.ColorRole
        edge, fill = self.palette().color(role.Highlight if self._lit else role.PlaceholderText), None
        if self._lit:
            fill = self.palette().color(role.Highlight)
            fill.setAlpha(LIT_ALPHA)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(edge, 2 if self._lit else 1)
            pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), CORNER_PX, CORNER_PX)

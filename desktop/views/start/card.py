"""Cards of the start page: large buttons with a frame, an icon, a title and words."""

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop.qt_override import qt_override
from desktop.views.bold import bold
from desktop.views.drawing import FOCUS_PX

GRID_PX = 8  # all distances of the start page are multiples of half of it
CORNER_PX = 6
ICON_PX = 28
WAYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class Card(QAbstractButton):
    """A frame to press. Enter presses it; arrows are left to the page; the keyboard's card has a thick frame."""

    reached = Signal()  # it has the keyboard focus now

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

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
    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    @qt_override()
    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        role, chosen = QPalette.ColorRole, self.hasFocus() or self.underMouse()
        width = FOCUS_PX if self.hasFocus() else 1
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(self.palette().color(role.Window if self.isDown() else role.Base))
            painter.setPen(QPen(self.palette().color(role.Highlight if chosen else role.Mid), width))
            edge = width / 2
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), CORNER_PX, CORNER_PX
            )


class CommandCard(Card):
    """An icon, a title and a line or two of words."""

    def __init__(self, title: str, words: str, keys: str) -> None:
        """keys: the command's shortcut, shown beside the title; may be empty."""
        super().__init__()
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        self.icon_label = QLabel()
        self.icon_label.setFixedSize(ICON_PX, ICON_PX)
        first, more, shortcut = bold(QLabel(title)), quiet(QLabel(words)), quiet(QLabel(keys))
        more.setWordWrap(True)
        more.setAlignment(Qt.AlignmentFlag.AlignTop)
        top = QHBoxLayout()
        top.addWidget(first, 1)
        top.addWidget(shortcut)
        column = QVBoxLayout()
        column.setSpacing(GRID_PX // 2)
        column.addLayout(top)
        column.addWidget(more, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(*[2 * GRID_PX] * 4)
        row.setSpacing(2 * GRID_PX)
        row.addWidget(self.icon_label, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        for label in self.findChildren(QLabel):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_icon(self, picture: QPixmap) -> None:
        """Show the icon in the colours of the theme."""
        self.icon_label.setPixmap(picture)


def quiet(label: QLabel) -> QLabel:
    """The label in the theme's quiet colour of text."""
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label

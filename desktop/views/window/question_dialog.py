"""Asks how a file is meant that can be read in several ways, with a look at the first person by each of them."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.body.keypoints import layout
from desktop.text.translate import tr
from desktop.views.drawing import Marks, draw_bones, draw_points
from desktop.views.plain_buttons import without_icons

if TYPE_CHECKING:
    from core.formats.question import Look, Question

WIDTH_PX, LIST_PX = 560, 130
COLUMNS, GAP_PX, TEXT_PX = 3, 12, 28
POINTS = Marks(size=0.6)
OWN_WORDS = "frames"  # the option whose answer may also be typed


class QuestionDialog(QDialog):
    """Emits `answered` with the way chosen. The likeliest way is chosen at first."""

    answered = Signal(str)

    def __init__(self, question: "Question", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("How is it meant?"))
        self.ways = QListWidget()
        self._words = QLabel()
        for label in (problem := QLabel(question.problem), self._words):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for way in question.ways:
            item = QListWidgetItem(way.value)
            item.setData(Qt.ItemDataRole.UserRole, way.words)
            item.setToolTip(way.words)
            if way.value in question.looks:
                item.setIcon(_icon(picture_of(question.looks[way.value])))
            self.ways.addItem(item)
        self._arrange_ways(question)
        self.ways.currentItemChanged.connect(self._show_words)
        self.ways.itemActivated.connect(self.accept)
        buttons = QDialogButtonBox()
        self.read = buttons.addButton(tr("&Read it so"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        without_icons(buttons)
        self.read.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.own = QLineEdit()  # an answer in the user's words
        self.own.setPlaceholderText(tr("Others: 120-480, or 120-480 every 2"))
        self.own.setAccessibleName(tr("Other frames"))
        self.own.setVisible(question.option == OWN_WORDS)
        column = QVBoxLayout(self)
        for widget in (problem, self.ways, self._words, self.own, buttons):
            column.addWidget(widget)
        self.accepted.connect(lambda: self.answered.emit(self._answer()))
        self.ways.setCurrentRow(0)
        self.ways.setFocus()

    def _answer(self) -> str:
        return self.own.text().strip() or self.ways.currentItem().text()

    def _arrange_ways(self, question: "Question") -> None:
        """Pictures side by side, or words one below the other."""
        if not question.looks:
            self.resize(WIDTH_PX, 0)
            self.ways.setFixedHeight(LIST_PX)
            return
        side = next(iter(question.looks.values())).picture.shape[0]
        cell = QSize(side + GAP_PX, side + TEXT_PX)
        columns = min(COLUMNS, len(question.ways))
        rows = 1 if len(question.ways) <= COLUMNS else 2
        self.ways.setViewMode(QListWidget.ViewMode.IconMode)
        self.ways.setMovement(QListWidget.Movement.Static)
        self.ways.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.ways.setIconSize(QSize(side, side))
        self.ways.setGridSize(cell)
        self.ways.setMinimumSize(columns * cell.width() + 3 * GAP_PX, rows * cell.height() + GAP_PX)

    def _show_words(self, item: QListWidgetItem | None) -> None:
        self._words.setText("" if item is None else item.data(Qt.ItemDataRole.UserRole))


def _icon(picture: QPixmap) -> QIcon:
    """The picture untinted, also where it is chosen."""
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)
    return icon


def picture_of(look: "Look") -> QPixmap:
    """The photo's part with the person's keypoints and bones in one layout."""
    height, width, _ = look.picture.shape
    picture = QPixmap.fromImage(
        QImage(look.picture.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    )
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    names, keypoints = layout(look.keypoints.layout), look.keypoints
    draw_bones(painter, names, keypoints, keypoints.xy, POINTS.size)
    draw_points(painter, names, keypoints, keypoints.xy, POINTS)
    painter.end()
    return picture

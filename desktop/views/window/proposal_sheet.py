"""The sheet of composites, worst first: A keeps the current one, R refuses it, and both go on to the next."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.errors import ImageError
from core.records import Verdict
from desktop.jobs.training.practising import Proposal
from desktop.qt_override import qt_override
from desktop.text.translate import QT_TR_NOOP, tr
from desktop.theme import Theme
from desktop.views.plain_buttons import without_icons
from desktop.views.verdict_marks import draw_mark

SIZE_PX, TILE_PX, GAP_PX, MARK_PX = (860, 620), 180, 8, 24
FAINT = 0.35  # of a refused picture
KIND_NAMES = {
    "occlusion": QT_TR_NOOP("hidden"),
    "crop": QT_TR_NOOP("cut"),
    "scale": QT_TR_NOOP("size"),
    "crowd": QT_TR_NOOP("crowd"),
}


class ProposalList(QListWidget):
    """The pictures. verdicts: of each, in the order of the proposals."""

    judged = Signal()

    def __init__(self, proposals: Sequence[Proposal], colours: Theme) -> None:
        super().__init__()
        self._colours = colours
        self.verdicts: list[Verdict] = ["todo"] * len(proposals)
        self._pictures = [picture_of(proposal) for proposal in proposals]
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setIconSize(QSize(TILE_PX, TILE_PX))
        self.setSpacing(GAP_PX)
        self.setAccessibleName(tr("Composites, the largest loss first"))
        for proposal in proposals:
            self.addItem(QListWidgetItem(words_of(proposal)))
        for row in range(self.count()):
            self._draw(row)
        self.setCurrentRow(0)

    def judge(self, verdict: Verdict) -> None:
        """Keep or refuse the current one, and go on."""
        row = self.currentRow()
        if row < 0:
            return
        self.verdicts[row] = verdict
        self._draw(row)
        self.setCurrentRow(min(row + 1, self.count() - 1))
        self.judged.emit()

    @qt_override()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys: dict[int, Verdict] = {Qt.Key.Key_A: "accepted", Qt.Key.Key_R: "rejected"}
        verdict = keys.get(event.key())
        if verdict is None:
            super().keyPressEvent(event)
        else:
            self.judge(verdict)

    def _draw(self, row: int) -> None:
        verdict, picture = self.verdicts[row], self._pictures[row]
        drawn = QPixmap(TILE_PX, TILE_PX)
        drawn.fill(QColor(self._colours.base))
        painter = QPainter(drawn)
        painter.setOpacity(FAINT if verdict == "rejected" else 1.0)
        painter.setPen(QColor(self._colours.muted))
        if picture is None:
            painter.drawText(drawn.rect(), Qt.AlignmentFlag.AlignCenter, tr("no picture"))
        else:
            painter.drawPixmap((TILE_PX - picture.width()) // 2, (TILE_PX - picture.height()) // 2, picture)
        painter.setOpacity(1.0)
        if verdict != "todo":
            draw_mark(painter, QRectF(TILE_PX - MARK_PX - 4, 4, MARK_PX, MARK_PX), verdict, self._colours)
        painter.end()
        icon = QIcon(drawn)
        icon.addPixmap(drawn, QIcon.Mode.Selected)  # untinted
        self.item(row).setIcon(icon)


class ProposalSheet(QDialog):
    """Emits `settled` with the names of the refused composites when it is closed; what has no verdict is kept."""

    settled = Signal(list)

    def __init__(self, proposals: Sequence[Proposal], colours: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._proposals = tuple(proposals)
        self.setWindowTitle(tr("Practise what fails"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.list = ProposalList(proposals, colours)
        self.said = QLabel()
        self.said.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.keep = buttons.addButton(tr("&Accept"), QDialogButtonBox.ButtonRole.ActionRole)
        self.refuse = buttons.addButton(tr("&Refuse"), QDialogButtonBox.ButtonRole.ActionRole)
        without_icons(buttons)
        for button, verdict in ((self.keep, "accepted"), (self.refuse, "rejected")):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, verdict=verdict: self.list.judge(verdict))
        buttons.rejected.connect(self.close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)  # Enter judges nothing
        column = QVBoxLayout(self)
        column.addWidget(self.said)
        column.addWidget(self.list, 1)
        column.addWidget(buttons)
        self.resize(*SIZE_PX)
        self.list.judged.connect(self._say)
        self.finished.connect(lambda _: self.settled.emit(self.refused()))
        self._say()
        self.list.setFocus()

    def refused(self) -> list[str]:
        """Names of the refused composites."""
        pairs = zip(self._proposals, self.list.verdicts, strict=True)
        return [proposal.name for proposal, verdict in pairs if verdict == "rejected"]

    def _say(self) -> None:
        left = self.list.verdicts.count("todo")
        words = tr(
            "{left} without a verdict, which are kept. A accepts, R refuses; refused ones teach nothing."
        )
        self.said.setText(words.format(left=left))


def words_of(proposal: Proposal) -> str:
    """The caption: loss and kind."""
    kind = tr(KIND_NAMES[proposal.kind]) if proposal.kind in KIND_NAMES else proposal.kind
    return f"{proposal.loss:.2f} · {kind}"


def picture_of(proposal: Proposal) -> QPixmap | None:
    """Its picture, at most TILE_PX a side; None where it cannot be read."""
    from core.geometry.image import read_small_image  # imports torch

    try:
        image = np.ascontiguousarray(read_small_image(proposal.picture, TILE_PX))
    except ImageError:
        return None
    height, width = image.shape[:2]
    return QPixmap.fromImage(QImage(image.data, width, height, 3 * width, QImage.Format.Format_RGB888))

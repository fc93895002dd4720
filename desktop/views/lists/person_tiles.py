"""Pictures and words of one person or photo, as rows and tiles draw them."""

import json
from pathlib import PurePosixPath

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPalette, QPen
from PySide6.QtWidgets import QWidget

from core.store.project.review_queue import QueueRow
from desktop.jobs.files.thumbnails import Picture
from desktop.text import warning_texts
from desktop.text.translate import tr, verdict
from desktop.theme import Theme
from desktop.views.verdict_marks import colour_of, draw_mark

TILE_WORDS = 0.95  # largest width of a word in place of a picture, in widths of the tile
ROUND_PX = 3.0
MARK_PX, GAP_PX = 12, 4
BAR_PX = 3  # at the left edge of the person shown
SELECTED_ALPHA = 56  # of 255: text and marks on it keep their colours
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def draw_selected(painter: QPainter, room: QRect, shown: bool, colours: Theme) -> None:
    """Draw the ground of a selected row. shown: it has a bar at the left, as its person is on show."""
    ground = QColor(colours.accent)
    ground.setAlpha(SELECTED_ALPHA)
    painter.fillRect(room, ground)
    if shown:
        painter.fillRect(QRect(room.left(), room.top(), BAR_PX, room.height()), QColor(colours.accent))


def without_highlight(view: QWidget) -> None:
    """Let a table's delegate alone draw what is selected: Qt fills the cell before."""
    palette = view.palette()
    palette.setColor(QPalette.ColorRole.Highlight, Qt.GlobalColor.transparent)
    view.setPalette(palette)


def draw_tile(painter: QPainter, room: QRect, picture: Picture | None, colours: Theme) -> None:
    """Draw a thumbnail as large as it fits, or the message in its place, or an empty tile."""
    painter.save()
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    path = QPainterPath()
    path.addRoundedRect(QRectF(room), ROUND_PX, ROUND_PX)
    painter.fillPath(path, QColor(colours.border))
    painter.setClipPath(path)
    if isinstance(picture, QImage):
        size = picture.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        painter.drawImage(centred(size, room), picture)
    elif picture:
        font, widest = painter.font(), max(picture.split(), key=painter.fontMetrics().horizontalAdvance)
        share = room.width() / painter.fontMetrics().horizontalAdvance(widest)
        font.setPointSizeF(font.pointSizeF() * min(1.0, share * TILE_WORDS))
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, picture)
    painter.restore()


def centred(size: QSize, room: QRect) -> QRect:
    """A rectangle of a size in the middle of a room."""
    found = QRect(room.topLeft(), size)
    found.moveCenter(room.center())
    return found


def draw_frame(painter: QPainter, room: QRect, width: int, colours: Theme) -> None:
    """Draw a frame in the accent colour around a tile."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colours.accent), width))
    painter.drawRoundedRect(QRectF(room), ROUND_PX, ROUND_PX)
    painter.restore()


def draw_words(
    painter: QPainter,
    room: QRect,
    words: str,
    colour: str | QColor,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    align: Qt.AlignmentFlag = LEFT,
) -> None:
    """Draw one line of text, elided if there is no room."""
    painter.setPen(QColor(colour))
    painter.drawText(room, align, painter.fontMetrics().elidedText(words, elide, room.width()))


def draw_state(painter: QPainter, room: QRect, row: QueueRow, colours: Theme) -> None:
    """Draw the verdict with its mark, the score at the right, and between them the id of a warned person."""
    mark = QRectF(room.left(), room.center().y() - MARK_PX / 2 + 1, MARK_PX, MARK_PX)
    draw_mark(painter, mark, row.verdict, colours)
    measure, score = painter.fontMetrics().horizontalAdvance, score_in_words(row)
    draw_words(painter, room, score, colours.muted, align=RIGHT)
    left = room.adjusted(MARK_PX + GAP_PX, 0, -measure(score) - GAP_PX, 0)
    state = verdict(row.verdict)
    draw_words(painter, left, state, colour_of(row.verdict, colours))
    if row.warned:  # the line below has no room for it
        beside, words = left.adjusted(measure(f"{state} "), 0, 0, 0), f"· {about_in_words(row)}"
        if measure(tr("· id {id}").format(id=row.id)) <= beside.width():  # a cut id says nothing
            draw_words(painter, beside, words, colours.muted)


def name_of(path: str) -> str:
    """The name of a photo's file, without its folder."""
    return PurePosixPath(path).name


def score_in_words(row: QueueRow) -> str:
    if row.score is None:
        return tr("not scored") if row.fitted else tr("no fit")
    return tr("{score:.1f} px").format(score=row.score)


def about_in_words(row: QueueRow) -> str:
    """The id and the tags."""
    tags = [f"#{tag}" for tag in json.loads(row.tags)] if row.tags else []
    return " ".join([tr("id {id}").format(id=row.id), *tags])


def warned_in_words(row: QueueRow) -> str:
    """The first warning, and the number of further ones."""
    names = (row.warned or "").split()
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    return f"{warning_texts.SIGN} {warning_texts.short(names[0])}{more}" if names else ""

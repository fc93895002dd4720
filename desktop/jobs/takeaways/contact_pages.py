"""A contact sheet as a file: the people of the queue with their bodies, as a PDF of A4 pages or as PNG pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPageSize, QPainter, QPdfWriter

from core.errors import FitloopError
from core.store import Project
from core.store.project.review_queue import QueueRow
from desktop.jobs.files.thumbnails import Picture, thumbnail_steps
from desktop.jobs.takeaways.view_picture import encoded, write_whole
from desktop.state.measures import VERDICTS
from desktop.text.translate import tr, verdict
from desktop.theme import LIGHT

if TYPE_CHECKING:
    from core.body.model import Body

MOST_PEOPLE = 2000
PICTURE_PX = 192  # of a person: enough for print at the size of a tile
PAGE_PX = (1240, 1754)  # A4 at 150 dots per inch
DPI = 150
COLUMNS, ROWS = 6, 7
A_PAGE = COLUMNS * ROWS
MARGIN_PX, HEAD_PX, GAP_PX, TEXT_PX = 60, 70, 14, 22
INK, PALE = QColor(LIGHT.text), QColor(LIGHT.muted)
MARKS = {"accepted": (LIGHT.accepted, "✓"), "rejected": (LIGHT.rejected, "✗"), "later": (LIGHT.later, "…")}


@dataclass(frozen=True)
class SheetStep:
    """The progress in people. told: the end."""

    done: int
    total: int
    told: str = ""


def sheet_steps(project: Project, ids: Sequence[int], file: Path, body: "Body | None") -> Iterator[SheetStep]:
    """Write a contact sheet of these people in their order: .pdf, or .png with one more file for each more page.

    At most MOST_PEOPLE are written, and it is told. Raises FitloopError.
    """
    chosen = [int(one) for one in ids[:MOST_PEOPLE]]
    if not chosen:
        raise FitloopError(tr("{file}: there is nobody in the list.").format(file=file.name))
    pages: list[QImage] = []
    files: list[Path] = []
    last = 1 + (len(chosen) - 1) // A_PAGE
    for number in range(1, last + 1):
        here = chosen[(number - 1) * A_PAGE : number * A_PAGE]
        tiles: list[tuple[QueueRow, Picture]] = []
        for row, picture in _tiles(project, here, body):
            tiles.append((row, picture))
            yield SheetStep((number - 1) * A_PAGE + len(tiles), len(chosen))
        head = tr("{project}, page {number} of {last}").format(
            project=project.path.stem, number=number, last=last
        )
        page = _page(head, tiles)
        if file.suffix.lower() == ".pdf":
            pages.append(page)
        else:
            files.append(file if number == 1 else file.with_name(f"{file.stem}_{number:02d}{file.suffix}"))
            write_whole(files[-1], encoded(page, "PNG", -1))
    if pages:
        files = [file]
        write_whole(file, _as_pdf(pages, project.path.stem))
    yield SheetStep(len(chosen), len(chosen), _told(files, len(chosen), len(ids)))


def _told(files: list[Path], written: int, wanted: int) -> str:
    lines = [
        tr("{file}: a sheet of {people} people").format(file=files[0].name, people=written),
    ]
    if len(files) > 1:
        lines.append(tr("Further pages: up to {file}").format(file=files[-1].name))
    if written < wanted:
        words = tr("The first {written} of {wanted} people. Narrow the list for others.")
        lines.append(words.format(written=written, wanted=wanted))
    return "\n".join(lines)


def _tiles(project: Project, ids: list[int], body: "Body | None") -> Iterator[tuple[QueueRow, Picture]]:
    rows = {row.id: row for row in project.queue_rows(ids)}  # without people deleted meanwhile
    wanted = {one: rows[one].updated for one in ids if one in rows}
    for made in thumbnail_steps(project, wanted, PICTURE_PX, body):
        yield rows[made.id], made.picture


def _page(head: str, tiles: Sequence[tuple[QueueRow, Picture]]) -> QImage:
    page = QImage(*PAGE_PX, QImage.Format.Format_RGB32)
    page.fill(Qt.GlobalColor.white)
    width = (PAGE_PX[0] - 2 * MARGIN_PX - (COLUMNS - 1) * GAP_PX) / COLUMNS
    with QPainter(page) as painter:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        _text(painter, QRectF(MARGIN_PX, MARGIN_PX, PAGE_PX[0] - 2 * MARGIN_PX, 40), head, 26, INK)
        for place, (row, picture) in enumerate(tiles):
            left = MARGIN_PX + place % COLUMNS * (width + GAP_PX)
            top = MARGIN_PX + HEAD_PX + place // COLUMNS * (width + 2 * TEXT_PX + GAP_PX)
            _tile(painter, QRectF(left, top, width, width), row, picture)
    return page


def _tile(painter: QPainter, square: QRectF, row: QueueRow, picture: Picture) -> None:
    if isinstance(picture, QImage):
        painter.drawImage(square, picture)
    else:
        painter.fillRect(square, QColor(LIGHT.viewport))
        _text(painter, square.adjusted(6, 0, -6, 0), picture, 15, PALE)
    line = QRectF(square.left(), square.bottom() + 2, square.width(), TEXT_PX)
    score = tr("{score:.1f} px").format(score=row.score) if row.score is not None else ""
    _text(painter, line, score, 16, INK, Qt.AlignmentFlag.AlignRight)
    colour, mark = MARKS.get(row.verdict, (LIGHT.muted, ""))
    room = line.adjusted(0, 0, -70 if score else 0, 0)
    decision = verdict(row.verdict) if row.verdict in VERDICTS else ""  # type: ignore[arg-type]
    _text(painter, room, f"{mark} {decision}".strip(), 16, QColor(colour))
    below = line.translated(0, TEXT_PX)
    _text(painter, below, f"{row.id}  {Path(row.path).name}", 14, PALE)


def _text(
    painter: QPainter,
    place: QRectF,
    words: str,
    size_px: int,
    colour: QColor,
    side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> None:
    """One line of text, elided if there is no room."""
    font = QFont(painter.font())
    font.setPixelSize(size_px)
    painter.setFont(font)
    painter.setPen(colour)
    shown = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideMiddle, place.width())
    painter.drawText(place, int(side | Qt.AlignmentFlag.AlignVCenter), shown)


def _as_pdf(pages: Sequence[QImage], title: str) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setResolution(DPI)
    writer.setTitle(title)
    writer.setCreator("Fitloop")
    with QPainter(writer) as painter:
        for number, page in enumerate(pages):
            if number:
                writer.newPage()
            painter.drawImage(QRectF(0, 0, *PAGE_PX), page)
    return bytes(buffer.data().data())

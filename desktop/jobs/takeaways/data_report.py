"""The report of a data set as one HTML file: verdicts, scores, warnings, and the worst people with their pictures."""

import base64
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage

from core.store import Project
from core.store.project.review_queue import QueueRow
from desktop.jobs.files.thumbnails import thumbnail_steps
from desktop.jobs.takeaways import report_page
from desktop.jobs.takeaways.view_picture import encoded, write_whole
from desktop.state.measures import SCORE_BARS, SCORE_PX, VERDICTS
from desktop.text import warning_texts
from desktop.text.translate import tr, verdict

if TYPE_CHECKING:
    from core.body.model import Body

WORST = 24  # people with a picture
PICTURE_PX = 192
ROWS_A_STEP = 500
JPEG_QUALITY = 88


@dataclass(frozen=True)
class ReportStep:
    """The progress in people. told: the end."""

    done: int
    total: int
    told: str = ""


@dataclass(frozen=True, eq=False)
class _Summary:
    """scores (P,) of people who have one; verdicts and warned: numbers of people by name; worst: those shown."""

    scores: np.ndarray
    verdicts: Counter[str]
    warned: Counter[str]
    fitted: int
    worst: tuple[QueueRow, ...]


def report_steps(project: Project, file: Path, body: "Body | None", network: str) -> Iterator[ReportStep]:
    """Write the report. network: the name of the one that guesses come from. Raises FitloopError."""
    ids = project.queue_ids("worst").tolist()
    photos = len(project.photo_ids())
    total = len(ids) + min(WORST, len(ids))
    rows: list[QueueRow] = []
    for start in range(0, len(ids), ROWS_A_STEP):
        rows += project.queue_rows(ids[start : start + ROWS_A_STEP])
        yield ReportStep(len(rows), total)
    found = _summary(rows)
    pictures: dict[int, str] = {}
    wanted = {row.id: row.updated for row in found.worst}
    for made in thumbnail_steps(project, wanted, PICTURE_PX, body):
        pictures[made.id] = _in_text(made.picture) if isinstance(made.picture, QImage) else ""
        yield ReportStep(len(rows) + len(pictures), total)
    below = [
        tr("{folder}, {date}").format(folder=project.folder.name, date=time.strftime("%Y-%m-%d")),
        tr("Body: {body} · guesses: {network}").format(
            body=body.name if body is not None else tr("No body"), network=network
        ),
    ]
    text = report_page.page(project.path.stem, _parts(project.path.stem, below, photos, found, pictures))
    write_whole(file, text.encode(errors="replace"))
    words = tr("{file}: the report of {people} people in {photos} photos")
    yield ReportStep(total, total, words.format(file=file.name, people=len(rows), photos=photos))


def _summary(rows: list[QueueRow]) -> _Summary:
    """rows: from the worst on."""
    scores = np.array([row.score for row in rows if row.score is not None])
    worst = [row for row in rows if row.score is not None and row.verdict != "rejected"][:WORST]
    return _Summary(
        scores,
        Counter(row.verdict for row in rows),
        Counter(name for row in rows for name in set((row.warned or "").split())),
        sum(row.fitted for row in rows),
        tuple(worst),
    )


def _parts(
    title: str, below: list[str], photos: int, found: _Summary, pictures: dict[int, str]
) -> Iterator[str]:
    from core.store.fits.dictionary import VALID_SCORE_PX  # here, as it imports torch

    people, scores = found.verdicts.total(), found.scores
    decided = people - found.verdicts["todo"] - found.verdicts["later"]
    yield report_page.heading(title, below)
    shown = [
        (str(people), tr("people")),
        (str(photos), tr("photos")),
        (f"{decided / people:.0%}" if people else "–", tr("decided")),
        (f"{found.fitted / people:.0%}" if people else "–", tr("with a fit")),
    ]
    if len(scores):
        good = float((scores <= VALID_SCORE_PX).mean())
        shown += [
            (tr("{score:.1f} px").format(score=float(np.median(scores))), tr("median error")),
            (tr("{score:.1f} px").format(score=float(np.percentile(scores, 90))), tr("90th percentile")),
            (f"{good:.0%}", tr("of fits within {limit:g} px").format(limit=VALID_SCORE_PX)),
        ]
    yield report_page.numbers(shown)
    verdicts = [(name, verdict(name), found.verdicts[name]) for name in VERDICTS]
    yield report_page.shares(tr("Verdicts"), verdicts)
    if len(scores):
        place = np.minimum(scores // SCORE_PX, SCORE_BARS - 1).astype(int)
        heights = np.bincount(place, minlength=SCORE_BARS).tolist()
        labels = [f"{SCORE_PX * number:g}" for number in range(SCORE_BARS)]
        axis = tr("error [px at a person size of 200 px]; the last bar has all larger ones")
        yield report_page.bars(tr("People by error"), labels, heights, axis)
    warned = [(warning_texts.short(name), count) for name, count in found.warned.most_common()]
    yield report_page.table(tr("Warnings"), warned)
    worst = [
        (
            pictures.get(row.id, ""),
            tr("{id}: {score:.1f} px").format(id=row.id, score=row.score),
            " · ".join(filter(None, (Path(row.path).name, row.note[:200]))),
        )
        for row in found.worst
    ]
    yield report_page.people(tr("The worst people that were not rejected"), worst)


def _in_text(picture: QImage) -> str:
    return base64.b64encode(encoded(picture, "JPEG", JPEG_QUALITY)).decode()

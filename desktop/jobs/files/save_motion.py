"""Writes a project's sequences as motion: one file a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import FitloopError
from core.formats.format_row import Beside
from core.formats.motion.motion_options import MotionOptions
from core.formats.shared.report import LeftOut, grouped
from core.formats.table import FORMATS
from core.records import Photo
from core.store import Project
from desktop.jobs.files.save_files import REPORTED, Saving, read_photos
from desktop.text.translate import tr

if TYPE_CHECKING:
    from core.body.model import Body

MOTION_KINDS = tuple(row.word for row in FORMATS.values() if row.holds == "sequence")
ON_THE_FLOOR = MotionOptions(floor=True, start_at_origin=True)


@dataclass(frozen=True)
class MotionChoice:
    """How motion is written. kind: a word of the formats' table; track: the only person, None for everybody; fill:
    frames that lack are made from their neighbours."""

    kind: str = "bvh"
    options: MotionOptions = ON_THE_FLOOR
    track: int | None = None
    fill: bool = True


def motion_steps(project: Project, file: Path, choice: MotionChoice, body: "Body") -> Iterator[Saving]:
    """Write the sequences of all people, or of one track. Raises FitloopError."""
    from core.formats.motion.sequence_files import (  # here, as it imports torch
        SequenceChoice,
        write_sequences,
    )

    photos: list[Photo] = []
    yield from read_photos(project, photos)
    beside = Beside(body=body, motion=choice.options)
    whose = SequenceChoice(track=choice.track, fill=choice.fill)
    left_out: list[LeftOut] = []
    lines: list[str] = []
    made = 0
    try:
        for one in write_sequences(FORMATS[choice.kind], file, photos, beside, whose, left_out):
            made += one.made
            words = tr("{file}: %n frames", "", one.export.written)
            lines.append(words.format(file=one.file.name))
            lines += [*one.export.notes, *grouped(one.export.left_out)]
            yield Saving(len(lines), 0)
    except OSError as error:
        words = tr("{file}: cannot be written ({why}). Choose another folder.")
        raise FitloopError(words.format(file=file, why=error.strerror)) from error
    if made:
        lines.append(tr("%n of the frames were made from the fits before and after them", "", made))
    lines += grouped(left_out, REPORTED)
    yield Saving(1, 1, "\n".join(lines), lost=bool(left_out))

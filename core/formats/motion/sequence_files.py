"""Writes the sequences of a data set: one file a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.formats.bodies.spin_write import with_truth
from core.formats.exchange import write_file
from core.formats.format_row import Beside, Format
from core.formats.shared.report import Export, LeftOut
from core.formats.shared.sequences import sequences
from core.records import Photo


@dataclass(frozen=True)
class SequenceChoice:
    """Which sequences. person, track: the only person, by the id in one of the photos or by track; None for everybody.
    fill: frames that lack are made from their neighbours."""

    person: int | None = None
    track: int | None = None
    fill: bool = True


@dataclass(frozen=True)
class WrittenSequence:
    """A file, what was written, and how many of its frames were made from their neighbours."""

    file: Path
    export: Export
    made: int


def write_sequences(
    row: Format,
    file: Path,
    photos: Sequence[Photo],
    beside: Beside,
    choice: SequenceChoice,
    left_out: list[LeftOut],
) -> Iterator[WrittenSequence]:
    """NAME.bvh for one person's fits, in the order of the photos; NAME_track0001.bvh, … for several people.

    Rejected fits, and photos that a sequence lacks, are added to `left_out`. Raises OSError, and FitsError where
    nothing tells people apart or nobody has a fit.
    """
    fitted = with_truth([(photo, person) for photo in photos for person in photo.people], left_out)
    found = sequences(photos, fitted, choice.person, choice.track, left_out, choice.fill)
    for one in found:
        several = file.with_name(f"{file.stem}_track{one.track or 0:04d}{file.suffix}")
        own = file if len(found) == 1 else several
        yield WrittenSequence(own, write_file(row, own, list(one.fits), beside), one.made)

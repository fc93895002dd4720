"""Practice in the window: a child process makes composites where a network fails, and a report of where it fails.

The window reads the folder that `python -m train.compose` writes. Nothing of `train` is imported.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import FitloopError, ReadError
from core.files.untrusted import read_arrays, read_json
from core.files.whole_file import whole_file
from core.store import Project
from desktop.jobs.child import LAST_WORDS, run_child
from desktop.jobs.training.followed_run import CHECKPOINT
from desktop.text.translate import tr

MODULE = "train.compose"
KINDS = ("occlusion", "crop", "scale", "crowd")
CURVES = ("occlusion", "size", "cut")
FOLDER, DATASET, REPORT, REFUSED = "practice", "composed.npz", "weak.json", "refused.json"
REPORTED = 64  # composites that a report is made of, at least
MOST_SHOWN = 500  # composites of the sheet
MOST_BYTES = 32 * 2**20  # of a report
MOST_BINS, MOST_PEOPLE = 64, 1_000_000
SAME_PX = 2.0  # between a person's box in the report and in the project


@dataclass(frozen=True)
class PracticeChoice:
    """target: folder of a run, or a checkpoint; kinds: of KINDS; count: composites."""

    target: Path
    kinds: tuple[str, ...] = KINDS
    count: int = 64


@dataclass(frozen=True)
class Practised:
    """folder: of the composites, None while the child works."""

    folder: Path | None = None


@dataclass(frozen=True)
class Proposal:
    """A composite: its picture, its name in the data set, its kind, and the target's loss."""

    picture: Path
    name: str
    kind: str
    loss: float


@dataclass(frozen=True, eq=False)
class FailureReport:
    """curves: by name, bins (N, 4) = low, high, loss, people; people: photo, centre (2,) [px], expected loss."""

    target: str
    curves: dict[str, np.ndarray]
    people: tuple[tuple[str, tuple[float, float], float], ...]


def runs_of(project: Project) -> list[Path]:
    """Folders of the project's runs that have a checkpoint, the newest first."""
    found = (project.folder / "runs").glob(f"*/{CHECKPOINT}")
    return [file.parent for file in sorted(found, key=lambda file: -file.stat().st_mtime)]


def practice_steps(fits: Path, folder: Path, choice: PracticeChoice) -> Iterator[Practised]:
    """Make composites in a new folder and report where the target fails. Raises FitloopError."""
    source = ["--target", str(choice.target), "--fits", str(fits), "--kinds", *choice.kinds]
    reported = ["--report", str(folder / REPORT), "--count", str(max(REPORTED, choice.count))]
    for more in (["--out", str(folder), "--count", str(choice.count)], reported):
        yield from _composing([*source, *more], folder)
    yield Practised(folder)


def settle_steps(folder: Path, refused: Sequence[str]) -> Iterator[Practised]:
    """Write what was refused, and leave it out of the data set. Raises FitloopError."""
    with whole_file(folder / REFUSED) as stream:
        stream.write((json.dumps(list(refused)) + "\n").encode())
    yield from _composing(["--settle", str(folder)], folder)
    yield Practised(folder)


def _composing(arguments: Sequence[str], folder: Path) -> Iterator[Practised]:
    """Steps while train.compose runs. Raises FitloopError with the last of its output where it fails."""
    child = run_child(MODULE, arguments)
    try:
        while True:
            next(child)
            yield Practised()
    except StopIteration as end:
        status, output = end.value
    finally:
        child.close()
    if status:
        words = tr("{folder}: train.compose ended with an error.\n{why}")
        raise FitloopError(words.format(folder=folder.name, why=output[-LAST_WORDS:]))


def proposals_of(folder: Path) -> tuple[Proposal, ...]:
    """The composites of a folder, the largest loss first. Raises ReadError."""
    arrays = read_arrays(folder / DATASET, ("imgname", "kind", "target_loss"))
    names, kinds, losses = (arrays.get(name) for name in ("imgname", "kind", "target_loss"))
    if names is None or kinds is None or losses is None or not len(names) == len(kinds) == len(losses):
        words = tr("{file}: is no data set of train.compose. Practise again.")
        raise ReadError(words.format(file=folder / DATASET))
    asked = np.flatnonzero(np.isfinite(losses.astype(np.float64)))
    order = asked[np.argsort(-losses[asked], kind="stable")][:MOST_SHOWN]
    return tuple(
        Proposal(folder / str(names[row]), str(names[row]), str(kinds[row]), float(losses[row]))
        for row in order.tolist()
    )


def read_failures(file: Path) -> FailureReport:
    """A report of train.compose. Raises ReadError."""
    value = read_json(file, MOST_BYTES)
    try:
        curves = {name: _curve(value["curves"][name]) for name in CURVES}
        people = tuple(_person(one) for one in value["people"][:MOST_PEOPLE])
        return FailureReport(str(value["target"])[:LAST_WORDS], curves, people)
    except (KeyError, TypeError, ValueError, IndexError):
        words = tr("{file}: is no report of train.compose. Practise again.")
        raise ReadError(words.format(file=file)) from None


def newest_report(project: Project) -> Path | None:
    """The project's last report; None without one."""
    found = list((project.folder / "runs").glob(f"{FOLDER}-*/{REPORT}"))
    return max(found, key=lambda file: file.parent.name) if found else None


def worst_expected(project: Project, report: FailureReport) -> np.ndarray:
    """Ids (P,) of the project's people in the report, the largest expected loss first."""
    places: dict[str, list[tuple[int, tuple[float, float]]]] = {}
    for photo in project.photos():
        for person in photo.people:
            x, y = person.bbox.center.tolist()
            places.setdefault(photo.path, []).append((person.id, (x, y)))
    ids = []
    for name, center, _ in report.people:
        for known, there in places.get(name, []):
            if max(abs(a - b) for a, b in zip(center, there, strict=True)) <= SAME_PX:
                ids.append(known)
                break
    return np.array(list(dict.fromkeys(ids)), np.int64)


def _curve(bins: list[dict[str, Any]]) -> np.ndarray:
    rows = [[float(one[key]) for key in ("low", "high", "loss", "people")] for one in bins[:MOST_BINS]]
    values = np.array(rows, np.float64).reshape(-1, 4)
    if not np.isfinite(values).all():
        raise ValueError
    return values


def _person(one: dict[str, Any]) -> tuple[str, tuple[float, float], float]:
    x, y = (float(value) for value in one["center"])
    return str(one["imgname"]), (x, y), float(one["expected_loss"])

"""What is dropped on the window: it is told apart, opened, and said."""

import os
from collections.abc import Sequence
from pathlib import Path

from desktop.commands.file_menu import open_path, open_several
from desktop.jobs.files.dropped import DroppedFile, What, told_apart
from desktop.model.workbench import Workbench
from desktop.text.translate import tr

OPENED_FIRST: tuple[What, ...] = (
    "project",
    "people",
    "folder",
    "video",
    "photo",
)  # annotations bring their photos
NAMED = 3  # most files that a message names


def take_drop(workbench: Workbench, paths: Sequence[Path]) -> None:
    """Open dropped paths: one project, file, folder, or all photos; besides, one network and one body."""
    dropped = told_apart(paths)
    kind = next((what for what in OPENED_FIRST if _of(dropped, what)), None)
    left = [one.path for one in dropped if one.what in OPENED_FIRST and one.what != kind]
    told: list[str] = []
    if kind is not None:
        left += _open(workbench, kind, _of(dropped, kind), told)
    for body in _of(dropped, "body")[:1]:
        told.append(tr("{name} is a body model.").format(name=body.name))
        workbench.fits.open_body(body)
    for network in _of(dropped, "network")[:1]:
        told += _take_network(workbench, network)
    left += [*_of(dropped, "body")[1:], *_of(dropped, "network")[1:]]
    missing = _of(dropped, "missing")
    if left:
        told.append(tr("Not opened: {names}. Drop them by themselves.").format(names=_names(left)))
    if missing:
        told.append(tr("{names}: not there any more.").format(names=_names(missing)))
    if told:
        workbench.told.emit(" ".join(told))


def _open(workbench: Workbench, kind: What, paths: list[Path], told: list[str]) -> list[Path]:
    """Open the paths of a kind. Returns those that are not opened."""
    if kind == "photo" and len(paths) > 1:
        open_several(workbench, paths)
        return []
    folder = Path(os.path.commonpath([path.parent for path in paths]))
    if kind == "people" and len(paths) > 1 and all(path.parent == folder for path in paths):
        words = tr("{names} are in {folder}, which is opened as a whole.")
        told.append(words.format(names=_names(paths), folder=folder.name))
        open_path(workbench, folder)
        return []
    open_path(workbench, paths[0])
    return paths[1:]


def _take_network(workbench: Workbench, file: Path) -> list[str]:
    """Choose a dropped checkpoint for the open project. Without a project, return a message."""
    if workbench.project is None:
        words = tr("{name} is a network checkpoint. Each project has its own: open one, then drop it again.")
        return [words.format(name=file.name)]
    workbench.fits.network.choose(file)
    return []


def _of(dropped: Sequence[DroppedFile], what: What) -> list[Path]:
    return [one.path for one in dropped if one.what == what]


def _names(paths: Sequence[Path]) -> str:
    names = [path.name for path in paths[:NAMED]]
    return ", ".join([*names, *(["…"] if len(paths) > NAMED else [])])

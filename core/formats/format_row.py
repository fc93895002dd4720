"""One row of the table of formats, and what its functions may take beside a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.formats.motion.motion_options import BEFORE_THE_CAMERA, MotionOptions

if TYPE_CHECKING:
    from core.body.model import Body
    from core.formats.shared.glimpse import Glimpse
    from core.formats.shared.report import Export, Import

Holds = Literal["photos", "fit", "sequence"]


@dataclass(frozen=True)
class Beside:
    """Extra inputs beside a file; a row's `read_asks` and `write_asks` name those that its functions take.

    photos: the folder that names of photos are relative to; body: an SMPL file, or the body itself; fits: SPIN's
    beside the data set; known: a file of people that detections belong to; layout_name: of keypoints whose names do not
    tell it; written_layout: of all keypoints that are written, by default each person's own; frame: "photo" or "crop",
    the camera frame of poses whose file does not tell it; box: "square" or "tall", what one number of ProHMR's and
    4D-Humans' files says of a box; first_frame: the number in the file of the frame that the first photo is; base: the
    data set to copy; root: the folder that photos' paths start from; motion: how a sequence is written, by default
    before the camera.
    """

    photos: Path | None = None
    body: Path | Body | None = None
    fits: Path | None = None
    known: Path | None = None
    layout_name: str | None = None
    written_layout: str | None = None
    frame: str | None = None
    box: str | None = None
    first_frame: int | None = None
    base: Path | None = None
    root: Path | None = None
    motion: MotionOptions = BEFORE_THE_CAMERA


def folder_of(path: Path) -> Path:
    """The folder that photos' names are relative to in most formats: the folder itself, or that of the file."""
    return path if path.is_dir() else path.parent


@dataclass(frozen=True)
class Format:
    """One format. word: its name in the shell; suffixes: of its files, the first one usual.

    reads, writes: the files that are read and written, in words. recognise: how sure it is of a path; refuse: raises
    ReadError for a file of the format that cannot be read alone; root: the folder of relative photo names. read(path,
    **asked) returns an Import, asked being what `read_asks` names of Beside. holds: the content of one file, which
    `write` takes after the path: photos with their people, one fit, or one person's fits photo by photo; write returns
    an Export. keeps: a file that is there is never written over. menu: the command of the window that writes it, &
    before the letter, and title what its dialog calls such files; without them the window does not offer it. Sequences
    share one command, and have a title alone.
    """

    word: str
    suffixes: tuple[str, ...] = ()
    reads: str = ""
    recognise: Callable[[Glimpse], int] | None = None
    refuse: Callable[[Glimpse], None] | None = None
    read: Callable[..., Import] | None = None
    read_asks: tuple[str, ...] = ("photos",)
    root: Callable[[Path], Path] = folder_of
    writes: str = ""
    write: Callable[..., Export] | None = None
    write_asks: tuple[str, ...] = ()
    holds: Holds = "photos"
    keeps: bool = False
    menu: str = ""
    title: str = ""

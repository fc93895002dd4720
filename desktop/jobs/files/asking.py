"""Reads another program's file, which may end with a question, and again with its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Undecided, flag_of

if TYPE_CHECKING:
    from core.formats import Import
    from core.formats.format_row import Beside
    from core.formats.question import Question

Answers = Mapping[str, str]  # option of a question -> the way chosen


@dataclass(frozen=True)
class Asked:
    """What is given beside a file: the folder of its photos, an SMPL file, answers to its questions."""

    photo_folder: Path | None
    body_file: Path | None
    answers: Answers

    @property
    def beside(self) -> "Beside":
        """The same for a reader."""
        from core.formats.format_row import Beside

        return Beside(
            photos=self.photo_folder,
            body=self.body_file,
            layout_name=self.answers.get("layout_name"),
            frame=self.answers.get("frame"),
            box=self.answers.get("box"),
            first_frame=None if (first := self.answers.get("first_frame")) is None else int(first),
        )

    @property
    def arguments(self) -> list[str]:
        """The same for train.convert."""
        given: dict[str, Path | str | None] = {"--photos": self.photo_folder, "--body": self.body_file}
        given |= {flag_of(name): value for name, value in self.answers.items()}
        return [word for name, value in given.items() if value is not None for word in (name, str(value))]


def read_or_ask(path: Path, asked: Asked, with_looks: bool) -> "Import | Question":
    """What was read, or the question that the file leaves open. Raises FitloopError.

    with_looks: whether the file may be read several times more, to show the first person by each answer.
    """
    from core.formats.exchange import read_file
    from core.formats.question import question_of

    try:
        return read_file(path, asked.beside)
    except Undecided as undecided:
        return question_of(undecided, path, asked.beside, with_looks)

"""File dialogs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from core.files.video.frame_names import VIDEO_SUFFIXES
from core.formats.photos.photo_names import PHOTO_SUFFIXES
from core.formats.table import FORMATS, formats_read
from desktop.commands.window_api import FileKinds
from desktop.jobs.files.save_motion import MotionChoice
from desktop.jobs.training.practising import PracticeChoice, Proposal
from desktop.settings import Settings
from desktop.text.translate import tr
from desktop.theme import Theme
from desktop.views.window.motion_dialog import MotionDialog, without_track
from desktop.views.window.practice_dialog import PracticeDialog
from desktop.views.window.proposal_sheet import ProposalSheet
from desktop.views.window.question_dialog import QuestionDialog

if TYPE_CHECKING:
    from core.formats.question import Question


class Dialogs:
    """File dialogs that start in the last chosen folder."""

    def __init__(self, parent: QWidget, settings: Settings) -> None:
        self._parent, self._settings = parent, settings
        self._motion = MotionChoice()  # the last one

    def ask_for_file(self, kind: str) -> Path | None:
        """Ask for a file ("any", "project", "body", "network") or a folder ("photos"). None if the user cancels."""
        folder = self._settings.folder
        everything = tr("All files (*)")
        if kind == "photos":
            name = QFileDialog.getExistingDirectory(self._parent, tr("Open photos"), folder)
        elif kind == "body":
            filters = ";;".join((tr("Body files (*.pkl *.npz)"), everything))
            name, _ = QFileDialog.getOpenFileName(self._parent, tr("Open body"), folder, filters)
        elif kind == "project":
            filters = ";;".join((tr("Projects (*.fitloop)"), everything))
            name, _ = QFileDialog.getOpenFileName(self._parent, tr("Open project"), folder, filters)
        elif kind == "network":
            filters = ";;".join((tr("Checkpoints (*.pt)"), everything))
            name, _ = QFileDialog.getOpenFileName(self._parent, tr("Open checkpoint"), folder, filters)
        else:
            suffixes = dict.fromkeys(suffix for row in formats_read() for suffix in row.suffixes)
            known = tr("Projects and annotations ({files})").format(files=_patterns(suffixes))
            photos = tr("Photos ({files})").format(files=_patterns(PHOTO_SUFFIXES))
            videos = tr("Videos ({files})").format(files=_patterns(VIDEO_SUFFIXES))
            filters = ";;".join((known, photos, videos, everything))
            name, _ = QFileDialog.getOpenFileName(self._parent, tr("Open"), folder, filters)
        return self._remember(name)

    def ask_for_new_file(self, kind: str, project: Path) -> Path | None:
        """Ask for the file of an export. kind: the format's word. None if the user cancels.

        A name is suggested after the project, beside it. A name without the format's suffix gets that of the chosen
        filter, and a file of this name is not written over without a question.
        """
        row = FORMATS[kind]
        asked = self.ask_for_takeaway(kind, [(row.title, suffix) for suffix in row.suffixes], project)
        return None if asked is None else asked[0]

    def ask_for_motion(
        self, track: int | None, take: Callable[[MotionChoice], None], rate: float | None = None
    ) -> None:
        """Ask how motion is to be written, without blocking. track: of the selected person; take: gets the choice;
        rate: photos a second where the photos tell it, else the last choice is shown."""

        def chosen(choice: MotionChoice) -> None:
            self._motion = without_track(choice)
            take(choice)

        shown = self._motion
        if rate is not None:
            shown = replace(shown, options=replace(shown.options, frame_rate=rate))
        dialog = MotionDialog(shown, track, self._parent)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(chosen)
        dialog.open()

    def ask_for_practice(self, runs: list[Path], take: Callable[[PracticeChoice], None]) -> None:
        """Ask what is practised, without blocking. runs: to choose a network from; take: gets the choice."""
        dialog = PracticeDialog(runs, self._parent)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(take)
        dialog.open()

    def show_practice(
        self, proposals: Sequence[Proposal], colours: Theme, settled: Callable[[list[str]], None]
    ) -> None:
        """Show composites, without blocking. settled: gets the names of the refused ones."""
        sheet = ProposalSheet(proposals, colours, self._parent)
        sheet.settled.connect(settled)
        sheet.open()

    def ask_for_takeaway(self, name: str, kinds: FileKinds, project: Path) -> tuple[Path, int] | None:
        """Ask for a file to write, as `ask_for_new_file` does. name: the end of the suggested name.

        Returns it with the place of its kind in `kinds`: the chosen one if that has the file's ending, else the first
        that has. None if the user cancels.
        """
        suffixes = [suffix for _, suffix in kinds]
        filters = [
            tr("{format} ({files})").format(format=tr(words), files=_patterns([suffix]))
            for words, suffix in kinds
        ]
        suggested = project.with_name(f"{project.stem}_{name}{suffixes[0]}")
        written, chosen = QFileDialog.getSaveFileName(
            self._parent, tr("Export"), str(suggested), ";;".join(filters)
        )
        file, place = self._remember(written), filters.index(chosen) if chosen in filters else 0
        if file is None:
            return None
        if file.suffix.lower() in suffixes:
            fits = suffixes[place] == file.suffix.lower()
            return file, place if fits else suffixes.index(file.suffix.lower())
        whole = file.with_name(file.name + suffixes[place])
        return (whole, place) if not whole.exists() or self._may_replace(whole) else None

    def _may_replace(self, file: Path) -> bool:
        buttons = QMessageBox.StandardButton
        words = tr("{file} is there already. Write over it?").format(file=file.name)
        answer = QMessageBox.question(self._parent, tr("Export"), words, buttons.Yes | buttons.No, buttons.No)
        return answer == buttons.Yes

    def ask(self, question: "Question", answer: Callable[[str, str], None]) -> None:
        """Ask how a file is meant, without blocking. answer: gets the question's option and the way chosen."""
        dialog = QuestionDialog(question, self._parent)
        dialog.answered.connect(lambda way: answer(question.option, way))
        dialog.open()

    def _remember(self, name: str) -> Path | None:
        if not name:
            return None
        self._settings.folder = str(Path(name).parent)
        return Path(name)


def _patterns(suffixes: Iterable[str]) -> str:
    """File suffixes as a pattern of a file dialog."""
    return " ".join(f"*{suffix}" for suffix in suffixes)

"""The file menu: open, add, save and export files."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.formats.table import formats_written
from core.guesses import beside
from core.records import Guess, Person
from desktop.commands.command import BODY, PROJECT, WRITABLE, Command, Run
from desktop.commands.exports.motion_row import EXPORT_MOTION
from desktop.commands.exports.takeaway_rows import TAKEAWAYS
from desktop.commands.exports.written_report import show_report
from desktop.commands.people.at_opening import begin_work
from desktop.commands.people.queue_menu import write
from desktop.commands.window_api import Asks
from desktop.jobs.files.asking import Answers
from desktop.jobs.files.open_files import add_steps, open_steps, projects_of
from desktop.jobs.files.open_photos import open_photos
from desktop.jobs.files.open_sample import (
    clip_folder,
    clip_steps,
    sample_file,
    sample_folder,
    sample_steps,
)
from desktop.jobs.files.opening_steps import Opening
from desktop.jobs.files.save_files import Saving, export_steps, relocate_steps, save_fits_steps
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr

if TYPE_CHECKING:
    from core.formats.question import Question

EXPORT_KEYS = {"coco": "Ctrl+E"}


def open_file(kind: str) -> Run:
    """Ask for a project, photos or annotations, and open them."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        path = window.ask_for_file(kind)
        if path is not None:
            open_path(workbench, path)

    return act


def open_path(workbench: Workbench, path: Path, answers: Answers | None = None) -> None:
    """Open a project, a folder of photos, or another program's file, in the background.

    answers: to questions that the file left open before. Its next one is asked, and then it is opened again.
    """
    if workbench.project is not None and workbench.project.path.absolute() in projects_of(path):
        if workbench.writable and path.is_file():
            return
        if not workbench.files.running:
            workbench.set_project(None)  # a second connection could only read the project
    steps = open_steps(path, body_file=workbench.fits.body_file, answers=answers)
    _open(workbench, path.name, steps, path, _again(partial(open_path, workbench, path), answers))


def open_several(workbench: Workbench, photos: Sequence[Path]) -> None:
    """Open several photos as one project, in the background."""
    words = tr("{name} and others").format(name=photos[0].name)
    _open(workbench, words, open_photos(photos), photos[0])


def _again(start: Callable[[Answers], None], answers: Answers | None) -> Callable[[str, str], None]:
    """Starts work anew with one more answer: to this option, this way."""
    return lambda option, way: start({**(answers or {}), option: way})


def add_annotations(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Ask for another program's file, and add its photos and people to the project."""
    path = window.ask_for_file("any")
    if path is not None:
        _add(workbench, shown, path)


def _add(workbench: Workbench, shown: Shown, path: Path, answers: Answers | None = None) -> None:
    """Add in the background. A question that the file leaves open is asked, and then it is read again."""
    told: list[str] = []
    questions: list[Question] = []
    label = tr("Add {name}").format(name=path.name)

    def take(step: Opening) -> None:
        told.extend(filter(None, [step.notes]))
        changed = {key: partial(_with_guess, guess) for key, guess in step.guesses.items()}
        write(workbench, label, changed)
        questions.extend(filter(None, [step.question]))

    def end() -> None:
        if questions:
            workbench.asked.emit(questions[0], _again(partial(_add, workbench, shown, path), answers))
            return
        workbench.remember()
        if workbench.photo is not None and not workbench.photo.people:
            workbench.read_anew()  # it may have people now
        else:
            workbench.project_changed.emit()
        if workbench.photo is None:
            workbench.show_first()
        if told:
            workbench.told.emit("\n".join(told))

    steps = add_steps(shown.the_project, path, workbench.fits.body_file, answers)
    workbench.files.start(label, steps, take, end, file=path)


def _with_guess(guess: Guess, person: Person) -> Person:
    return person.with_(guess=beside(person.guess, guess))


def open_sample(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Open the sample project. It is made at first use."""
    file = sample_file(sample_folder())
    if file.exists():
        open_path(workbench, file)
    else:
        _open(workbench, tr("the sample"), sample_steps(sample_folder()))


def open_clip(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Open the sample clip. It is copied at first use."""
    file = clip_folder() / "crossing.fitloop"
    if file.exists():
        open_path(workbench, file)
    else:
        _open(workbench, tr("the sample clip"), clip_steps(clip_folder()))


def _open(
    workbench: Workbench,
    name: str,
    steps: Iterator[Opening],
    file: Path | None = None,
    again: Callable[[str, str], None] | None = None,
) -> None:
    """Run the steps as a job, and show the project of the last step, or ask its question. again: with the answer."""
    opened: list[Opening] = []

    def take(step: Opening) -> None:
        if step.project is not None or step.question is not None:
            opened.append(step)

    def end() -> None:
        if opened and opened[0].question is not None:
            workbench.asked.emit(opened[0].question, again)
        elif opened:
            workbench.set_project(opened[0].project)
            if opened[0].notes:
                workbench.told.emit(opened[0].notes)
            begin_work(workbench, opened[0].added)

    workbench.files.start(tr("Open {name}").format(name=name), steps, take, end, file=file)


def open_body(workbench: Workbench, window: Asks, shown: Shown) -> None:
    path = window.ask_for_file("body")
    if path is not None:
        workbench.fits.open_body(path)


def save_fits(workbench: Workbench, window: Asks, shown: Shown) -> None:
    workbench.autosave.forget()
    steps = save_fits_steps(shown.the_project, workbench.fits.the_body.fingerprint)
    workbench.files.start(tr("Save the fits dictionary"), steps, partial(show_report, workbench), whole=True)


def export(kind: str, written_layout: str | None = None) -> Run:
    """Ask for a file, and write all people in a format. kind: the format's word. written_layout: of all keypoints, by
    default each person's own."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        path = window.ask_for_new_file(kind)
        if path is not None:
            steps = export_steps(shown.the_project, path, kind, workbench.fits.body, written_layout)
            label = tr("Export {name}").format(name=path.name)
            workbench.files.start(label, steps, partial(show_report, workbench), whole=True, file=path)

    return act


def close_project(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Close the project as soon as all files are written."""
    workbench.autosave.write_due()
    if workbench.files.writing:
        workbench.told.emit(tr("The project closes as soon as all files are written. Stop keeps it open."))
    workbench.files.afterwards(tr("Close the project"), partial(workbench.set_project, None))


def find_photos(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Ask for a folder, and find moved photos under it by name and content."""
    folder = window.ask_for_file("photos")
    if folder is None:
        return
    project, found = shown.the_project, False

    def take(step: Saving) -> None:
        nonlocal found
        found = found or step.moved
        show_report(workbench, step)

    def end() -> None:
        if found and workbench.project is project:
            workbench.set_project(None)  # the history has the old paths
            open_path(workbench, project.path)

    workbench.files.start(tr("Find photos"), relocate_steps(project, folder), take, end, file=folder)


EXPORTS = tuple(
    Command(f"file.export_{row.word}", row.menu, EXPORT_KEYS.get(row.word, ""), export(row.word), PROJECT)
    for row in formats_written()
    if row.menu
)
FILE_MENU = (
    Command("file.open_photos", QT_TR_NOOP("Open &photos…"), "Ctrl+Shift+O", open_file("photos")),
    Command("file.open", QT_TR_NOOP("&Open project or annotations…"), "Ctrl+O", open_file("any")),
    Command("file.open_project", QT_TR_NOOP("Open pro&ject…"), "Ctrl+Alt+O", open_file("project")),
    Command("file.open_sample", QT_TR_NOOP("Open the samp&le"), "", open_sample),
    Command("file.open_clip", QT_TR_NOOP("Open the sa&mple clip"), "", open_clip),
    Command("file.add", QT_TR_NOOP("&Add annotations…"), "", add_annotations, WRITABLE),
    Command("file.save_fits", QT_TR_NOOP("&Save fits"), "Ctrl+S", save_fits, PROJECT | BODY),
    *EXPORTS,
    Command(
        "file.export_coco17",
        QT_TR_NOOP("Export as COCO, &17 keypoints…"),
        "",
        export("coco", "coco17"),
        PROJECT,
    ),
    EXPORT_MOTION,
    *TAKEAWAYS,
    Command("file.find_photos", QT_TR_NOOP("&Find moved photos…"), "", find_photos, WRITABLE),
    Command("file.open_body", QT_TR_NOOP("Open &body…"), "", open_body),
    Command(
        "file.open_own_body",
        QT_TR_NOOP("&Use the open body (built-in)"),
        "",
        lambda workbench, window, shown: workbench.fits.open_body(),
    ),
    Command(
        "file.close",
        QT_TR_NOOP("&Close project"),
        "Ctrl+W",
        close_project,
        PROJECT,
    ),
    Command("file.quit", QT_TR_NOOP("&Quit"), "Ctrl+Q", lambda workbench, window, shown: window.close()),
)

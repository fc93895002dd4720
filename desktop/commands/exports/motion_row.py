"""The command of the file menu that writes people's motion."""

from functools import partial

from desktop.commands.command import BODY, PROJECT, Command
from desktop.commands.exports.written_report import show_report
from desktop.commands.window_api import Asks
from desktop.jobs.files.save_motion import MotionChoice, motion_steps
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr


def export_motion(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Ask how and where, and write the motion of everybody, or of the selected person's track."""
    person = shown.person
    window.ask_for_motion(None if person is None else person.track, partial(_write, workbench, window))


def _write(workbench: Workbench, window: Asks, choice: MotionChoice) -> None:
    file = window.ask_for_new_file(choice.kind)
    if file is None:
        return
    steps = motion_steps(workbench.shown.the_project, file, choice, workbench.fits.the_body)
    label, show = tr("Export {name}").format(name=file.name), partial(show_report, workbench)
    workbench.files.start(label, steps, show, whole=True, file=file)


EXPORT_MOTION = Command("file.export_motion", QT_TR_NOOP("M&otion…"), "", export_motion, PROJECT | BODY)

"""The program: reads the command line, builds workbench and window, and runs them. All wiring is on this page."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from core.errors import FitloopError
from desktop import system
from desktop.collector import collect_again, collect_in_this_thread, spare_the_collector
from desktop.commands.file_menu import open_path
from desktop.commands.menus import COMMANDS
from desktop.model.workbench import Workbench
from desktop.settings import Settings
from desktop.state.view import View
from desktop.text.language import SYSTEM, speak
from desktop.text.translate import tr
from desktop.views.tools.icons import application_icon
from desktop.views.window.window import Window

log = logging.getLogger(__name__)
SWITCH_S = 0.0005  # Python's own 5 ms would let each picture of a drag wait for the fit's thread
SETTLE_MS = 100  # the window system places the window before the screenshot is taken


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until the window is closed, or until its picture is saved. Returns the exit status."""
    options = _parser().parse_args(arguments)
    complaint = system.complaint()
    if complaint and QApplication.instance() is None:
        print(complaint, file=sys.stderr)
        return 1
    application = QApplication.instance() or QApplication(sys.argv[:1])
    application.setApplicationName("Fitloop")
    QGuiApplication.setWindowIcon(application_icon())
    QGuiApplication.setDesktopFileName("fitloop")  # the entry that scripts/desktop_entry.sh makes
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal ends the program
    settings = Settings()
    if options.language:
        settings.language = options.language
    speak(application, settings.language)
    workbench, window = build(
        settings,
        View(theme=options.theme or "light", antialiased=True, hints=False) if options.screenshot else None,
    )
    if options.theme:
        workbench.change_view(theme=options.theme)
    if options.screenshot:
        take_screenshot(workbench, window, options.screenshot)
    else:
        window.restore()
    window.show()
    workbench.fits.body_changed.connect(spare_the_collector)
    QTimer.singleShot(0, workbench.fits.open_body)  # after the window shows: loading a body imports torch
    if options.path is not None:
        QTimer.singleShot(0, partial(open_path, workbench, options.path))
    sys.excepthook = end_with_error if options.screenshot else partial(last_resort, window)
    try:
        return application.exec()
    finally:
        sys.excepthook = sys.__excepthook__
        if not window.close():  # it waits for a file job, and no event loop runs that could close it later
            workbench.files.close()
            window.close()
        if not options.screenshot:
            settings.keep_window(window.saveGeometry(), window.docks.places())
            settings.keep_view(workbench.view)
        window.deleteLater()
        collect_again()


def build(settings: Settings, view: View | None = None) -> tuple[Workbench, Window]:
    """The workbench and its window. The window is not shown yet; no body is loaded yet."""
    sys.setswitchinterval(SWITCH_S)
    collect_in_this_thread()
    # Qt splits even the disc of a keypoint among its threads and waits for them. Beside a running fit, this took
    # more than half of a drag's time.
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
    workbench = Workbench(view or settings.view())
    return workbench, Window(workbench, COMMANDS, settings)


def take_screenshot(workbench: Workbench, window: Window, file: Path) -> None:
    """Save a picture of the window as soon as the body is drawn, then exit. Status 1 if saving fails or a file asks."""

    def save() -> None:
        saved = window.grab().save(str(file))
        if not saved:
            end(
                tr(
                    "{file}: the picture cannot be written there. Name a .png file in a folder that exists."
                ).format(file=file)
            )
        else:
            QApplication.exit(0)

    def end(complaint: str) -> None:
        print(complaint, file=sys.stderr)
        QApplication.exit(1)

    def save_when_all_is_there() -> None:
        if workbench.fits.body is not None and not workbench.busy and not window.waiting:
            QTimer.singleShot(SETTLE_MS, save)
        else:
            QTimer.singleShot(SETTLE_MS, save_when_all_is_there)

    QTimer.singleShot(SETTLE_MS, save_when_all_is_there)
    workbench.refused.connect(end)
    workbench.asked.connect(lambda question, *_: end(question.problem))  # nobody is there to answer


def last_resort(
    window: Window, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Report an exception that no other code caught: the log gets its trace, the window a message."""
    if isinstance(error, FitloopError):  # a file's fault that nobody expected there has its own words
        log.warning("%s", error, exc_info=(kind, error, trace))
        QTimer.singleShot(0, window, partial(window.say, str(error)))
        return
    log.critical("unexpected", exc_info=(kind, error, trace))
    text = tr("Something went wrong inside Fitloop: {kind}: {error}\nThe terminal has the details.").format(
        kind=kind.__name__, error=error
    )
    QTimer.singleShot(0, window, partial(window.say, text))  # later: a paint event may have raised it


def end_with_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the trace on the terminal and exit with status 1: a screenshot has no user who reads a message."""
    sys.__excepthook__(kind, error, trace)
    QApplication.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python main.py", description="Fit bodies to photos and correct them."
    )
    parser.add_argument(
        "path",
        type=Path,
        nargs="?",
        help="a project (.fitloop), a folder of photos, a fits dictionary (.npz), or keypoints of COCO, OpenPose, "
        "SPIN, EFT and others",
    )
    parser.add_argument(
        "--screenshot",
        type=Path,
        metavar="PICTURE.png",
        help="draw once, save the whole window there, and end",
    )
    parser.add_argument(
        "--theme", choices=("light", "dark", "system"), help="colours, in place of the remembered ones"
    )
    parser.add_argument(
        "--language",
        metavar="XX",
        help=f"language code such as de, kept for later starts; {SYSTEM}: the language of the desktop",
    )
    return parser

"""The program: read the command line, build workbench and window, run them. All wiring is on this page."""

import argparse
import gc
import logging
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from desktop import system
from desktop.commands.file_menu import open_path
from desktop.commands.menus import COMMANDS
from desktop.model.workbench import Workbench
from desktop.settings import Settings
from desktop.state.view import View
from desktop.text.language import SYSTEM, speak
from desktop.text.translate import tr
from desktop.views.window.window import Window

log = logging.getLogger(__name__)
OFTEN = gc.get_threshold()
SELDOM = 200  # collections of the middle generation for a full one
SWITCH_S = 0.0005  # Python's own 5 ms would let each picture of a drag wait for the fit's thread
SETTLE_MS = 100  # for the window system to place the window before its picture is taken


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until the window is closed, or until its picture is saved. Returns the exit status."""
    options = _parser().parse_args(arguments)
    complaint = system.complaint()
    if complaint and QApplication.instance() is None:
        print(complaint, file=sys.stderr)
        return 1
    application = QApplication.instance() or QApplication(sys.argv[:1])
    application.setApplicationName("Fitloop")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal ends the program
    settings = Settings()
    if options.language:
        settings.language = options.language
    speak(application, settings.language)
    workbench, window = build(
        settings, View(theme=options.theme or "light", antialiased=True) if options.screenshot else None
    )
    if options.theme:
        workbench.change_view(theme=options.theme)
    if options.screenshot:
        take_screenshot(workbench, window, options.screenshot)
    elif settings.restore_window(window):
        window.arranged = True
    window.show()
    workbench.fits.body_changed.connect(spare_the_collector)
    QTimer.singleShot(0, workbench.fits.open_body)  # after the window is there: it imports torch
    if options.path is not None:
        QTimer.singleShot(0, partial(open_path, workbench, options.path))
    sys.excepthook = end_with_error if options.screenshot else partial(last_resort, window)
    try:
        return application.exec()
    finally:
        sys.excepthook = sys.__excepthook__
        if not window.close():  # it waits, and there is nobody any more who would hear when it need not
            workbench.files.close()
            window.close()
        if not options.screenshot:
            settings.keep_window(window)
            settings.keep_view(workbench.view)
        window.deleteLater()
        collect_again()


def build(settings: Settings, view: View | None = None) -> tuple[Workbench, Window]:
    """The workbench and the window around it, not shown yet, without a body."""
    sys.setswitchinterval(SWITCH_S)
    # Qt cuts even the disc of a keypoint into pieces for its threads, and waits for them: beside a fit that was more
    # than half of a drag's time.
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
    workbench = Workbench(view or settings.view())
    return workbench, Window(workbench, COMMANDS, settings)


def spare_the_collector() -> None:
    """Once torch and the body are there: what they brought stays for good.

    A full collection looked at all of it, 300 000 objects, in 0.2 s in which no thread ran and nothing was drawn; and
    it came whenever a job had made a few thousand records. Young cycles are collected as ever.
    """
    if not gc.get_freeze_count():
        gc.freeze()
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, SELDOM)


def collect_again() -> None:
    """The other way round, once the window is closed: it was there when all was frozen, and would stay for good."""
    gc.unfreeze()
    gc.set_threshold(*OFTEN)


def take_screenshot(workbench: Workbench, window: Window, file: Path) -> None:
    """As soon as the body is drawn, save the whole window and end: status 1 where that fails."""

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


def last_resort(
    window: Window, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """An exception that nothing else took: in the log with its trace, in the window in words."""
    log.critical("unexpected", exc_info=(kind, error, trace))
    text = tr("Something went wrong inside Fitloop: {kind}: {error}\nThe terminal has the details.").format(
        kind=kind.__name__, error=error
    )
    QTimer.singleShot(0, window, partial(window.say, text))  # it may have been in the middle of a picture


def end_with_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Where nobody looks at a window: the trace on the terminal, status 1."""
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
        "--language", metavar="XX", help=f"such as de, from now on; {SYSTEM}: that of the desktop around it"
    )
    return parser

"""The program itself in a test: `main` builds the window, and a story is acted in it as a user would."""

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QSettings, QTimer

import desktop.app
from desktop.settings import Settings
from tests.desktop.desk import Desk, with_machine_code


class Waiter:
    """What a Desk asks of pytest-qt, for a program that may run without it."""

    def wait(self, ms: int) -> None:
        loop = QEventLoop()  # QTest.qWait would keep Python's lock while it waits, and no worker would get on
        QTimer.singleShot(ms, loop.quit)
        loop.exec()

    def addWidget(self, widget: Any) -> None:
        """It is closed by what has opened it."""


class OpenWindow(Desk):
    """What a test does in the window that `main` has built."""

    def __init__(self, workbench: Any, window: Any) -> None:
        self.qtbot, self.workbench, self.window = Waiter(), workbench, window
        self.said: list[str] = []
        self.told: list[str] = []
        workbench.refused.connect(self.said.append)
        workbench.told.connect(self.told.append)


@contextmanager
def _building(build: Callable[..., Any], settings: QSettings) -> Any:
    own, desktop.app.build = desktop.app.build, build
    own_settings, desktop.app.Settings = desktop.app.Settings, lambda: Settings(settings)
    try:
        yield
    finally:
        desktop.app.build, desktop.app.Settings = own, own_settings


def in_the_program(path: Path | None, story: Callable[[OpenWindow], Any], folder: Path) -> Any:
    """Run `main` on a path, and in its window a story until that is told. Settings are kept in `folder`.

    path: None for the start page.
    """
    with_machine_code()
    build = desktop.app.build
    told, failed = [], []

    def build_and_act(*arguments: Any) -> Any:
        workbench, window = build(*arguments)

        def act() -> None:
            desk = OpenWindow(workbench, window)
            try:
                there = path is None
                desk.wait(
                    lambda: workbench.fits.body is not None and (there or workbench.project is not None)
                )
                desk.wait(lambda: not window.waiting and not workbench.busy)
                told.append(story(desk))
            except BaseException as error:  # to be told once the program has ended
                failed.append(error)
            window.close()

        QTimer.singleShot(0, act)
        return workbench, window

    settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    with _building(build_and_act, settings):
        assert desktop.app.main([] if path is None else [str(path)]) == 0
    if failed:
        raise failed[0]
    return told[0]

"""Pictures of every view, to be looked at: both themes, a small and a large window.

xvfb-run -a -s "-screen 0 2560x1440x24" python -m tests.pictures --out FOLDER [--open PROJECT|FILE]

Without --open the sample project is made and shown; what is opened stays as it is.
One .png for each view, theme and size.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QDialog

from desktop.app import build
from desktop.commands.file_menu import open_path
from desktop.jobs.files.open_sample import sample_file, sample_steps
from desktop.settings import Settings
from desktop.state.view import View
from tests.journeys.program import OpenWindow
from train.run.parser import CommandLine

SIZES = ((1280, 800), (2560, 1440))
THEMES = ("light", "dark")
Act = Callable[[OpenWindow], None]


def nothing(desk: OpenWindow) -> None:
    """As it is."""


def fitted(desk: OpenWindow) -> None:
    desk.fit("fit.guess")


def alternatives(desk: OpenWindow) -> None:
    desk.do("fit.alternatives")
    desk.wait(lambda: not desk.workbench.alternatives.searching)


def everybody(desk: OpenWindow) -> None:
    desk.do("fit.queue")
    desk.wait(lambda: not desk.workbench.busy)


def contact_sheet(desk: OpenWindow) -> None:
    desk.do("view.sheet")
    desk.qtbot.wait(3000)


def back(desk: OpenWindow) -> None:
    desk.do("view.sheet")


def tab(name: str) -> Act:
    """A dock brought to the front."""

    def raise_dock(desk: OpenWindow) -> None:
        dock = desk.window.docks[name]
        dock.show()
        dock.raise_()
        desk.qtbot.wait(1500)

    return raise_dock


def shown(window: OpenWindow, project: Path | None) -> Iterator[tuple[str, Act]]:
    """Names of views and how to get there, one after the other."""
    yield "start", nothing
    if project is None:
        return
    yield "opened", lambda desk: opened(desk, project)
    yield "fitted", fitted
    yield "alternatives", alternatives
    yield "everybody", everybody
    for name in window.window.docks:
        yield f"dock_{name}", tab(name)
    yield "sheet", contact_sheet
    yield "after", back


def opened(desk: OpenWindow, path: Path) -> None:
    open_path(desk.workbench, path)
    desk.wait(lambda: desk.workbench.project is not None and not desk.workbench.busy)
    desk.wait(lambda: not desk.window.waiting)
    desk.qtbot.wait(500)


def take(application: QApplication, out: Path, path: Path, theme: str, size: tuple[int, int]) -> None:
    """All views in one theme and size."""
    with TemporaryDirectory() as folder:
        settings = Settings(QSettings(str(Path(folder) / "s.ini"), QSettings.Format.IniFormat))
        workbench, window = build(settings, View(theme=theme, hints=False))
        window.resize(*size)
        window.show()
        desk = OpenWindow(workbench, window)
        workbench.fits.open_body()
        desk.wait(lambda: workbench.fits.body is not None)
        for name, act in shown(desk, path):
            act(desk)
            desk.qtbot.wait(500)
            window.grab().save(str(out / f"{name}_{theme}_{size[0]}.png"))
        for dialog in window.findChildren(QDialog):
            dialog.close()
        window.close()


def copy_of(path: Path, folder: Path) -> Path:
    """The same in `folder`, with all that lies beside it, so that a project can be written there."""
    home = path if path.is_dir() else path.parent
    there = shutil.copytree(home, folder / home.resolve().name)
    return there if path.is_dir() else there / path.name


def main() -> None:
    parser = CommandLine("tests.pictures", __doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--open", type=Path, help="a project or annotations, instead of the sample")
    parser.add_argument("--theme", choices=THEMES, action="append")
    parser.add_argument("--width", type=int, action="append", help="of the sizes, only these")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    application = QApplication.instance() or QApplication([])
    with TemporaryDirectory() as folder:
        if options.open is not None:
            path = copy_of(options.open, Path(folder))
        else:
            *_, opening = sample_steps(Path(folder))
            opening.project.close()  # it is opened anew for each picture
            path = sample_file(Path(folder))
        for theme in options.theme or THEMES:
            for size in SIZES:
                if options.width is None or size[0] in options.width:
                    take(application, options.out, path, theme, size)


if __name__ == "__main__":
    main()

"""Pictures of every view, to be looked at: both themes, small and large screens, and one of 150 %.

xvfb-run -a -s "-screen 0 2560x1440x24" python -m tests.pictures --out FOLDER [--scene sheet] [--open PROJECT|FILE]

One .png for each scene (tests/pictures/scenes.py), theme and size, the name of a scaled one with its factor. Scenes of
real photos need the shared data. With --open, a file of yours is shown in place of the sample; it stays as it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from desktop.app import build
from desktop.settings import Settings
from desktop.state.view import View
from desktop.text.language import speak
from tests.journeys.program import OpenWindow
from tests.pictures.scenes import Scene, close_dialogs, opened, scenes, settled
from train.run.parser import CommandLine

SIZES = ("1280x720", "1366x768", "2560x1440", "1366x768@1.5", "2560x1440@2")
THEMES = ("light", "dark")
SCALE = "QT_SCALE_FACTOR"  # Qt reads it once, when the program starts


class Opened:
    """What the scenes' sources make, each once, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._made = folder, dict[str, Path]()

    def path(self, scene: Scene) -> Path:
        if scene.name not in self._made and scene.source is not None:
            self._made[scene.name] = scene.source(self._folder / scene.name)
        return self._made[scene.name]


def take(out: Path, chosen: list[Scene], made: Opened, theme: str, size: str) -> None:
    """The scenes in one theme and size: WIDTHxHEIGHT of the screen, with @SCALE."""
    whole, _, scale = size.partition("@")
    width, height = (round(int(part) / float(scale or 1)) for part in whole.split("x"))
    with TemporaryDirectory() as folder:
        settings = Settings(QSettings(str(Path(folder) / "s.ini"), QSettings.Format.IniFormat))
        workbench, window = build(settings, View(theme=theme, hints=False))
        window.resize(width, height)
        window.show()
        window.activateWindow()
        desk = OpenWindow(workbench, window)
        workbench.fits.open_body()
        desk.wait(lambda: workbench.fits.body is not None)
        for scene in chosen:
            if scene.source is not None:
                opened(desk, made.path(scene))
            scene.act(desk)
            settled(desk)
            dialog = QApplication.activeModalWidget()
            (dialog or window).grab().save(str(out / f"{scene.name}_{theme}_{size}.png"))
            close_dialogs(desk)
        window.close()


def again(size: str) -> int:
    """The same command in a process of its own, for one size."""
    scale = size.partition("@")[2] or "1"
    arguments = [*sys.argv[1:], "--size", size, "--here"]
    return subprocess.run(
        [sys.executable, "-m", "tests.pictures", *arguments], env=os.environ | {SCALE: scale}
    ).returncode


def main() -> int:
    parser = CommandLine("tests.pictures", __doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="photos of real people")
    parser.add_argument("--open", type=Path, help="a project or annotations, in place of the sample")
    parser.add_argument("--scene", action="append", help="of the scenes, only these and what they need")
    parser.add_argument("--theme", choices=THEMES, action="append")
    parser.add_argument("--size", action="append", help="of the screen, as 1366x768 or 1366x768@1.5")
    parser.add_argument("--here", action="store_true", help="in this process, as it is scaled")
    options = parser.parse_args()
    if not options.here:
        return max(again(size) for size in options.size or SIZES)
    options.out.mkdir(parents=True, exist_ok=True)
    application = QApplication.instance() or QApplication([])
    speak(application, "en")  # else "1 people"
    wanted = with_needs(scenes(options.data, options.open), options.scene)
    with TemporaryDirectory() as folder:
        made = Opened(Path(folder))
        for theme in options.theme or THEMES:
            take(options.out, wanted, made, theme, options.size[-1])
    del application
    return 0


def with_needs(all_scenes: list[Scene], names: list[str] | None) -> list[Scene]:
    """The named scenes, each after the one that opens what it shows; all of them without names."""
    if not names:
        return all_scenes
    chosen: list[Scene] = []
    opens: Scene | None = None
    for scene in all_scenes:
        opens = scene if scene.source is not None else opens
        if scene.name in names:
            chosen += [one for one in (opens, scene) if one is not None]
    return list(dict.fromkeys(chosen))


if __name__ == "__main__":
    sys.exit(main())

"""The views of the window that are looked at: what is opened for each, and what is done there."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QDialog

from desktop.commands.file_menu import open_path
from desktop.state.view import FitOptions
from tests.journeys.program import OpenWindow
from tests.pictures import sources

SETTLES_MS, MEASURED_MS = 400, 3000
VERDICTS = ("later", "reject", *["accept"] * 7)
Act = Callable[[OpenWindow], None]


@dataclass(frozen=True)
class Scene:
    """source: makes what is opened in a folder; None where the last one stays open. act: what is done then."""

    name: str
    act: Act
    source: Callable[[Path], Path] | None = None


def scenes(data: Path, own: Path | None = None) -> list[Scene]:
    """All scenes in order; without `data`, only those that need none. own: opened in place of the sample."""
    from_data = [
        Scene("own_photos", nothing, partial(sources.own_photos, data)),
        Scene("lying", everybody, partial(sources.lying, data)),
    ]
    sample = sources.sample if own is None else partial(sources.copy_of, own)
    return [
        Scene("first_start", start),
        Scene("sample", nothing, sample),
        Scene("fitted", fitted),
        Scene("alternatives", alternatives),
        Scene("everybody", everybody),
        *(Scene(f"three_d_{place}", partial(seen_from, place)) for place in ("photo", "left", "top")),
        Scene("judged", judged),
        *(Scene(f"dock_{name}", partial(tab, name)) for name in DOCKS),
        Scene("sheet", contact_sheet),
        Scene("recent_start", start),
        *(Scene(name, partial(dialog, command)) for name, command in DIALOGS.items()),
        Scene("crowd", everybody, partial(sources.rendered, "crowd")),
        Scene("crossing", crossing, partial(sources.rendered, "crossing")),
        Scene("child", as_a_child, partial(sources.rendered, "child")),
        *(from_data if (data / "photos").is_dir() else ()),
    ]


DOCKS = ("body", "pose", "data", "train", "plots")
DIALOGS = {
    "settings": "edit.settings",
    "keys": "help.change_shortcuts",
    "shortcuts": "help.shortcuts",
    "palette": "help.palette",
}


def opened(desk: OpenWindow, path: Path) -> None:
    open_path(desk.workbench, path)
    desk.wait(lambda: desk.workbench.project is not None)
    settled(desk)


def settled(desk: OpenWindow) -> None:
    """Nothing works any more, and all is drawn."""
    desk.wait(lambda: not desk.workbench.busy and not desk.workbench.fits.running)
    desk.wait(lambda: not desk.window.waiting)
    desk.qtbot.wait(SETTLES_MS)


def nothing(desk: OpenWindow) -> None:
    """As it is."""


def start(desk: OpenWindow) -> None:
    if desk.workbench.project is not None:
        desk.do("file.close")
        desk.wait(lambda: desk.workbench.project is None)


def fitted(desk: OpenWindow) -> None:
    desk.fit("fit.guess")


def alternatives(desk: OpenWindow) -> None:
    desk.do("fit.alternatives")
    desk.wait(lambda: not desk.workbench.alternatives.searching)


def everybody(desk: OpenWindow) -> None:
    desk.do("fit.queue")
    desk.wait(lambda: not desk.workbench.busy)


def as_a_child(desk: OpenWindow) -> None:
    desk.workbench.fits.set_options(FitOptions().with_value("free_kid", True))
    fitted(desk)


def crossing(desk: OpenWindow) -> None:
    """Three people's tracks, fitted; some are judged, one was corrected by hand, and a middle frame is shown."""
    everybody(desk)
    sequence = desk.workbench.sequence
    for place, track, verdict in ((12, 2, "accept"), (13, 2, "accept"), (14, 2, "later"), (20, 1, "reject")):
        sequence.show(place, track)
        desk.do(f"person.{verdict}")
    sequence.show(24, 0)
    desk.do("edit.swap_person")
    sequence.show(26, 2)


def seen_from(place: str, desk: OpenWindow) -> None:
    desk.window.view_from(place)


def judged(desk: OpenWindow) -> None:
    """Some people have verdicts, and one is seen from the front."""
    desk.window.view_from("home")
    desk.workbench.show_first()
    for verdict in VERDICTS:
        desk.do(f"person.{verdict}")
        desk.do("person.next")
    desk.workbench.show_first()


def tab(name: str, desk: OpenWindow) -> None:
    """A dock brought to the front. The data set is measured in the background."""
    desk.window.show_panel(name)
    desk.qtbot.wait(MEASURED_MS if name == "data" else 0)


def contact_sheet(desk: OpenWindow) -> None:
    """The sheet with its thumbnails, which are asked for as they come into view."""
    desk.do("view.sheet")
    desk.qtbot.wait(MEASURED_MS)


def dialog(command: str, desk: OpenWindow) -> None:
    desk.do(command)


def close_dialogs(desk: OpenWindow) -> None:
    for one in desk.window.findChildren(QDialog):
        one.close()

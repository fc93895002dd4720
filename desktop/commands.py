"""Everything that can be asked for from a menu, a button or the keyboard, in one table.

Texts are English here and translated where they are shown, in the context "commands".
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from desktop.theme import ThemeName
from desktop.workbench import Workbench


class Asks(Protocol):
    """What a command may ask of the window: what only the user or the screen can answer."""

    def ask_for_body_file(self) -> Path | None: ...

    def reset_camera(self) -> None: ...

    def close(self) -> bool: ...


@dataclass(frozen=True)
class Command:
    """`id` is "menu.name"; `checked` makes it a tick; a `group` of ticks is a choice of one."""

    id: str
    text: str
    shortcut: str
    run: Callable[[Workbench, Asks], object]
    enabled: Callable[[Workbench], bool] = lambda workbench: True
    checked: Callable[[Workbench], bool] | None = None
    group: str = ""

    @property
    def menu(self) -> str:
        return self.id.split(".")[0]


MENUS = {"file": "&File", "edit": "&Edit", "pose": "&Body", "view": "&View"}


def _open_body(workbench: Workbench, window: Asks) -> None:
    path = window.ask_for_body_file()
    if path is not None:
        workbench.open_body(path)


def _reset_joint(workbench: Workbench, window: Asks) -> None:
    workbench.apply("Reset joint", workbench.posed.with_joint(workbench.view.joint, np.zeros(3)))


def _reset_pose(workbench: Workbench, window: Asks) -> None:
    workbench.apply("Reset pose", workbench.posed.with_rest_pose())


def _reset_shape(workbench: Workbench, window: Asks) -> None:
    workbench.apply("Reset shape", workbench.posed.with_rest_shape())


def _has_body(workbench: Workbench) -> bool:
    return workbench.body is not None


def _theme(name: ThemeName, text: str) -> Command:
    return Command(
        f"view.theme_{name}",
        text,
        "",
        lambda workbench, window: workbench.look(theme=name),
        checked=lambda workbench: workbench.view.theme == name,
        group="theme",
    )


COMMANDS = (
    Command("file.open_body", "&Open body…", "Ctrl+Shift+O", _open_body),
    Command("file.open_own_body", "Use the open &body", "", lambda workbench, window: workbench.open_body()),
    Command("file.quit", "&Quit", "Ctrl+Q", lambda workbench, window: window.close()),
    Command(
        "edit.undo",
        "&Undo",
        "Ctrl+Z",
        lambda workbench, window: workbench.undo(),
        lambda workbench: workbench.previewing or workbench.history.canUndo(),
    ),
    Command(
        "edit.redo",
        "&Redo",
        "Ctrl+Shift+Z",
        lambda workbench, window: workbench.redo(),
        lambda workbench: workbench.history.canRedo(),
    ),
    Command(
        "edit.cancel",
        "&Cancel",
        "Esc",
        lambda workbench, window: workbench.cancel(),
        lambda workbench: workbench.previewing,
    ),
    Command("pose.reset_joint", "Reset &joint", "Ctrl+J", _reset_joint, _has_body),
    Command("pose.reset_pose", "Reset &pose", "Ctrl+Shift+J", _reset_pose, _has_body),
    Command("pose.reset_shape", "Reset &shape", "Ctrl+Shift+B", _reset_shape, _has_body),
    Command("view.home", "&Whole body", "Home", lambda workbench, window: window.reset_camera(), _has_body),
    Command(
        "view.wireframe",
        "Wire&frame",
        "Ctrl+W",
        lambda workbench, window: workbench.look(wireframe=not workbench.view.wireframe),
        checked=lambda workbench: workbench.view.wireframe,
    ),
    Command(
        "view.floor",
        "F&loor",
        "Ctrl+L",
        lambda workbench, window: workbench.look(floor=not workbench.view.floor),
        checked=lambda workbench: workbench.view.floor,
    ),
    _theme("system", "Colours as the s&ystem"),
    _theme("light", "Li&ght colours"),
    _theme("dark", "&Dark colours"),
)

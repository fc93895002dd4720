"""The settings that the window keeps between starts."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from PySide6.QtCore import QByteArray, QSettings

from desktop.state.angle_units import AngleUnit
from desktop.state.view import TILE_PX, BodyStyle, DetectorName, View
from desktop.text.language import SYSTEM
from desktop.theme import ThemeName

RECENT_KEPT = 8
NETWORKS_KEPT = 300  # of projects, the latest choices
PITCHES_KEPT = 2000  # of photos, the latest choices
FLAGS = (
    *("overlay", "other_bodies", "skeleton", "residuals", "boxes", "crop", "advance", "card"),
    *("at_opening", "toolbar_text", "advanced", "hints", "autosave", "filmstrip", "timeline"),
    *("wireframe", "floor", "everyone", "rings", "side_view", "ghost_guess", "ghost_previous", "ghost_truth"),
)
CHOICES = {"theme": ThemeName, "angles": AngleUnit, "body_style": BodyStyle, "detector": DetectorName}
LAYOUT_VERSION = 5  # of docks and tool bars; a stored arrangement of another version is not used


class Settings:
    """Reads and writes a QSettings. A missing or invalid value gives its default."""

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store or QSettings("Fitloop", "Fitloop")

    @property
    def folder(self) -> str:
        """The folder of the last opened file; empty at first."""
        return str(self._store.value("folder", ""))

    @folder.setter
    def folder(self, folder: str) -> None:
        self._store.setValue("folder", folder)

    @property
    def language(self) -> str:
        """The language of the window, as a name that `desktop.text.language.speak` takes."""
        return str(self._store.value("language", SYSTEM))

    @language.setter
    def language(self, language: str) -> None:
        self._store.setValue("language", language)

    @property
    def first_steps_over(self) -> bool:
        """Whether the user closed the first steps."""
        return self._flag("first_steps_over", False)

    @first_steps_over.setter
    def first_steps_over(self, over: bool) -> None:
        self._store.setValue("first_steps_over", over)

    def view(self) -> View:
        """The view of the last session."""
        default = View()
        stored: dict[str, Any] = {name: self._flag(name, getattr(default, name)) for name in FLAGS}
        for name, values in CHOICES.items():
            value = self._store.value(name)
            stored[name] = value if value in get_args(values) else getattr(default, name)
        stored["tile_px"] = self._tile_px(default.tile_px)
        stored["overlay_opacity"] = self._share("overlay_opacity", default.overlay_opacity)
        return replace(default, **stored)

    def keep_view(self, view: View) -> None:
        """Store the choices, the size of tiles, the bodies' opacity and the flags of the view."""
        for name in (*CHOICES, "tile_px", "overlay_opacity", *FLAGS):
            self._store.setValue(name, getattr(view, name))

    def shortcut(self, command: str, default: str) -> str:
        """The keys that the user gave a command, else its default keys."""
        return str(self._store.value(f"shortcuts/{command}", default))

    def keep_shortcut(self, command: str, keys: str | None) -> None:
        """Give a command other keys. None restores its default keys."""
        if keys is None:
            self._store.remove(f"shortcuts/{command}")
        else:
            self._store.setValue(f"shortcuts/{command}", keys)

    def recent(self) -> list[str]:
        """Recently opened projects, the latest first. Some may be gone: a drive that does not answer is not asked."""
        value = self._store.value("recent", [])
        paths = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [str(path) for path in paths][:RECENT_KEPT]

    def add_recent(self, path: str) -> None:
        """Put an opened project at the start of the recent projects."""
        others = [other for other in self.recent() if other != path]
        self._store.setValue("recent", [path, *others][:RECENT_KEPT])

    def forget_recent(self, path: str) -> None:
        """Take a project off the recent ones."""
        self._store.setValue("recent", [other for other in self.recent() if other != path])

    def recent_commands(self) -> list[str]:
        """Ids of the commands that the palette ran, the latest first."""
        value = self._store.value("recent_commands", [])
        return [value] if isinstance(value, str) else value if isinstance(value, list) else []

    def add_recent_command(self, name: str) -> None:
        """Put a command at the start of the recent ones."""
        others = [other for other in self.recent_commands() if other != name]
        self._store.setValue("recent_commands", [name, *others][:RECENT_KEPT])

    def hints_seen(self) -> list[str]:
        """Names of the hints that are not shown again."""
        value = self._store.value("hints_seen", [])
        return [value] if isinstance(value, str) else value if isinstance(value, list) else []

    def keep_hint(self, name: str) -> None:
        """Never show a hint again."""
        seen = self.hints_seen()
        if name not in seen:
            self._store.setValue("hints_seen", [*seen, name])

    def forget_hints(self) -> None:
        """Show each hint once more."""
        self._store.remove("hints_seen")

    def network_of(self, project: Path) -> Path | None:
        """The checkpoint that guesses of a project come from; None for the built-in lifter."""
        file = self._table("networks").get(str(project.resolve()))
        return Path(file) if isinstance(file, str) else None

    def keep_network(self, project: Path, file: Path | None) -> None:
        """Store the checkpoint that guesses of a project come from."""
        kept = {
            name: path for name, path in self._table("networks").items() if name != str(project.resolve())
        }
        if file is not None:
            kept[str(project.resolve())] = str(file.absolute())
        self._store.setValue("networks", json.dumps(dict([*kept.items()][-NETWORKS_KEPT:])))

    def pitch_of(self, project: str, photo: str) -> float | None:
        """The angle [deg] by which a photo's camera looks down, as the user chose it; None if it is estimated."""
        pitch_deg = self._table("pitches").get(f"{project}\n{photo}")
        return float(pitch_deg) if isinstance(pitch_deg, int | float) else None

    def keep_pitch(self, project: str, photo: str, pitch_deg: float | None) -> None:
        """Store the angle of a photo's camera; None lets it be estimated again."""
        key = f"{project}\n{photo}"
        kept = {name: angle for name, angle in self._table("pitches").items() if name != key}
        if pitch_deg is not None:
            kept[key] = pitch_deg
        self._store.setValue("pitches", json.dumps(dict([*kept.items()][-PITCHES_KEPT:])))

    def _table(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads(str(self._store.value(name, "{}")))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def dock_sizes(self) -> dict[str, tuple[int, int]]:
        """Width and height [px] of docks as the user chose them; a smaller window shows them smaller."""
        try:
            found = json.loads(str(self._store.value("window/dock_sizes", "{}")))
            return {str(name): (int(width), int(height)) for name, (width, height) in found.items()}
        except (ValueError, TypeError, AttributeError):
            return {}

    @dock_sizes.setter
    def dock_sizes(self, sizes: dict[str, tuple[int, int]]) -> None:
        self._store.setValue("window/dock_sizes", json.dumps(sizes))

    def window(self) -> tuple[QByteArray | None, QByteArray | None]:
        """The window's geometry and the places of its docks, as `QMainWindow` takes them; None where not stored."""
        geometry, docks = self._store.value("window/geometry"), self._store.value("window/docks")
        return (
            geometry if isinstance(geometry, QByteArray) else None,
            docks if isinstance(docks, QByteArray) else None,
        )

    def keep_window(self, geometry: QByteArray, docks: QByteArray) -> None:
        """Store the window's geometry and the places of its docks."""
        self._store.setValue("window/geometry", geometry)
        self._store.setValue("window/docks", docks)

    def _tile_px(self, default: int) -> int:
        try:
            return min(max(int(str(self._store.value("tile_px", default))), TILE_PX[0]), TILE_PX[1])
        except ValueError:
            return default

    def _share(self, name: str, default: float) -> float:
        """A number from 0 to 1."""
        try:
            value = float(str(self._store.value(name, default)))
        except ValueError:
            return default
        return value if 0 <= value <= 1 else default

    def _flag(self, name: str, default: bool) -> bool:
        value = self._store.value(name, default)
        return value.lower() == "true" if isinstance(value, str) else bool(value)

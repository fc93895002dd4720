"""The light and the dark theme: a record of colours each, and Qt's palette for widgets.

The colours of left, right and centre come from resources/keypoints/colours.json. Colour-blind people can tell them
apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from core.body.keypoints import side_colours
from desktop.style_sheet import style_sheet

ThemeName = Literal["system", "light", "dark"]
Side = Literal["left", "right", "centre"]
HANDLE = 0.3  # share of the muted colour in a scroll bar's handle


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb. sides: the colours of the person's own left, right and centre."""

    name: Literal["light", "dark"]
    window: str
    base: str
    text: str
    muted: str
    border: str
    accent: str
    on_accent: str
    viewport: str
    floor: str
    body: str
    wire: str
    warning: str
    accepted: str
    rejected: str
    later: str
    sides: Mapping[Side, str]


LIGHT = Theme(
    name="light",
    window="#f3f4f6",
    base="#ffffff",
    text="#1b1e23",
    muted="#5c636e",
    border="#c3c8d0",
    accent="#0b61a4",
    on_accent="#ffffff",
    viewport="#e4e7ec",
    floor="#7c8592",
    body="#86bdff",
    wire="#3d5a7a",
    warning="#b3261e",
    accepted="#1a7f4b",
    rejected="#b3261e",
    later="#8a5a00",
    sides=side_colours("light"),
)
DARK = Theme(
    name="dark",
    window="#202226",
    base="#2a2d32",
    text="#e8eaed",
    muted="#a3aab5",
    border="#464b54",
    accent="#5aa9e0",
    on_accent="#10151a",
    viewport="#17191c",
    floor="#7c8592",
    body="#86bdff",
    wire="#14161a",
    warning="#ff8a80",
    accepted="#5fd38d",
    rejected="#ff8a80",
    later="#f2c14e",
    sides=side_colours("dark"),
)


def theme(name: ThemeName) -> Theme:
    """The theme of this name. "system" follows the colours of the desktop."""
    if name == "system":
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return DARK if dark else LIGHT
    return DARK if name == "dark" else LIGHT


def mixed(first: str, second: str, share: float) -> str:
    """The colour between two, as #rrggbb; share: of the second."""
    one, other = QColor(first), QColor(second)
    parts = ((one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue()))
    return QColor(*(round((1 - share) * a + share * b) for a, b in parts)).name()


def side_of(joint: str) -> Side:
    """The side in a joint's name: left_knee is left, pelvis is centre."""
    if joint.startswith("left_"):
        return "left"
    return "right" if joint.startswith("right_") else "centre"


def apply(theme: Theme) -> None:
    """Give all widgets of the application the colours of a theme, also later widgets."""
    application = QApplication.instance()
    if isinstance(application, QApplication):
        application.setStyle("Fusion")
        application.setPalette(palette(theme))
        handle = mixed(theme.border, theme.muted, HANDLE)
        application.setStyleSheet(style_sheet(theme.name, {**vars(theme), "handle": handle}))


def palette(theme: Theme) -> QPalette:
    """Qt's colour roles in a theme."""
    role = QPalette.ColorRole
    result = QPalette()
    for roles, colour in (
        ((role.Window, role.Button, role.AlternateBase), theme.window),
        ((role.Base, role.ToolTipBase), theme.base),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText), theme.text),
        ((role.Highlight, role.Link, role.Accent), theme.accent),
        ((role.HighlightedText,), theme.on_accent),
        ((role.PlaceholderText,), theme.muted),
        ((role.Mid, role.Midlight), theme.border),
    ):
        for each in roles:
            result.setColor(each, QColor(colour))
    for each in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, each, QColor(theme.muted))
    return result

"""Buttons of dialogs in words alone."""

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialogButtonBox


def without_icons(buttons: QDialogButtonBox) -> None:
    """Take the style's icons off all buttons of a box: they are black, also in the dark theme."""
    for button in buttons.buttons():
        button.setIcon(QIcon())

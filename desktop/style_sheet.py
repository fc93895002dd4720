"""The style sheet of Qt's own small controls: ticks, spin boxes and scroll bars in the colours of a theme.

All else is Qt's Fusion style with the theme's palette. A style sheet takes pictures from files only, so that each theme
has its own in resources/icons/controls.
"""

from collections.abc import Mapping
from pathlib import Path
from string import Template

ARROWS_PX = 12  # width of a spin box's arrows
CONTROLS = Path(__file__).parents[1] / "resources" / "icons" / "controls"

SHEET = """
QCheckBox { spacing: 6px; }
QCheckBox::indicator, QAbstractItemView::indicator, QGroupBox::indicator {
    width: 14px; height: 14px; border: 1px solid $muted; border-radius: 3px; background: $base;
}
QCheckBox::indicator:hover, QCheckBox::indicator:focus { border-color: $accent; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked, QGroupBox::indicator:checked {
    border-color: $accent; background: $accent; image: url("$controls/check-$name.svg");
}
QCheckBox::indicator:indeterminate, QAbstractItemView::indicator:indeterminate {
    border-color: $accent; background: $accent; image: url("$controls/minus-$name.svg");
}
QCheckBox::indicator:disabled { border-color: $border; background: $window; }
QCheckBox::indicator:checked:disabled { border-color: $border; background: $border; }
QAbstractSpinBox {
    border: 1px solid $border; border-radius: 3px; background: $base; color: $text; padding: 1px 0px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QAbstractSpinBox:hover { border-color: $muted; }
QAbstractSpinBox:focus { border-color: $accent; }
QAbstractSpinBox:disabled { background: $window; color: $muted; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    subcontrol-origin: border; width: ${arrows}px; border: none; background: transparent;
}
QAbstractSpinBox::up-button { subcontrol-position: top right; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $border; }
QAbstractSpinBox::up-arrow { image: url("$controls/up-$name.svg"); width: 8px; height: 8px; }
QAbstractSpinBox::down-arrow { image: url("$controls/down-$name.svg"); width: 8px; height: 8px; }
QAbstractSpinBox::up-arrow:off, QAbstractSpinBox::up-arrow:disabled,
QAbstractSpinBox::down-arrow:off, QAbstractSpinBox::down-arrow:disabled { image: none; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: $handle; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; background: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }
"""


def style_sheet(theme: str, colours: Mapping[str, str]) -> str:
    """The sheet of a theme, light or dark. colours: those that SHEET names, as #rrggbb."""
    return Template(SHEET).substitute(colours, name=theme, controls=CONTROLS.as_posix(), arrows=ARROWS_PX)

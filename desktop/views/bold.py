"""Labels in bold."""

from PySide6.QtWidgets import QLabel


def bold(label: QLabel, points: float = 0.0) -> QLabel:
    """The label in bold, by so many points larger."""
    font = label.font()
    font.setBold(True)
    font.setPointSizeF(font.pointSizeF() + points)
    label.setFont(font)
    return label

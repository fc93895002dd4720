"""Texts for the user: a report that can be read whole, scrolled and copied, and a message box."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QMessageBox, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.text.translate import tr
from desktop.views.plain_buttons import without_icons

SIZE_PX = (620, 320)


class ReportDialog(QDialog):
    """Shows a text until it is closed. Does not block the window."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Report"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = QPlainTextEdit(text)
        self.text.setReadOnly(True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setAccessibleName(tr("Report"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy = buttons.addButton(tr("&Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        without_icons(buttons)
        self.copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.text, 1)
        column.addWidget(buttons)
        self.resize(*SIZE_PX)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())


def show_message(text: str, parent: QWidget) -> None:
    """Show a message box that does not block. A text that is already shown is not shown twice."""
    if any(box.isVisible() and box.text() == text for box in parent.findChildren(QMessageBox)):
        return
    message = QMessageBox(QMessageBox.Icon.Warning, "Fitloop", text, QMessageBox.StandardButton.Ok, parent)
    message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    message.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    message.open()

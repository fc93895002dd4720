"""The settings dialog. Changes are kept at once; each row says when it takes effect."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.commands.command import Command
from desktop.model.workbench import Workbench
from desktop.settings import Settings
from desktop.state.view import View
from desktop.text.language import SYSTEM, languages
from desktop.text.translate import tr
from desktop.views.plain_buttons import without_icons
from desktop.views.settings.keys_page import KeysPage
from desktop.views.settings.setting_rows import (
    APPEARANCE,
    COMPUTING,
    CURATING,
    TABLE,
    SettingsForm,
    with_note,
)

SIZE_PX, ROW_PX = (720, 620), 28
SPACE_PX = 12
LIST_PX, MOST_OF_SCREEN = 128, 0.9
GENERAL, KEYS = 0, 1


class SettingsDialog(QDialog):
    """Two pages: all settings, and the keys of all commands."""

    def __init__(
        self,
        workbench: Workbench,
        commands: Sequence[Command],
        actions: Mapping[str, QAction],
        settings: Settings,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Settings"))
        self._workbench, self._settings = workbench, settings
        self.forms = [
            SettingsForm(title, rows, workbench)
            for title, rows in (
                (tr("Appearance"), APPEARANCE),
                (tr("Curating"), CURATING),
                (tr("Computing"), COMPUTING),
            )
        ]
        self.language = self._language_box()
        self.forms[0].form.addRow(tr("Language"), with_note(self.language, tr("From the next start on.")))
        self.keys = KeysPage(commands, actions, settings)
        self.pages, self.list = QStackedWidget(), QListWidget()
        for title, page in ((tr("General"), self._general()), (tr("Keys"), self.keys)):
            self.list.addItem(title)
            self.list.item(self.list.count() - 1).setSizeHint(QSize(0, ROW_PX))
            self.pages.addWidget(page)
        self.list.setAccessibleName(tr("Pages"))
        self.list.setFixedWidth(LIST_PX)
        self.list.currentRowChanged.connect(self.pages.setCurrentIndex)
        self._lay_out()
        workbench.view_changed.connect(self._keep)
        self.resize(QSize(*SIZE_PX).boundedTo(self.screen().availableSize() * MOST_OF_SCREEN))

    def show_page(self, page: int) -> None:
        """Show GENERAL or KEYS, with the keyboard where one begins there."""
        self.list.setCurrentRow(page)
        if page == KEYS:
            self.keys.search.setFocus()

    def restore(self) -> None:
        """Restore the defaults of the page shown."""
        if self.pages.currentIndex() == KEYS:
            self.keys.restore()
            return
        usual = View()
        self._workbench.change_view(**{row.field: getattr(usual, row.field) for row in TABLE})
        self._settings.language = SYSTEM
        self.language.setCurrentIndex(self.language.findData(SYSTEM))

    def _general(self) -> QScrollArea:
        content, scroll = QWidget(), QScrollArea()
        column = QVBoxLayout(content)
        column.setSpacing(SPACE_PX)
        for form in self.forms:
            column.addWidget(form)
        column.addStretch(1)
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        return scroll

    def _language_box(self) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(tr("Language"))
        box.addItem(tr("that of the desktop"), SYSTEM)
        for name in languages():
            box.addItem(_in_itself(name), name)
        chosen = self._settings.language
        if box.findData(chosen) < 0:
            box.addItem(chosen, chosen)
        box.setCurrentIndex(box.findData(chosen))
        box.activated.connect(lambda _: setattr(self._settings, "language", box.currentData()))
        return box

    def _lay_out(self) -> None:
        standard = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(standard.RestoreDefaults | standard.Close)
        buttons.rejected.connect(self.reject)
        without_icons(buttons)
        self.defaults = buttons.button(standard.RestoreDefaults)
        self.defaults.setToolTip(tr("Restore the defaults of this page"))
        self.defaults.clicked.connect(self.restore)
        row, column = QHBoxLayout(), QVBoxLayout(self)
        row.addWidget(self.list)
        row.addWidget(self.pages, 1)
        column.addLayout(row, 1)
        column.addWidget(buttons)

    def _keep(self) -> None:
        self._settings.keep_view(self._workbench.view)


def _in_itself(language: str) -> str:
    """A language's name in that language. Qt's for English is of a country."""
    return "English" if language == "en" else QLocale(language).nativeLanguageName() or language

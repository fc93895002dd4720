"""The context menu: commands for what was clicked, with icons, keys, and the reasons why some cannot run."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QAction, QHelpEvent
from PySide6.QtWidgets import QLabel, QMenu, QWidget, QWidgetAction

from desktop.commands.context_rows import ROWS, Groups, Target
from desktop.qt_override import qt_override
from desktop.text.translate import tr
from desktop.theme import Theme
from desktop.views.tools.icons import icon

WORDS_PX, LONG = 6, 60  # around a line of words; characters from which on it is broken


class _ReasonTips(QObject):
    """Lets a menu show the tool tip of a row only where the row is grey: it then says why."""

    @qt_override(bool)
    def eventFilter(self, menu: QObject, event: QEvent) -> bool:
        if isinstance(menu, QMenu) and isinstance(event, QHelpEvent):
            row = menu.actionAt(event.pos())
            return row is None or row.isEnabled()
        return False


def show_reasons(menu: QMenu) -> None:
    """Let the grey rows of a menu say why they are grey, in a tool tip."""
    menu.setToolTipsVisible(True)
    tips = _ReasonTips(menu)
    # Only while the menu is open: each row that turns grey at an edit sends it an event.
    menu.aboutToShow.connect(lambda: menu.installEventFilter(tips))
    menu.aboutToHide.connect(lambda: menu.removeEventFilter(tips))


class ContextMenu(QMenu):
    """A title, groups of commands, and below them in words why commands are grey.

    The rows stand for the window's actions. They are own actions, because only here they show their icons.
    """

    def __init__(
        self, title: str, groups: Groups, actions: Mapping[str, QAction], colours: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(title)
        show_reasons(self)
        self._add_words(title, colours.text, bold=True)
        reasons: dict[str, None] = {}  # in the order of the rows, each once
        for group in groups:
            self.addSeparator()
            for name in group:
                row = _row(actions[name], name, colours, self)
                self.addAction(row)
                if not row.isEnabled():
                    reasons[str(actions[name].data() or "")] = None
        words = [reason for reason in reasons if reason]
        if words:
            self.addSeparator()
            self._add_words(tr("Greyed out: {reasons}").format(reasons="; ".join(words)), colours.muted)

    def _add_words(self, words: str, colour: str, bold: bool = False) -> None:
        label, line = QLabel(words), QWidgetAction(self)
        label.setStyleSheet(f"color: {colour}")
        font = label.font()
        font.setBold(bold)
        label.setFont(font)
        label.setMargin(WORDS_PX)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(len(words) > LONG)
        line.setDefaultWidget(label)
        line.setEnabled(False)
        self.addAction(line)


def open_menu(
    target: Target, at: QPoint, actions: Mapping[str, QAction], colours: Theme, parent: QWidget
) -> ContextMenu:
    """Show the context menu of a target at a point of the screen [px]. Closing deletes it."""
    menu = ContextMenu(target.title, ROWS[target.kind], actions, colours, parent)
    menu.popup(at)
    return menu


def _row(action: QAction, name: str, colours: Theme, parent: QMenu) -> QAction:
    row = QAction(action.text(), parent)
    if not action.isCheckable():  # a tick would be hidden behind its icon
        row.setIcon(icon(name, colours))
    row.setShortcut(action.shortcut())
    row.setShortcutContext(
        Qt.ShortcutContext.WidgetShortcut
    )  # shown here; the window's own action has the key
    row.setShortcutVisibleInContextMenu(True)
    row.setCheckable(action.isCheckable())
    row.setChecked(action.isChecked())
    row.setEnabled(action.isEnabled())
    row.setToolTip(action.toolTip())
    row.triggered.connect(action.trigger)
    return row

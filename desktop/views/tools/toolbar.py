"""The toolbar: the commands that a curator needs all day, as icons, with their keys in the tool tips."""

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from desktop.commands.context_rows import Target
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text.translate import tr
from desktop.views.tools.icons import icon

ICON_PX = 20
GROUPS = (
    ("file.open", "edit.undo", "edit.redo"),
    ("person.detect", "person.draw", "fit.fit", "fit.queue", "fit.guess", "fit.alternatives"),
    ("person.accept", "person.reject", "person.later", "person.next_worst"),
    ("view.overlay", "view.skeleton", "view.boxes", "view.sheet"),
    ("file.save_fits",),
)


class Toolbar(QToolBar):
    """Buttons of the window's own actions, in groups, and at the right end the chooser of the network."""

    menu_asked = Signal(object, QPoint)  # the Target of a context menu, and its place on the screen

    def __init__(self, workbench: Workbench, actions: Mapping[str, QAction], network: QWidget) -> None:
        super().__init__(tr("Tools"))
        self._workbench, self._actions = workbench, actions
        self._dressed: tuple[str, bool] | None = None
        self.setObjectName("tools")
        self.toggleViewAction().setVisible(False)  # Qt's own menu would hide the tools for good
        self.setIconSize(QSize(ICON_PX, ICON_PX))
        self.setMovable(False)
        for group in GROUPS:
            if group is not GROUPS[0]:
                self.addSeparator()
            for name in group:
                self.addAction(actions[name])
        for button in self.findChildren(QToolButton):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys stay with the photo
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(gap)
        self.addWidget(network)
        workbench.view_changed.connect(self._dress)
        self._dress()

    @qt_override()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(Target("tools", self.windowTitle()), event.globalPos())

    def _dress(self) -> None:
        """Icons in the theme's colours, and text below them where the view says so."""
        view = self._workbench.view
        if self._dressed == (view.colours.name, view.toolbar_text):
            return
        self._dressed = (view.colours.name, view.toolbar_text)
        for name, action in self._actions.items():
            action.setIcon(icon(name, view.colours))
            action.setIconVisibleInMenu(False)
        style = Qt.ToolButtonStyle
        below, alone = style.ToolButtonTextUnderIcon, style.ToolButtonIconOnly
        self.setToolButtonStyle(below if view.toolbar_text else alone)

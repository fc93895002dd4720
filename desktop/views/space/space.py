"""The 3D views of the body: one, or two that move together, the second from the side."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text.translate import tr
from desktop.views.gl.opengl import OpenGL
from desktop.views.gl.renderer import Renderer
from desktop.views.space.viewpoint import Viewpoint
from desktop.views.space.viewport import Viewport

SIDE_DEG = 90.0
WIDE = 1.1  # least width by height at which the two views are side by side


class Space(QSplitter):
    """Holds both views. Dragging in one turns both."""

    def __init__(
        self, workbench: Workbench, opengl: OpenGL, renderer: Renderer | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench = workbench
        viewpoint = Viewpoint(self)
        self.main = Viewport(workbench, opengl, renderer, viewpoint)
        self.side = Viewport(workbench, opengl, renderer, viewpoint, SIDE_DEG)
        self.side.setAccessibleName(tr("Body in 3D, from its side"))
        for view in (self.main, self.side):
            self.addWidget(view)
        self.setChildrenCollapsible(False)
        workbench.view_changed.connect(self._show)
        self._show()

    def cancel(self) -> bool:
        """Cancel a drag. Returns True if there was one."""
        ended = [view.cancel() for view in (self.main, self.side)]
        return any(ended)

    def _show(self) -> None:
        self.side.setVisible(self._workbench.view.side_view)

    @qt_override()
    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = event.size().width() > WIDE * event.size().height()
        self.setOrientation(Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical)
        super().resizeEvent(event)

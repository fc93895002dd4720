"""A window in a test: open it, wait for its work, use mouse and keyboard as a user does."""

from functools import cache

from PySide6.QtCore import QEvent, QPointF, QSettings, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from core.body.keypoints import layout
from core.compute.machine_code import made_before, remember_made
from desktop.app import build
from desktop.commands.file_menu import open_path
from desktop.jobs.compiling import make_ready
from desktop.settings import Settings
from desktop.state.view import View
from tests.waiting import of_the_window, wait_until


@cache
def with_machine_code():
    """Makes it, where nothing did since the installation: each window would start a process that does, and close before
    it is made.
    """
    if not made_before():
        make_ready()
        remember_made()


class Desk:
    """Workbench and window, with the open body, on a screen or offscreen."""

    def __init__(self, qtbot, folder, view=None):
        with_machine_code()
        self.qtbot = qtbot
        self.settings = Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
        self.workbench, self.window = build(
            self.settings, view or View(theme="light", at_opening=False, hints=False)
        )
        self.said, self.told = [], []
        self.workbench.refused.connect(self.said.append)
        self.workbench.told.connect(self.told.append)
        qtbot.addWidget(self.window)
        self.window.show()
        self.workbench.fits.open_body()
        self.wait(lambda: self.workbench.fits.body is not None)

    def open(self, path):
        project = self.workbench.project
        open_path(self.workbench, path)
        self.wait(lambda: not self.workbench.busy)
        if self.workbench.project is not project:
            self.wait(lambda: not self.window.waiting)

    def wait(self, condition):
        wait_until(condition, pause=of_the_window(self.qtbot))

    def do(self, command):
        action = self.window.actions_by_id[command]
        assert action.isEnabled(), command
        action.trigger()

    def fit(self, command="fit.fit"):
        self.do(command)
        self.wait(lambda: not self.workbench.fits.running)

    def index(self, name):
        return layout(self.workbench.person.keypoints.layout).index(name)

    def place_of(self, name):
        """Where a keypoint is on the canvas."""
        return QPointF(
            *self.window.canvas.placing.to_canvas(self.workbench.person.keypoints.xy[self.index(name)])
        )

    def mouse(self, kind, at, button=Qt.MouseButton.LeftButton):
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
        meant = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else button
        canvas = self.window.canvas
        modifiers = Qt.KeyboardModifier.NoModifier
        where = QPointF(canvas.mapToGlobal(at))
        QApplication.sendEvent(canvas, QMouseEvent(kind, at, where, meant, held, modifiers))

    def press(self, at, button=Qt.MouseButton.LeftButton):
        self.mouse(QEvent.Type.MouseButtonPress, at, button)

    def move(self, at):
        self.mouse(QEvent.Type.MouseMove, at)

    def release(self, at, button=Qt.MouseButton.LeftButton):
        self.mouse(QEvent.Type.MouseButtonRelease, at, button)

    def drag(self, start, end, parts=4):
        self.press(start)
        for part in range(1, parts + 1):
            self.move(start + (end - start) * part / parts)
            self.qtbot.wait(15)
        self.release(end)

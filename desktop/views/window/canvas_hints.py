"""Hints beside what they are about: a bubble on the photo, each once, until the thing was done or the bubble closed."""

from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from core.body.keypoints import layout
from desktop.model.workbench import Workbench
from desktop.settings import Settings
from desktop.text.translate import part, plain, tr
from desktop.views.photo.canvas import Canvas

HINTS = ("fit", "drag", "menu", "judge")  # in the order in which they are shown
WIDTH_PX, EDGE_PX, AWAY_PX = 250, 10, 18


class CanvasHints(QFrame):
    """Shows at most one hint for a person. quiet: whether other advice is on the screen, such as the first steps."""

    def __init__(
        self,
        canvas: Canvas,
        workbench: Workbench,
        settings: Settings,
        actions: Mapping[str, QAction],
        quiet: Callable[[], bool],
    ) -> None:
        super().__init__(canvas)
        self._canvas, self._workbench, self._settings = canvas, workbench, settings
        self._actions, self._quiet = actions, quiet
        self.shown = ""  # the name of the hint on the screen
        self._person_id: int | None = None  # of the person that the last hint was shown for
        self._wanted = workbench.view.hints
        self._build()
        workbench.photo_changed.connect(self._look)
        workbench.fits.changed.connect(self._look)
        workbench.view_changed.connect(self._look)
        canvas.keypoint_dragged.connect(self._dragged)
        canvas.menu_asked.connect(lambda *_: self._done("menu"))
        canvas.place.changed.connect(self._move)
        self.hide()

    def _dragged(self) -> None:
        self._done("drag")

    def _build(self) -> None:
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setFixedWidth(WIDTH_PX - 2 * EDGE_PX)
        self.understood, self.enough = QPushButton(tr("Got it")), QPushButton(tr("No more hints"))
        self.understood.clicked.connect(lambda: self._done(self.shown))
        self.enough.clicked.connect(lambda: self._workbench.change_view(hints=False))
        row = QHBoxLayout()
        for button in (self.enough, self.understood):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys stay with the photo
            button.setFlat(True)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(EDGE_PX, EDGE_PX, EDGE_PX, EDGE_PX // 2)
        column.addWidget(self.words)
        column.addLayout(row)
        self.setObjectName("hint")
        self.setStyleSheet(
            "QFrame#hint { background: palette(base); border: 2px solid palette(highlight); border-radius: 8px }"
        )

    def _look(self) -> None:
        """Show the hint that is due, keep the one shown while it is, or hide."""
        view, person = self._workbench.view, self._workbench.person
        if view.hints and not self._wanted:
            self._settings.forget_hints()  # they were switched on again
        self._wanted = view.hints
        if person is not None and person.fit is not None:
            self._settings.keep_hint("fit")
        if person is not None and person.verdict != "todo":
            self._settings.keep_hint("judge")
        due = self._due()
        if due and not self.shown and self._person_id == self._workbench.person_id:
            due = ""  # one for a person is enough
        if due != self.shown:
            self.shown = due
            if due:
                self._person_id = self._workbench.person_id
        if self.shown:  # the person may be another one
            self.words.setText(self._words()[self.shown])
            self.adjustSize()
        self.setVisible(bool(self.shown))
        self._move()

    def _due(self) -> str:
        workbench, view = self._workbench, self._workbench.view
        person, busy = workbench.person, workbench.previewing or workbench.fits.running
        if not view.hints or self._quiet() or person is None or person.locked or not workbench.writable:
            return ""
        if busy or view.placing or view.boxing or not (person.keypoints.confidence > 0).any():
            return ""
        seen = self._settings.hints_seen()
        possible = {"fit": person.fit is None, "drag": person.fit is not None and view.skeleton, "menu": True}
        possible["judge"] = person.fit is not None
        return next((name for name in HINTS if possible[name] and name not in seen), "")

    def _done(self, name: str) -> None:
        """Never show this hint again."""
        if name not in self._settings.hints_seen():
            self._settings.keep_hint(name)
        if name == self.shown:
            self.shown = ""
            self.hide()

    def _move(self) -> None:
        """Put the bubble beside the keypoint or the person that it is about, inside the canvas."""
        person = self._workbench.person
        if not self.shown or person is None:
            return
        at = np.array([person.bbox.corners[1][0], person.bbox.corners[0][1]], dtype=float)
        worst = self._worst()
        if self.shown == "drag" and worst is not None:
            at = person.keypoints.xy[worst]
        x, y = (self._canvas.placing.to_canvas(np.asarray(at, dtype=float)) + AWAY_PX).tolist()
        room = self._canvas.size() - self.sizeHint() - QSize(EDGE_PX, EDGE_PX)
        right, bottom = max(room.width(), 0), max(room.height(), 0)
        self.move(QPoint(int(min(max(x, 0), right)), int(min(max(y, 0), bottom))))

    def _worst(self) -> int | None:
        """The keypoint that is farthest from the body."""
        posed = self._workbench.shown.posed
        seen = posed is not None and np.isfinite(posed.residual_px).any()
        return int(np.nanargmax(posed.residual_px)) if posed is not None and seen else None

    def _words(self) -> dict[str, str]:
        person, farthest = self._workbench.person, self._worst()
        name = tr("left wrist")
        if person is not None and farthest is not None:
            name = part(layout(person.keypoints.layout).keypoints[farthest])
        fit, accept, reject, worst = (
            self._keys(f) for f in ("fit.fit", "person.accept", "person.reject", "person.next_worst")
        )
        return {
            "fit": tr("{fit} fits a body to these keypoints.").format(fit=fit),
            "drag": tr("Drag a keypoint that is wrong, perhaps the {name}: the body follows.").format(
                name=name
            ),
            "menu": tr("Right click on a keypoint, a bone or a person shows all that can be done with it."),
            "judge": tr(
                "Is the body right? {accept} accepts, {reject} rejects, {worst} goes to the next."
            ).format(accept=accept, reject=reject, worst=worst),
        }

    def _keys(self, name: str) -> str:
        action = self._actions[name]
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        return keys or plain(action.text())

"""What lies on the photo and on the 3D view: strips of tools, the bodies' opacity, the angle of the photo's camera."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QLabel, QSlider

from desktop.model.camera_floor import LARGEST_DEG
from desktop.model.workbench import Workbench
from desktop.text.translate import tr
from desktop.views.sized_view import SizedView
from desktop.views.tools.strip import Bar, Strip

PHOTO_TOOLS = (
    ("edit.select", "edit.place", "person.draw"),
    ("edit.swap_person",),
    ("view.zoom_in", "view.zoom_out", "view.whole", "view.person"),
)
SPACE_TOOLS = (
    ("space.frame", "space.from_front", "space.from_left", "space.from_top"),
    ("space.everyone", "space.floor", "space.wireframe", "space.side_view"),
)
SLIDER_PX, LEAST_PERCENT = 84, 10


class PhotoTools:
    """The strip of the photo, and the bar that says how bodies are drawn over it."""

    def __init__(self, workbench: Workbench, canvas: SizedView, actions: Mapping[str, QAction]) -> None:
        self.strip = Strip(workbench, canvas, actions, PHOTO_TOOLS)
        self.bar = OpacityBar(workbench, canvas, actions)


class SpaceTools:
    """The strip of the 3D view, and the bar with the angle of the photo's camera."""

    def __init__(self, workbench: Workbench, view: SizedView, actions: Mapping[str, QAction]) -> None:
        self.strip = Strip(workbench, view, actions, SPACE_TOOLS)
        self.bar = PitchBar(workbench, view, actions)


class OpacityBar(Bar):
    """Bodies over the photo: on or off, their style, and how much of the photo they hide."""

    def __init__(self, workbench: Workbench, canvas: SizedView, actions: Mapping[str, QAction]) -> None:
        super().__init__(workbench, canvas, _slider(LEAST_PERCENT, 100))
        self.add(actions["view.overlay"])
        self.add(actions["view.style"])
        self._words = QLabel()
        self._shown: tuple[object, ...] = ()
        _name_keys(
            self.slider, tr("Opacity of the bodies  {keys}"), [actions["view.less"], actions["view.more"]]
        )
        self.slider.setAccessibleName(tr("Opacity of the bodies"))
        self._words.setFixedWidth(self._words.fontMetrics().horizontalAdvance("100 %") + 4)
        self.row.addWidget(self.slider)
        self.row.addWidget(self._words)
        self.slider.valueChanged.connect(self._choose)
        for signal in (workbench.view_changed, workbench.photo_changed, workbench.project_changed):
            signal.connect(self._show)
        self._show()

    def _show(self) -> None:
        view = self._workbench.view
        shown = (self._workbench.photo is not None, view.overlay, view.body_style, view.overlay_opacity)
        if shown == self._shown:
            return
        self._shown = shown
        self.setVisible(self._workbench.photo is not None)
        self.slider.setEnabled(view.overlay and view.body_style != "rim")
        if not self.slider.isSliderDown():
            self.slider.setValue(round(100 * view.overlay_opacity))
        self._words.setText(tr("{percent} %").format(percent=round(100 * view.overlay_opacity)))
        self.put()

    def _choose(self, percent: int) -> None:
        if percent != round(100 * self._workbench.view.overlay_opacity):
            self._workbench.change_view(overlay_opacity=percent / 100)


class PitchBar(Bar):
    """How far the photo's camera looks down: estimated from the people until it is chosen."""

    def __init__(self, workbench: Workbench, view: SizedView, actions: Mapping[str, QAction]) -> None:
        super().__init__(workbench, view, _slider(-round(LARGEST_DEG), round(LARGEST_DEG)))
        self._words = QLabel()
        tilts = [actions["space.tilt_up"], actions["space.tilt_down"]]
        _name_keys(self.slider, tr("How far the photo's camera looks down  {keys}"), tilts)
        self.slider.setAccessibleName(tr("How far the photo's camera looks down"))
        self.row.addWidget(self.slider)
        self.row.addWidget(self._words)
        self._estimate = self.add(actions["space.estimate_tilt"])
        self.slider.valueChanged.connect(self._choose)
        for signal in (workbench.floor.changed, workbench.photo_changed, workbench.fits.changed):
            signal.connect(self._show)
        self._show()

    def _show(self) -> None:
        workbench = self._workbench
        if workbench.previewing and self.isVisible():
            return  # nothing changes before the end of the drag
        self.setVisible(workbench.shown.posed is not None)
        if workbench.shown.posed is None:
            return
        pitch, estimated = round(workbench.floor.pitch_deg), workbench.floor.chosen is None
        self.slider.blockSignals(True)  # an estimate is shown, and not chosen
        self.slider.setValue(pitch)
        self.slider.blockSignals(False)
        words = tr("camera {degrees}° down") if pitch >= 0 else tr("camera {degrees}° up")
        self._words.setText(words.format(degrees=abs(pitch)))
        self._estimate.setVisible(not estimated)
        self.put()

    def _choose(self, pitch_deg: int) -> None:
        self._workbench.floor.choose(float(pitch_deg))


def _name_keys(slider: QSlider, words: str, actions: Sequence[QAction]) -> None:
    """A tool tip with the keys of the actions, also after they were changed."""

    def show() -> None:
        native = QKeySequence.SequenceFormat.NativeText
        keys = " ".join(action.shortcut().toString(native) for action in actions)
        slider.setToolTip(words.format(keys=keys))

    for action in actions:
        action.changed.connect(show)
    show()


def _slider(least: int, most: int) -> QSlider:
    """A small slider. A click leaves the keyboard with the view; Tab reaches the slider."""
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(least, most)
    slider.setFixedWidth(SLIDER_PX)
    slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return slider

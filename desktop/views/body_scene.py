"""The vispy scene of the viewport: one body, its floor, the selected joint, and the camera around them.

vispy lives in this file and in visuals.py, and nowhere else.
"""

import numpy as np
from PySide6.QtWidgets import QWidget
from vispy import app, gloo, scene
from vispy.util import keys

from desktop.theme import side_of, theme
from desktop.views import visuals
from desktop.workbench import View

app.use_app("pyside6")

SAMPLES = 4  # antialiasing
DEPTH_VALUE = 1e3  # of vispy's cameras: a wider depth range speckles the silhouette
FIELD_OF_VIEW_DEG = 30.0
HOME = {"center": (0.0, 0.92, 0.0), "scale_factor": 2.35}  # metres across
PLACES = {  # azimuth and elevation [degrees]; the photo's camera stands at +z
    "home": (115.0, 8.0),
    "photo": (90.0, 0.0),
    "left": (180.0, 0.0),
    "right": (0.0, 0.0),
    "back": (-90.0, 0.0),
    "top": (90.0, 89.0),
}
JOINT_SIZE_PX = 12
LEFT_BUTTON, MIDDLE_BUTTON = 1, 3


class OrbitCamera(scene.TurntableCamera):
    """Left drag turns; middle drag, or Shift and left, pans; the wheel or a right drag zooms."""

    _pan_start: np.ndarray | None = None

    def viewbox_mouse_event(self, event: scene.events.SceneMouseEvent) -> None:
        shifted = keys.SHIFT in event.mouse_event.modifiers
        pans = MIDDLE_BUTTON in event.buttons or (LEFT_BUTTON in event.buttons and shifted)
        if event.type == "mouse_move" and event.press_event is not None and pans:
            self._pan(event.mouse_event.pos - event.mouse_event.press_event.pos)
        else:
            self._pan_start = None
            super().viewbox_mouse_event(event)

    def _pan(self, moved_px: np.ndarray) -> None:
        """What is under the cursor stays under it, at the depth of the centre."""
        if self._pan_start is None:
            self._pan_start = np.array(self.center)
        metres = moved_px[:2] * self.scale_factor / min(self.viewbox.size)
        right, up = self.transform.matrix[0, :3], self.transform.matrix[1, :3]
        self.center = tuple(self._pan_start - right * metres[0] + up * metres[1])


class BodyScene:
    """Takes vertices, draws them in `widget`."""

    def __init__(self, antialiased: bool) -> None:
        config = {"samples": SAMPLES if antialiased else 0}
        self._canvas = scene.SceneCanvas(keys=None, config=config, create_native=True)
        self.widget: QWidget = self._canvas.native
        self._view = self._canvas.central_widget.add_view()
        self.camera = OrbitCamera(up="+y", fov=FIELD_OF_VIEW_DEG)
        self.camera.depth_value = DEPTH_VALUE
        self._view.camera = self.camera
        self._vertices = gloo.VertexBuffer(np.zeros((3, 3), dtype=np.float32))
        self._surface = visuals.Surface(self._vertices, parent=self._view.scene)
        self._edges = visuals.Edges(self._vertices, parent=self._view.scene)
        self._floor = visuals.Floor(parent=self._view.scene)
        self._joint = scene.visuals.Markers(parent=self._view.scene)
        self._joint.set_gl_state("translucent", depth_test=False)
        for order, visual in enumerate((self._surface, self._edges, self._floor, self._joint)):
            visual.order = order
            visual.visible = False
        self._joint_at: np.ndarray | None = None
        self._joint_color = "white"
        self._wireframe = False
        self.look_from("home")

    def set_faces(self, faces: np.ndarray) -> None:
        """The triangles (F, 3) of the body that comes next; hidden until its vertices are there."""
        self._surface.visible = self._edges.visible = self._joint.visible = False
        self._surface.set_indices(faces)
        self._edges.set_indices(visuals.edges_of(faces))

    def set_points(self, vertices: np.ndarray, joint: np.ndarray) -> None:
        """vertices (V, 3) [m] and the selected joint (3,) [m], y up."""
        self._vertices.set_data(np.ascontiguousarray(vertices, dtype=np.float32))
        self._joint_at = joint
        self._surface.visible = self._joint.visible = True
        self._edges.visible = self._wireframe
        self._draw_joint()

    def dress(self, view: View) -> None:
        """Colours, floor and wireframe as the workbench wants them."""
        colors = theme(view.theme)
        self._canvas.bgcolor = colors.viewport
        self._surface.set_color(colors.body)
        self._edges.set_color(colors.wire)
        self._floor.set_color(colors.floor)
        self._floor.visible = view.floor
        self._wireframe = view.wireframe
        self._edges.visible = view.wireframe and self._surface.visible
        self._joint_color = colors.side(side_of(view.joint))
        self._draw_joint()

    def show_nothing(self) -> None:
        """Nobody is fitted: only the floor."""
        self._surface.visible = self._edges.visible = self._joint.visible = False
        self._joint_at = None
        self._canvas.update()

    def look_from(self, place: str) -> None:
        """The whole body from one of PLACES; "home" is a little to the right of the photo's camera."""
        azimuth, elevation = PLACES[place]
        self.camera.set_state({**HOME, "azimuth": azimuth, "elevation": elevation})

    def close(self) -> None:
        """Give back what OpenGL holds."""
        self._canvas.close()

    def _draw_joint(self) -> None:
        if self._joint_at is not None:
            self._joint.set_data(
                self._joint_at[None],
                size=JOINT_SIZE_PX,
                face_color=self._joint_color,
                edge_color="white",
                edge_width=2,
            )
        self._canvas.update()

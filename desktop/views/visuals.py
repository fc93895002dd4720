"""What the viewport draws with OpenGL: a body's surface and edges, and the floor.

Small visuals of our own: an update uploads the vertices and nothing else; the shader takes the normals from
screen-space derivatives and the light from the eye, so the body is lit from wherever it is looked at.
"""

import numpy as np
from vispy import gloo
from vispy.color import Color
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual
from vispy.visuals.visual import VisualView

VERTEX_SHADER = """
attribute vec3 a_position;
varying vec3 v_position;
void main() {
    v_position = a_position;
    gl_Position = $transform(vec4(a_position, 1.0));
}
"""

# Light in three parts: from the eye, from the sky (y up), and the same everywhere.
SURFACE_SHADER = """
uniform vec3 u_color;
uniform vec4 u_eye;
varying vec3 v_position;
void main() {
    vec3 to_eye = normalize(u_eye.xyz - v_position * u_eye.w);
    vec3 normal = normalize(cross(dFdx(v_position), dFdy(v_position)));
    float facing = dot(normal, to_eye);
    normal = facing < 0.0 ? -normal : normal;
    float light = 0.36 + 0.60 * abs(facing) + 0.08 * normal.y;
    gl_FragColor = vec4(u_color * light, 1.0);
}
"""

EDGE_SHADER = """
uniform vec3 u_color;
void main() {
    gl_FragColor = vec4(u_color, 0.4);
}
"""

# A line each half metre, stronger at each metre, fading out with the distance from the middle.
FLOOR_SHADER = """
uniform vec3 u_color;
uniform float u_radius;
varying vec3 v_position;
float line(float spacing) {
    vec2 at = v_position.xz / spacing;
    vec2 away = abs(fract(at - 0.5) - 0.5) / fwidth(at);
    return 1.0 - min(min(away.x, away.y), 1.0);
}
void main() {
    float fade = 1.0 - smoothstep(0.3 * u_radius, u_radius, length(v_position.xz));
    float strength = 0.10 + max(0.35 * line(0.5), 0.75 * line(1.0));
    gl_FragColor = vec4(u_color, strength * fade);
}
"""

FLOOR_RADIUS_M = 4.0


def eye_of(view: VisualView) -> np.ndarray:
    """Where a visual is looked at from, homogeneous (4,), in the visual's own frame.

    The projection sends the eye, and nothing else, to (0, 0, z, 0); a parallel one has it at infinity.
    """
    eye = np.asarray(view.transforms.get_transform("visual", "render").imap((0.0, 0.0, 1.0, 0.0)))
    return eye / (eye[3] if abs(eye[3]) > 1e-9 else np.linalg.norm(eye[:3]))


class _Triangles(Visual):
    """Vertices that others may share, indices, one colour."""

    def __init__(self, fragment_shader: str, vertices: gloo.VertexBuffer, draw_mode: str) -> None:
        super().__init__(VERTEX_SHADER, fragment_shader)
        self._draw_mode = draw_mode
        self._index_buffer = gloo.IndexBuffer()
        self.shared_program["a_position"] = vertices

    def set_indices(self, indices: np.ndarray) -> None:
        """Which vertices make triangles (F, 3) or lines (N, 2)."""
        self._index_buffer.set_data(np.ascontiguousarray(indices, dtype=np.uint32))
        self.update()

    def set_color(self, color: str) -> None:
        """One colour for all of it."""
        self.shared_program["u_color"] = Color(color).rgb
        self.update()

    def _prepare_transforms(self, view: VisualView) -> None:
        view.view_program.vert["transform"] = view.transforms.get_transform()

    def _compute_bounds(self, axis: int, view: VisualView) -> None:
        return None  # the viewport places its camera itself


class SurfaceVisual(_Triangles):
    """A lit surface; pushed back a little, so that its edges lie before it."""

    def __init__(self, vertices: gloo.VertexBuffer) -> None:
        super().__init__(SURFACE_SHADER, vertices, "triangles")
        self.set_gl_state(
            "opaque", depth_test=True, cull_face=False, polygon_offset_fill=True, polygon_offset=(1, 1)
        )

    def _prepare_draw(self, view: VisualView) -> None:
        view.view_program["u_eye"] = eye_of(view)  # at each draw: vispy does not tell when the camera moved


class EdgesVisual(_Triangles):
    """The edges of a surface, those at its back hidden by it."""

    def __init__(self, vertices: gloo.VertexBuffer) -> None:
        super().__init__(EDGE_SHADER, vertices, "lines")
        self.set_gl_state("translucent", depth_test=True)


class FloorVisual(_Triangles):
    """A grid at y = 0, seen through from below."""

    def __init__(self) -> None:
        r = FLOOR_RADIUS_M
        corners = np.array([[-r, 0, -r], [r, 0, -r], [r, 0, r], [-r, 0, r]], dtype=np.float32)
        super().__init__(FLOOR_SHADER, gloo.VertexBuffer(corners), "triangles")
        self.shared_program["u_radius"] = r
        self.set_indices(np.array([[0, 1, 2], [0, 2, 3]]))
        self.set_gl_state("translucent", depth_test=True, cull_face=False)


Surface = create_visual_node(SurfaceVisual)
Edges = create_visual_node(EdgesVisual)
Floor = create_visual_node(FloorVisual)


def edges_of(faces: np.ndarray) -> np.ndarray:
    """Each edge (N, 2) of the triangles (F, 3) once."""
    pairs = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    return np.unique(pairs, axis=0)

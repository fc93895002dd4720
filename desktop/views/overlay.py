"""The body as the photo's camera sees it, drawn by OpenGL into a picture that the canvas lays over the photo."""

import numpy as np
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QImage, QMatrix4x4, QOffscreenSurface, QOpenGLContext, QVector3D
from PySide6.QtOpenGL import (
    QOpenGLBuffer,
    QOpenGLFramebufferObject,
    QOpenGLFramebufferObjectFormat,
    QOpenGLShader,
    QOpenGLShaderProgram,
)
from shiboken6 import VoidPtr

GL_TRIANGLES, GL_UNSIGNED_INT, GL_FLOAT = 0x0004, 0x1405, 0x1406
GL_COLOR_AND_DEPTH, GL_DEPTH_TEST = 0x4000 | 0x0100, 0x0B71
NEAR_M = 0.05
BLOCK_PX = 64  # pictures are made in steps of this size, so that a moving body seldom needs a new buffer
MARGIN_PX = 2
SAMPLES = 4  # antialiasing; hands and feet have triangles smaller than a pixel

VERTEX_SHADER = """
attribute vec3 a_position;
uniform mat4 u_camera;
varying vec3 v_position;
void main() {
    v_position = a_position;
    gl_Position = u_camera * vec4(a_position, 1.0);
}
"""
# Lit from the eye, which is the origin of the camera frame.
FRAGMENT_SHADER = """
uniform vec3 u_color;
varying vec3 v_position;
void main() {
    vec3 normal = normalize(cross(dFdx(v_position), dFdy(v_position)));
    float facing = abs(dot(normal, normalize(v_position)));
    gl_FragColor = vec4(u_color * (0.30 + 0.70 * facing), 1.0);
}
"""


class Overlay:
    """Draws a body (vertices in the camera frame) for a part of the canvas."""

    def __init__(self) -> None:
        self._context = QOpenGLContext()
        self._surface = QOffscreenSurface()
        self._surface.create()
        self._context.create()
        self._context.makeCurrent(self._surface)
        self._gl = self._context.functions()
        self._program = QOpenGLShaderProgram()
        self._program.addShaderFromSourceCode(QOpenGLShader.ShaderTypeBit.Vertex, VERTEX_SHADER)
        self._program.addShaderFromSourceCode(QOpenGLShader.ShaderTypeBit.Fragment, FRAGMENT_SHADER)
        self._program.link()
        self._vertices = QOpenGLBuffer(QOpenGLBuffer.Type.VertexBuffer)
        self._indices = QOpenGLBuffer(QOpenGLBuffer.Type.IndexBuffer)
        self._vertices.create()
        self._indices.create()
        self._index_count = 0
        self._target: QOpenGLFramebufferObject | None = None
        self._samples = 0

    def set_faces(self, faces: np.ndarray) -> None:
        """The triangles (F, 3) of the bodies that come."""
        self._context.makeCurrent(self._surface)
        indices = np.ascontiguousarray(faces, dtype=np.uint32)
        self._indices.bind()
        self._indices.allocate(indices.tobytes(), indices.nbytes)
        self._indices.release()
        self._index_count = indices.size

    def draw(
        self,
        vertices: np.ndarray,
        focal_length: float,
        center: np.ndarray,
        scale: float,
        offset: np.ndarray,
        size: QSize,
        color: str,
        fine: bool,
    ) -> tuple[QImage, QRect] | None:
        """The part of a picture of `size` that the body covers, and where that is; None where it is not seen.

        vertices (V, 3) [m], focal_length and center (2,) [px of the photo]; a point xy of the photo lies at
        scale * xy + offset [px of the picture]. fine: antialiased, three times as slow in software.
        """
        rect = _covered(vertices, focal_length, center, scale, offset, size)
        if rect is None or not self._index_count:
            return None
        self._context.makeCurrent(self._surface)
        target = self._target_of(rect.size(), SAMPLES if fine else 0)
        target.bind()
        self._gl.glViewport(0, 0, rect.width(), rect.height())
        self._gl.glClearColor(0.0, 0.0, 0.0, 0.0)
        self._gl.glClear(GL_COLOR_AND_DEPTH)
        self._gl.glEnable(GL_DEPTH_TEST)
        self._program.bind()
        middle = scale * center + offset - np.array([rect.x(), rect.y()])
        camera = _projection(scale * focal_length, middle, rect.size(), vertices)
        self._program.setUniformValue("u_camera", camera)
        shade = QColor(color)
        self._program.setUniformValue("u_color", QVector3D(shade.redF(), shade.greenF(), shade.blueF()))
        data = np.ascontiguousarray(vertices, dtype=np.float32)
        self._vertices.bind()
        self._vertices.allocate(data.tobytes(), data.nbytes)
        self._indices.bind()
        self._program.enableAttributeArray("a_position")
        self._program.setAttributeBuffer("a_position", GL_FLOAT, 0, 3, 0)
        self._gl.glDrawElements(GL_TRIANGLES, self._index_count, GL_UNSIGNED_INT, VoidPtr(0))
        self._indices.release()
        self._vertices.release()
        self._program.release()
        picture = target.toImage()
        target.release()
        return picture, rect

    def close(self) -> None:
        """Give back what OpenGL holds."""
        self._context.makeCurrent(self._surface)
        self._target = None
        self._vertices.destroy()
        self._indices.destroy()
        self._program.removeAllShaders()
        self._context.doneCurrent()

    def _target_of(self, size: QSize, samples: int) -> QOpenGLFramebufferObject:
        if self._target is None or self._target.size() != size or self._samples != samples:
            self._samples = samples
            how = QOpenGLFramebufferObjectFormat()
            how.setAttachment(QOpenGLFramebufferObject.Attachment.Depth)
            how.setSamples(samples)
            self._target = QOpenGLFramebufferObject(size, how)
        return self._target


def _covered(
    vertices: np.ndarray,
    focal_length: float,
    center: np.ndarray,
    scale: float,
    offset: np.ndarray,
    size: QSize,
) -> QRect | None:
    """The part of the picture that the body lies in, in whole blocks; all of it where the body is at the camera."""
    whole = QRect(0, 0, size.width(), size.height())
    depth = vertices[:, 2]
    if depth.min() > NEAR_M:
        xy = scale * (focal_length * vertices[:, :2] / depth[:, None] + center) + offset
        low = np.clip(xy.min(axis=0) - MARGIN_PX, -1e6, 1e6).astype(int) // BLOCK_PX * BLOCK_PX
        high = -(-np.clip(xy.max(axis=0) + MARGIN_PX, -1e6, 1e6).astype(int) // BLOCK_PX) * BLOCK_PX
        whole = whole.intersected(QRect(*low.tolist(), *(high - low).tolist()))
    return None if whole.isEmpty() or depth.max() <= NEAR_M else whole


def _projection(focal_length: float, middle: np.ndarray, size: QSize, vertices: np.ndarray) -> QMatrix4x4:
    """From the camera frame (x right, y down, z forward) to OpenGL's clip space, y up in the picture."""
    near = max(NEAR_M, 0.9 * float(vertices[:, 2].min()))
    far = max(1.1 * float(vertices[:, 2].max()), near + 1.0)
    width, height = size.width(), size.height()
    return QMatrix4x4(
        *(2 * focal_length / width, 0.0, 2 * float(middle[0]) / width - 1, 0.0),
        *(0.0, -2 * focal_length / height, 1 - 2 * float(middle[1]) / height, 0.0),
        *(0.0, 0.0, (far + near) / (far - near), -2 * far * near / (far - near)),
        *(0.0, 0.0, 1.0, 0.0),
    )

"""Renders bodies with OpenGL into pictures that any view can paint.

A QOpenGLWidget is avoided: with one in a window, Qt composes the whole window with OpenGL at every change. Without a
graphics card that takes longer than all our drawing together.
"""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QMatrix4x4, QOffscreenSurface, QOpenGLContext, QVector3D
from PySide6.QtOpenGL import (
    QOpenGLBuffer,
    QOpenGLFramebufferObject,
    QOpenGLFramebufferObjectFormat,
    QOpenGLShader,
    QOpenGLShaderProgram,
)

from desktop.views.gl import shaders

GL_LINES, GL_TRIANGLES, GL_UNSIGNED_INT, GL_FLOAT = 0x0001, 0x0004, 0x1405, 0x1406
GL_COLOR_AND_DEPTH, GL_DEPTH_TEST, GL_BLEND, GL_OFFSET = 0x4000 | 0x0100, 0x0B71, 0x0BE2, 0x8037
GL_CULL_FACE = 0x0B44
GL_ONE, GL_ONE_MINUS_SRC_ALPHA = 1, 0x0303
GL_LESS, GL_LEQUAL = 0x0201, 0x0203
SAMPLES = 4  # per pixel, for antialiasing: hands and feet have triangles smaller than a pixel
FLOOR_RADIUS_M = 4.0
TARGETS_KEPT = 6  # framebuffers: canvas, two viewports, pictures of other bodies
MESHES_KEPT = 4  # the body, and the coarse body that is drawn while it moves


@dataclass(frozen=True, eq=False)
class ViewCamera:
    """matrix: from the vertices' frame to OpenGL's clip space; eye and up (3,) in the vertices' frame."""

    matrix: QMatrix4x4
    eye: np.ndarray
    up: np.ndarray


@dataclass(frozen=True, eq=False)
class Solid:
    """A body to draw: vertices (V, 3) [m], faces (F, 3); colours #rrggbb, edges None for no edges.

    opacity below 1: things behind the body are visible through it, but no hidden surfaces of the body itself.
    """

    vertices: np.ndarray
    faces: np.ndarray
    color: str
    edges: str | None = None
    opacity: float = 1.0


@dataclass(frozen=True)
class Backdrop:
    """Colours #rrggbb of floor and background, None to leave them out. fine: antialiased, twice as slow in software."""

    floor: str | None = None
    background: str | None = None
    fine: bool = True


class Renderer:
    """Renders pictures of bodies. Triangles of the last few bodies stay in OpenGL; vertices are sent for each picture.

    software: True if OpenGL runs on the processor. Rendering twice as large and averaging is then as smooth as four
    samples per pixel, and twice as fast.
    """

    def __init__(self, software: bool = False) -> None:
        self._enlarged = 2 if software else 1
        self._context = QOpenGLContext()
        self._surface = QOffscreenSurface()
        self._surface.create()
        self._context.create()
        self._context.makeCurrent(self._surface)
        self._gl = self._context.functions()
        self._draw_elements = _unlocked(
            self._context, b"glDrawElements", ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p
        )
        self._finish = _unlocked(self._context, b"glFinish")
        self._programs = {
            name: _program(source)
            for name, source in (
                ("surface", shaders.SURFACE),
                ("edges", shaders.EDGES),
                ("floor", shaders.FLOOR),
            )
        }
        self._vertices = _buffer(QOpenGLBuffer.Type.VertexBuffer)
        self._floor = _buffer(QOpenGLBuffer.Type.VertexBuffer)
        self._floor_faces = _buffer(QOpenGLBuffer.Type.IndexBuffer)
        r = FLOOR_RADIUS_M
        _fill(self._floor, np.array([[-r, 0, -r], [r, 0, -r], [r, 0, r], [-r, 0, r]], np.float32))
        _fill(self._floor_faces, np.array([[0, 1, 2], [0, 2, 3]], np.uint32))
        self._meshes: list[_Mesh] = []  # the newest last
        self._targets: dict[tuple[int, int, int], QOpenGLFramebufferObject] = {}

    def draw(self, solids: Sequence[Solid], camera: ViewCamera, size: QSize, look: Backdrop) -> QImage:
        """Render a picture of this size [px], opaque bodies first. Without a background colour it is transparent."""
        self._context.makeCurrent(self._surface)
        larger = self._enlarged if look.fine else 1
        size = size * larger
        target = self._target_of(size, SAMPLES if look.fine and larger == 1 else 0)
        target.bind()
        gl, back = self._gl, QColor(look.background or "#000000")
        gl.glViewport(0, 0, size.width(), size.height())
        gl.glClearColor(back.redF(), back.greenF(), back.blueF(), 1.0 if look.background else 0.0)
        if not look.background:
            gl.glClearColor(0.0, 0.0, 0.0, 0.0)
        gl.glClear(GL_COLOR_AND_DEPTH)
        gl.glEnable(GL_DEPTH_TEST)
        for solid in sorted(solids, key=lambda solid: -solid.opacity):
            self._draw_solid(solid, camera)
        if look.floor is not None:
            self._blend(True)
            self._draw_part("floor", self._floor, self._floor_faces, 6, camera, look.floor)
        self._finish()
        picture = target.toImage()
        target.release()
        return picture if larger == 1 else _averaged(picture, larger)

    def close(self) -> None:
        """Free the OpenGL resources."""
        self._context.makeCurrent(self._surface)
        self._targets.clear()
        for buffer in (self._vertices, self._floor, self._floor_faces):
            buffer.destroy()
        for mesh in self._meshes:
            mesh.close()
        for program in self._programs.values():
            program.removeAllShaders()
        self._context.doneCurrent()

    def _draw_solid(self, solid: Solid, camera: ViewCamera) -> None:
        gl, mesh = self._gl, self._mesh_of(solid.faces)
        _fill(self._vertices, np.ascontiguousarray(solid.vertices, dtype=np.float32))
        surface = ("surface", self._vertices, mesh.triangles, mesh.faces.size, camera, solid.color)
        gl.glEnable(GL_CULL_FACE)  # saves half of the triangles: bodies are closed and seen from outside
        gl.glEnable(GL_OFFSET)
        gl.glPolygonOffset(1.0, 1.0)  # moves the surface behind its edges
        if solid.opacity < 1.0:  # draw the depth first, so that only the nearest surface is visible
            gl.glColorMask(False, False, False, False)
            self._draw_part(*surface)
            gl.glColorMask(True, True, True, True)
            gl.glDepthFunc(GL_LEQUAL)
        self._blend(solid.opacity < 1.0)
        self._draw_part(*surface, solid.opacity)
        gl.glDepthFunc(GL_LESS)
        gl.glDisable(GL_OFFSET)
        gl.glDisable(GL_CULL_FACE)
        if solid.edges is not None:
            self._blend(True)
            edges, count = mesh.edges()
            self._draw_part("edges", self._vertices, edges, count, camera, solid.edges)

    def _mesh_of(self, faces: np.ndarray) -> "_Mesh":
        """The OpenGL mesh of faces (F, 3). It is cached by the identity of the array."""
        known = next((mesh for mesh in self._meshes if mesh.faces is faces), None)
        if known is None:
            known = _Mesh(faces)
            for old in self._meshes[: -MESHES_KEPT + 1]:
                old.close()
            self._meshes = [*self._meshes[-MESHES_KEPT + 1 :], known]
        return known

    def _blend(self, on: bool) -> None:
        if on:
            self._gl.glEnable(GL_BLEND)
            self._gl.glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA)
        else:
            self._gl.glDisable(GL_BLEND)

    def _draw_part(
        self,
        name: str,
        vertices: QOpenGLBuffer,
        indices: QOpenGLBuffer,
        count: int,
        camera: ViewCamera,
        color: str,
        opacity: float = 1.0,
    ) -> None:
        program, shade = self._programs[name], QColor(color)
        program.bind()
        at, position = program.uniformLocation, program.attributeLocation("a_position")
        program.setUniformValue(at("u_camera"), camera.matrix)
        program.setUniformValue(at("u_color"), QVector3D(shade.redF(), shade.greenF(), shade.blueF()))
        if name == "surface":
            program.setUniformValue1f(at("u_opacity"), opacity)
            program.setUniformValue(at("u_eye"), QVector3D(*map(float, camera.eye)))
            program.setUniformValue(at("u_up"), QVector3D(*map(float, camera.up)))
        elif name == "floor":
            program.setUniformValue1f(at("u_radius"), FLOOR_RADIUS_M)
        vertices.bind()
        indices.bind()
        program.enableAttributeArray(position)
        program.setAttributeBuffer(position, GL_FLOAT, 0, 3, 0)
        mode = GL_LINES if name == "edges" else GL_TRIANGLES
        self._draw_elements(mode, count, GL_UNSIGNED_INT, None)
        indices.release()
        vertices.release()
        program.release()

    def _target_of(self, size: QSize, samples: int) -> QOpenGLFramebufferObject:
        key = (size.width(), size.height(), samples)
        if key not in self._targets:
            if len(self._targets) == TARGETS_KEPT:
                del self._targets[next(iter(self._targets))]
            how = QOpenGLFramebufferObjectFormat()
            how.setAttachment(QOpenGLFramebufferObject.Attachment.Depth)
            how.setSamples(samples)
            self._targets[key] = QOpenGLFramebufferObject(size, how)
        return self._targets[key]


class _Mesh:
    """Triangles (F, 3) in OpenGL, and their edges, which are made on first use."""

    def __init__(self, faces: np.ndarray) -> None:
        self.faces = faces
        self.triangles = _buffer(QOpenGLBuffer.Type.IndexBuffer)
        _fill(self.triangles, faces.astype(np.uint32))
        self._edges: tuple[QOpenGLBuffer, int] | None = None

    def edges(self) -> tuple[QOpenGLBuffer, int]:
        """The buffer with each edge once, and its number of indices."""
        if self._edges is None:
            corners = self.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
            pairs = np.unique(np.sort(corners, axis=1), axis=0)
            self._edges = (_buffer(QOpenGLBuffer.Type.IndexBuffer), pairs.size)
            _fill(self._edges[0], pairs.astype(np.uint32))
        return self._edges

    def close(self) -> None:
        self.triangles.destroy()
        if self._edges is not None:
            self._edges[0].destroy()


def _averaged(picture: QImage, times: int) -> QImage:
    """A picture averaged down by a factor. Its pixels have four bytes."""
    width, height = picture.width() // times, picture.height() // times
    pixels = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.width(), 4)
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return QImage(small.data, width, height, 4 * width, picture.format()).copy()


def _unlocked(context: QOpenGLContext, name: bytes, *takes: type) -> Callable[..., None]:
    """An OpenGL function, without a result, that releases Python's lock while it works. PySide's own functions keep the
    lock: without a graphics card a running fit would wait for the drawing.
    """
    return ctypes.CFUNCTYPE(None, *takes)(context.getProcAddress(name))


def _program(fragment: str) -> QOpenGLShaderProgram:
    program = QOpenGLShaderProgram()
    program.addShaderFromSourceCode(QOpenGLShader.ShaderTypeBit.Vertex, shaders.VERTEX)
    program.addShaderFromSourceCode(QOpenGLShader.ShaderTypeBit.Fragment, fragment)
    program.link()
    return program


def _buffer(kind: QOpenGLBuffer.Type) -> QOpenGLBuffer:
    buffer = QOpenGLBuffer(kind)
    buffer.create()
    return buffer


def _fill(buffer: QOpenGLBuffer, data: np.ndarray) -> None:
    buffer.bind()
    buffer.allocate(data.tobytes(), data.nbytes)
    buffer.release()

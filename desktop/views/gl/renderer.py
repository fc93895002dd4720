"""Renders bodies with OpenGL into pictures that any view can paint.

A QOpenGLWidget is avoided: with one in a window, Qt composes the whole window with OpenGL at every change. Without a
graphics card that takes longer than all our drawing together.
"""

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QMatrix4x4, QOffscreenSurface, QOpenGLContext, QVector3D
from PySide6.QtOpenGL import (
    QOpenGLBuffer,
    QOpenGLFramebufferObject,
    QOpenGLFramebufferObjectFormat,
)

from desktop.views.gl import shaders
from desktop.views.gl.buffers import BufferedMesh, fill, make_buffer, make_program, make_texture, unlocked
from desktop.views.gl.contact_shadow import contact_shadow, reach_of
from desktop.views.gl.smoothing import averaged

GL_LINES, GL_TRIANGLES, GL_UNSIGNED_INT, GL_FLOAT = 0x0001, 0x0004, 0x1405, 0x1406
GL_COLOR_AND_DEPTH, GL_DEPTH_TEST, GL_BLEND, GL_OFFSET = 0x4000 | 0x0100, 0x0B71, 0x0BE2, 0x8037
GL_CULL_FACE = 0x0B44
GL_ONE, GL_ONE_MINUS_SRC_ALPHA = 1, 0x0303
GL_LESS, GL_LEQUAL = 0x0201, 0x0203
SAMPLES = 4  # per pixel, for antialiasing: hands and feet have triangles smaller than a pixel
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

    opacity below 1: things behind the body are visible through it, but no hidden surfaces of the body itself. xray:
    only surfaces seen at a grazing angle are opaque, and limbs behind others are seen as well.
    """

    vertices: np.ndarray
    faces: np.ndarray
    color: str
    edges: str | None = None
    opacity: float = 1.0
    xray: bool = False


@dataclass(frozen=True)
class Backdrop:
    """Colours #rrggbb of floor and background, None to leave them out.

    The floor is the plane y = 0 around the origin, radius [m]; bodies cast shadows on it. fine: antialiased, which
    takes twice as long in software.
    """

    floor: str | None = None
    background: str | None = None
    fine: bool = True
    radius: float = 4.0


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
        self._draw_elements = unlocked(
            self._context, b"glDrawElements", ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p
        )
        self._finish = unlocked(self._context, b"glFinish")
        self._programs = {
            name: make_program(shaders.VERTEX, source)
            for name, source in (
                ("surface", shaders.SURFACE),
                ("edges", shaders.EDGES),
                ("floor", shaders.FLOOR),
            )
        }
        self._vertices = make_buffer(QOpenGLBuffer.Type.VertexBuffer)
        self._normals = make_buffer(QOpenGLBuffer.Type.VertexBuffer)
        self._floor = make_buffer(QOpenGLBuffer.Type.VertexBuffer)
        self._floor_faces = make_buffer(QOpenGLBuffer.Type.IndexBuffer)
        fill(self._floor_faces, np.array([[0, 1, 2], [0, 2, 3]], np.uint32))
        self._meshes: list[BufferedMesh] = []  # the newest last
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
            self._draw_floor(solids, camera, look.floor, look.radius)
        self._finish()
        picture = target.toImage()
        target.release()
        return picture if larger == 1 else averaged(picture, larger)

    def close(self) -> None:
        """Free the OpenGL resources."""
        self._context.makeCurrent(self._surface)
        self._targets.clear()
        for buffer in (self._vertices, self._normals, self._floor, self._floor_faces):
            buffer.destroy()
        for mesh in self._meshes:
            mesh.close()
        for program in self._programs.values():
            program.removeAllShaders()
        self._context.doneCurrent()

    def _draw_solid(self, solid: Solid, camera: ViewCamera) -> None:
        from core.body.normals import vertex_normals  # here, as the compiler loads slowly

        gl, mesh = self._gl, self._mesh_of(solid.faces)
        fill(self._vertices, np.ascontiguousarray(solid.vertices, dtype=np.float32))
        fill(self._normals, vertex_normals(solid.vertices, solid.faces))
        part = _Part("surface", self._vertices, mesh.triangles, mesh.faces.size, solid.color)
        gl.glEnable(GL_CULL_FACE)  # saves half of the triangles: bodies are closed and seen from outside
        gl.glEnable(GL_OFFSET)
        gl.glPolygonOffset(1.0, 1.0)  # moves the surface behind its edges
        if solid.xray:
            gl.glDisable(GL_DEPTH_TEST)
        elif solid.opacity < 1.0:  # draw the depth first, so that only the nearest surface is visible
            gl.glColorMask(False, False, False, False)
            self._draw_part(part, camera)
            gl.glColorMask(True, True, True, True)
            gl.glDepthFunc(GL_LEQUAL)
        self._blend(solid.opacity < 1.0 or solid.xray)
        self._draw_part(part, camera, {"u_opacity": solid.opacity, "u_xray": float(solid.xray)})
        gl.glEnable(GL_DEPTH_TEST)
        gl.glDepthFunc(GL_LESS)
        gl.glDisable(GL_OFFSET)
        gl.glDisable(GL_CULL_FACE)
        if solid.edges is not None:
            self._blend(True)
            edges, count = mesh.edges()
            self._draw_part(_Part("edges", self._vertices, edges, count, solid.edges), camera)

    def _draw_floor(self, solids: Sequence[Solid], camera: ViewCamera, color: str, radius: float) -> None:
        r = radius
        fill(self._floor, np.array([[-r, 0, -r], [r, 0, -r], [r, 0, r], [-r, 0, r]], np.float32))
        bodies = [one.vertices for one in solids]
        reach = min(reach_of(bodies), r)
        shadow = make_texture(contact_shadow(bodies, reach))
        shadow.bind()
        self._blend(True)
        numbers = {"u_radius": r, "u_shadow_radius": reach}
        self._draw_part(_Part("floor", self._floor, self._floor_faces, 6, color), camera, numbers)
        shadow.release()
        shadow.destroy()

    def _mesh_of(self, faces: np.ndarray) -> BufferedMesh:
        """The OpenGL mesh of faces (F, 3). It is cached by the identity of the array."""
        known = next((mesh for mesh in self._meshes if mesh.faces is faces), None)
        if known is None:
            known = BufferedMesh(faces)
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
        self, part: "_Part", camera: ViewCamera, numbers: Mapping[str, float] | None = None
    ) -> None:
        """Draw triangles or lines by a program. numbers: values of its uniforms."""
        program, shade = self._programs[part.program], QColor(part.color)
        program.bind()
        at = program.uniformLocation
        program.setUniformValue(at("u_camera"), camera.matrix)
        program.setUniformValue(at("u_color"), QVector3D(shade.redF(), shade.greenF(), shade.blueF()))
        program.setUniformValue(at("u_eye"), QVector3D(*map(float, camera.eye)))
        program.setUniformValue(at("u_up"), QVector3D(*map(float, camera.up)))
        for name, number in (numbers or {}).items():
            program.setUniformValue1f(at(name), number)
        given = {"a_position": part.vertices, "a_normal": self._normals}
        places = {name: program.attributeLocation(name) for name in given}
        for name, place in places.items():
            if place >= 0:
                given[name].bind()
                program.enableAttributeArray(place)
                program.setAttributeBuffer(place, GL_FLOAT, 0, 3, 0)
        part.indices.bind()
        mode = GL_LINES if part.program == "edges" else GL_TRIANGLES
        self._draw_elements(mode, part.corners, GL_UNSIGNED_INT, None)
        for place in places.values():
            if place >= 0:
                program.disableAttributeArray(place)
        part.indices.release()
        part.vertices.release()
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


class _Part(NamedTuple):
    """Input of one program: vertices, indices, the number of indices a primitive, and a colour #rrggbb."""

    program: str
    vertices: QOpenGLBuffer
    indices: QOpenGLBuffer
    corners: int
    color: str

"""Buffers, programs and functions of OpenGL, as the renderer needs them."""

import ctypes
from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QImage, QOpenGLContext
from PySide6.QtOpenGL import QOpenGLBuffer, QOpenGLShader, QOpenGLShaderProgram, QOpenGLTexture


class BufferedMesh:
    """Triangles (F, 3) in OpenGL, and their edges, which are made on first use."""

    def __init__(self, faces: np.ndarray) -> None:
        self.faces = faces
        self.triangles = make_buffer(QOpenGLBuffer.Type.IndexBuffer)
        fill(self.triangles, faces.astype(np.uint32))
        self._edges: tuple[QOpenGLBuffer, int] | None = None

    def edges(self) -> tuple[QOpenGLBuffer, int]:
        """The buffer with each edge once, and its number of indices."""
        if self._edges is None:
            corners = self.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
            pairs = np.unique(np.sort(corners, axis=1), axis=0)
            self._edges = (make_buffer(QOpenGLBuffer.Type.IndexBuffer), pairs.size)
            fill(self._edges[0], pairs.astype(np.uint32))
        return self._edges

    def close(self) -> None:
        self.triangles.destroy()
        if self._edges is not None:
            self._edges[0].destroy()


def unlocked(context: QOpenGLContext, name: bytes, *takes: type) -> Callable[..., None]:
    """An OpenGL function, without a result, that releases Python's lock while it works. PySide's own functions keep the
    lock: without a graphics card a running fit would wait for the drawing.
    """
    return ctypes.CFUNCTYPE(None, *takes)(context.getProcAddress(name))


def make_program(vertex: str, fragment: str) -> QOpenGLShaderProgram:
    """A linked program of two shaders' sources."""
    program = QOpenGLShaderProgram()
    program.addShaderFromSourceCode(QOpenGLShader.ShaderTypeBit.Vertex, vertex)
    program.addShaderFromSourceCode(QOpenGLShader.ShaderTypeBit.Fragment, fragment)
    program.link()
    return program


def make_buffer(kind: QOpenGLBuffer.Type) -> QOpenGLBuffer:
    """An empty buffer."""
    buffer = QOpenGLBuffer(kind)
    buffer.create()
    return buffer


def fill(buffer: QOpenGLBuffer, data: np.ndarray) -> None:
    """Replace what a buffer holds."""
    buffer.bind()
    buffer.allocate(data.tobytes(), data.nbytes)
    buffer.release()


def make_texture(values: np.ndarray) -> QOpenGLTexture:
    """A texture of (H, W) uint8, smooth between its values and zero beyond its edges, where the values must be zero."""
    height, width = values.shape
    picture = QImage(values.data, width, height, width, QImage.Format.Format_Grayscale8)
    texture = QOpenGLTexture(picture, QOpenGLTexture.MipMapGeneration.DontGenerateMipMaps)
    texture.setMinMagFilters(QOpenGLTexture.Filter.Linear, QOpenGLTexture.Filter.Linear)
    texture.setWrapMode(QOpenGLTexture.WrapMode.ClampToEdge)
    return texture

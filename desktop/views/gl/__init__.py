"""OpenGL: bodies drawn into pictures that any view can paint."""

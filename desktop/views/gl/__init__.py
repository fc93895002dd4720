"""OpenGL: renders bodies into pictures that any view can paint."""

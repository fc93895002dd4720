"""The body in 3D."""

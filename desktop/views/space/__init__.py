"""The 3D view of the body."""

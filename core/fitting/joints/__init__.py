"""Bodies from joints in 3D."""

"""Rotations, cameras and images: what is true of them whatever the body."""

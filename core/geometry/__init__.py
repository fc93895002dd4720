"""Rotations, cameras and images, independent of any body model."""

"""Formats of 2D keypoints, one small file each."""

"""Fits of whole tracks: each track is one problem, linear in its frames."""

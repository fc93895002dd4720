"""Formats of fitted or predicted bodies, one small file each."""

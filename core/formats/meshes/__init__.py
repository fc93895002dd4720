"""Formats of posed bodies: meshes and animations."""

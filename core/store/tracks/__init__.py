"""Tracks of a project: light rows for a timeline, and edits of people's tracks."""

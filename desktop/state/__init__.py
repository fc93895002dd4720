"""Frozen state of the window: edits, posed body, view, history."""

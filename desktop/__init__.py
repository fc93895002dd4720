"""The window: a workbench holds the state, views draw it, commands change it (PySide6, vispy)."""

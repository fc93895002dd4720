"""The settings: one dialog with pages. Quick commands of menus change the same state."""

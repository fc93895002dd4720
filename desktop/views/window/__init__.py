"""The main window: menus, docks, dialogs, status bar and start page."""

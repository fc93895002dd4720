"""The main window, and what surrounds the photo and the panels."""

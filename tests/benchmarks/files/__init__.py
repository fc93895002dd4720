"""How fast files are read and written."""

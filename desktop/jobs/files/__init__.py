"""Jobs that read or write files."""

"""Commands that write files for other people and programs."""

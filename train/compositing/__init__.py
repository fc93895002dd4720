"""Composites: people cut out of photos and pasted where a network fails, with their exact truth."""

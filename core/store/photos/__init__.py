"""The files that a project's photos are in."""

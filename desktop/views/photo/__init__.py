"""The photo view: painting, hit tests and gestures."""

"""The safe unpickler: `reader` reads the file, the other modules turn its names and arrays into data."""

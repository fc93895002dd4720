"""A video or a folder of frames as a whole."""

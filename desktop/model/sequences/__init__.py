"""What the window knows of a video or a folder of frames as a whole."""

"""Frames of videos: their names, a decoder that reads on and never seeks, and a bounded cache of JPEGs."""

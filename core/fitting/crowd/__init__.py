"""Fits of several people of a photo: `fit_together` moves their bodies out of each other."""

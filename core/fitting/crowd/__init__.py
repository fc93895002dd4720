"""Fits of people who stand together: `fit_together` moves their bodies out of each other."""

"""Fits for whole data sets."""

"""Detections and fits for whole data sets."""

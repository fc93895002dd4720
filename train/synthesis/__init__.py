"""Synthetic photos with exact truth: random scenes of the open body, rendered and written as a data set."""

"""Benchmarks of lifters that learn from keypoints alone."""

"""Benchmarks of composites."""

"""Benchmarks of crowds."""

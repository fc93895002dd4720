"""Benchmarks of synthetic photos: how fast they are drawn, and what they teach."""

"""Renders bodies offscreen, and contact sheets of them."""

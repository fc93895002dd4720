"""Protocols: how good predictions are, measured against truth."""

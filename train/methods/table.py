"""The table of methods as train has it: a row of resources/methods.json, and the Method of the row's command.

A new method is one row, and one module that has a METHOD and trains it when it is started (as train/spin.py does).
"""

from __future__ import annotations

from importlib import import_module

from core.methods import MethodRow, method_rows
from train.run.method_record import Method


def methods() -> dict[str, tuple[MethodRow, Method]]:
    """Row and Method by name."""
    return {row.name: (row, import_module(row.command).METHOD) for row in method_rows()}

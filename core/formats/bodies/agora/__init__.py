"""AGORA's files: a network's predictions and the truth that they are measured against."""

from core.formats.bodies.agora.agora_folder import read, recognise
from core.formats.bodies.agora.agora_write import write

__all__ = ["read", "recognise", "write"]

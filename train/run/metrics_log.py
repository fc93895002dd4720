"""A run's numbers over time: `metrics.jsonl`, one JSON object a line, and TensorBoard's events beside it.

TensorBoard itself is not needed to write them: an event file is a list of small messages, and ours hold scalars alone.
"""

from __future__ import annotations

import json
import math
import os
import struct
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.files.whole_file import whole_file

METRICS = "metrics.jsonl"
_POLYNOMIAL = 0x82F63B78  # of CRC-32C, bits reversed


class MetricsLog:
    """Appends to a run's folder. Lines after `step` are from a run that ended before it saved them, and go."""

    def __init__(self, folder: Path, step: int = 0) -> None:
        self.path = folder / METRICS
        if self.path.exists():
            _keep_until(self.path, step)
        self._lines = self.path.open("a", encoding="utf-8")
        self._events = EventFile(folder / f"events.out.tfevents.{int(time.time())}.{os.getpid()}")

    def write(self, step: int, numbers: Mapping[str, object]) -> str:
        """One line, at once readable by others; numbers that are not finite become null. Returns it."""
        line = json.dumps({"step": step, **{name: _plain(value) for name, value in numbers.items()}})
        self._lines.write(line + "\n")
        self._lines.flush()
        self._events.write(
            step, {name: float(v) for name, v in numbers.items() if isinstance(v, int | float)}
        )
        return line

    def close(self) -> None:
        try:
            self._lines.close()
        finally:
            self._events.close()


def read_metrics(folder: Path) -> list[dict[str, object]]:
    """A run's lines; one that is cut short, as by a power failure, is left out."""
    path = folder / METRICS
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [entry for entry in found if isinstance(entry, dict)]


class EventFile:
    """TensorBoard's event file with scalars: TFRecords of `Event` messages (tensorflow/core/util/event.proto)."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        self._record(_double(1, time.time()) + _bytes(3, b"brain.Event:2"))

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        values = b"".join(_bytes(1, _bytes(1, name.encode()) + _float(2, v)) for name, v in scalars.items())
        self._record(_double(1, time.time()) + _varint(2, step) + _bytes(5, values))

    def close(self) -> None:
        self._file.close()

    def _record(self, message: bytes) -> None:
        length = struct.pack("<Q", len(message))
        checks = struct.pack("<I", masked_crc(length)), struct.pack("<I", masked_crc(message))
        self._file.write(length + checks[0] + message + checks[1])
        self._file.flush()


def masked_crc(data: bytes) -> int:
    """CRC-32C turned and shifted, as TFRecords have it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ int(_TABLE[(crc ^ byte) & 0xFF])
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _table() -> np.ndarray:
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        values = np.where(values & 1, (values >> 1) ^ np.uint32(_POLYNOMIAL), values >> 1)
    return values


_TABLE = _table()


def _varint(field: int, value: int) -> bytes:
    return bytes([field << 3]) + _number(value)


def _number(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _double(field: int, value: float) -> bytes:
    return bytes([field << 3 | 1]) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    return bytes([field << 3 | 5]) + struct.pack("<f", value)


def _bytes(field: int, value: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _number(len(value)) + value


def _plain(value: object) -> object:
    if isinstance(value, float):
        return round(value, 9) if math.isfinite(value) else None
    return value


def _keep_until(path: Path, step: int) -> None:
    kept = [entry for entry in read_metrics(path.parent) if isinstance(entry.get("step"), int)]
    lines = [json.dumps(entry) + "\n" for entry in kept if entry["step"] <= step]  # type: ignore[operator]
    with whole_file(path) as stream:
        stream.write("".join(lines).encode())

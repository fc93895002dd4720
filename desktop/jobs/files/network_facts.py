"""Where a network comes from, and what it was measured at: read from the run's folder, or from the lifter's table."""

import json
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from core.files.regular import contents, end_of
from core.methods import method_rows
from core.networks.table import LIFTER_FOLDER
from desktop.text.translate import tr

CONFIG, METRICS, TABLE = "config.json", "metrics.jsonl", "table.json"
LAYOUT = "coco17"  # the row of the lifter's table that is shown
END_BYTES, MOST_BYTES = 2**16, 2**20  # of a run's metrics, only the end is read; of other files at most this
ERROR_SUFFIX = "_mm"
SHOWN = 2  # most errors that are named


class NetworkFacts(NamedTuple):
    """origin: where the network comes from; measured: its errors in words, empty if none are known."""

    origin: str
    measured: str


def facts_of_network(file: Path | None) -> NetworkFacts:
    """The facts of a checkpoint; None: of the built-in lifter. A file that cannot be read gives fewer facts."""
    if file is None:
        origin = tr("comes with Fitloop; learned from motion capture, sees keypoints only")
        return NetworkFacts(origin, _of_lifter(_read(LIFTER_FOLDER / TABLE)))
    config, last = _read(file.with_name(CONFIG)), _last_line(file.with_name(METRICS))
    try:
        day = date.fromtimestamp(file.stat().st_mtime).isoformat()
    except (OSError, OverflowError, ValueError):
        return NetworkFacts(tr("not there any more"), "")
    method = config.get("method")
    if not isinstance(method, str):
        return NetworkFacts(tr("a file of {day}").format(day=day), "")
    words = tr("trained here with train.{method}, saved {day}")
    return NetworkFacts(words.format(method=method, day=day), _of_run(last))


def kind_of_run(file: Path | None) -> str:
    """The kind of network in a run's checkpoint, by the run's config; '' where that is not known."""
    method = None if file is None else _read(file.with_name(CONFIG)).get("method")
    return next((row.network for row in method_rows() if row.name == method), "")


def _of_lifter(table: dict[str, Any]) -> str:
    try:
        clean, noisy = (float(table[f"{LAYOUT} {kind}"]["first_choice_mm"]) for kind in ("clean", "noisy"))
    except (KeyError, TypeError, ValueError):
        return ""
    words = tr("PA-MPJPE {clean:.0f} mm, {noisy:.0f} mm with a detector's errors")
    return words.format(clean=clean, noisy=noisy)


def _of_run(line: dict[str, Any]) -> str:
    """The errors in a line of metrics; without any, its loss."""
    numbers = {name: value for name, value in line.items() if isinstance(value, int | float)}
    errors = [name for name in numbers if name.endswith(ERROR_SUFFIX)][:SHOWN]
    parts = [
        tr("{error} {value:.1f} mm").format(error=name.removesuffix(ERROR_SUFFIX), value=numbers[name])
        for name in errors
    ]
    if not parts and "loss" in numbers:
        parts = [tr("loss {value:.3g}").format(value=numbers["loss"])]
    if parts and "step" in numbers:
        parts.append(tr("step {step:.0f}").format(step=numbers["step"]))
    return ", ".join(parts)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(contents(file, MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _last_line(file: Path) -> dict[str, Any]:
    """The last whole line of metrics that has an error; without any, the last line."""
    try:
        lines = end_of(file, END_BYTES).splitlines()
    except OSError:
        return {}
    last: dict[str, Any] = {}
    for line in reversed(lines):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            last = last or found
            if any(str(name).endswith(ERROR_SUFFIX) for name in found):
                return found
    return last

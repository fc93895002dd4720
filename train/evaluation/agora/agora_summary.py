"""The numbers of AGORA's server from its measured people, rounded as there: errors are normalised after rounding.

Rules: Patel et al., "AGORA: Avatars in Geography Optimized for Regression Analysis", CVPR 2021, and the official
evaluation. NMJE and NMVE are MPJPE and MVE divided by F1.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from train.evaluation.agora.agora_errors import MeasuredPeople, MeasuredPerson

ERRORS = {"MPJPE": "mpjpe_mm", "MVE": "mve_mm"}
NORMALISED = {"MPJPE": "NMJE", "MVE": "NMVE"}
OCCLUSIONS = (-1, 10, 20, 30, 40, 50, 60, 70, 80)
TURNS = (-1, 45, 90, 135, 180, 225, 270, 315, 360)
PLACES = 10
NAN = float("nan")
Range = tuple[float, float]


def summary_of(found: MeasuredPeople, occlusion: Range | None = None) -> dict[str, float]:
    """The fourteen numbers by their official names; nan where nobody is. occlusion: of the people that count [%], both
    ends inside; all false positives count then, as they do for children."""
    people = _counted(found, occlusion)
    children = [person for person in people if person.is_child]
    apart = len(found.false_positives)
    result = rates(people, apart) | {f"kid_{name}": value for name, value in rates(children, apart).items()}
    if not children:
        result |= {name: NAN for name in result if name.startswith("kid_")}
    for prefix, some, f1 in (("", people, result["f1"]), ("kid-", children, result["kid_f1"])):
        result |= {f"{prefix}body-{name}": value for name, value in _errors(some, f1).items()}
    return result


def rates(people: Sequence[MeasuredPerson], false_positives: int) -> dict[str, float]:
    """Precision, recall and F1, rounded to two digits; precision is nan where nothing was predicted."""
    if not people:
        return {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    missed = sum(person.is_missed for person in people)
    hit = len(people) - missed
    return {
        "precision": round(hit / (hit + false_positives), 2) if hit + false_positives else NAN,
        "recall": round(hit / (hit + missed), 2),
        "f1": round(hit / (hit + 0.5 * (false_positives + missed)), 2),
    }


def _errors(people: Sequence[MeasuredPerson], f1: float) -> dict[str, float]:
    result = {}
    for name, field in ERRORS.items():
        # numpy rounds as the official evaluation does: 0.25 to 0.2, and 0.35 to 0.4 where Python has 0.3
        error = np.round(_mean(people, field), 1)
        result[name] = float(error)
        result[NORMALISED[name]] = float(np.round(error / f1, 1)) if f1 > 0 else NAN
    return result


def _mean(people: Sequence[MeasuredPerson], field: str) -> np.float64:
    values = [getattr(person, field) for person in people if not person.is_missed]
    return np.float64(np.mean(values)) if values else np.float64(NAN)


def _counted(found: MeasuredPeople, occlusion: Range | None) -> list[MeasuredPerson]:
    return [
        person
        for person in found.people
        if person.is_valid and (occlusion is None or occlusion[0] <= person.occlusion <= occlusion[1])
    ]


def buckets_of(
    found: MeasuredPeople, width: float, occlusion: Range | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Errors by occlusion, by heading and by the pelvis's distance from the photo's middle column. width [px]."""
    people = _counted(found, occlusion)
    places = (-1, *(width / 2 / PLACES * step for step in range(1, PLACES + 1)))
    return {
        "occlusion_percent": _buckets(people, OCCLUSIONS, lambda person: person.occlusion),
        "orientation_deg": _buckets(people, TURNS, lambda person: person.turn_deg),
        "place_px": _buckets(people, places, lambda person: abs(person.pelvis_x - width / 2)),
    }


def _buckets(
    people: Sequence[MeasuredPerson], edges: Sequence[float], value: Callable[[MeasuredPerson], float]
) -> list[dict[str, Any]]:
    """A bucket holds values above its first edge, up to its second. Normalised: divided by the share not missed."""
    result = []
    for low, high in itertools.pairwise(edges):
        inside = [person for person in people if low < value(person) <= high]
        hits = [person for person in inside if not person.is_missed]
        share = len(hits) / len(inside) if inside else 0.0
        means = {name: float(_mean(hits, field)) for name, field in ERRORS.items()}
        normalised = {NORMALISED[name]: mean / share if share else NAN for name, mean in means.items()}
        result.append(
            {"above": low, "to": high, "people": len(inside), "matched": len(hits), **means, **normalised}
        )
    return result


def document(
    found: MeasuredPeople, width: float, occlusion: Range | None, notes: Sequence[str]
) -> dict[str, Any]:
    """All of it for a JSON file: the official numbers by their names, then buckets, people and what was left out."""
    whole = {
        **summary_of(found, occlusion),
        "buckets": buckets_of(found, width, occlusion),
        "people": [asdict(person) for person in found.people],
        "false_positives": [{"photo": photo, "file": file} for photo, file in found.false_positives],
        "left_out": list(found.left_out),
        "notes": [*found.notes, *notes],
    }
    return {name: _plain(value) for name, value in whole.items()}


def _plain(value: Any) -> Any:
    """A value for JSON, which has no nan: null."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table_of(summary: dict[str, float]) -> str:
    """A markdown table: all people, then children."""
    names = ("precision", "recall", "f1", "body-MPJPE", "body-NMJE", "body-MVE", "body-NMVE")
    rows = [["people", *names], ["---"] * (1 + len(names))]
    for words, keys in (("all", names), ("children", [_kid(name) for name in names])):
        rows.append([words, *(f"{summary[key]:g}" for key in keys)])
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def _kid(name: str) -> str:
    return f"kid-{name}" if "-" in name else f"kid_{name}"

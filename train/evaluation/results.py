"""What a protocol found, and a table of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Result:
    """Means over people with a value: errors in mm, shares in 0..1; None where the data set cannot tell. left_out:
    the people that are not in them, and why."""

    protocol: str
    words: str
    people: int
    mpjpe_mm: float | None = None
    pa_mpjpe_mm: float | None = None
    pve_mm: float | None = None
    pck: float | None = None
    auc: float | None = None
    ar: float | None = None
    ap: float | None = None
    front_accuracy: float | None = None
    front_f1: float | None = None
    parts_accuracy: float | None = None
    parts_f1: float | None = None
    published_pa_mpjpe_mm: float | None = None
    left_out: tuple[str, ...] = ()

    @classmethod
    def of_people(cls, protocol: str, words: str, found: dict[str, Tensor]) -> Result:
        """The means over people of the errors (P,), by name."""
        means: dict[str, Any] = {
            name: float(values.nanmean()) for name, values in found.items() if not values.isnan().all()
        }
        return cls(protocol, words, len(next(iter(found.values()))), **means)


COLUMNS = {
    "MPJPE mm": ("mpjpe_mm", 1),
    "PA-MPJPE mm": ("pa_mpjpe_mm", 1),
    "SPIN's PA-MPJPE mm": ("published_pa_mpjpe_mm", 1),
    "PVE mm": ("pve_mm", 1),
    "PCK %": ("pck", 100),
    "AUC %": ("auc", 100),
    "AR %": ("ar", 100),
    "AP %": ("ap", 100),
    "foreground accuracy %": ("front_accuracy", 100),
    "foreground F1 %": ("front_f1", 100),
    "parts accuracy %": ("parts_accuracy", 100),
    "parts F1 %": ("parts_f1", 100),
}


def table(results: list[Result]) -> str:
    """A markdown table, with what SPIN's authors published beside it; without columns that nobody fills."""

    def shown(result: Result, name: str, factor: int) -> str:
        value = getattr(result, name)
        return "" if value is None else f"{value * factor:.1f}"

    columns = {
        title: [shown(result, *column) for result in results]
        for title, column in COLUMNS.items()
        if any(getattr(result, column[0]) is not None for result in results)
    }
    lines = [["protocol", "people", *columns], ["---"] * (2 + len(columns))]
    lines += [
        [result.words, str(result.people), *(column[place] for column in columns.values())]
        for place, result in enumerate(results)
    ]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)

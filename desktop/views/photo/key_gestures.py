"""Key gestures on boxes: each is a generator, like a mouse gesture.

A gesture previews the effect of the arrows until Enter keeps it. Closing it early (Escape) leaves a preview, which the
workbench cancels.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QSize

from core.records import BBox, Photo
from desktop.model.workbench import Workbench
from desktop.state.person_edits import SMALLEST_BOX_PX, resized
from desktop.text.translate import tr
from desktop.views.photo.gestures import add_person, nobody_yet, preview_box, preview_new
from desktop.views.photo.zoom import Placing

NEW_BOX = 0.5  # side of a new box, as a share of the photo's visible part


@dataclass(frozen=True, eq=False)
class Step:
    """One key. by (2,) [px of the photo]: the arrow's step; sizes: True to resize, not move; kept: True for Enter."""

    by: np.ndarray
    sizes: bool = False
    kept: bool = False


KeyGesture = Generator[None, Step, None]


def adjust_box(workbench: Workbench) -> KeyGesture:
    """Move and resize the selected person's box."""
    box = workbench.shown.the_person.bbox
    preview_box(workbench, box)
    while not (step := (yield)).kept:
        box = stepped(box, step)
        preview_box(workbench, box)
    workbench.commit(tr("Adjust box"))


def new_person(workbench: Workbench, box: BBox) -> KeyGesture:
    """Add a person with this box, which can be moved and resized before Enter keeps it."""
    person = nobody_yet(workbench, box)
    preview_new(workbench, person)
    while not (step := (yield)).kept:
        person = person.with_(bbox=stepped(person.bbox, step))
        preview_new(workbench, person)
    add_person(workbench, person)


def box_in_view(photo: Photo, placing: Placing, size: QSize) -> BBox:
    """A box in the middle of the photo's part that a canvas of this size shows."""
    seen = placing.to_photo(np.array([[0, 0], [size.width(), size.height()]]))
    low, high = np.clip(seen, 0, [photo.width, photo.height])
    side = max(NEW_BOX * float((high - low).min()), SMALLEST_BOX_PX)
    return BBox.from_xywh([*((low + high - side) / 2), side, side])


def stepped(box: BBox, step: Step) -> BBox:
    """The box after a step. Resizing keeps its upper left corner."""
    return resized(box, step.by) if step.sizes else replace(box, center=box.center + step.by)

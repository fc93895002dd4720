"""A curator's first day, for a process that is killed at its end: python -m tests.journeys.first_day PHOTOS FOUND TOLD

PHOTOS is a folder of photos; FOUND, an .npz of keypoints by photo, stands in for the detector, which is installed
beside the program; in TOLD, as JSON, the story leaves what was on the desk when all of it had been saved.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF

from core.body.keypoints import layout
from core.detect import Found
from core.geometry.image import read_image
from core.records import Keypoints
from desktop.jobs import detecting
from tests.desktop.making import same_person
from tests.journeys.program import OpenWindow, in_the_program

LIMBS = ("left_wrist", "right_wrist", "left_elbow", "right_elbow", "left_knee", "right_knee")


class StandIn:
    """Finds in a photo who is known to be there."""

    def __init__(self, photos: Path, found: Path) -> None:
        with np.load(found) as file:
            self.found = {
                read_image(photos / name).tobytes(): [
                    Found(Keypoints.from_array(str(file[f"layout {name}"]), array)) for array in file[name]
                ]
                for name in file["names"].tolist()
            }

    def __call__(self, image, bboxes=None):
        return self.found[image.tobytes()]

    def close(self):
        pass


def story(desk: OpenWindow) -> dict[str, object]:
    """Detect, guess, fit, drag, undo, redo, accept, next, save."""
    workbench = desk.workbench
    desk.do("person.detect")
    desk.wait(lambda: not workbench.busy)
    people = [person for photo in workbench.project.photos() for person in photo.people]
    desk.do("view.person")
    desk.fit("fit.guess")
    guessed = workbench.person
    assert guessed.guess.network == "lifter"
    desk.fit()
    fitted = workbench.person
    assert fitted.fit is not guessed.fit
    name = next(name for name in LIMBS if fitted.keypoints.confidence[desk.index(name)] > 0)
    before = workbench.shown.posed.keypoints_px[desk.index(name)].copy()
    start = desk.place_of(name)
    desk.drag(start, start + QPointF(0, -40))
    dragged = workbench.person
    by = dragged.keypoints.xy[desk.index(name)] - fitted.keypoints.xy[desk.index(name)]
    moved = workbench.shown.posed.keypoints_px[desk.index(name)] - before
    assert moved @ by > 0.3 * (by @ by)  # the body followed
    desk.do("edit.undo")
    assert same_person(workbench.person, fitted)
    desk.do("edit.redo")
    assert same_person(workbench.person, dragged)
    desk.do("person.accept")
    assert workbench.person.locked
    accepted = workbench.person
    desk.do("person.next_worst")
    assert workbench.person_id != accepted.id
    desk.do("file.save_fits")
    desk.wait(lambda: not workbench.busy)
    assert desk.said == []
    return {
        "project": str(workbench.project.path),
        "people": len(people),
        "accepted": accepted.id,
        "corrected": layout(accepted.keypoints.layout).keypoints[desk.index(name)],
        "xy": accepted.keypoints.xy[desk.index(name)].tolist(),
        "pose": accepted.fit.pose.tolist(),
        "betas": accepted.fit.betas.tolist(),
    }


def main(photos: Path, found: Path, told: Path) -> None:
    detecting.load_any = lambda: StandIn(photos, found)

    def and_wait_for_the_end(desk: OpenWindow) -> None:
        words = json.dumps(story(desk))
        told.with_suffix(".part").write_text(words)
        told.with_suffix(".part").replace(told)
        time.sleep(600)

    in_the_program(photos, and_wait_for_the_end, told.parent)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))

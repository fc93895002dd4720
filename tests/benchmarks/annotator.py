"""A simulated curator: how many acts a person takes, with the whole desk and by correcting keypoints alone.

python -m tests.benchmarks.annotator [--data ../shared/data] [--seeds 3] [--seconds] [--json]

The people with 3D truth get keypoints as detectors give them: noise, swapped limbs, missing ones, and a limb of
somebody else's. The curator sees which keypoint is farthest off and moves it where it belongs, and once the keypoints
are good sees which body is wrong: looks for other bodies and takes one, or turns a limb the other way. Done is within
50 mm PA-MPJPE. Dragging a keypoint, looking, taking and flipping are one act each; fits that follow cost none.

--seconds: how long a person takes by the keystroke-level model (tests/benchmarks/shared/keystrokes.py), from one
person to the next, with the verdict.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.body import Body, layout, load_body
from core.body.tree import JOINT_NAMES
from core.fitting.starts.flips import FLIPS
from core.metrics import pa_mpjpe_mm
from core.networks.guess import guess
from core.networks.lifter.lift import load_lifter
from core.networks.lifter.network import Lifter
from core.records import BBox, Fit, Keypoints, Person, Photo
from core.wishes import with_wish
from desktop.jobs.fitting import fit_from, fit_steps, flipped_start, refine
from desktop.jobs.guessing import alternative_steps
from desktop.state.posed_body import params_of
from desktop.state.view import FitOptions
from tests.benchmarks.shared.keystrokes import AFTER, BEFORE, seconds_a_person
from tests.benchmarks.shared.machine import machine
from train.data.photo_truth import LIMBS, PhotoTruth, read_truth
from train.run.parser import CommandLine

LIMB_NAMES = [f"{side}_{limb}" for side in ("left", "right") for limb in LIMBS]
GOOD_MM = 50.0
MOST_ACTS = 30
VISIBLY_OFF = 0.03  # of the person's height: what a curator sees at a glance
NOISE, FAR_NOISE, FAR = 0.012, 0.06, 0.08  # of the height; the share of keypoints far off
MISSING, SWAPPED, STOLEN = (
    0.12,
    0.25,
    0.2,
)  # keypoints; people with a limb swapped; people with a limb of another's


@dataclass(frozen=True, eq=False)
class Case:
    """One person: as detected, as it truly is (K, 3) [px], and its joints (1, 12, 3) [m] over `limbs`, of which those
    of `measured` (1, 12) are truth."""

    photo: Photo
    person: Person
    true: NDArray[np.float64]
    joints: torch.Tensor
    measured: torch.Tensor
    limbs: list[int]

    @property
    def height(self) -> float:
        """[px] of the box around the true keypoints."""
        seen = self.true[self.true[:, 2] > 0, :2]
        return float((seen.max(axis=0) - seen.min(axis=0)).max())


def detected(
    true: NDArray[np.float64],
    name: str,
    rng: np.random.Generator,
    swapped: float = SWAPPED,
    stolen: float = STOLEN,
) -> NDArray[np.float64]:
    """What a detector makes of true keypoints (K, 3). swapped, stolen: how often."""
    found, shape = true.copy(), layout(name)
    seen = true[true[:, 2] > 0, :2]
    height = float((seen.max(axis=0) - seen.min(axis=0)).max())
    spread = np.where(rng.random(len(true)) < FAR, FAR_NOISE, NOISE) * height
    found[:, :2] += rng.normal(size=(len(true), 2)) * spread[:, None]
    limbs = [("elbow", "wrist"), ("knee", "ankle")]

    def columns(side: str, parts: tuple[str, ...]) -> list[int]:
        return [k for k, d in enumerate(shape.definitions) if any(d.startswith(f"{side}_{p}") for p in parts)]

    if rng.random() < swapped:
        parts = limbs[rng.integers(2)]
        left, right = columns("left", parts), columns("right", parts)
        found[left + right] = found[right + left]
    if rng.random() < stolen:
        theirs = columns(("left", "right")[rng.integers(2)], limbs[rng.integers(2)])
        found[theirs, :2] += rng.normal(size=2) * 0.4 * height
    found[rng.random(len(true)) < MISSING, 2] = 0.0
    return np.where(found[:, 2:] > 0, found, 0.0)


class Curator:
    """Someone at the desk, with the true body before their eyes."""

    def __init__(self, body: Body, lifter: Lifter, case: Case) -> None:
        self.body, self.case, self.options = body, case, FitOptions()
        self.done: list[str] = []  # the acts, as `keystrokes.ACTS` names them
        self.flips_tried, self.looked = set[str](), False
        (first,) = guess(None, [case.person], case.photo, lifter, body)
        *_, report = fit_steps(body, case.photo, case.person, first, self.options)
        self.person = case.person.with_(guess=first, fit=report.posed.fit)

    @property
    def acts(self) -> int:
        """How many acts were needed until now."""
        return len(self.done)

    def error_mm(self, fit: Fit | None = None) -> float:
        """PA-MPJPE of the fit on show, or of another."""
        chosen = fit or self.person.fit
        assert chosen is not None
        points = self.body.keypoints(params_of(chosen, self.body), self.person.keypoints.layout)[
            :, self.case.limbs
        ]
        return float(pa_mpjpe_mm(points, self.case.joints, self.case.measured)[0])

    def correct_worst(self, least: float) -> bool:
        """Drag the keypoint that is farthest off to its place, if any is by `least` of the person's height."""
        keypoints, true = self.person.keypoints, self.case.true
        off = np.linalg.norm(keypoints.xy - true[:, :2], axis=1) / self.case.height
        off = np.where(
            keypoints.confidence > 0, off, VISIBLY_OFF * 1.01
        )  # an absent one is seen to be absent
        off = np.where(true[:, 2] > 0, off, 0.0)
        worst = int(off.argmax())
        if off[worst] <= least:
            return False
        moved = keypoints.with_keypoint(worst, xy=true[worst, :2], confidence=1.0)
        self.person = self.person.with_(keypoints=moved)
        posed = refine(self.body, self.case.photo, self.person, self.options)
        self._now(posed.fit, "drag")
        self.looked = False
        return True

    def take_other_body(self) -> bool:
        """Look at the other bodies, and take the one that is right if one is better."""
        if self.looked:
            return False
        self.looked = True
        (found,) = alternative_steps(self.body, self.case.photo, self.person, self.options)
        self.done.append("look")
        best = min((posed.fit for posed in found), key=self.error_mm)
        if self.error_mm(best) < self.error_mm() - 1:
            self._now(best, "take")
        return True

    def flip_a_limb(self) -> bool:
        """Turn the limb whose depth is most wrong the other way; take it back if that was no better."""
        wrong = {name: by for name, by in self._wrong_depths().items() if name not in self.flips_tried}
        if not wrong:
            return False
        name = max(wrong, key=lambda one: wrong[one])
        self.flips_tried.add(name)
        start, wish = flipped_start(self.body, self.person, name)
        person = self.person.with_(wishes=with_wish(self.person.wishes, wish)) if wish else self.person
        posed = fit_from(self.body, self.case.photo, person, start, self.options)
        self.done.append("flip")
        if self.error_mm(posed.fit) < self.error_mm():
            self.person = person.with_(fit=posed.fit)
        return True

    def _wrong_depths(self) -> dict[str, float]:
        """Limb -> how far [m] the depth between its ends is off, where it points the wrong way."""
        assert self.person.fit is not None
        found = self.body.keypoints(params_of(self.person.fit, self.body), self.person.keypoints.layout)[
            :, self.case.limbs
        ]
        wrong = {}
        for name, (_, root, tip) in FLIPS.items():
            ends = [JOINT_NAMES[joint] for joint in (root, tip)]
            if name == "heading" or not set(ends) <= set(LIMB_NAMES):
                continue
            start, end = (LIMB_NAMES.index(one) for one in ends)
            here, there = (float(z[end] - z[start]) for z in (found[0, :, 2], self.case.joints[0, :, 2]))
            if here * there < 0:
                wrong[name] = abs(here - there)
        return wrong

    def _now(self, fit: Fit, act: str) -> None:
        self.person = self.person.with_(fit=fit)
        self.done.append(act)


def acts_needed(body: Body, lifter: Lifter, case: Case, whole_desk: bool) -> tuple[list[str], bool]:
    """The acts until the body is good, and whether it is in the end."""
    curator = Curator(body, lifter, case)
    while curator.error_mm() > GOOD_MM and curator.acts < MOST_ACTS:
        done = curator.correct_worst(VISIBLY_OFF)
        if not done and whole_desk:
            done = curator.take_other_body() or curator.flip_a_limb()
        if not (done or curator.correct_worst(0.002)):
            return curator.done, False
    return curator.done, curator.error_mm() <= GOOD_MM


def cases(people: PhotoTruth, seed: int) -> list[Case]:
    """Everybody of one source as a detector sees them."""
    rng = np.random.default_rng(seed)
    found = []
    for number, true in enumerate(people.keypoints.astype(np.float64)):
        keypoints = detected(true, people.layout, rng)
        center = people.camera_center[number]
        width, height = (int(2 * value) for value in center)
        seen = true[true[:, 2] > 0, :2]
        low, high = seen.min(axis=0), seen.max(axis=0)
        person = Person(
            0, BBox.from_xywh([*low, *(high - low)]), Keypoints.from_array(people.layout, keypoints)
        )
        photo = Photo(
            "photo.jpg",
            width,
            height,
            (person,),
            float(people.focal_length[number]),
            (float(center[0]), float(center[1])),
        )
        joints = torch.from_numpy(people.joints[number : number + 1])[:, people.limbs]
        measured = torch.from_numpy(people.measured[number : number + 1])
        found.append(Case(photo, person, true, joints, measured, people.limbs))
    return found


def summary(needed: list[tuple[list[str], bool]], with_seconds: bool) -> dict[str, float]:
    """A person who is never good counts as the most acts that were allowed; the seconds are those of the acts done."""
    acts = [len(done) if good else MOST_ACTS for done, good in needed]
    result = {
        "people": len(acts),
        "median_acts": statistics.median(acts),
        "mean_acts": round(statistics.mean(acts), 1),
        "good_in_the_end": round(sum(good for _, good in needed) / len(needed), 2),
        "good_at_once": round(sum(good and not done for done, good in needed) / len(needed), 2),
    }
    for words, around in (("before", BEFORE), ("after", AFTER)) if with_seconds else ():
        taken = [seconds_a_person(done, around) for done, _ in needed]
        result[f"median_seconds_{words}"] = round(statistics.median(taken), 1)
        result[f"mean_seconds_{words}"] = round(statistics.mean(taken), 1)
    return result


def main() -> None:
    parser = CommandLine("tests.benchmarks.annotator", __doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", action="store_true", help="a person by the keystroke-level model")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    body, lifter = load_body(), load_lifter()
    everybody = [
        case
        for people in read_truth(options.data / "photos")
        for seed in range(options.seeds)
        for case in cases(people, seed)
    ]
    result: dict[str, object] = {"machine": machine("cpu"), "good_mm": GOOD_MM}
    for words, whole_desk in (("correcting keypoints only", False), ("and other bodies, flips", True)):
        needed = [acts_needed(body, lifter, case, whole_desk) for case in everybody]
        result[words] = summary(needed, options.seconds)
    print(json.dumps(result, indent=None if options.json else 1))


if __name__ == "__main__":
    main()

"""Bodies to compare the fit on show with: the guess, the fit before this one, the truth where a file brought one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.records import Fit, Guess, Person
from desktop.state.posed_body import placed_coarsely

if TYPE_CHECKING:
    from core.body.model import Body
    from desktop.model.workbench import Workbench

GhostName = Literal["guess", "previous", "truth"]
GHOSTS: tuple[GhostName, ...] = ("guess", "previous", "truth")
LOOKED_BACK = 200  # entries of the history
SAME_LENS = 1.01  # focal lengths further apart put a body elsewhere, and only its pose can be compared


@dataclass(frozen=True, eq=False)
class Ghost:
    """vertices (V, 3) and joints (24, 3) [m], camera frame; faces (F, 3)."""

    state: Fit | Guess
    vertices: np.ndarray
    faces: np.ndarray
    joints: np.ndarray


def ghost_state(workbench: "Workbench", name: GhostName) -> Fit | Guess | None:
    """What there is of it for the person on show."""
    person = workbench.person
    if person is None:
        return None
    if name == "guess":
        return person.guess
    return truth_of(person) if name == "truth" else previous_fit(workbench, person)


def truth_of(person: Person) -> Fit | None:
    """A body that was measured, not fitted, which `editing.with_fit` keeps among the alternatives."""
    curated = [fit for fit in person.alternatives if fit.source == "curated" and not np.isfinite(fit.score)]
    return curated[-1] if curated else None


def previous_fit(workbench: "Workbench", person: Person) -> Fit | None:
    """The fit before this one: what is on the disk while something else is previewed, else from the history."""
    photo, history = workbench.committed, workbench.history
    before = [other.fit for other in photo.people if other.id == person.id] if photo is not None else []
    if before and before[0] is not person.fit:
        return before[0]
    for index in range(history.index() - 1, max(-1, history.index() - 1 - LOOKED_BACK), -1):
        for old, _ in history.command(index).changes:
            if photo is not None and old.path == photo.path:
                fits = [other.fit for other in old.people if other.id == person.id]
                if fits and fits[0] is not None and fits[0] is not person.fit:
                    return fits[0]
    return None


def pose_ghost(body: "Body", state: Fit | Guess, pelvis: np.ndarray | None, focal_length: float) -> Ghost:
    """What it looks like; at the pelvis (3,) [m] where it was seen through another lens."""
    _, joints, vertices, faces = placed_coarsely(body, state, "smpl24")
    lenses = sorted([max(state.focal_length, 1.0), max(focal_length, 1.0)])
    if pelvis is not None and lenses[1] > SAME_LENS * lenses[0]:
        vertices, joints = vertices + pelvis - joints[0], joints + pelvis - joints[0]
    return Ghost(state, vertices, faces, joints)

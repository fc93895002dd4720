"""Ghosts: bodies to compare the fit with. They are the guess, the previous fit, and a truth from a file."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.guesses import of_networks
from core.records import Fit, Guess, Person
from desktop.model.document import Document
from desktop.state.history import person_of
from desktop.state.posed_body import placed_coarsely
from desktop.state.view import GhostName

if TYPE_CHECKING:
    from core.body.model import Body

LOOKED_BACK = 200  # at most this many entries of the history are searched
SAME_LENS = 1.01  # ratio of focal lengths; beyond it only poses can be compared, not places


@dataclass(frozen=True, eq=False)
class Ghost:
    """vertices (V, 3) and joints (24, 3) [m], camera frame; faces (F, 3)."""

    state: Fit | Guess
    vertices: np.ndarray
    faces: np.ndarray
    joints: np.ndarray


def ghost_state(document: Document, name: GhostName) -> Fit | Guess | None:
    """The ghost's fit or guess of the selected person; None if there is none."""
    person = document.person
    if person is None:
        return None
    if name == "guess":
        return person.guess
    return truth_of(person) if name == "truth" else previous_fit(document, person)


def ghost_states(document: Document, name: GhostName) -> tuple[Fit | Guess, ...]:
    """As `ghost_state`; of the guess, one state for each network."""
    person = document.person
    if name == "guess":
        return () if person is None else of_networks(person.guess)
    state = ghost_state(document, name)
    return () if state is None else (state,)


def truth_of(person: Person) -> Fit | None:
    """A measured body. `person_edits.with_fit` keeps it among the alternatives."""
    curated = [fit for fit in person.alternatives if fit.source == "curated" and not np.isfinite(fit.score)]
    return curated[-1] if curated else None


def previous_fit(document: Document, person: Person) -> Fit | None:
    """The previous fit: during a preview the committed fit, else the last other fit in the history."""
    photo, last = document.committed, document.history.index()
    if photo is None:
        return None
    before = person_of(photo, person.id)
    if before is not None and before.fit is not person.fit:
        return before.fit
    for index in range(last - 1, max(-1, last - 1 - LOOKED_BACK), -1):
        for old, _ in document.entry(index).changes:
            then = person_of(old, person.id) if old.path == photo.path else None
            if then is not None and then.fit is not None and then.fit is not person.fit:
                return then.fit
    return None


def pose_ghost(body: "Body", state: Fit | Guess, pelvis: np.ndarray | None, focal_length: float) -> Ghost:
    """The posed ghost. With another focal length it is moved to the pelvis (3,) [m] of the fit."""
    placed = placed_coarsely(body, state, "smpl24")
    vertices, joints = placed.vertices, placed.joints
    lenses = sorted([max(state.focal_length, 1.0), max(focal_length, 1.0)])
    if pelvis is not None and lenses[1] > SAME_LENS * lenses[0]:
        vertices, joints = vertices + pelvis - joints[0], joints + pelvis - joints[0]
    return Ghost(state, vertices, placed.faces, joints)

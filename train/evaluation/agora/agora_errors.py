"""Each person of AGORA's truth with the prediction matched to them, and how far it is away.

Errors are means of distances [mm] over 24 joints (MPJPE) and over the body's vertices (MVE), after the mean of joints 1
and 2, the hips, was subtracted from each body's points. Nothing is turned or scaled (no Procrustes).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from core.body.model import Body, BodyParams
from core.body.tree import JOINT_NAMES
from core.errors import ReadError
from core.files.unusable import Unusable
from core.formats.bodies.agora.agora_fits import TruthFits
from core.formats.bodies.agora.agora_frames import AgoraPerson, AgoraPhoto, read_frames
from core.formats.bodies.agora.agora_matching import match_people
from core.formats.bodies.agora.agora_prediction import JOINTS, AgoraPrediction
from core.formats.bodies.agora.agora_store import PredictionStore

HIPS = (1, 2)
MM = 1e3
NOT_BODY = ("neck", "head", "left_wrist", "right_wrist", "left_hand", "right_hand")


@dataclass(frozen=True)
class MeasuredPerson:
    """One person of the truth. file: of the matched prediction, "" for a miss, whose errors are None."""

    photo: str
    number: int
    is_valid: bool
    is_child: bool
    occlusion: float
    turn_deg: float
    pelvis_x: float
    file: str = ""
    mpjpe_mm: float | None = None
    mve_mm: float | None = None

    @property
    def is_missed(self) -> bool:
        """Counted as missed in the summary if valid."""
        return not self.file


@dataclass
class MeasuredPeople:
    """All people of the truth, the predictions of nobody (photo, file), and what the user must know."""

    people: list[MeasuredPerson] = field(default_factory=list)
    false_positives: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Points:
    """joints (N, 2) [px], joints_3d (N, 3) and vertices (V, 3) [m] of one prediction."""

    file: str
    joints: np.ndarray
    joints_3d: np.ndarray
    vertices: np.ndarray


def measure(
    store: PredictionStore,
    frames: Sequence[Path],
    body: Body | None,
    body_vertices: np.ndarray | None,
    only: tuple[str, ...] = (),
    fits: TruthFits | None = None,
) -> MeasuredPeople:
    """Match and measure, photo by photo. body: the neutral body that params are of; body_vertices (N,): those that
    count, by default all, or the open body's without head and hands. only: photos whose names hold one of these texts.
    fits: of frames without projected truth.
    Raises ReadError for frames that cannot be used."""
    found = MeasuredPeople()
    seen: set[str] = set()
    for photo in read_frames(frames, fits=fits):
        if only and not any(word in photo.name for word in only):
            continue
        if photo.name in seen:
            found.notes.append(f"{photo.name} is in the truth twice; both rows count")
        seen.add(photo.name)
        _measure_photo(photo, store, body, body_vertices, found)
    strange = [name for name in store.by_photo if name not in seen]
    if strange:
        count = sum(len(store.by_photo[name]) for name in strange)
        found.notes.append(
            f"{count} predictions are of no photo of the truth, such as {strange[0]}: not counted"
        )
    if store.unnamed:
        found.notes.append(
            f"{len(store.unnamed)} files are not named <photo>_personId_<k>.pkl, such as {store.unnamed[0]}"
        )
    if store.twice:
        found.notes.append(
            f"{len(store.twice)} person numbers occur twice, such as {store.twice[0]}: both count"
        )
    return found


def _measure_photo(
    photo: AgoraPhoto,
    store: PredictionStore,
    body: Body | None,
    vertices: np.ndarray | None,
    found: MeasuredPeople,
) -> None:
    predicted = list(_predicted(photo, store, body, found))
    matches = match_people(
        [one.joints for one in predicted],
        [person.joints for person in photo.people],
        [person.can_match for person in photo.people],
    )
    for number, person in enumerate(photo.people):
        known = _known(photo.name, number, person)
        if number in matches.matched:
            one = predicted[matches.matched[number]]
            errors = errors_mm(one.joints_3d, one.vertices, person, vertices, f"{photo.name}, {one.file}")
            known = MeasuredPerson(**{**vars(known), "file": one.file, **errors})
        found.people.append(known)
    found.false_positives += [(photo.name, predicted[place].file) for place in matches.false_positives]


def _known(photo: str, number: int, person: AgoraPerson) -> MeasuredPerson:
    pelvis_x = float(person.joints[0, 0])
    known = person.is_valid, person.is_child, person.occlusion, person.turn_deg
    return MeasuredPerson(photo, number, *known, pelvis_x)


def _predicted(
    photo: AgoraPhoto, store: PredictionStore, body: Body | None, found: MeasuredPeople
) -> Iterator[_Points]:
    for file in store.by_photo.get(photo.name, ()):
        try:
            prediction = store.read(file)
            if prediction.is_child and not prediction.kid_flag:
                found.notes.append(
                    f"{file}: it says age 'kid' without kid_flag, which the official evaluation reads alone: "
                    "measured as an adult"
                )
            joints_3d, vertices = _posed(prediction, body)
        except Unusable as problem:
            found.left_out.append(f"{file}: {problem}")
            continue
        yield _Points(file, prediction.joints, joints_3d, vertices)


def _posed(prediction: AgoraPrediction, body: Body | None) -> tuple[np.ndarray, np.ndarray]:
    """joints_3d and vertices of a file; those of its params where it has none of its own. Raises Unusable."""
    own = prediction.joints_3d, prediction.vertices
    if own[0] is not None and own[1] is not None:
        return own[0], own[1]
    if prediction.params is None:
        raise Unusable("it has neither params nor both allSmplJoints3d and verts")
    if body is None:
        raise Unusable(
            "it has params alone, which need the body that they are of: give --body SMPL_NEUTRAL.pkl"
        )
    if prediction.kid_flag and not body.has_kid:
        raise Unusable("it is of a child, which needs the child's template: give --kid-template")
    told = prediction.pose(prediction.kid_flag)
    pose, betas, cam_t, kid = (
        torch.from_numpy(np.array(part, np.float32))[None]
        for part in (told.pose, told.betas, told.transl, told.kid)
    )
    params = BodyParams.from_pose(pose, betas, cam_t, kid)
    vertices, joints = (part[0].numpy() for part in body.pose(params))
    return joints if own[0] is None else own[0], vertices if own[1] is None else own[1]


def errors_mm(
    joints_3d: np.ndarray, vertices: np.ndarray, person: AgoraPerson, chosen: np.ndarray | None, where: str
) -> dict[str, float]:
    """MPJPE and MVE of one match. Raises ReadError where the two bodies have different meshes."""
    if len(vertices) != len(person.vertices):
        raise ReadError(
            f"{where}: its body has {len(vertices)} vertices, but the truth's {len(person.vertices)}. "
            "Give predictions of the truth's body."
        )
    if chosen is not None and chosen.max(initial=0) >= len(vertices):
        raise ReadError(
            f"{where}: its body has {len(vertices)} vertices, but the list of those that count has vertex "
            f"{chosen.max()}. Give --body-vertices of this body."
        )
    some = slice(None) if chosen is None else chosen
    roots = [points[list(HIPS)].mean(axis=0) for points in (joints_3d, person.joints_3d)]
    joints = _mean_distance(joints_3d[:JOINTS] - roots[0], person.joints_3d[:JOINTS] - roots[1])
    surface = _mean_distance(vertices[some] - roots[0], person.vertices[some] - roots[1])
    return {"mpjpe_mm": joints, "mve_mm": surface}


def _mean_distance(predicted: np.ndarray, truth: np.ndarray) -> float:
    return MM * float(np.mean(np.sqrt(np.sum((truth - predicted) ** 2, axis=1))))


def open_body_vertices(body: Body) -> np.ndarray:
    """The vertices of a body that belong most to none of head, neck, wrists and hands."""
    strongest = body.weights.argmax(dim=1).numpy()
    return np.flatnonzero(~np.isin(strongest, [JOINT_NAMES.index(name) for name in NOT_BODY]))

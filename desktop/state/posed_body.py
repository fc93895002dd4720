"""Posed bodies for the views: a fit's vertices, joints and keypoints, in the photo's camera frame."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.records import Fit, Guess, Keypoints, Person, Photo

if TYPE_CHECKING:
    from torch import Tensor

    from core.body.model import Body, BodyParams
    from core.fitting import FitStep

Surface = tuple[np.ndarray, np.ndarray]  # vertices (V, 3), joints (24, 3) [m]


@dataclass(frozen=True, eq=False)
class PlacedBody:
    """keypoints (K, 3), joints (24, 3), vertices (V, 3) [m, camera frame], and the faces (F, 3) between them."""

    keypoints: np.ndarray
    joints: np.ndarray
    vertices: np.ndarray
    faces: np.ndarray


@dataclass(frozen=True, eq=False)
class PosedBody:
    """A fit with its posed surface, and the keypoints that it is compared with.

    vertices (V, 3) and joints (24, 3) [m], camera frame, and the faces (F, 3) between them; keypoints_px (K, 2) in
    the photo; residual_px (K,), NaN where the person's keypoint is absent; loss_by_term: of the fit's end.
    """

    fit: Fit
    keypoints: Keypoints
    vertices: np.ndarray
    faces: np.ndarray
    joints: np.ndarray
    keypoints_px: np.ndarray
    residual_px: np.ndarray
    loss_by_term: dict[str, float]


def fit_inputs(photo: Photo, person: Person) -> "tuple[Tensor, str, Tensor, Tensor]":
    """The inputs of `core.fitting.fit` for one person: keypoints (1, K, 3), layout, camera."""
    import torch

    focal_length, center = photo.camera
    return (
        torch.from_numpy(person.keypoints.array)[None],
        person.keypoints.layout,
        torch.tensor([focal_length]),
        torch.tensor([center]),
    )


def params_of(state: Fit | Guess, body: "Body") -> "BodyParams":
    """A fit or guess as a batch of one, as `params_of_record`."""
    from core.fitting.fit_record import params_of_record

    return params_of_record(state, body)


def params_of_all(states: "Sequence[Fit | Guess]", body: "Body") -> "BodyParams":
    """Fits and guesses as one batch, in their order."""
    import torch

    from core.body.model import BodyParams

    parts = zip(*(params_of(state, body).tensors() for state in states), strict=True)
    return BodyParams(*(torch.cat(part) for part in parts))


def fit_of_step(step: "FitStep", row: int, photo: Photo, body: "Body") -> Fit:
    """A row of a solver's step as a record."""
    from core.fitting.fit_record import fit_record

    return fit_record(step.params, row, float(step.score[row]), bool(step.weak[row]), photo, body)


def pose_step(step: "FitStep", photo: Photo, person: Person, body: "Body", moving: bool = False) -> PosedBody:
    """The posed body of a fit's step of one person. moving: fewer triangles, for a picture that is soon replaced."""
    return _posed(body, photo, person, fit_of_step(step, 0, photo, body), step, moving)


def pose_fit(body: "Body", photo: Photo, person: Person, fit: Fit) -> PosedBody:
    """The posed body of a fit, with its losses for the person's keypoints."""
    return _posed(body, photo, person, fit, _look(body, photo, person, fit))


def pose_changed(body: "Body", photo: Photo, person: Person, fit: Fit, moving: bool = False) -> PosedBody:
    """The posed body of a fit changed by hand, with its new score. moving as in `pose_step`."""
    step = _look(body, photo, person, fit)
    fit = fit if step is None else replace(fit, score=float(step.score[0]))
    return _posed(body, photo, person, fit, step, moving)


def rest_surface(body: "Body") -> Surface:
    """The mean body in the T-pose, upright. The viewport shows it while no person is selected."""
    import torch

    from core.body.model import BodyParams

    with torch.no_grad():
        vertices, joints = (points[0].numpy() for points in body.pose(BodyParams.zeros(1)))
    feet = np.array([0.0, vertices[:, 1].min(), 0.0], dtype=np.float32)
    return vertices - feet, joints - feet


def _posed(
    body: "Body", photo: Photo, person: Person, fit: Fit, step: "FitStep | None", moving: bool = False
) -> PosedBody:
    place = placed_coarsely if moving else _placed_whole
    placed = place(body, fit, person.keypoints.layout)
    keypoints = placed.keypoints
    focal_length, center = photo.camera
    with np.errstate(divide="ignore", invalid="ignore"):
        keypoints_px = keypoints[:, :2] / keypoints[:, 2:] * np.float32(focal_length) + np.array(
            center, np.float32
        )
    away = np.linalg.norm(keypoints_px - person.keypoints.xy, axis=1)
    residual_px = np.where(person.keypoints.confidence > 0, away, np.nan)
    by_term = {} if step is None else step.loss_by_term
    losses = {name: loss.numpy()[0].item() for name, loss in by_term.items()}
    return PosedBody(
        fit,
        person.keypoints,
        placed.vertices,
        placed.faces,
        placed.joints,
        keypoints_px,
        residual_px,
        losses,
    )


def _placed_whole(body: "Body", fit: Fit, layout: str) -> PlacedBody:
    """The body of a fit with all triangles."""
    import torch

    from core.body.keypoint_body import KeypointBody

    params = params_of(fit, body)
    with torch.no_grad():
        vertices, joints = body.pose(params)
        keypoints = KeypointBody.from_body(body, layout).keypoints(params)
    return PlacedBody(keypoints[0].numpy(), joints[0].numpy(), vertices[0].numpy(), body.faces)


def placed_coarsely(body: "Body", state: Fit | Guess, layout: str) -> PlacedBody:
    """The body of a fit or guess with fewer triangles."""
    from core.body.compiled import moving_body
    from core.body.keypoint_body import params_to_vector

    moving = moving_body(body, layout)
    unknowns = params_to_vector(params_of(state, body))[0].numpy()
    return PlacedBody(*moving.place(unknowns), moving.faces)


def _look(body: "Body", photo: Photo, person: Person, fit: Fit) -> "FitStep | None":
    """A fit's step without iterations, for its losses. None if the person has no keypoints."""
    from core.fitting import FitConfig
    from core.fitting import fit as solve

    if not (person.keypoints.confidence > 0).any():
        return None
    still = FitConfig(iterations=0, soft_iterations=0, placing_iterations=0)
    return next(solve(body, *fit_inputs(photo, person), guess=params_of(fit, body), config=still))

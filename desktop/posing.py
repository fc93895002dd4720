"""Bodies as the views draw them: a fit's vertices, joints and keypoints, in the photo's camera frame."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.records import Fit, Guess, Keypoints, Person, Photo
from core.wishes import GroundContact

if TYPE_CHECKING:
    from torch import Tensor

    from core.body.model import Body, BodyParams
    from core.fitting import FitStep

SOLE_M = 0.025  # a foot's joint lies so far above its sole
TURN = np.array([1.0, -1.0, -1.0], dtype=np.float32)  # between the camera frame and the viewport's
Surface = tuple[np.ndarray, np.ndarray]  # vertices (V, 3), joints (24, 3) [m]


@dataclass(frozen=True, eq=False)
class PosedBody:
    """A fit with what it looks like, and the keypoints that it is compared with.

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
    floor_y: float  # the floor's place, y down [m]: where a foot was put on it, else under the lowest vertex

    @cached_property
    def upright(self) -> Surface:
        """Vertices and joints as the viewport shows them: y up, the photo seen from +z, standing at the origin."""
        return self.to_upright(self.vertices), self.to_upright(self.joints)

    def to_upright(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 3) of the camera frame in the viewport's."""
        return points * TURN - self._middle

    def from_upright(self, point: np.ndarray) -> np.ndarray:
        """A point (3,) of the viewport in the camera frame (y down, z forward)."""
        return (point + self._middle) * TURN

    @cached_property
    def _middle(self) -> np.ndarray:
        pelvis = self.joints[0] * TURN
        return np.array([pelvis[0], TURN[1] * self.floor_y, pelvis[2]], dtype=np.float32)


def camera_of(photo: Photo) -> tuple[float, tuple[float, float]]:
    """Focal length [px] and camera centre [px] that a fit in this photo uses."""
    focal_length = photo.focal_length or photo.default_focal_length
    return focal_length, photo.camera_center or (photo.width / 2, photo.height / 2)


def fit_inputs(photo: Photo, person: Person) -> "tuple[Tensor, str, Tensor, Tensor]":
    """What `core.fitting.fit` takes of one person: keypoints (1, K, 3), layout, camera."""
    import torch

    focal_length, center = camera_of(photo)
    return (
        torch.from_numpy(person.keypoints.array)[None],
        person.keypoints.layout,
        torch.tensor([focal_length]),
        torch.tensor([center]),
    )


def params_of(state: Fit | Guess) -> "BodyParams":
    """A fit or guess as a batch of one."""
    import torch

    from core.body.model import BodyParams

    return BodyParams.from_pose(
        torch.from_numpy(state.pose.copy())[None],
        torch.from_numpy(state.betas.copy())[None],
        torch.from_numpy(state.cam_t.copy())[None],
        torch.tensor([state.kid]),
    )


def params_of_all(states: "Sequence[Fit | Guess]") -> "BodyParams":
    """Fits and guesses as one batch, in their order."""
    import torch

    from core.body.model import BodyParams

    parts = zip(*(params_of(state).tensors() for state in states), strict=True)
    return BodyParams(*(torch.cat(part) for part in parts))


def fit_of_step(step: "FitStep", row: int, photo: Photo, body: "Body") -> Fit:
    """A row of a solver's step as a record."""
    focal_length, center = camera_of(photo)
    params = step.params
    score = float(step.score[row])
    return Fit(
        pose=params.pose[row].numpy(),
        betas=params.betas[row].numpy(),
        kid=float(params.kid[row]),
        cam_t=params.cam_t[row].numpy(),
        focal_length=focal_length,
        camera_center=np.array(center),
        score=score if np.isfinite(score) else np.inf,
        body=body.fingerprint,
        source="fit",
        weak=bool(step.weak[row]),
    )


def pose_step(step: "FitStep", photo: Photo, person: Person, body: "Body", moving: bool = False) -> PosedBody:
    """What a fit's step of one person looks like. moving: with fewer triangles, for a picture that is soon another."""
    return _posed(body, photo, person, fit_of_step(step, 0, photo, body), step.params, step, moving)


def pose_fit(body: "Body", photo: Photo, person: Person, fit: Fit) -> PosedBody:
    """What a fit looks like, and how well it explains the person's keypoints."""
    return _posed(body, photo, person, fit, params_of(fit), _look(body, photo, person, fit))


def pose_changed(body: "Body", photo: Photo, person: Person, fit: Fit, moving: bool = False) -> PosedBody:
    """A fit changed by hand, with the score it has for the person's keypoints; moving as for pose_step."""
    step = _look(body, photo, person, fit)
    fit = fit if step is None else replace(fit, score=float(step.score[0]))
    return _posed(body, photo, person, fit, params_of(fit), step, moving)


def rest_surface(body: "Body") -> Surface:
    """The mean body in the T-pose, upright: what is shown while nobody is."""
    import torch

    from core.body.model import BodyParams

    with torch.no_grad():
        vertices, joints = (points[0].numpy() for points in body.pose(BodyParams.zeros(1)))
    feet = np.array([0.0, vertices[:, 1].min(), 0.0], dtype=np.float32)
    return vertices - feet, joints - feet


def _posed(
    body: "Body",
    photo: Photo,
    person: Person,
    fit: Fit,
    params: "BodyParams",
    step: "FitStep | None",
    moving: bool = False,
) -> PosedBody:
    import torch

    from core.body.coarse import coarse
    from core.body.keypoint_body import KeypointBody, params_to_vector
    from core.body.model import Body
    from core.geometry.camera import project

    drawn = coarse(body) if moving else body
    with torch.no_grad():
        placed = KeypointBody.from_body(body, person.keypoints.layout).posed(params_to_vector(params))
        if isinstance(drawn, Body):
            vertices, joints = drawn.pose(params)
        else:
            vertices, joints = drawn.surface(placed), placed.joints()[1]
        _, _, focal_length, center = fit_inputs(photo, person)
        keypoints_px = project(placed.points, focal_length, center)[0].numpy()
    away = np.linalg.norm(keypoints_px - person.keypoints.xy, axis=1)
    residual_px = np.where(person.keypoints.confidence > 0, away, np.nan)
    losses = {} if step is None else {name: float(loss[0]) for name, loss in step.loss_by_term.items()}
    return PosedBody(
        fit,
        person.keypoints,
        vertices[0].numpy(),
        drawn.faces,
        joints[0].numpy(),
        keypoints_px,
        residual_px,
        losses,
        floor_of(person, vertices[0].numpy()),
    )


def floor_of(person: Person, vertices: np.ndarray) -> float:
    """The floor's y [m, camera frame, down] under a person whose body has these vertices (V, 3)."""
    held = [wish.offset for wish in person.wishes if isinstance(wish, GroundContact)]
    return held[0] + SOLE_M if held else float(vertices[:, 1].max())


def _look(body: "Body", photo: Photo, person: Person, fit: Fit) -> "FitStep | None":
    """A fit's step that moves nothing; None where there is no keypoint to compare it with."""
    from core.fitting import FitConfig
    from core.fitting import fit as solve

    if not (person.keypoints.confidence > 0).any():
        return None
    still = FitConfig(iterations=0, soft_iterations=0, placing_iterations=0)
    return next(solve(body, *fit_inputs(photo, person), guess=params_of(fit), config=still))
